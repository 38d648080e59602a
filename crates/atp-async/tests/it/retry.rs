//! `retry_async`, its policy and its budget.

use crate::cut::{at_every_await, poll_until};
use atp_async::{AttemptFailure, GaveUp, RetryBudget, RetryError, RetryPolicy, retry_async};
use std::cell::Cell;
use std::error::Error as _;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// An operation that fails a number of times, and counts its calls.
struct Flaky {
    calls: Cell<u32>,
    failures: u32,
}

impl Flaky {
    fn failing(failures: u32) -> Self {
        Self { calls: Cell::new(0), failures }
    }

    async fn call(&self) -> Result<u32, String> {
        self.calls.set(self.calls.get() + 1);
        tokio::task::yield_now().await;
        let call = self.calls.get();
        if call <= self.failures { Err(format!("failure {call}")) } else { Ok(call) }
    }
}

#[tokio::test(start_paused = true)]
async fn as19_success_at_first_calls_once() {
    let flaky = Flaky::failing(0);
    assert_eq!(retry_async(RetryPolicy::new(3), async || flaky.call().await).await, Ok(1));
    assert_eq!(flaky.calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn as20_two_failures_then_success() {
    let flaky = Flaky::failing(2);
    let policy = RetryPolicy::new(3)
        .with_delay(Duration::from_millis(10))
        .when(|error: &String| error.starts_with("failure"));
    assert_eq!(retry_async(policy, async || flaky.call().await).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn as21_the_last_error_itself_comes_back_with_the_history() {
    let flaky = Flaky::failing(u32::MAX);
    let policy = RetryPolicy::new(2).without_jitter();
    let began = Instant::now();
    let error = retry_async(policy, async || flaky.call().await).await.unwrap_err();
    assert_eq!((error.attempts(), &error.reason), (3, &GaveUp::RetriesSpent));
    let delays: Vec<_> = error.history().iter().map(|attempt| attempt.delay).collect();
    assert_eq!(delays, [Some(SECOND), Some(2 * SECOND), None]);
    let failed: Vec<_> =
        error.history().iter().map(|attempt| (attempt.failed_at - began).as_secs()).collect();
    assert_eq!(failed, [0, 1, 3]);
    assert_eq!(error.to_string(), "gave up after 3 attempts: all retries are spent");
    assert_eq!(error.into_last().unwrap(), "failure 3");
}

#[tokio::test(start_paused = true)]
async fn the_source_is_the_last_error() {
    let operation = async || Err::<(), _>(io::Error::other("down"));
    let error = retry_async(RetryPolicy::new(1), operation).await.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "down");
}

#[tokio::test(start_paused = true)]
async fn a12_what_the_predicate_refuses_is_not_retried() {
    let flaky = Flaky::failing(5);
    let policy = RetryPolicy::new(9).when(|error: &String| !error.ends_with('2'));
    let error = retry_async(policy, async || flaky.call().await).await.unwrap_err();
    assert_eq!((error.reason.clone(), error.attempts()), (GaveUp::NotRetryable, 2));
}

#[tokio::test(start_paused = true)]
async fn a12_without_retries_there_is_one_attempt() {
    let flaky = Flaky::failing(5);
    let error = retry_async(RetryPolicy::new(0), async || flaky.call().await).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a12_two_hundred_clients_do_not_retry_in_waves() {
    let mut retried_at = Vec::new();
    for seed in 0..200 {
        let began = Instant::now();
        let flaky = Flaky::failing(1);
        let policy = RetryPolicy::new(1).with_seed(seed);
        assert_eq!(retry_async(policy, async || flaky.call().await).await, Ok(2));
        retried_at.push(began.elapsed().as_millis() / 100);
    }
    for tenth in 0..10 {
        let wave = retried_at.iter().filter(|&&at| at == tenth).count();
        assert!(wave < 50, "{wave} of 200 retried within a tenth of a second");
    }
}

#[tokio::test(start_paused = true)]
async fn a12_a_deadline_includes_the_attempts() {
    let attempts = Cell::new(0);
    let began = Instant::now();
    let policy = RetryPolicy::new(100).without_jitter().with_deadline(10 * SECOND);
    let error = retry_async(policy, async || {
        attempts.set(attempts.get() + 1);
        sleep(4 * SECOND).await;
        Err::<(), _>("late")
    })
    .await
    .unwrap_err();
    // 4 s, wait 1, 4 s, and the wait of 2 would reach the deadline: it is not begun.
    assert_eq!((error.reason.clone(), attempts.get()), (GaveUp::Deadline, 2));
    assert_eq!(began.elapsed(), 9 * SECOND);
    assert_eq!(error.into_last(), Some("late"));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_an_attempt_that_hangs() {
    let began = Instant::now();
    let policy = RetryPolicy::new(5).with_deadline(3 * SECOND);
    let hang = async || std::future::pending::<Result<(), String>>().await;
    let error = retry_async(policy, hang).await.unwrap_err();
    assert_eq!(error.reason, GaveUp::Deadline);
    assert_eq!(error.history()[0].failure, AttemptFailure::TimedOut(3 * SECOND));
    assert_eq!(began.elapsed(), 3 * SECOND);
    assert!(error.last().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_times_out_is_retried_even_with_a_predicate() {
    let calls = Cell::new(0);
    let policy = RetryPolicy::new(3).with_attempt_timeout(SECOND).when(|_: &String| false);
    let result = retry_async(policy, async || {
        calls.set(calls.get() + 1);
        if calls.get() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(calls.get())
    });
    assert_eq!(result.await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_a_floor_and_beyond_the_longest_delay_the_end() {
    let asked = Cell::new(5);
    let policy = RetryPolicy::new(3)
        .with_max_delay(30 * SECOND)
        .retry_after(|seconds: &u64| Some(Duration::from_secs(*seconds)));
    let began = Instant::now();
    let error = retry_async(policy, async || {
        let seconds = asked.replace(asked.get() * 10);
        Err::<(), _>(seconds)
    })
    .await
    .unwrap_err();
    assert_eq!(error.reason, GaveUp::RetryAfter(50 * SECOND));
    assert_eq!(began.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_shared_budget_stops_a_storm_of_retries() {
    let budget = RetryBudget::new(10, 0.1).unwrap();
    let calls = Cell::new(0);
    for _ in 0..100 {
        let policy = RetryPolicy::new(3).with_budget(budget.clone());
        let down = async || {
            calls.set(calls.get() + 1);
            Err::<(), _>("down")
        };
        assert!(retry_async(policy, down).await.is_err());
    }
    assert!(calls.get() < 110, "{} calls for 100 operations", calls.get());
    let error: RetryError<&str> =
        retry_async(RetryPolicy::new(3).with_budget(budget), async || Err::<(), _>("down"))
            .await
            .unwrap_err();
    assert_eq!(error.reason, GaveUp::Budget);
}

#[tokio::test(start_paused = true)]
async fn a_factor_that_cannot_work_fails_before_the_first_attempt() {
    for factor in [f64::NAN, f64::INFINITY, -1.0] {
        let flaky = Flaky::failing(0);
        let policy = RetryPolicy::new(1).with_backoff(factor);
        let error = retry_async(policy, async || flaky.call().await).await.unwrap_err();
        assert!(matches!(error.reason, GaveUp::Config(_)));
        assert_eq!((error.attempts(), flaky.calls.get()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_history_of_many_attempts_is_bounded() {
    let flaky = Flaky::failing(u32::MAX);
    let policy = RetryPolicy::new(9_999).with_delay(Duration::ZERO);
    let error = retry_async(policy, async || flaky.call().await).await.unwrap_err();
    assert_eq!((error.attempts(), error.history().len()), (10_000, 100));
    assert_eq!(error.into_last().unwrap(), "failure 10000");
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_it_makes_no_further_attempt() {
    at_every_await(async |cut| {
        let flaky = Flaky::failing(3);
        let policy = RetryPolicy::new(5).without_jitter().with_deadline(60 * SECOND);
        let done = poll_until(retry_async(policy, async || flaky.call().await), cut).await;
        let calls = flaky.calls.get();
        sleep(120 * SECOND).await;
        assert_eq!(flaky.calls.get(), calls);
        done.is_some()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn panics_of_operation_and_predicate_go_through() {
    let operation = tokio::spawn(async {
        retry_async(RetryPolicy::new(3), async || -> Result<(), ()> { panic!("operation") }).await
    });
    assert!(operation.await.unwrap_err().is_panic());
    let budget = RetryBudget::new(4, 1.0).unwrap();
    let policy =
        RetryPolicy::new(3).with_budget(budget.clone()).when(|(): &()| panic!("predicate"));
    let predicate = tokio::spawn(retry_async(policy, async || Err::<(), _>(())));
    assert!(predicate.await.unwrap_err().is_panic());
    assert!(
        retry_async(RetryPolicy::new(0).with_budget(budget), async || Ok::<_, ()>(1)).await.is_ok()
    );
}

#[cfg(feature = "backoff")]
#[tokio::test(start_paused = true)]
async fn any_backoff_serves_as_schedule_and_may_end() {
    use backoff::backoff::{Backoff, Constant, Zero};

    /// Two delays and no more.
    struct Twice(u32);
    impl Backoff for Twice {
        fn next_backoff(&mut self) -> Option<Duration> {
            self.0 += 1;
            (self.0 <= 2).then_some(SECOND)
        }
    }
    let began = Instant::now();
    let policy = RetryPolicy::new(9).with_schedule(|| Twice(0));
    let error = retry_async(policy.clone(), async || Err::<(), _>("down")).await.unwrap_err();
    assert_eq!((error.reason.clone(), error.attempts()), (GaveUp::ScheduleEnded, 3));
    assert_eq!(began.elapsed(), 2 * SECOND);
    let again = retry_async(policy, async || Err::<(), _>("down")).await.unwrap_err();
    assert_eq!(again.attempts(), 3, "each operation has a schedule of its own");

    let constant = RetryPolicy::new(2).with_schedule(|| Constant::new(3 * SECOND));
    let began = Instant::now();
    assert!(retry_async(constant, async || Err::<(), _>("down")).await.is_err());
    assert_eq!(began.elapsed(), 6 * SECOND);
    let zero = RetryPolicy::new(2).with_schedule(|| Zero {});
    assert_eq!(retry_async(zero, async || Err::<(), _>("down")).await.unwrap_err().attempts(), 3);
}
