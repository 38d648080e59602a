//! The async form: carried on by whoever waits, dropped with the last of them.

use atp_lazy::{
    Async, AsyncFallibleModule, BoxError, Fallible, InitAsync, InitError, LazyModule, LazyValue,
};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_make_one_value() {
    let calls = Arc::new(AtomicUsize::new(0));
    let value = Arc::new(LazyValue::new_async({
        let calls = Arc::clone(&calls);
        move || {
            let calls = Arc::clone(&calls);
            async move {
                tokio::task::yield_now().await;
                calls.fetch_add(1, SeqCst) + 7
            }
        }
    }));
    let get = || {
        let value = Arc::clone(&value);
        async move { *value.get().await }
    };
    let tasks: Vec<_> = (0..64).map(|_| tokio::spawn(get())).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 7);
    }
    assert_eq!(calls.load(SeqCst), 1);
    assert!(value.is_created() && value.creation_time().is_some());
}

#[tokio::test]
async fn a_cancelled_caller_passes_the_running_build_on() {
    let (calls, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let module = LazyModule::new_async("pool", || {
        let (calls, go) = (Arc::clone(&calls), Arc::clone(&go));
        async move {
            calls.fetch_add(1, SeqCst);
            go.notified().await;
            5
        }
    });
    let mut first = Box::pin(module.try_get());
    let mut second = Box::pin(module.try_get());
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    drop(first);
    go.notify_one();
    assert_eq!(second.await.unwrap(), &5);
    assert_eq!(calls.load(SeqCst), 1, "the build went on, it did not start again");
}

#[tokio::test]
async fn a_caller_that_is_no_longer_polled_stalls_nobody() {
    let go = Arc::new(Notify::new());
    let module = LazyModule::new_async("pool", || {
        let go = Arc::clone(&go);
        async move {
            go.notified().await;
            tokio::task::yield_now().await;
            5
        }
    });
    let mut leader = Box::pin(module.try_get());
    assert!(poll_once(leader.as_mut()).is_pending());
    go.notify_one();
    assert_eq!(module.get().await, &5);
    assert_eq!(leader.await.unwrap(), &5);
}

#[tokio::test]
async fn when_all_callers_are_gone_the_build_goes_and_the_next_starts_anew() {
    let dropped = Arc::new(AtomicUsize::new(0));
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let calls = AtomicUsize::new(0);
    let module = LazyModule::new_async("pool", || {
        let held = Counted(Arc::clone(&dropped));
        let first = calls.fetch_add(1, SeqCst) == 0;
        async move {
            let _held = held;
            if first {
                std::future::pending::<()>().await;
            }
            5
        }
    });
    let mut callers = [Box::pin(module.try_get()), Box::pin(module.try_get())];
    callers.iter_mut().for_each(|caller| assert!(poll_once(caller.as_mut()).is_pending()));
    drop(callers);
    assert_eq!(dropped.load(SeqCst), 1);
    assert!(!module.is_loaded());
    assert_eq!(module.get().await, &5);
}

#[tokio::test]
async fn failure_and_panic_are_followed_by_success() {
    let calls = Arc::new(AtomicUsize::new(0));
    let module = LazyModule::new_async(
        "pool",
        Fallible({
            let calls = Arc::clone(&calls);
            move || {
                let call = calls.fetch_add(1, SeqCst);
                async move {
                    tokio::task::yield_now().await;
                    match call {
                        0 => Err("refused"),
                        1 => panic!("half-way"),
                        n => Ok(n),
                    }
                }
            }
        }),
    );
    assert!(matches!(module.try_get().await, Err(InitError::Failed { .. })));
    let outcomes = tokio::join!(module.try_get(), module.try_get());
    assert!(
        matches!(outcomes.0, Err(InitError::Panicked { ref message, .. }) if message == "half-way")
    );
    assert!(matches!(outcomes.1, Err(InitError::Panicked { .. })), "one attempt, shared");
    assert_eq!(module.try_get().await.unwrap(), &2);
}

#[tokio::test]
async fn a_closure_that_panics_before_its_future_is_there() {
    let first = Mutex::new(true);
    let value = LazyValue::new_async(|| {
        if std::mem::take(&mut *first.lock().unwrap_or_else(|e| e.into_inner())) {
            panic!("no runtime");
        }
        async { 1 }
    });
    assert!(matches!(value.try_get().await, Err(InitError::Panicked { .. })));
    assert_eq!(value.get().await, &1);
}

#[tokio::test]
async fn a_build_that_panics_when_it_is_dropped_keeps_nobody_waiting() {
    struct Build(bool);
    impl Future for Build {
        type Output = Result<u8, BoxError>;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            if std::mem::replace(&mut self.0, true) {
                return Poll::Ready(Ok(4));
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
    impl Drop for Build {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    struct Begin;
    impl InitAsync for Begin {
        type Value = u8;
        fn start(&self) -> impl Future<Output = Result<u8, BoxError>> + Send + 'static {
            Build(false)
        }
    }
    static MODULE: LazyModule<u8, Async<Begin>> = LazyModule::new_async("build", Begin);
    let callers: Vec<_> = (0..3).map(|_| tokio::spawn(MODULE.get())).collect();
    let mut panicked = 0;
    for caller in callers {
        match caller.await {
            Ok(value) => assert_eq!(value, &4),
            Err(error) => panicked += usize::from(error.is_panic()),
        }
    }
    assert_eq!(panicked, 1, "the one who dropped it");
    assert_eq!(MODULE.get().await, &4);
}

#[tokio::test]
async fn tasks_cancelled_at_every_step_never_lose_the_value() {
    for steps in 0..6 {
        let value = LazyValue::new_async(|| async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            3
        });
        let mut cancelled = Box::pin(value.get());
        for _ in 0..steps {
            if poll_once(cancelled.as_mut()).is_ready() {
                break;
            }
        }
        drop(cancelled);
        assert_eq!(value.get().await, &3);
    }
}

#[test]
fn the_futures_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    static POOL: AsyncFallibleModule<u8, String> =
        LazyModule::new_async("pool", Fallible(|| Box::pin(async { Ok(1) })));
    is_send(&POOL.get());
    is_send(&POOL.try_get());
}
