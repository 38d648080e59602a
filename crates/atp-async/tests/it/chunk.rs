//! `chunked_gather`.

use crate::cut::{at_every_await, poll_until};
use atp_async::{ChunkConfig, ConfigError, chunked_gather, gather_with_limit};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn as14_in_order() {
    let doubled = chunked_gather(0..10, async |n| 2 * n, ChunkConfig::new(3)).await;
    assert_eq!(doubled.unwrap(), Vec::from_iter((0..10).map(|n| 2 * n)));
}

#[tokio::test(start_paused = true)]
async fn as15_a_pause_between_the_chunks_and_none_after_the_last() {
    let began = Instant::now();
    let config = ChunkConfig::new(2).with_delay(50 * MS);
    let starts = chunked_gather(0..6, async |_| began.elapsed(), config).await.unwrap();
    assert_eq!(starts, [0, 0, 50, 50, 100, 100].map(|ms| ms * MS));
    assert_eq!(began.elapsed(), 100 * MS);
}

#[tokio::test(start_paused = true)]
async fn a20_the_barrier_costs_what_a_rolling_limit_saves() {
    let slow_tenth = async |n: u32| sleep(if n.is_multiple_of(10) { 100 * MS } else { MS }).await;
    let began = Instant::now();
    chunked_gather(0..50, slow_tenth, ChunkConfig::new(10)).await.unwrap();
    let chunked = began.elapsed();
    let began = Instant::now();
    gather_with_limit((0..50).map(slow_tenth), 10).await.unwrap();
    assert_eq!(chunked, 500 * MS);
    assert!(began.elapsed() < 120 * MS);
}

#[tokio::test(start_paused = true)]
async fn zero_huge_and_nothing() {
    let zero = chunked_gather(0..3, async |n| n, ChunkConfig::new(0)).await;
    assert_eq!(zero, Err(ConfigError::Zero { what: "chunk_size" }));
    let huge = chunked_gather(0..3, async |n| n, ChunkConfig::new(usize::MAX)).await;
    assert_eq!(huge.unwrap(), [0, 1, 2]);
    assert!(chunked_gather(0..0, async |n| n, ChunkConfig::default()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_no_further_chunk_begins() {
    at_every_await(async |cut| {
        let (running, begun) = (Cell::new(0), RefCell::new(Vec::new()));
        struct Running<'a>(&'a Cell<i32>);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        let item = async |n: i32| {
            running.set(running.get() + 1);
            let _running = Running(&running);
            begun.borrow_mut().push(n);
            sleep(MS).await;
        };
        let chunks = chunked_gather(0..6, item, ChunkConfig::new(2).with_delay(MS));
        let done = poll_until(chunks, cut).await.is_some();
        assert_eq!(running.get(), 0);
        assert_eq!(begun.borrow().len() % 2, 0);
        done
    })
    .await;
}
