//! `ParallelExecutor`, its policies and its configuration.

use crate::cut::{at_every_await, poll_until};
use atp_async::{
    AdaptiveConfig, AdaptiveLimit, ConcurrencyConfig, ConfigError, FailurePolicy, Outcome,
    ParallelExecutor, Signal,
};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const TEN_MS: Duration = Duration::from_millis(10);

/// What runs now, the most that ever did, and how many began.
#[derive(Clone, Default)]
struct Gauge(Arc<[AtomicUsize; 3]>);

struct Running(Gauge);

impl Gauge {
    fn enter(&self) -> Running {
        let now = self.0[0].fetch_add(1, SeqCst) + 1;
        self.0[1].fetch_max(now, SeqCst);
        self.0[2].fetch_add(1, SeqCst);
        Running(self.clone())
    }

    fn now(&self) -> usize {
        self.0[0].load(SeqCst)
    }

    fn peak(&self) -> usize {
        self.0[1].load(SeqCst)
    }

    fn begun(&self) -> usize {
        self.0[2].load(SeqCst)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0[0].fetch_sub(1, SeqCst);
    }
}

async fn double(n: u64) -> Result<u64, Infallible> {
    sleep(TEN_MS).await;
    Ok(2 * n)
}

fn done<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
    values: impl IntoIterator<Item = T>,
) -> Vec<Outcome<T, E>> {
    values.into_iter().map(Outcome::Done).collect()
}

#[test]
fn as01_the_default_configuration() {
    let config = ConcurrencyConfig::default();
    assert_eq!((config.max_parallel, config.batch_size, config.adaptive), (5, 10, false));
}

#[test]
fn as02_auto_fits_the_machine() {
    let config = ConcurrencyConfig::auto();
    let cpus = std::thread::available_parallelism().unwrap().get();
    assert_eq!((config.max_parallel, config.batch_size), ((2 * cpus).min(20), 5 * cpus));
    assert!(config.adaptive);
}

#[test]
fn a19_zero_is_refused_and_adaptive_means_something() {
    let zero = ConfigError::Zero { what: "max_parallel" };
    assert_eq!(ParallelExecutor::new(0).unwrap_err(), zero);
    assert_eq!(
        ParallelExecutor::new(ConcurrencyConfig::auto()).unwrap().adaptive_limit().unwrap().limit(),
        ConcurrencyConfig::auto().max_parallel
    );
    assert!(ParallelExecutor::new(3).unwrap().adaptive_limit().is_none());
}

#[tokio::test(start_paused = true)]
async fn as09_as11_outcomes_in_order() {
    let executor = ParallelExecutor::new(2).unwrap();
    assert_eq!(executor.run_all((0..5).map(double)).await, done([0, 2, 4, 6, 8]));
    let executor = ParallelExecutor::new(ConcurrencyConfig::new(3)).unwrap();
    assert_eq!(executor.map(1..=5, double).await, done([2, 4, 6, 8, 10]));
    assert_eq!(executor.map(Vec::new(), double).await, []);
    let unlimited = ParallelExecutor::new(usize::MAX).unwrap();
    let began = Instant::now();
    assert_eq!(unlimited.map(0..100, double).await, done((0..100).map(|n| 2 * n)));
    assert_eq!(began.elapsed(), TEN_MS);
}

#[tokio::test(start_paused = true)]
async fn as10_a_failure_and_a_panic_stay_in_their_places() {
    let executor = ParallelExecutor::new(2).unwrap();
    let outcomes = executor
        .map(0..5, async |n| match n {
            2 => Err("two"),
            3 => panic!("three"),
            n => Ok(n),
        })
        .await;
    let expected = [
        Outcome::Done(0),
        Outcome::Done(1),
        Outcome::Failed("two"),
        Outcome::Panicked("three".into()),
        Outcome::Done(4),
    ];
    assert_eq!(outcomes, expected);
}

/// Ten items, three at a time; the second fails after 5 ms, when two others still run.
async fn with_policy(policy: FailurePolicy) -> (Vec<Outcome<u64, u64>>, Gauge) {
    let (gauge, mut made) = (Gauge::default(), 0);
    let executor = ParallelExecutor::new(3).unwrap().with_policy(policy);
    let outcomes = executor
        .map(0..10, |n| {
            made += 1;
            let gauge = gauge.clone();
            async move {
                let _running = gauge.enter();
                sleep(if n == 1 { TEN_MS / 2 } else { TEN_MS }).await;
                if n == 1 { Err(n) } else { Ok(n) }
            }
        })
        .await;
    assert_eq!((gauge.now(), gauge.peak(), gauge.begun()), (0, 3, made));
    (outcomes, gauge)
}

