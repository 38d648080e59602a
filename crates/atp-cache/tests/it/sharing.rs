//! One load for all who ask at the same time, and what becomes of it when something goes wrong.

use crate::{Desk, text};
use atp_cache::{CacheError, Explanation};
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;
use tokio::task::JoinHandle;

#[derive(Debug, PartialEq)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// C10: the original parsed once a thread, and handed out as many objects.
#[test]
fn sixty_four_threads_on_a_cold_file_parse_it_once() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let (parsed, start) = (AtomicUsize::new(0), Barrier::new(64));
    // Many times, so that somebody comes to each moment: before, during and just after the load.
    for round in 1..=30 {
        let load = || {
            start.wait();
            let parse = |bytes: &[u8]| {
                parsed.fetch_add(1, SeqCst);
                text(bytes)
            };
            desk.cache.get_or_load(&path, parse).unwrap()
        };
        let values: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..64).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(parsed.load(SeqCst), round);
        assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0])));
        let stats = desk.cache.stats();
        assert_eq!(stats.hits + stats.misses, 64 * round as u64);
        assert_eq!(stats.misses - stats.coalesced, round as u64, "{stats:?}");
        assert_eq!(desk.cache.clear(), 1);
    }
}

/// Runs a loader in one thread that lets `waiting` others join, and returns what all got.
fn together(
    desk: &Desk,
    waiting: usize,
    end: impl Fn() -> Result<String, Refused> + Sync,
) -> (usize, Vec<Result<Arc<String>, CacheError>>) {
    let file = desk.file("a", "aaaa");
    let count = AtomicUsize::new(0);
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (path, runs, end) = (&file, &count, &end);
    let outcomes = thread::scope(|scope| {
        let leader = scope.spawn(move || {
            desk.cache.get_or_load(path, |_| {
                runs.fetch_add(1, SeqCst);
                entered.send(()).unwrap();
                released.recv().unwrap();
                end()
            })
        });
        has_entered.recv().unwrap();
        let join = || {
            desk.cache.get_or_load(path, |_| {
                runs.fetch_add(1, SeqCst);
                end()
            })
        };
        let joined: Vec<_> = (0..waiting).map(|_| scope.spawn(join)).collect();
        // All have missed, so all are about to join; those who come too late run `end` again.
        while desk.cache.stats().misses < 1 + waiting as u64 {
            thread::yield_now();
        }
        for _ in 0..10_000 {
            thread::yield_now();
        }
        release.send(()).unwrap();
        let all = std::iter::once(leader).chain(joined);
        all.map(|thread| thread.join().unwrap()).collect()
    });
    (runs.load(SeqCst), outcomes)
}

#[test]
fn a_failing_loader_gives_its_error_to_all_and_is_not_kept() {
    let desk = Desk::new();
    let (runs, outcomes) = together(&desk, 8, || Err(Refused(7)));
    assert!(runs < 9, "somebody waited");
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(matches!(error, CacheError::Load { .. }), "{error:?}");
        assert_eq!(error.downcast_ref(), Some(&Refused(7)));
        assert!(!error.to_string().contains("refused"), "the cause is told by source() alone");
    }
    let path = desk.dir.path().join("a");
    assert_eq!(desk.cache.get(&path), None);
    assert_eq!(desk.cache.explain(&path), Some(Explanation::Failed));
    assert_eq!(desk.load(&path), "aaaa");
}

#[test]
fn a_panicking_loader_is_an_error_for_all_and_poisons_nothing() {
    let desk = Desk::new();
    let (runs, outcomes) = together(&desk, 8, || panic!("no {}", "luck"));
    assert!(runs < 9, "somebody waited");
    for outcome in outcomes {
        let Err(CacheError::Panicked { what, message }) = outcome else { panic!("{outcome:?}") };
        assert!(what.ends_with('a'));
        assert_eq!(message, "no luck");
    }
    assert_eq!(desk.load(desk.dir.path().join("a")), "aaaa");
}

#[test]
fn a_loader_that_asks_for_its_own_file_is_told_so() {
    let desk = Desk::new();
    let (a, b) = (desk.file("a", "a"), desk.file("b", "b"));
    let error = desk
        .cache
        .get_or_load(&a, |_| {
            desk.cache
                .get_or_load(&b, |_| desk.cache.get_or_load(&a, text).map(|a| a.to_string()))
                .map(|b| b.to_string())
        })
        .unwrap_err();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let ring = cause.to_string();
    assert!(ring.starts_with("loading waits for itself") && ring.contains("b -> "), "{ring}");
    assert_eq!(desk.load(&a), "a");
}

