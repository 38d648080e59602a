//! One load a key for threads and tasks together; failure, panic and cancellation harm nobody.

use atp_lazy::{Flight, InitError, SingleFlight};
use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;

type Flights<V> = SingleFlight<&'static str, V>;

fn flights<V: Clone>() -> Flights<V> {
    SingleFlight::new(|key| (*key).to_owned())
}

/// Joins the load of `key` and runs it here when it is this caller's to run.
fn load<V: Clone>(
    flights: &Flights<V>,
    key: &'static str,
    load: impl FnOnce() -> V,
) -> Result<V, InitError> {
    let (flight, leader) = flights.join(key);
    if let Some(leader) = leader {
        leader.run(load);
    }
    flight.wait()
}

fn poll_once<V: Clone>(flight: &mut Flight<V>) -> Poll<Result<V, InitError>> {
    pin!(flight).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn sixty_four_threads_that_join_one_flight_share_one_load() {
    let flights = flights();
    let loads = AtomicUsize::new(0);
    let joined = Barrier::new(64);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let (flight, leader) = flights.join("key");
                joined.wait();
                if let Some(leader) = leader {
                    leader.run(|| loads.fetch_add(1, SeqCst) + 41);
                }
                assert_eq!(flight.wait().unwrap(), 41);
            });
        }
    });
    assert_eq!((loads.into_inner(), flights.in_flight()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_wait_for_the_same_load() {
    let flights = Arc::new(flights());
    let (flight, leader) = flights.join("key");
    let (threads, _): (Vec<_>, Vec<_>) = (0..8).map(|_| flights.join("key")).unzip();
    let (tasks, _): (Vec<_>, Vec<_>) = (0..8).map(|_| flights.join("key")).unzip();
    let threads: Vec<_> = threads.into_iter().map(|f| thread::spawn(|| f.wait())).collect();
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    tokio::spawn(leader.unwrap().run_async(async {
        tokio::task::yield_now().await;
        7
    }));
    assert_eq!(flight.await.unwrap(), 7);
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), 7);
    }
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap(), 7);
    }
}

#[test]
fn a_panic_reaches_everybody_as_an_error_and_the_next_load_succeeds() {
    let flights = flights();
    let (flight, leader) = flights.join("key");
    let (other, none) = flights.join("key");
    assert!(none.is_none());
    leader.unwrap().run(|| panic!("no such page"));
    for flight in [flight, other] {
        let error = flight.wait().unwrap_err();
        assert_eq!(error.to_string(), "initialisation of `key` panicked: no such page");
    }
    assert_eq!(load(&flights, "key", || 1).unwrap(), 1);
}

#[test]
fn a_failure_is_shared_and_not_kept() {
    let flights = flights::<Result<u8, Arc<str>>>();
    let (waiting, leader) = flights.join("key");
    leader.unwrap().run(|| Err("refused".into()));
    assert_eq!(waiting.wait().unwrap(), Err("refused".into()));
    assert_eq!(load(&flights, "key", || Ok(3)).unwrap(), Ok(3));
}

#[test]
fn a_leader_that_is_dropped_cancels_the_load_and_frees_the_key() {
    let flights = flights();
    let (flight, leader) = flights.join("key");
    drop(leader);
    assert!(matches!(flight.wait(), Err(InitError::Cancelled { name }) if name == "key"));
    assert_eq!(load(&flights, "key", || 2).unwrap(), 2);
}

