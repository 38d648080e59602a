//! Values by key: late, once, and with errors that help.

use atp_lazy::{DeferredRegistry, Fallible, InitError, LazyValue, RegistryError};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

/// ST-10, ST-11.
#[test]
fn st_10_and_11_makers_run_once_at_their_first_get_in_the_order_of_access() {
    let registry = DeferredRegistry::new("services");
    let made = Arc::new(Mutex::new(Vec::new()));
    for name in ["first", "second", "third"] {
        let made = Arc::clone(&made);
        let make = move || {
            made.lock().unwrap().push(name);
            name.len()
        };
        registry.register(name, make).unwrap();
    }
    assert!(made.lock().unwrap().is_empty());
    assert_eq!(registry.get("third").unwrap(), 5);
    assert_eq!(registry.get("first").unwrap(), 5);
    assert_eq!(registry.get("third").unwrap(), 5);
    assert_eq!(*made.lock().unwrap(), ["third", "first"]);
}

#[test]
fn st_12_an_unknown_key_lists_the_known_ones_and_the_nearest() {
    let registry = DeferredRegistry::<_, u8>::new("adapters");
    assert_eq!(
        registry.get("http").unwrap_err().to_string(),
        "unknown key in adapters: http; no keys are registered"
    );
    for key in ["http", "container", "cli"] {
        registry.register(key, || 0).unwrap();
    }
    let error = registry.get("Contianer").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown key in adapters: Contianer; did you mean container? known keys: http, container, cli"
    );
    let RegistryError::UnknownKey { nearest, known, .. } = registry.get("grpc").unwrap_err() else {
        panic!("known?")
    };
    assert_eq!((nearest, known.len()), (None, 3));
    // A key of any size and content is answered.
    assert!(registry.get("x".repeat(1 << 20).as_str()).is_err());
    assert!(registry.get("").is_err());
}

#[test]
fn a_long_list_of_known_keys_is_cut_in_the_message_only() {
    let registry = DeferredRegistry::new("many");
    for key in 0..100_u32 {
        registry.register(key, || ()).unwrap();
    }
    let error = registry.try_get(&1234).unwrap_err();
    assert!(error.to_string().ends_with(", 19 and 80 more"), "{error}");
    assert!(matches!(error, RegistryError::UnknownKey { known, .. } if known.len() == 100));
}

/// ST-13, ST-14, ST-15.
#[test]
fn st_13_to_15_what_is_created_and_what_is_not() {
    let registry = DeferredRegistry::new("services");
    registry.register("b".to_owned(), || 1).unwrap();
    registry.register("a".to_owned(), || 2).unwrap();
    assert!(!registry.is_created("a") && !registry.is_created("nothing"));
    assert!(registry.creation_times().is_empty());
    registry.get("a").unwrap();
    assert!(registry.is_created("a") && !registry.is_created("b"));
    assert_eq!(registry.keys(), ["b", "a"]);
    let created: Vec<_> = registry.creation_times().into_iter().map(|(key, _)| key).collect();
    assert_eq!(created, ["a"]);
}