#[tokio::test(start_paused = true)]
async fn a14_three_policies_for_a_failing_task() {
    let (outcomes, gauge) = with_policy(FailurePolicy::CollectAll).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_done()).count(), 9);
    assert_eq!((&outcomes[1], gauge.begun()), (&Outcome::Failed(1), 10));

    let (outcomes, gauge) = with_policy(FailurePolicy::StopAndDrain).await;
    assert_eq!(outcomes[..3], [Outcome::Done(0), Outcome::Failed(1), Outcome::Done(2)]);
    assert!(outcomes[3..].iter().all(|outcome| *outcome == Outcome::NotStarted));
    assert_eq!((outcomes.len(), gauge.begun()), (10, 3));

    let (outcomes, gauge) = with_policy(FailurePolicy::AbortAndAwait).await;
    assert_eq!(outcomes[..3], [Outcome::Cancelled, Outcome::Failed(1), Outcome::Cancelled]);
    assert!(outcomes[3..].iter().all(|outcome| *outcome == Outcome::NotStarted));
    assert_eq!(gauge.begun(), 3);
}

#[tokio::test(start_paused = true)]
async fn a15_the_input_is_advanced_only_when_there_is_room() {
    let gauge = Gauge::default();
    let executor = ParallelExecutor::new(2).unwrap();
    let mut made = 0;
    let futures = (0..1_000).map(|_| {
        made += 1;
        assert!(made <= gauge.begun() + 2);
        let gauge = gauge.clone();
        async move {
            let _running = gauge.enter();
            tokio::task::yield_now().await;
            Ok::<_, ()>(())
        }
    });
    assert_eq!(executor.run_all(futures).await.len(), 1_000);
    assert_eq!(gauge.peak(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_calls_share_the_limit_and_neither_starves() {
    let gauge = Gauge::default();
    let executor = ParallelExecutor::new(4).unwrap();
    let call = |slow: u32| {
        let (executor, gauge) = (executor.clone(), gauge.clone());
        tokio::spawn(async move {
            let began = Instant::now();
            let outcomes = executor
                .map(0..20, |_| {
                    let gauge = gauge.clone();
                    async move {
                        let _running = gauge.enter();
                        sleep(TEN_MS * slow).await;
                        Ok::<_, ()>(())
                    }
                })
                .await;
            assert!(outcomes.iter().all(Outcome::is_done));
            began.elapsed()
        })
    };
    let (first, second) = (call(1), call(1));
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(gauge.peak(), 4);
    // Forty items of 10 ms, four at a time, take 100 ms. The first call would take 50 ms alone.
    assert!(first.max(second) <= TEN_MS * 12, "{first:?} {second:?}");
    assert!(first.min(second) > TEN_MS * 6, "{first:?} {second:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_on_real_threads_run_every_item_once() {
    let (executor, gauge) = (ParallelExecutor::new(3).unwrap(), Gauge::default());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (executor, gauge) = (executor.clone(), gauge.clone());
        calls.spawn(async move {
            for _ in 0..20 {
                let item = |n| {
                    let gauge = gauge.clone();
                    async move {
                        let _running = gauge.enter();
                        tokio::task::yield_now().await;
                        Ok::<_, ()>(n)
                    }
                };
                assert_eq!(executor.map(0..10, item).await, done(0..10));
            }
        });
    }
    calls.join_all().await;
    assert_eq!((gauge.now(), gauge.begun()), (0, 16 * 20 * 10));
    assert!(gauge.peak() <= 3);
}

#[tokio::test(start_paused = true)]
async fn a16_first_completed_keeps_the_limit_and_gives_back_the_rest() {
    let gauge = Gauge::default();
    let executor = ParallelExecutor::new(2).unwrap();
    let futures = |count: u32| {
        let gauge = gauge.clone();
        (0..count).map(move |n| {
            let gauge = gauge.clone();
            async move {
                let _running = gauge.enter();
                sleep(TEN_MS * (count - n)).await;
                Ok::<_, ()>(n)
            }
        })
    };
    let (index, outcome, mut rest) = executor.first_completed(futures(3)).await.unwrap();
    assert_eq!((index, outcome, rest.running(), gauge.peak()), (1, Outcome::Done(1), 1, 2));
    // The third begins now, and ends in the same millisecond as the first.
    let mut others = Vec::new();
    while let Some((index, _)) = rest.next().await {
        others.push(index);
    }
    others.sort_unstable();
    assert_eq!(others, [0, 2]);
    let (_, _, rest) = executor.first_completed(futures(50)).await.unwrap();
    assert_eq!(rest.abort().await.len(), 48);
    assert_eq!((gauge.now(), gauge.peak()), (0, 2));
    assert!(executor.first_completed(futures(0)).await.is_none());
    drop(executor.first_completed(futures(5)).await);
    assert_eq!(
        executor.map(1..=2, double).await,
        done([2, 4]),
        "dropping the rest frees the places"
    );
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_tasks_end_and_places_come_back() {
    let rounds = AtomicUsize::new(0);
    at_every_await(async |cut| {
        rounds.fetch_add(1, SeqCst);
        let gauge = Gauge::default();
        let executor = ParallelExecutor::new(2).unwrap();
        let run = executor.map(0..5, |_| {
            let gauge = gauge.clone();
            async move {
                let _running = gauge.enter();
                sleep(TEN_MS).await;
                Ok::<_, ()>(())
            }
        });
        let done = poll_until(run, cut).await.is_some();
        sleep(TEN_MS / 2).await;
        assert_eq!(gauge.now(), 0, "{cut:?}");
        let began = Instant::now();
        executor.map(0..2, double).await;
        assert_eq!(began.elapsed(), TEN_MS, "a place is lost");
        done
    })
    .await;
    assert!(rounds.load(SeqCst) > 4);
}

#[tokio::test(start_paused = true)]
async fn first_completed_and_its_rest_may_be_dropped_at_any_await() {
    at_every_await(async |cut| {
        let executor = ParallelExecutor::new(2).unwrap();
        let first = poll_until(executor.first_completed((0..4).map(double)), cut).await;
        let mut done = first.is_some();
        if let Some(Some((index, _, mut rest))) = first {
            let mut seen = vec![index];
            while seen.len() < 4 {
                match poll_until(rest.next(), cut).await {
                    Some(next) => seen.extend(next.map(|(index, _)| index)),
                    // Cut off: ask again, nothing was lost.
                    None => {
                        done = false;
                        seen.extend(rest.next().await.map(|(index, _)| index));
                    }
                }
            }
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3]);
        }
        sleep(TEN_MS / 2).await;
        let began = Instant::now();
        executor.map(0..2, double).await;
        assert_eq!(began.elapsed(), TEN_MS, "a place is lost");
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_closure_goes_through_and_frees_the_places() {
    let executor = ParallelExecutor::new(2).unwrap();
    let user = executor.clone();
    let call = tokio::spawn(async move {
        user.map(0..5, |n| {
            assert!(n < 3, "the closure panics");
            double(n)
        })
        .await
    });
    assert!(call.await.unwrap_err().is_panic());
    sleep(TEN_MS).await;
    let began = Instant::now();
    executor.map(0..2, double).await;
    assert_eq!(began.elapsed(), TEN_MS);
}

#[tokio::test(start_paused = true)]
async fn overload_lowers_the_limit_of_an_adaptive_executor() {
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(64)).unwrap();
    let executor = ParallelExecutor::with_limit(limit.clone());
    let gauge = Gauge::default();
    // A service that does eight at a time and answers 429 to the ninth.
    let calls = (0..20_000).map(|_| {
        let gauge = gauge.clone();
        async move {
            let _running = gauge.enter();
            let status = if gauge.now() > 8 { 429 } else { 200 };
            sleep(TEN_MS).await;
            if status == 200 { Ok(()) } else { Err(status) }
        }
    });
    let signal = |result: &Result<(), u16>| match result {
        Ok(()) => Signal::Success,
        Err(429) => Signal::Overload,
        Err(_) => Signal::Ignore,
    };
    executor.run_all_with_signal(calls, signal).await;
    assert!((7..=9).contains(&limit.limit()), "{}", limit.limit());
    assert_eq!(limit.in_flight(), 0);
}

/// The tasks of a call that is not polled any more end all the same, and their places are free.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_polled_holds_no_other_up() {
    let adaptive = AdaptiveLimit::new(AdaptiveConfig::new(2)).unwrap();
    for executor in
        [ParallelExecutor::new(2).unwrap(), ParallelExecutor::with_limit(adaptive.clone())]
    {
        let mut asleep = Box::pin(executor.map(0..5, double));
        assert!(futures::poll!(&mut asleep).is_pending());
        let began = Instant::now();
        assert_eq!(executor.map(0..2, double).await, done([0, 2]));
        assert_eq!(began.elapsed(), 2 * TEN_MS);
        assert_eq!(asleep.await, done([0, 2, 4, 6, 8]));
    }
    assert_eq!(adaptive.in_flight(), 0);
}

/// Results that nobody takes are no room for more: the input is as lazy as its reader.
#[tokio::test(start_paused = true)]
async fn a_rest_that_is_read_slowly_begins_no_more_than_the_limit() {
    let gauge = Gauge::default();
    let executor = ParallelExecutor::new(3).unwrap();
    let calls = (0..100).map(|_| {
        let gauge = gauge.clone();
        async move {
            let _running = gauge.enter();
            Ok::<_, ()>(())
        }
    });
    let (_, _, mut rest) = executor.first_completed(calls).await.unwrap();
    for taken in 1..100 {
        assert!(gauge.begun() <= taken + 3, "{} begun, {taken} taken", gauge.begun());
        sleep(TEN_MS).await;
        assert!(rest.next().await.is_some());
    }
    assert!(rest.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_future_that_panics_when_it_is_dropped_has_panicked() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "went off");
        }
    }
    let executor = ParallelExecutor::new(2).unwrap();
    let outcomes = executor
        .map(0..3, |n| {
            let bomb = Bomb(n == 1);
            // Dropped with the future, after its last poll.
            std::future::poll_fn(move |_| {
                let _bomb = &bomb;
                std::task::Poll::Ready(Ok::<_, ()>(n))
            })
        })
        .await;
    assert_eq!(
        outcomes,
        [Outcome::Done(0), Outcome::Panicked("went off".to_owned()), Outcome::Done(2)]
    );
}