#[test]
fn an_async_load_that_is_dropped_half_way_cancels_the_load() {
    let flights = flights::<u8>();
    let (mut flight, leader) = flights.join("key");
    let mut running = Box::pin(leader.unwrap().run_async(pending()));
    assert!(running.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(poll_once(&mut flight).is_pending());
    drop(running);
    assert!(matches!(poll_once(&mut flight), Poll::Ready(Err(InitError::Cancelled { .. }))));
    assert_eq!(flights.in_flight(), 0);
}

#[tokio::test]
async fn a_cancelled_caller_neither_loses_the_load_nor_stalls_the_others() {
    let flights = flights();
    let (release, released) = tokio::sync::oneshot::channel();
    let (mut first, leader) = flights.join("key");
    let run = tokio::spawn(leader.unwrap().run_async(async move { released.await.unwrap() }));
    let (mut second, _) = flights.join("key");
    assert!(poll_once(&mut first).is_pending());
    assert!(poll_once(&mut second).is_pending());
    drop(first);
    release.send(5).unwrap();
    assert_eq!(second.await.unwrap(), 5);
    run.await.unwrap();
}

#[tokio::test]
async fn an_async_load_may_panic_after_it_was_suspended() {
    let flights = flights::<u8>();
    let (flight, leader) = flights.join("key");
    let run = leader.unwrap().run_async(async {
        tokio::task::yield_now().await;
        panic!("half-way")
    });
    let (outcome, ()) = tokio::join!(flight, run);
    assert!(matches!(outcome, Err(InitError::Panicked { message, .. }) if message == "half-way"));
}

#[test]
fn a_load_that_waits_for_itself_gets_the_cycle() {
    let flights = flights::<String>();
    let outcome = load(&flights, "a", || {
        let inner = load(&flights, "b", || {
            load(&flights, "a", || unreachable!("`a` has a leader")).unwrap_err().to_string()
        });
        inner.unwrap()
    });
    assert_eq!(outcome.unwrap(), "initialisation cycle: a -> b -> a");
}

#[test]
fn a_cycle_through_two_detached_loads_is_found() {
    let flights = Arc::new(flights::<String>());
    let open = |from: &'static str, to: &'static str| {
        let (flight, leader) = flights.join(from);
        let flights = Arc::clone(&flights);
        let load = move || {
            let (needed, none) = flights.join(to);
            assert!(none.is_none());
            needed.wait().unwrap_or_else(|error| error.to_string())
        };
        (flight, move || leader.unwrap().run(load))
    };
    let (first, load_first) = open("a", "b");
    let (second, load_second) = open("b", "a");
    thread::spawn(load_first);
    thread::spawn(load_second);
    // Whichever came second was refused, and the other one got what it said.
    let (first, second) = (first.wait().unwrap(), second.wait().unwrap());
    assert_eq!(first, second);
    let rings = ["initialisation cycle: a -> b -> a", "initialisation cycle: b -> a -> b"];
    assert!(rings.contains(&first.as_str()), "{first}");
}

#[tokio::test]
async fn a_cycle_through_two_tasks_is_found() {
    let flights = Arc::new(flights::<String>());
    let (first, lead_first) = flights.join("a");
    let (second, lead_second) = flights.join("b");
    let ask = |key| {
        let flight = flights.join(key).0;
        async move { flight.await.unwrap_or_else(|error| error.to_string()) }
    };
    tokio::spawn(lead_first.unwrap().run_async(ask("b")));
    tokio::spawn(lead_second.unwrap().run_async(ask("a")));
    assert_eq!(first.await.unwrap(), "initialisation cycle: a -> b -> a");
    assert_eq!(second.await.unwrap(), "initialisation cycle: a -> b -> a");
}

#[tokio::test]
async fn an_async_load_run_in_place_is_needed_by_the_load_around_it() {
    let flights = flights::<String>();
    let (outer, lead_outer) = flights.join("a");
    let run = lead_outer.unwrap().run_async(async {
        let (inner, lead_inner) = flights.join("b");
        let again = flights.join("a").0;
        let run = lead_inner.unwrap().run_async(async { again.await.unwrap_err().to_string() });
        run.await;
        inner.await.unwrap()
    });
    run.await;
    assert_eq!(outer.await.unwrap(), "initialisation cycle: a -> b -> a");
}

#[test]
fn keys_and_values_do_not_show() {
    let flights = SingleFlight::<&str, &str>::new(|_| "instance".to_owned());
    let (flight, leader) = flights.join("token=secret");
    let text = format!("{flights:?} {flight:?} {leader:?}");
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("in_flight: 1"), "{text}");
}
