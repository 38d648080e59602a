//! `with_timeout` and `timeout_or`.

use crate::cut::{at_every_await, poll_until};
use atp_async::{timeout_or, with_timeout};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const TEN_MS: Duration = Duration::from_millis(10);
const SECOND: Duration = Duration::from_secs(1);

async fn slow() -> &'static str {
    sleep(SECOND).await;
    "slow"
}

#[tokio::test(start_paused = true)]
async fn as16_a_result_in_time() {
    assert_eq!(timeout_or(async { "quick" }, SECOND, "timeout").await, "quick");
    assert_eq!(with_timeout(slow(), 2 * SECOND).await, Ok("slow"));
}

#[tokio::test(start_paused = true)]
async fn as17_the_default_when_the_time_is_up() {
    let began = Instant::now();
    assert_eq!(timeout_or(slow(), TEN_MS, "timeout").await, "timeout");
    assert_eq!(began.elapsed(), TEN_MS);
}

#[tokio::test(start_paused = true)]
async fn as18_no_default_is_none() {
    let elapsed = with_timeout(slow(), TEN_MS).await;
    assert_eq!(elapsed.ok(), None);
    assert_eq!(elapsed.unwrap_err().to_string(), "no result within 10ms");
}

#[tokio::test(start_paused = true)]
async fn a18_a_timeout_of_the_task_itself_is_not_swallowed() {
    let own = async { tokio::time::timeout(TEN_MS, slow()).await };
    let outcome = timeout_or(own, SECOND, Ok("default")).await;
    assert!(outcome.is_err(), "the error of the task, not the default");
}

#[tokio::test(start_paused = true)]
async fn zero_and_forever() {
    assert_eq!(with_timeout(async { 1 }, Duration::ZERO).await, Ok(1));
    assert!(with_timeout(slow(), Duration::ZERO).await.is_err());
    assert_eq!(with_timeout(slow(), Duration::MAX).await, Ok("slow"));
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_the_future_is_dropped_too() {
    struct Alive<'a>(&'a Cell<bool>);
    impl Drop for Alive<'_> {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    at_every_await(async |cut| {
        let alive = Cell::new(false);
        let work = async {
            alive.set(true);
            let _alive = Alive(&alive);
            sleep(SECOND).await;
        };
        let done = poll_until(timeout_or(work, TEN_MS, ()), cut).await.is_some();
        assert!(!alive.get());
        done
    })
    .await;
}