/// Polls a future once and drops it.
fn cancel_after_one_poll(future: impl Future) {
    let mut future = pin!(future);
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// A loader that tells when it runs and waits until it may go on.
fn gated() -> (impl FnOnce(&[u8]) -> Result<String, Refused> + Send + 'static, Gate) {
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let loader = move |bytes: &[u8]| {
        entered.send(()).unwrap();
        released.recv().unwrap();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    (loader, Gate { has_entered, release })
}

struct Gate {
    has_entered: mpsc::Receiver<()>,
    release: mpsc::Sender<()>,
}

/// Asks for `path` in a task of its own.
fn ask(
    desk: &Desk,
    path: &Path,
    loader: impl FnOnce(&[u8]) -> Result<String, Refused> + Send + 'static,
) -> JoinHandle<Result<Arc<String>, CacheError>> {
    let (cache, path) = (desk.cache.clone(), path.to_owned());
    tokio::spawn(async move { cache.get_or_load_async(path, loader).await })
}

/// Waits until that many have found nothing in the cache, and so are about to join a load.
async fn missed(desk: &Desk, callers: u64) {
    while desk.cache.stats().misses < callers {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_leader_loses_nothing_and_stalls_nobody() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let (loader, gate) = gated();
    let leader = ask(&desk, &path, loader);
    gate.has_entered.recv().unwrap();
    let waiter = ask(&desk, &path, |_| Err(Refused(1)));
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    missed(&desk, 2).await;
    gate.release.send(()).unwrap();
    assert_eq!(*waiter.await.unwrap().unwrap(), "aaaa");
    // What it began was finished and kept.
    assert_eq!(*desk.cache.get(&path).unwrap(), "aaaa");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_waiter_disturbs_nobody() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let (loader, gate) = gated();
    let leader = ask(&desk, &path, loader);
    gate.has_entered.recv().unwrap();
    let mut waiters: Vec<_> = (0..8).map(|_| ask(&desk, &path, |_| Err(Refused(1)))).collect();
    missed(&desk, 9).await;
    let patient = waiters.remove(0);
    waiters.iter().for_each(JoinHandle::abort);
    cancel_after_one_poll(desk.cache.get_or_load_async(&path, text));
    gate.release.send(()).unwrap();
    let value = leader.await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&value, &patient.await.unwrap().unwrap()));
}

/// A thread leads and a task waits, which is one and the same load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_share_a_load() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let (loader, gate) = gated();
    let (cache, at) = (desk.cache.clone(), path.clone());
    let leader = thread::spawn(move || cache.get_or_load(at, loader).unwrap());
    gate.has_entered.recv().unwrap();
    let waiter = ask(&desk, &path, |_| Err(Refused(1)));
    missed(&desk, 2).await;
    gate.release.send(()).unwrap();
    let value = waiter.await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&value, &leader.join().unwrap()));
}

/// One thread of the pool is all there is, and a caller who blocks has it: he must never wait for
/// a load that waits for the thread.
#[test]
fn those_who_block_the_pool_do_not_wait_for_a_load_that_needs_it() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let _entered = runtime.enter();
    let mut cx = Context::from_waker(Waker::noop());
    // The task has found that there is nothing in the cache.
    let mut task = pin!(desk.cache.get_or_load_async(&path, text));
    assert!(task.as_mut().poll(&mut cx).is_pending());
    runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
    desk.cache.invalidate(&path);
    // The next one who gets the thread blocks it with a lookup of the same file, and the task goes
    // on only then.
    let (release, released) = mpsc::channel::<()>();
    drop(runtime.spawn_blocking(move || released.recv()));
    let (cache, at) = (desk.cache.clone(), path.clone());
    let (done, is_done) = mpsc::channel();
    drop(runtime.spawn_blocking(move || {
        done.send(cache.get_or_load(at, text).unwrap().to_string()).unwrap();
    }));
    let early = task.as_mut().poll(&mut cx);
    release.send(()).unwrap();
    let blocked = is_done.recv_timeout(Duration::from_secs(60));
    assert_eq!(blocked.expect("the pool waits for itself"), "aaaa");
    if early.is_pending() {
        assert_eq!(*runtime.block_on(task).unwrap(), "aaaa");
    }
}

/// The runtime that was to load is gone: its caller hears it, another one loads.
#[test]
fn a_load_whose_runtime_is_gone_is_cancelled_and_can_be_made_again() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let _entered = handle.enter();
    let mut load = pin!(desk.cache.get_or_load_async(&path, text));
    let outcome = load.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(
        matches!(outcome, std::task::Poll::Ready(Err(CacheError::Cancelled { .. }))),
        "{outcome:?}"
    );
    assert_eq!(desk.load(&path), "aaaa");
}
