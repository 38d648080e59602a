//! `stream_with_timeout`.

use crate::cut::{at_every_await, poll_until};
use atp_async::{StreamElapsed, StreamLimits, stream_with_timeout};
use futures::{Stream, StreamExt, stream};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Items that come so many milliseconds after they are asked for.
fn delayed(delays: &'static [u64]) -> impl Stream<Item = usize> {
    stream::iter(delays.iter().enumerate()).then(async |(n, delay)| {
        sleep(MS * *delay as u32).await;
        n
    })
}

#[tokio::test(start_paused = true)]
async fn a13_items_after_a_late_one_are_not_lost() {
    let limits = StreamLimits::new().with_idle(100 * MS);
    let items: Vec<_> = stream_with_timeout(delayed(&[1, 150, 1]), limits).collect().await;
    assert_eq!(items, [Ok(0), Err(StreamElapsed::Idle(100 * MS)), Ok(1), Ok(2)]);
}

#[tokio::test(start_paused = true)]
async fn a13_a_fallback_item_stands_for_the_wait() {
    let limits = StreamLimits::new().with_idle(100 * MS);
    let items = stream_with_timeout(delayed(&[1, 350, 1]), limits).with_fallback(|_| 99);
    assert_eq!(items.collect::<Vec<_>>().await, [0, 99, 99, 99, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_first_item_has_a_limit_of_its_own() {
    let limits = StreamLimits::new().with_first(500 * MS).with_idle(100 * MS);
    let items: Vec<_> = stream_with_timeout(delayed(&[400, 150]), limits).collect().await;
    assert_eq!(items, [Ok(0), Err(StreamElapsed::Idle(100 * MS)), Ok(1)]);
    let items: Vec<_> = stream_with_timeout(delayed(&[600]), limits).collect().await;
    assert_eq!(items, [Err(StreamElapsed::First(500 * MS)), Ok(0)]);
    let only_first = StreamLimits::new().with_first(10 * MS);
    let items: Vec<_> = stream_with_timeout(delayed(&[1, 9_999]), only_first).collect().await;
    assert_eq!(items, [Ok(0), Ok(1)]);
}

#[tokio::test(start_paused = true)]
async fn the_total_cuts_off_and_is_the_last_item() {
    let limits = StreamLimits::new().with_total(250 * MS).with_idle(200 * MS);
    let mut items = Box::pin(stream_with_timeout(delayed(&[100, 100, 100, 100]), limits));
    let began = Instant::now();
    assert_eq!(items.next().await, Some(Ok(0)));
    assert_eq!(items.next().await, Some(Ok(1)));
    assert_eq!(items.next().await, Some(Err(StreamElapsed::Total(250 * MS))));
    assert_eq!((items.next().await, began.elapsed()), (None, 250 * MS));
    let endless = stream_with_timeout(stream::pending::<u8>(), StreamLimits::new().with_total(MS));
    assert_eq!(endless.with_fallback(|_| 7).collect::<Vec<_>>().await, [7]);
}

#[tokio::test(start_paused = true)]
async fn the_total_ends_a_stream_that_always_has_an_item_ready() {
    let limits = StreamLimits::new().with_total(100 * MS).with_idle(10 * MS);
    let mut flood = Box::pin(stream_with_timeout(stream::repeat(7), limits));
    let mut taken = 0;
    let last = loop {
        match flood.next().await {
            Some(Ok(_)) => taken += 1,
            last => break last,
        }
        sleep(10 * MS).await;
    };
    assert_eq!((last, taken), (Some(Err(StreamElapsed::Total(100 * MS))), 11));
    assert_eq!(flood.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_ended_is_complete_however_late_its_end_is_seen() {
    let limits = StreamLimits::new().with_total(100 * MS);
    let mut items = Box::pin(stream_with_timeout(stream::iter([1]), limits));
    assert_eq!(items.next().await, Some(Ok(1)));
    sleep(SECOND).await;
    assert_eq!(items.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_does_not_use_up_the_idle_limit() {
    let limits = StreamLimits::new().with_idle(100 * MS);
    let mut items = Box::pin(stream_with_timeout(delayed(&[90, 90, 90]), limits));
    while let Some(item) = items.next().await {
        assert!(item.is_ok());
        sleep(500 * MS).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_inner_stream_is_not_polled_after_its_end() {
    let mut ended = false;
    let once = stream::poll_fn(move |_| {
        assert!(!std::mem::replace(&mut ended, true), "polled after its end");
        std::task::Poll::Ready(None::<()>)
    });
    let mut items = stream_with_timeout(once, StreamLimits::new().with_idle(MS));
    assert!(items.next().await.is_none());
    assert!(items.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn no_limits_zero_and_forever() {
    let items: Vec<_> = stream_with_timeout(delayed(&[5, 5]), StreamLimits::new()).collect().await;
    assert_eq!(items, [Ok(0), Ok(1)]);
    let forever = StreamLimits::new().with_idle(Duration::MAX).with_total(Duration::MAX);
    let items: Vec<_> = stream_with_timeout(delayed(&[5]), forever).collect().await;
    assert_eq!(items, [Ok(0)]);
    let zero = StreamLimits::new().with_total(Duration::ZERO);
    let items: Vec<_> = stream_with_timeout(stream::iter([1, 2]), zero).collect().await;
    assert_eq!(items, [Ok(1), Ok(2)], "what is ready needs no time");
}

#[tokio::test(start_paused = true)]
async fn next_may_be_dropped_at_any_await_without_losing_an_item() {
    at_every_await(async |cut| {
        let limits = StreamLimits::new().with_idle(100 * MS);
        let mut items = Box::pin(stream_with_timeout(delayed(&[50, 150, 10]), limits));
        let mut seen = Vec::new();
        let mut done = true;
        loop {
            match poll_until(items.next(), cut).await {
                Some(Some(item)) => seen.extend(item.ok()),
                Some(None) => break,
                None => {
                    done = false;
                    seen.extend(items.next().await.and_then(Result::ok));
                    if seen.len() == 3 {
                        break;
                    }
                }
            }
        }
        assert_eq!(seen, [0, 1, 2]);
        done
    })
    .await;
}
