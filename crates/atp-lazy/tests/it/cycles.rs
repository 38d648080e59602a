//! A value that needs itself is an error that names the way round, never a hang.

use atp_lazy::{
    AsyncModule, Fallible, FallibleModule, InitError, LazyModule, LazyValue, carry_async,
};
use std::pin::{Pin, pin};
use std::sync::{Barrier, Once, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;

fn path(error: &InitError) -> String {
    match error {
        InitError::Cycle(path) => path.to_string(),
        other => panic!("not a cycle: {other:?}"),
    }
}

#[test]
fn l4_a_module_that_needs_itself() {
    static A: LazyModule<u8> = LazyModule::new("a", || A.get() + 1);
    assert_eq!(path(&A.try_get().unwrap_err()), "a -> a");
    assert_eq!(path(&A.try_get().unwrap_err()), "a -> a", "and again");
    let panic = thread::spawn(|| *A.get()).join().unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "initialisation cycle: a -> a");
}

#[test]
fn a_ring_of_two_on_one_thread() {
    static A: LazyModule<u8> = LazyModule::new("a", || B.get() + 1);
    static B: LazyModule<u8> = LazyModule::new("b", || A.get() + 1);
    assert_eq!(path(&A.try_get().unwrap_err()), "a -> b -> a");
    assert_eq!(path(&B.try_get().unwrap_err()), "b -> a -> b");
}

#[test]
fn a_ring_of_three_on_one_thread_through_results() {
    type Ring = FallibleModule<u8, InitError>;
    static A: Ring = LazyModule::new("a", Fallible(|| B.try_get().copied()));
    static B: Ring = LazyModule::new("b", Fallible(|| C.try_get().copied()));
    static C: Ring = LazyModule::new("c", Fallible(|| A.try_get().copied()));
    let InitError::Cycle(ring) = B.try_get().unwrap_err() else { panic!("not a cycle") };
    assert_eq!(ring.names(), ["b", "c", "a", "b"]);
}

/// Starts `N` modules on a thread each, all of them under way before any asks for the next.
fn ring_across_threads<const N: usize>(names: [&'static str; N]) -> Vec<Result<u8, InitError>> {
    type Boxed<'a> = LazyModule<u8, Box<dyn Fn() -> u8 + Send + Sync + 'a>>;
    struct Ring<'a>(Vec<OnceLock<Boxed<'a>>>);

    let under_way: &Barrier = Box::leak(Box::new(Barrier::new(N)));
    let ring: &Ring<'static> = Box::leak(Box::new(Ring((0..N).map(|_| OnceLock::new()).collect())));
    for (index, name) in names.into_iter().enumerate() {
        let first = Once::new();
        let init: Box<dyn Fn() -> u8 + Send + Sync> = Box::new(move || {
            // Later attempts do not meet the others.
            first.call_once(|| {
                under_way.wait();
            });
            *ring.0[(index + 1) % N].get().expect("all are set before any is asked").get()
        });
        assert!(ring.0[index].set(LazyModule::new(name, init)).is_ok());
    }
    let get = |index: usize| move || ring.0[index].get().expect("all are set").try_get().copied();
    let threads: Vec<_> = (0..N).map(|index| thread::spawn(get(index))).collect();
    threads.into_iter().map(|thread| thread.join().expect("try_get does not panic")).collect()
}

#[test]
fn a_ring_of_two_across_two_threads() {
    for outcome in ring_across_threads(["a", "b"]) {
        let path = path(&outcome.unwrap_err());
        assert!(["a -> b -> a", "b -> a -> b"].contains(&path.as_str()), "{path}");
    }
}

#[test]
fn a_ring_of_three_across_three_threads() {
    for outcome in ring_across_threads(["a", "b", "c"]) {
        let path = path(&outcome.unwrap_err());
        let rings = ["a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c"];
        assert!(rings.contains(&path.as_str()), "{path}");
    }
}

#[tokio::test]
async fn an_async_module_that_needs_itself() {
    static A: AsyncModule<u8> =
        LazyModule::new_async("a", || Box::pin(async { A.get().await + 1 }));
    assert_eq!(path(&A.try_get().await.unwrap_err()), "a -> a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_of_three_across_tasks() {
    fn needs(next: &'static AsyncModule<u8>) -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            *next.get().await
        })
    }
    static A: AsyncModule<u8> = LazyModule::new_async("a", || needs(&B));
    static B: AsyncModule<u8> = LazyModule::new_async("b", || needs(&C));
    static C: AsyncModule<u8> = LazyModule::new_async("c", || needs(&A));
    let tasks = [&A, &B, &C].map(|module| tokio::spawn(module.try_get()));
    for task in tasks {
        let path = path(&task.await.unwrap().unwrap_err());
        let rings = ["a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c"];
        assert!(rings.contains(&path.as_str()), "{path}");
    }
}

#[tokio::test]
async fn a_ring_through_an_async_and_a_blocking_module() {
    static A: AsyncModule<u8> = LazyModule::new_async("a", || Box::pin(async { *B.get() }));
    static B: LazyModule<u8> = LazyModule::new("b", || {
        let needed = pin!(A.get());
        match needed.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(a) => *a,
            Poll::Pending => unreachable!("a cycle is told at once"),
        }
    });
    assert_eq!(path(&A.try_get().await.unwrap_err()), "a -> b -> a");
}

#[tokio::test]
async fn a_ring_through_a_spawned_task_that_was_carried_along() {
    static A: AsyncModule<u8> = LazyModule::new_async("a", || {
        Box::pin(async {
            let spawned = tokio::spawn(carry_async(async { *B.get().await }));
            spawned.await.unwrap_or(0)
        })
    });
    static B: AsyncModule<u8> = LazyModule::new_async("b", || {
        Box::pin(async {
            match A.try_get().await {
                Err(error) if path(&error) == "a -> b -> a" => 9,
                other => panic!("{other:?}"),
            }
        })
    });
    assert_eq!(A.try_get().await.unwrap(), &9);
}

#[test]
fn what_is_needed_twice_is_no_cycle() {
    static BASE: LazyModule<u8> = LazyModule::new("base", || 1);
    static LEFT: LazyModule<u8> = LazyModule::new("left", || BASE.get() + 1);
    static RIGHT: LazyModule<u8> = LazyModule::new("right", || BASE.get() + 2);
    static TOP: LazyModule<u8> = LazyModule::new("top", || LEFT.get() + RIGHT.get());
    let tops: Vec<u8> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| *TOP.get())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(tops, [5; 8]);
}

#[test]
fn an_initialiser_may_answer_a_cycle_with_a_value_of_its_own() {
    static A: LazyModule<u8> = LazyModule::new("a", || *B.get());
    static B: LazyModule<u8> = LazyModule::new("b", || A.try_get().map_or(9, |a| *a));
    assert_eq!(A.try_get().unwrap(), &9);
}

#[test]
fn a_value_without_a_name_is_called_by_type_and_line() {
    static SELF: LazyValue<String> = LazyValue::new(|| SELF.get().clone());
    let path = path(&SELF.try_get().unwrap_err());
    assert!(path.contains("alloc::string::String (") && path.contains("cycles.rs:"), "{path}");
}
