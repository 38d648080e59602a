//! `gather_with_limit` and `try_gather_with_limit`.

use crate::cut::{at_every_await, poll_until};
use atp_async::{ConfigError, GatherError, gather_with_limit, try_gather_with_limit};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::sleep;

const TEN_MS: Duration = Duration::from_millis(10);

/// Counts what runs now, and the most that ever did.
#[derive(Default)]
struct Gauge {
    now: Cell<usize>,
    peak: Cell<usize>,
}

/// One that runs.
struct Running<'a>(&'a Gauge);

impl Gauge {
    fn enter(&self) -> Running<'_> {
        self.now.set(self.now.get() + 1);
        self.peak.set(self.peak.get().max(self.now.get()));
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.now.set(self.0.now.get() - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn as12_ten_tasks_in_order_never_more_than_three() {
    let gauge = Gauge::default();
    let tasks = (0..10).map(async |n| {
        let _running = gauge.enter();
        // The later ones are faster, so they end out of order.
        sleep(TEN_MS * (10 - n)).await;
        n
    });
    assert_eq!(gather_with_limit(tasks, 3).await.unwrap(), Vec::from_iter(0..10));
    assert_eq!(gauge.peak.get(), 3);
}

#[tokio::test]
async fn as13_a_failure_stays_in_its_place() {
    let tasks = (0..8).map(async |n| if n == 5 { Err("five") } else { Ok(n) });
    let outcomes = gather_with_limit(tasks, 3).await.unwrap();
    assert_eq!(outcomes[5], Err("five"));
    assert_eq!(outcomes.iter().flatten().count(), 7);
}

#[tokio::test]
async fn a15_a_limit_of_zero_is_an_error_and_starts_nothing() {
    let tasks =
        std::iter::from_fn(|| -> Option<std::future::Ready<Result<(), ()>>> { panic!("advanced") });
    let zero = ConfigError::Zero { what: "limit" };
    assert_eq!(gather_with_limit(tasks.clone(), 0).await, Err(zero.clone()));
    assert_eq!(try_gather_with_limit(tasks, 0).await, Err(GatherError::Config(zero)));
}

#[tokio::test(start_paused = true)]
async fn a15_the_input_is_advanced_only_when_there_is_room() {
    let (started, ended) = (Cell::new(0), Cell::new(0));
    let tasks = (0..100).map(|_| {
        started.set(started.get() + 1);
        assert!(started.get() - ended.get() <= 2);
        async {
            sleep(TEN_MS).await;
            ended.set(ended.get() + 1);
        }
    });
    gather_with_limit(tasks, 2).await.unwrap();
    assert_eq!(ended.get(), 100);
}

#[tokio::test]
async fn a_limit_beyond_the_input_and_no_input_at_all() {
    let all = gather_with_limit((0..5).map(std::future::ready), usize::MAX).await;
    assert_eq!(all.unwrap(), [0, 1, 2, 3, 4]);
    let none = gather_with_limit(Vec::<std::future::Ready<()>>::new(), 1).await;
    assert!(none.unwrap().is_empty());
}

#[tokio::test]
async fn borrowed_futures_that_are_not_send() {
    let text = String::from("abc");
    let seen = Rc::new(RefCell::new(BTreeSet::new()));
    let tasks = text.chars().map(|c| {
        let seen = Rc::clone(&seen);
        async move {
            tokio::task::yield_now().await;
            seen.borrow_mut().insert(c);
        }
    });
    gather_with_limit(tasks, 2).await.unwrap();
    assert_eq!(String::from_iter(seen.borrow().iter()), text);
}

#[tokio::test(start_paused = true)]
async fn a14_the_first_error_drops_the_rest_and_starts_nothing_more() {
    let (gauge, started) = (Gauge::default(), Cell::new(0));
    let tasks = (0..50).map(|n| {
        started.set(started.get() + 1);
        let gauge = &gauge;
        async move {
            let _running = gauge.enter();
            sleep(TEN_MS).await;
            if n == 2 { Err(n) } else { Ok(n) }
        }
    });
    assert_eq!(try_gather_with_limit(tasks, 5).await, Err(GatherError::Failed(2)));
    assert_eq!(gauge.now.get(), 0, "what ran was dropped");
    assert!(started.get() <= 7, "{} started", started.get());
}

#[tokio::test(start_paused = true)]
async fn a_long_run_of_ready_futures_lets_other_tasks_run() {
    let other = tokio::spawn(async { tokio::task::yield_now().await });
    let tasks = (0..10_000).map(|n| {
        let done = other.is_finished();
        async move { (n, done) }
    });
    let outputs = gather_with_limit(tasks, 50).await.unwrap();
    assert!(outputs[9_999].1, "the other task never got its turn");
    assert!(outputs.iter().enumerate().all(|(n, output)| n == output.0));
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_nothing_keeps_running() {
    at_every_await(async |cut| {
        let gauge = Gauge::default();
        let tasks = (0..7).map(async |n| {
            let _running = gauge.enter();
            sleep(TEN_MS * (n % 3)).await;
            tokio::task::yield_now().await;
        });
        let done = poll_until(gather_with_limit(tasks, 3), cut).await.is_some();
        assert_eq!(gauge.now.get(), 0);
        done
    })
    .await;
    at_every_await(async |cut| {
        let gauge = Gauge::default();
        let tasks = (0..7).map(async |n| {
            let _running = gauge.enter();
            sleep(TEN_MS * (n % 3)).await;
            if n == 5 { Err(n) } else { Ok(n) }
        });
        let done = poll_until(try_gather_with_limit(tasks, 3), cut).await;
        assert_eq!(gauge.now.get(), 0);
        done.is_some()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_goes_through_and_drops_the_others() {
    let gauge = Rc::new(Gauge::default());
    let inner = Rc::clone(&gauge);
    let local = tokio::task::LocalSet::new();
    let gathered = local.run_until(async {
        let task = tokio::task::spawn_local(async move {
            let tasks = (0..5).map(async |n| {
                let _running = inner.enter();
                sleep(TEN_MS).await;
                assert!(n != 2, "two");
            });
            gather_with_limit(tasks, 3).await.unwrap();
        });
        task.await
    });
    assert!(gathered.await.unwrap_err().is_panic());
    assert_eq!(gauge.now.get(), 0);
}

#[tokio::test]
async fn wakes_from_other_threads_are_not_lost() {
    let tasks = (0..200).map(|n| async move {
        let (tx, rx) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || tx.send(n).unwrap());
        rx.await.unwrap()
    });
    assert_eq!(gather_with_limit(tasks, 20).await.unwrap(), Vec::from_iter(0..200));
}
