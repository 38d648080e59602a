//! Futures as scopes.

use crate::block;
use atp_memory::{MemoryChange, MemoryFutureExt};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;

type Tracked = Pin<Box<dyn Future<Output = (usize, MemoryChange)> + Send>>;

/// Gives way once.
async fn migrate() {
    let mut again = false;
    poll_fn(|_| {
        again = !again;
        if again { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

fn future() -> Tracked {
    let work = async {
        let mut threads = vec![thread::current().id()];
        let mut held = Vec::with_capacity(16);
        for size in [1000, 2000, 3000] {
            held.push(block(size));
            migrate().await;
            threads.push(thread::current().id());
        }
        drop(held);
        threads.dedup();
        threads.len()
    };
    Box::pin(work.track_memory("migrating"))
}

/// Polls on a new thread that also allocates on its own account.
fn poll_elsewhere(mut future: Tracked) -> (Tracked, Poll<(usize, MemoryChange)>) {
    thread::spawn(move || {
        drop(block(77_777));
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(block(77_777));
        (future, polled)
    })
    .join()
    .unwrap()
}

pub(crate) fn a_migrating_future_is_charged_with_its_polls() {
    let mut future = future();
    let (threads, change) = loop {
        let (back, polled) = poll_elsewhere(future);
        future = back;
        if let Poll::Ready(output) = polled {
            break output;
        }
    };
    assert_eq!(threads, 4);
    let scope = change.scope.unwrap();
    let lists = 16 * size_of::<Box<[u8]>>() as u64 + 4 * size_of::<thread::ThreadId>() as u64;
    let least = 6000 + lists;
    // The list of threads grows as it pleases; the noise of the threads would be far more.
    assert!((least..least + 500).contains(&scope.allocated_bytes), "{scope:?}");
    assert_eq!(scope.net_bytes(), 0);
    let process = change.process.heap.unwrap();
    assert!(process.counts.allocated_bytes > 77_777, "{process:?}");
}

pub(crate) fn a_dropped_future_is_charged_with_its_drop() {
    let ((), outer) = atp_memory::track_memory("outer", || {
        let mut future = future();
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(future);
    });
    assert_eq!(outer.scope.unwrap().net_bytes(), 0);
    // A future that was never polled measures nothing and is dropped all the same.
    drop(future());
}

pub(crate) fn tasks_of_a_runtime_are_told_apart() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
    let task = |size: usize| {
        async move {
            for _ in 0..50 {
                drop(block(size));
                tokio::task::yield_now().await;
            }
        }
        .track_memory("task")
    };
    let spawned: Vec<_> = [100, 2000, 30_000].map(|size| (size, runtime.spawn(task(size)))).into();
    for (size, handle) in spawned {
        let ((), change) = runtime.block_on(handle).unwrap();
        let scope = change.scope.unwrap();
        let exact = 50 * size as u64;
        // The runtime keeps a list of tasks that yielded, which it may grow inside of a poll.
        assert!((exact..exact + 2000).contains(&scope.allocated_bytes), "{size}: {scope:?}");
    }
}
