//! Many waiters, waiters that go away, and runtimes that do.

use super::server::Server;
use super::{HANG, HOUR, closed, moment, worst_excess};
use crate::cut::{at_every_await, poll_until};
use atp_async::SharedRateError;
use futures::poll;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::timeout;

#[tokio::test]
async fn a_thousand_waiters_are_served_in_order_and_are_no_storm() {
    const WAITERS: usize = 1_000;
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), 5_000.0, 20);
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for number in 0..WAITERS {
        let (limiter, served) = (limiter.clone(), Arc::clone(&served));
        tasks.spawn(async move {
            let grant = limiter.acquire().await.unwrap();
            served.lock().unwrap().push((number, moment(grant)));
        });
    }
    timeout(HANG, tasks.join_all()).await.unwrap();
    let (order, moments): (Vec<_>, Vec<_>) = served.lock().unwrap().iter().copied().unzip();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(worst_excess(&moments, 200, 20).max(0), 0);
    // Each question grants a token or is followed by a rest, after which there is one.
    let questions = server.questions();
    assert!(questions <= 2 * WAITERS + 2, "{questions} questions");
}

#[tokio::test]
async fn waiters_that_go_away_take_nothing_and_leave_nothing_running() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), HOUR, 1);
    limiter.acquire().await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let limiter = limiter.clone();
        tasks.spawn(async move { limiter.acquire().await });
    }
    // They wait until one of them is told how long it takes.
    let told = limiter.acquire_within(Duration::from_secs(30)).await;
    assert!(matches!(told, Err(SharedRateError::TooLong { .. })), "{told:?}");
    assert_eq!(limiter.waiting(), 100);
    let before = server.questions();
    tasks.shutdown().await;
    assert_eq!(limiter.waiting(), 0);
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let ended = async {
        // One is the connection's, which is kept.
        while alive() > 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(HANG, ended).await.unwrap();
    assert_eq!(server.questions(), before, "nobody asks for those who left");
}

#[tokio::test]
async fn a_waiter_that_is_dropped_at_any_await_gives_nothing_away() {
    let Some(server) = Server::start() else { return };
    at_every_await(async |cut| {
        server.command(&["FLUSHALL"]);
        let limiter = closed(&server.url(), HOUR, 2);
        let done = poll_until(limiter.acquire(), cut).await.is_some();
        assert_eq!(limiter.waiting(), 0);
        moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
        // Of two tokens one is left, or none if the first was granted before it was dropped.
        let patience = Duration::from_secs(10);
        let third = limiter.acquire_within(patience).await.is_ok();
        assert!(!(done && third), "three of two");
        let fourth = limiter.acquire_within(patience).await;
        assert_eq!(fourth, Err(SharedRateError::TooLong { timeout: patience }));
        done
    })
    .await;
}

#[tokio::test]
async fn a_token_of_one_who_was_woken_and_left_is_the_next_one_s() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), HOUR, 1);
    let mut first = Box::pin(limiter.acquire());
    let mut second = Box::pin(limiter.acquire());
    assert!(poll!(first.as_mut()).is_pending() && poll!(second.as_mut()).is_pending());
    // The one token there is goes to the first, which is not polled again.
    while limiter.waiting() > 1 {
        tokio::task::yield_now().await;
    }
    drop(first);
    moment(timeout(HANG, second).await.unwrap().unwrap());
}

#[tokio::test]
async fn who_cannot_be_served_in_time_is_told_without_a_question() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), HOUR, 1);
    limiter.acquire().await.unwrap();
    let patience = Duration::from_secs(3_000);
    let late = timeout(HANG, limiter.acquire_within(patience)).await.unwrap();
    assert_eq!(late, Err(SharedRateError::TooLong { timeout: patience }));
    let before = server.questions();
    for _ in 0..100 {
        assert!(timeout(HANG, limiter.acquire_within(patience)).await.unwrap().is_err());
    }
    assert_eq!(server.questions(), before);
}

#[test]
fn a_limiter_outlives_the_runtimes_that_it_served() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), 1_000.0, 2);
    for _ in 0..3 {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
        });
    }
}

#[test]
fn a_runtime_that_stands_still_delays_no_other() {
    let Some(server) = Server::start() else { return };
    let limiter = closed(&server.url(), 200.0, 1);
    let still = Builder::new_current_thread().enable_all().build().unwrap();
    let mut stuck = Box::pin(limiter.acquire());
    // The task that serves the line is spawned, and then never run.
    still.block_on(async { assert!(poll!(stuck.as_mut()).is_pending()) });
    let other = limiter.clone();
    let served = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { moment(timeout(HANG, other.acquire()).await.unwrap().unwrap()) })
    });
    served.join().unwrap();
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn waiters_that_come_and_go_keep_to_the_rate_and_stop_nobody() {
    let Some(server) = Server::start() else { return };
    let limiters = [(); 2].map(|()| closed(&server.url(), 2_000.0, 5));
    let mut tasks = JoinSet::new();
    for task in 0..32_u64 {
        let limiter = limiters[task as usize % 2].clone();
        tasks.spawn(async move {
            let mut moments = Vec::new();
            for round in 0..50 {
                let patience = Duration::from_micros((task * 31 + round * 173) % 4_000);
                match limiter.acquire_within(patience).await {
                    Ok(grant) => moments.push(moment(grant)),
                    Err(error) => assert_eq!(error, SharedRateError::TooLong { timeout: patience }),
                }
            }
            moments
        });
    }
    let moments = timeout(HANG, tasks.join_all()).await.unwrap().concat();
    assert_eq!(worst_excess(&moments, 500, 5).max(0), 0);
    for limiter in &limiters {
        assert_eq!(limiter.waiting(), 0);
        moment(timeout(HANG, limiter.acquire()).await.unwrap().unwrap());
    }
}
