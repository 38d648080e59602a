//! `LazyModule` and `LazyValue` on threads: once, late, and again after a failure.

use atp_lazy::{Fallible, InitError, LazyModule, LazyValue};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

static JSON: LazyModule<HashMap<&str, &str>> =
    LazyModule::new("json", || HashMap::from([("key", "value")]));

/// ST-03, ST-04, ST-05, ST-06.
#[test]
fn st_03_to_06_and_l3_a_module_loads_at_first_use_and_works_like_what_it_holds() {
    static UNUSED: LazyModule<u8> = LazyModule::new("unused", || unreachable!());
    assert!(!UNUSED.is_loaded());
    assert_eq!((UNUSED.name(), UNUSED.load_time()), ("unused", None));
    assert_eq!(format!("{UNUSED:?}"), r#"Lazy { name: "unused", took: None, .. }"#);
    assert!(!UNUSED.is_loaded(), "looking at it does not load it");

    assert_eq!(JSON.get()["key"], "value");
    assert!(JSON.is_loaded() && JSON.load_time().is_some());
}

/// ST-07, ST-08, ST-09.
#[test]
fn st_07_to_09_a_value_is_made_once_and_stays() {
    let calls = AtomicUsize::new(0);
    let value = LazyValue::new(|| calls.fetch_add(1, SeqCst));
    assert!(!value.is_created());
    assert_eq!(value.creation_time(), None);
    assert!(std::ptr::eq(value.get(), value.get()));
    assert!(value.is_created());
    assert!(value.creation_time().is_some());
    assert_eq!(calls.into_inner(), 1);
}

#[test]
fn l1_sixty_four_threads_on_one_cell_make_one_value() {
    let calls = AtomicUsize::new(0);
    let ready = Barrier::new(64);
    let value = LazyValue::new(|| {
        thread::yield_now();
        Arc::new(calls.fetch_add(1, SeqCst))
    });
    let seen: Vec<_> = thread::scope(|scope| {
        let get = || {
            ready.wait();
            Arc::clone(value.get())
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(seen.iter().all(|one| Arc::ptr_eq(one, value.get())));
    assert_eq!(calls.load(SeqCst), 1);
}

#[test]
fn l2_a_value_that_is_none_is_a_value() {
    let calls = AtomicUsize::new(0);
    let value = LazyValue::new(|| {
        calls.fetch_add(1, SeqCst);
        None::<u8>
    });
    assert_eq!([value.get(), value.get(), value.get()], [&None; 3]);
    assert!(value.is_created());
    assert_eq!(calls.load(SeqCst), 1);
}

#[test]
fn l4_any_callable_makes_a_value() {
    let power = |base: u32, exponent| base.pow(exponent);
    let partial = LazyValue::new(move || power(2, 10));
    let boxed: LazyValue<u32, Box<dyn Fn() -> u32 + Send + Sync>> = LazyValue::new(Box::new(|| 7));
    assert_eq!((*partial.get(), *boxed.get()), (1024, 7));
}

#[test]
fn a_panic_is_an_error_for_try_get_and_the_next_call_tries_again() {
    let calls = AtomicUsize::new(0);
    let module = LazyModule::new("regexes", || match calls.fetch_add(1, SeqCst) {
        0 => panic!("pattern {} is empty", 3),
        n => n,
    });
    let error = module.try_get().unwrap_err();
    assert_eq!(error.to_string(), "initialisation of `regexes` panicked: pattern 3 is empty");
    assert!(!module.is_loaded());
    assert_eq!(module.try_get().unwrap(), &1);
}

#[test]
fn get_panics_with_the_reason_and_poisons_nothing() {
    let calls = AtomicUsize::new(0);
    let value = LazyValue::new(Fallible(|| match calls.fetch_add(1, SeqCst) {
        0 => Err("no route to host"),
        n => Ok(n),
    }));
    let panic = thread::scope(|scope| scope.spawn(|| *value.get()).join()).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("lazy.rs:"), "names the line: {message}");
    assert!(message.ends_with("failed: no route to host"), "{message}");
    assert_eq!(value.get(), &1);
}

#[test]
fn a_failure_keeps_its_cause_and_is_tried_again() {
    let calls = AtomicUsize::new(0);
    let module = LazyModule::new(
        "roots",
        Fallible(|| match calls.fetch_add(1, SeqCst) {
            0 => Err(io::Error::from(io::ErrorKind::NotFound)),
            n => Ok(n),
        }),
    );
    let error = module.try_get().unwrap_err();
    let InitError::Failed { name, source } = &error else { panic!("{error:?}") };
    assert_eq!(name, "roots");
    let cause = source.downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), io::ErrorKind::NotFound);
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(module.try_get().unwrap(), &1);
}

#[test]
fn those_who_wait_for_a_failing_attempt_share_its_failure() {
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let calls = AtomicUsize::new(0);
    let module = LazyModule::new(
        "pool",
        Fallible(|| {
            released.lock().unwrap().recv().unwrap();
            Err::<u8, _>(format!("attempt {}", calls.fetch_add(1, SeqCst)))
        }),
    );
    let asking = Barrier::new(4);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    asking.wait();
                    module.try_get().unwrap_err()
                })
            })
            .collect();
        // At most one attempt for each thread, however late it comes.
        (0..4).for_each(|_| release.send(()).unwrap());
        for thread in threads {
            assert!(matches!(thread.join().unwrap(), InitError::Failed { .. }));
        }
    });
    assert!((1..=4).contains(&calls.load(SeqCst)));
}

#[test]
fn a_value_may_borrow() {
    let text = String::from("a,b,c");
    let parts = LazyValue::new(|| text.split(',').collect::<Vec<_>>());
    assert_eq!(parts.get().len(), 3);
}