#[test]
fn l1_sixty_four_threads_on_one_key_make_one_value() {
    let registry = DeferredRegistry::new("services");
    let calls = Arc::new(AtomicUsize::new(0));
    let make = {
        let calls = Arc::clone(&calls);
        move || Arc::new(calls.fetch_add(1, SeqCst))
    };
    registry.register("one", make).unwrap();
    let ready = Barrier::new(64);
    let seen: Vec<_> = thread::scope(|scope| {
        let get = || {
            ready.wait();
            registry.get("one").unwrap()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(seen.iter().all(|one| Arc::ptr_eq(one, &seen[0])));
    assert_eq!(calls.load(SeqCst), 1);
}

#[test]
fn l4_a_key_is_registered_once_and_replaced_with_its_value() {
    let registry = DeferredRegistry::new("services");
    registry.register("key", || 1).unwrap();
    let error = registry.register("key", || 2).unwrap_err();
    assert_eq!(error.to_string(), "key registered twice in services: key");
    assert_eq!(registry.get("key").unwrap(), 1);
    assert!(registry.replace("key", || 3));
    assert!(!registry.is_created("key"));
    assert_eq!(registry.get("key").unwrap(), 3);
    assert!(!registry.replace("new", || 4));
    assert_eq!(registry.get("new").unwrap(), 4);
}

#[test]
fn a_maker_may_use_the_registry_and_a_cycle_through_it_is_named() {
    let registry = Arc::new(DeferredRegistry::<&str, u8>::new("services"));
    let needs = |key: &'static str| {
        let registry = Arc::downgrade(&registry);
        move || registry.upgrade().unwrap().get(key).unwrap() + 1
    };
    registry.register("base", || 1).unwrap();
    registry.register("top", needs("base")).unwrap();
    registry.register("left", needs("right")).unwrap();
    registry.register("right", needs("left")).unwrap();
    assert_eq!(registry.get("top").unwrap(), 2);
    let error = registry.try_get("left").unwrap_err();
    assert_eq!(
        error.to_string(),
        "initialisation cycle: services/left -> services/right -> services/left"
    );
    assert!(matches!(error, RegistryError::Init(InitError::Cycle(_))));
    // It may also register, on whatever shard the new key falls.
    let inner = Arc::downgrade(&registry);
    let register_more = move || {
        let registry = inner.upgrade().unwrap();
        (0..100_u8).for_each(|n| {
            registry.replace(Box::leak(n.to_string().into_boxed_str()), move || n);
        });
        0
    };
    registry.register("more", register_more).unwrap();
    assert_eq!(registry.get("more").unwrap(), 0);
    assert_eq!(registry.get("42").unwrap(), 42);
}

#[test]
fn a_cycle_that_is_passed_on_as_a_result_stays_a_cycle() {
    let registry = Arc::new(DeferredRegistry::<&str, u8>::new("services"));
    let needs = |key: &'static str| {
        let registry = Arc::downgrade(&registry);
        Fallible(move || registry.upgrade().unwrap().try_get(key))
    };
    registry.register("left", needs("right")).unwrap();
    registry.register("right", needs("left")).unwrap();
    let error = registry.try_get("left").unwrap_err();
    assert!(matches!(error, RegistryError::Init(InitError::Cycle(_))), "{error:?}");
    // Any other failure keeps its own cause.
    registry.register("far", needs("nowhere")).unwrap();
    let error = registry.try_get("far").unwrap_err();
    let RegistryError::Init(InitError::Failed { source, .. }) = error else { panic!("{error:?}") };
    assert!(matches!(source.downcast_ref(), Some(RegistryError::UnknownKey { .. })));
}

#[test]
fn a_key_may_use_the_registry_when_it_is_shown() {
    static PORTS: LazyValue<DeferredRegistry<Key, u16>> =
        LazyValue::new(|| DeferredRegistry::new("ports"));
    static SHOWN: AtomicUsize = AtomicUsize::new(0);

    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Key;

    impl fmt::Display for Key {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if SHOWN.fetch_add(1, SeqCst) == 0 {
                assert_eq!(PORTS.get().get(&Key).unwrap(), 80);
            }
            f.write_str("key")
        }
    }

    PORTS.get().register(Key, || 80).unwrap();
    assert_eq!(PORTS.get().get(&Key).unwrap(), 80);
    assert!(SHOWN.load(SeqCst) > 0);
}

#[test]
fn a_failure_and_a_panic_are_followed_by_success() {
    let registry = DeferredRegistry::new("services");
    let calls = AtomicUsize::new(0);
    let make = move || match calls.fetch_add(1, SeqCst) {
        0 => Err("refused"),
        1 => panic!("half-way"),
        n => Ok(n),
    };
    registry.register("pool", Fallible(make)).unwrap();
    assert!(matches!(
        registry.try_get("pool"),
        Err(RegistryError::Init(InitError::Failed { name, .. })) if name == "services/pool"
    ));
    assert!(matches!(
        registry.try_get("pool"),
        Err(RegistryError::Init(InitError::Panicked { message, .. })) if message == "half-way"
    ));
    assert_eq!(registry.get("pool").unwrap(), 2);
}

#[test]
fn get_panics_when_a_value_cannot_be_made() {
    let registry = DeferredRegistry::<_, u8>::new("services");
    registry.register("pool", Fallible(|| Err("refused"))).unwrap();
    let panic = thread::scope(|scope| scope.spawn(|| registry.get("pool")).join()).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message, "initialisation of `services/pool` failed: refused");
}

#[test]
fn values_do_not_show() {
    let registry = DeferredRegistry::new("tokens");
    registry.register("secret", || "secret").unwrap();
    registry.get("secret").unwrap();
    let text = format!("{registry:?}");
    assert_eq!(text, r#"DeferredRegistry { name: "tokens", keys: 1, .. }"#);
}
