//! `AsyncBatcher`, both ways in.

use crate::cut::{at_every_await, poll_until};
use atp_async::{AsyncBatcher, BatchConfig, BatchError, ConcurrencyConfig, ConfigError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

type Batcher = AsyncBatcher<u32, u32, &'static str>;
type Calls = Arc<Mutex<Vec<Vec<u32>>>>;

/// Doubles, in 100 ms a batch; keeps what it was called with. 13 fails, 14 panics, 15 loses one.
fn doubling(config: impl Into<BatchConfig>) -> (Batcher, Calls) {
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let process = move |items: Vec<u32>| {
        seen.lock().unwrap().push(items.clone());
        async move {
            sleep(100 * MS).await;
            assert!(!items.contains(&14), "fourteen");
            if items.contains(&13) {
                return Err("thirteen");
            }
            let skip = usize::from(items.contains(&15));
            Ok(items.iter().skip(skip).map(|n| 2 * n).collect())
        }
    };
    (AsyncBatcher::new(process, config).unwrap(), calls)
}

fn lengths(calls: &Calls) -> Vec<usize> {
    calls.lock().unwrap().iter().map(Vec::len).collect()
}

#[tokio::test(start_paused = true)]
async fn as03_as04_as05_batches_in_order() {
    let (batcher, calls) = doubling(BatchConfig::new(3));
    assert!(batcher.process([]).await.unwrap().is_empty());
    assert!(calls.lock().unwrap().is_empty());
    assert_eq!(batcher.process(1..=3).await.unwrap(), [2, 4, 6]);
    calls.lock().unwrap().clear();
    assert_eq!(batcher.process(1..=7).await.unwrap(), [2, 4, 6, 8, 10, 12, 14]);
    assert_eq!(lengths(&calls), [3, 3, 1]);
}

#[tokio::test(start_paused = true)]
async fn batches_at_a_time_are_shared_by_all_calls() {
    let (batcher, _) = doubling(ConcurrencyConfig::new(2).with_batch_size(1));
    let began = Instant::now();
    let other = batcher.clone();
    let other = tokio::spawn(async move { other.process([1, 2, 3, 4]).await.map(|_| ()) });
    batcher.process([1, 2, 3, 4]).await.unwrap();
    other.await.unwrap().unwrap();
    assert_eq!(began.elapsed(), 400 * MS);
}

#[tokio::test(start_paused = true)]
async fn a17_a_wrong_number_of_results_is_an_error() {
    let (batcher, _) = doubling(BatchConfig::new(5));
    let error = batcher.process([1, 15, 2]).await.unwrap_err();
    assert_eq!(error.to_string(), "2 results for a batch of 3");
    assert!(matches!(error, BatchError::WrongCount { items: 3, results: 2 }));
}

#[tokio::test(start_paused = true)]
async fn a14_the_first_failing_batch_ends_the_call_and_drops_the_rest() {
    let (batcher, calls) = doubling(BatchConfig::new(1).with_max_concurrent_batches(2));
    let error = batcher.process([1, 13, 2, 3, 4]).await.unwrap_err();
    assert!(matches!(error, BatchError::Failed(error) if *error == "thirteen"));
    sleep(SECOND).await;
    assert!(calls.lock().unwrap().len() <= 3);
    let error = batcher.process([14]).await.unwrap_err();
    assert!(matches!(&error, BatchError::Panicked(message) if message == "fourteen"));
    assert_eq!(batcher.process([5]).await.unwrap(), [10], "nothing is lost by a panic");
}

#[test]
fn numbers_that_cannot_work_are_refused() {
    let new =
        |config| AsyncBatcher::<u32, u32, ()>::new(async |items| Ok(items), config).map(|_| ());
    let zero = |what| Err(ConfigError::Zero { what });
    assert_eq!(new(BatchConfig::new(0)), zero("batch_size"));
    assert_eq!(
        new(BatchConfig::new(1).with_max_concurrent_batches(0)),
        zero("max_concurrent_batches")
    );
    assert_eq!(new(BatchConfig::new(1).with_queue(0)), zero("queue"));
    assert!(matches!(
        new(BatchConfig::new(1).with_queue(usize::MAX)),
        Err(ConfigError::TooLarge { .. })
    ));
    assert!(matches!(new(BatchConfig::new(1).with_max_bytes(9)), Err(ConfigError::Missing { .. })));
    assert_eq!(new(BatchConfig::new(usize::MAX)), Ok(()));
}

/// Submits all at once and returns the results in the order of the items.
async fn submit_all(
    batcher: &Batcher,
    items: impl IntoIterator<Item = u32>,
) -> Vec<Result<u32, BatchError<&'static str>>> {
    let mut tasks = Vec::new();
    for item in items {
        let batcher = batcher.clone();
        tasks.push(tokio::spawn(async move { batcher.submit(item).await }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn values(results: Vec<Result<u32, BatchError<&'static str>>>) -> Vec<u32> {
    results.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn submitted_items_make_batches_by_size_and_by_age() {
    let (batcher, calls) = doubling(BatchConfig::new(3));
    let began = Instant::now();
    let results = values(submit_all(&batcher, 0..7).await);
    assert_eq!(results, [0, 2, 4, 6, 8, 10, 12]);
    assert_eq!(lengths(&calls), [3, 3, 1]);
    assert_eq!(began.elapsed(), 110 * MS, "the last one waited 10 ms for others");
}

#[tokio::test(start_paused = true)]
async fn submitted_items_make_batches_by_bytes() {
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    let config = BatchConfig::new(100).with_max_bytes(10);
    let process = move |items: Vec<u32>| {
        seen.lock().unwrap().push(items.clone());
        async move { Ok::<_, &'static str>(items) }
    };
    let batcher = AsyncBatcher::weighing(process, config, |item| *item as usize).unwrap();
    let items = [4, 4, 4, 50, 10, 1];
    assert_eq!(values(submit_all(&batcher, items).await), items);
    assert_eq!(*calls.lock().unwrap(), [vec![4, 4], vec![4], vec![50], vec![10], vec![1]]);
    calls.lock().unwrap().clear();
    assert_eq!(batcher.process(items).await.unwrap(), items);
    assert_eq!(lengths(&calls), [2, 1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn while_all_places_are_taken_a_batch_goes_on_collecting() {
    let (batcher, calls) = doubling(BatchConfig::new(50).with_max_concurrent_batches(1));
    let mut tasks = JoinSet::new();
    for n in 0..40 {
        let batcher = batcher.clone();
        tasks.spawn(async move { batcher.submit(n + 100).await.unwrap() });
        sleep(5 * MS).await;
    }
    tasks.join_all().await;
    assert!(calls.lock().unwrap().len() <= 4, "{:?}", lengths(&calls));
}

#[tokio::test(start_paused = true)]
async fn a17_every_caller_of_a_bad_batch_gets_the_error_and_no_other() {
    let (batcher, _) = doubling(BatchConfig::new(2));
    let results = submit_all(&batcher, [1, 13, 1, 14, 1, 15, 1, 2]).await;
    assert!(matches!(&results[0], Err(BatchError::Failed(_))) && results[1].is_err());
    assert!(matches!(&results[2], Err(BatchError::Panicked(_))) && results[3].is_err());
    let wrong = |result: &Result<_, _>| {
        matches!(result, Err(BatchError::WrongCount { items: 2, results: 1 }))
    };
    assert!(wrong(&results[4]) && wrong(&results[5]));
    assert!(results[6].is_ok() && results[7].is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_and_lets_in_by_turn() {
    let config = BatchConfig::new(2).with_queue(2).with_max_concurrent_batches(1);
    let (batcher, calls) = doubling(config);
    let results = values(submit_all(&batcher, 0..10).await);
    assert_eq!(results, Vec::from_iter((0..10).map(|n| 2 * n)));
    let seen = calls.lock().unwrap().concat();
    assert_eq!(seen, Vec::from_iter(0..10));
}

#[tokio::test(start_paused = true)]
async fn close_flushes_waits_and_refuses() {
    let (batcher, calls) = doubling(BatchConfig::new(10).with_max_age(60 * SECOND));
    let waiting = tokio::spawn({
        let batcher = batcher.clone();
        async move { batcher.submit(1).await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    batcher.close().await;
    assert_eq!((began.elapsed(), lengths(&calls)), (100 * MS, vec![1]));
    assert_eq!(waiting.await.unwrap().unwrap(), 2);
    assert!(matches!(batcher.submit(2).await, Err(BatchError::Closed)));
    batcher.close().await;
    assert_eq!(batcher.process([4]).await.unwrap(), [8], "lists need no collecting");
}

#[tokio::test(start_paused = true)]
async fn close_tells_those_who_wait_for_room() {
    let config = BatchConfig::new(1).with_queue(1).with_max_concurrent_batches(1);
    let (batcher, _) = doubling(config);
    let tasks: Vec<_> = (0..5)
        .map(|n| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.submit(n).await })
        })
        .collect();
    sleep(MS).await;
    batcher.close().await;
    let mut closed = 0;
    for task in tasks {
        closed += usize::from(matches!(task.await.unwrap(), Err(BatchError::Closed)));
    }
    assert_eq!(closed, 3, "one ran and one was in the queue");
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_the_others_of_a_batch_are_served() {
    at_every_await(async |cut| {
        let (batcher, calls) = doubling(BatchConfig::new(2).with_queue(2));
        let other = tokio::spawn({
            let batcher = batcher.clone();
            async move { batcher.submit(1).await }
        });
        let done = poll_until(batcher.submit(2), cut).await.is_some();
        assert_eq!(other.await.unwrap().unwrap(), 2);
        // The whole queue is there again.
        assert_eq!(values(submit_all(&batcher, [5, 6]).await), [10, 12]);
        batcher.close().await;
        assert!(calls.lock().unwrap().concat().contains(&1));
        done
    })
    .await;
    at_every_await(async |cut| {
        let (batcher, _) = doubling(BatchConfig::new(1).with_max_concurrent_batches(2));
        let done = poll_until(batcher.process(0..5), cut).await.is_some();
        let began = Instant::now();
        batcher.process([1, 2]).await.unwrap();
        assert_eq!(began.elapsed(), 100 * MS, "a place is lost");
        done
    })
    .await;
    at_every_await(async |cut| {
        let (batcher, _) = doubling(BatchConfig::new(2));
        let item = tokio::spawn({
            let batcher = batcher.clone();
            async move { batcher.submit(1).await }
        });
        tokio::task::yield_now().await;
        let done = poll_until(batcher.close(), cut).await.is_some();
        assert_eq!(item.await.unwrap().unwrap(), 2);
        timeout(SECOND, batcher.close()).await.unwrap();
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_weigher_that_panics_takes_no_room_in_the_queue() {
    let config = BatchConfig::new(1).with_max_bytes(100).with_queue(1);
    let weigher = |item: &u32| if *item == 0 { panic!("no weight") } else { *item as usize };
    let process = async |items: Vec<u32>| Ok::<_, ()>(items);
    let batcher = AsyncBatcher::weighing(process, config, weigher).unwrap();
    for _ in 0..3 {
        let user = batcher.clone();
        assert!(tokio::spawn(async move { user.submit(0).await }).await.unwrap_err().is_panic());
    }
    assert_eq!(timeout(SECOND, batcher.submit(1)).await.unwrap().unwrap(), 1);
    batcher.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn real_threads_each_get_their_own_result() {
    let process = async |items: Vec<u32>| Ok::<_, ()>(items.iter().map(|n| n * 2).collect());
    let batcher =
        AsyncBatcher::new(process, BatchConfig::new(7).with_queue(20).with_max_age(MS)).unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..2_000 {
        let batcher = batcher.clone();
        tasks.spawn(async move { assert_eq!(batcher.submit(n).await.unwrap(), 2 * n) });
    }
    tasks.join_all().await;
    batcher.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_item_that_nobody_waits_for_is_not_processed() {
    let (batcher, calls) = doubling(BatchConfig::new(10));
    assert!(timeout(MS, batcher.submit(1)).await.is_err());
    sleep(SECOND).await;
    assert!(calls.lock().unwrap().is_empty());
}

#[test]
fn a_runtime_that_goes_down_loses_its_batch_and_no_other() {
    let (batcher, _) = doubling(BatchConfig::new(10).with_max_age(60 * SECOND));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let first = runtime();
    let mut item = Box::pin(batcher.submit(1));
    assert!(first.block_on(async { futures::poll!(&mut item) }).is_pending());
    drop(first);
    let second = runtime();
    assert!(matches!(second.block_on(item), Err(BatchError::Lost)));
    assert_eq!(second.block_on(batcher.submit(2)).unwrap(), 4);
    second.block_on(batcher.close());
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_submitter_is_dropped_leaves_its_batch_and_the_queue() {
    let config = BatchConfig::new(3).with_max_bytes(10).with_queue(4).with_max_age(3_600 * SECOND);
    let seen = Calls::default();
    let calls = Arc::clone(&seen);
    let process = move |items: Vec<Arc<u32>>| {
        calls.lock().unwrap().push(items.iter().map(|item| **item).collect());
        async move { Ok::<_, ()>(items) }
    };
    let batcher = AsyncBatcher::weighing(process, config, |item| **item as usize).unwrap();
    // Many more than the queue, a batch or its bytes would hold.
    let dropped = Arc::new(9);
    for _ in 0..20 {
        assert!(timeout(MS, batcher.submit(Arc::clone(&dropped))).await.is_err());
        assert_eq!(Arc::strong_count(&dropped), 1);
    }
    let kept = [1, 2, 3].map(|n| batcher.submit(Arc::new(n)));
    let kept = timeout(SECOND, futures::future::join_all(kept)).await.unwrap();
    assert!(kept.iter().all(Result::is_ok));
    assert_eq!(*seen.lock().unwrap(), [[1, 2, 3]]);
    batcher.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_smaller_than_a_batch_does_not_wait_for_the_rest_of_it() {
    let config = BatchConfig::new(100).with_queue(2).with_max_age(Duration::MAX);
    let (batcher, calls) = doubling(config);
    let items = timeout(SECOND, submit_all(&batcher, 0..6)).await.unwrap();
    assert_eq!(values(items), [0, 2, 4, 6, 8, 10]);
    assert_eq!(calls.lock().unwrap().concat(), [0, 1, 2, 3, 4, 5]);
}
