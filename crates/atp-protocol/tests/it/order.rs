use crate::noon;
use atp_protocol::{Event, EventDefaults, EventOrder, OrderError, PartialEvent, Timestamp};

fn event(task_id: &str, sequence: u64) -> Event<'static> {
    let line = format!(r#"{{"task_id": "{task_id}", "sequence": {sequence}, "payload": {{}}}}"#);
    PartialEvent::parse(&line).unwrap().complete(&mut EventDefaults::new(""), noon()).into_owned()
}

fn check(mut order: EventOrder, sequences: &[u64]) -> (Vec<String>, u64) {
    let errors = sequences.iter().filter_map(|sequence| order.check(&event("t", *sequence)).err());
    let errors = errors.map(|error| error.to_string()).collect();
    (errors, order.accepted())
}

#[test]
fn strict_wants_every_number_once() {
    assert_eq!(check(EventOrder::strict(), &[0, 1, 2, 3]), (vec![], 4));
    assert_eq!(check(EventOrder::strict(), &[5, 6]), (vec![], 2));
    let (errors, accepted) = check(EventOrder::strict(), &[5, 5, 3, 0]);
    assert_eq!(errors, ["event 5 came again", "event 3 came after 5", "event 0 came after 5"]);
    assert_eq!(accepted, 1);
}

#[test]
fn x18_one_missing_event_is_one_error() {
    let sequences: Vec<u64> = (0..1_000).filter(|sequence| *sequence != 10).collect();
    let (errors, accepted) = check(EventOrder::strict(), &sequences);
    assert_eq!(errors, ["event 11 came where 10 was next"]);
    assert_eq!(accepted, 998);
}

#[test]
fn x18_a_reversed_stream_is_no_order() {
    let sequences: Vec<u64> = (0..100).rev().collect();
    for order in [EventOrder::strict(), EventOrder::lenient()] {
        assert_eq!(check(order, &sequences).0.len(), 99);
    }
}

#[test]
fn lenient_lets_numbers_be_left_out_and_repeated() {
    assert_eq!(check(EventOrder::lenient(), &[2, 2, 7, 7, 100]), (vec![], 5));
    assert_eq!(check(EventOrder::lenient(), &[2, 1, 3]).0, ["event 1 came after 2"]);
}

#[test]
fn the_first_event_or_the_request_fixes_the_task() {
    let mut order = EventOrder::strict();
    assert!(order.check(&event("a", 0)).is_ok());
    assert_eq!(
        order.check(&event("b", 1)),
        Err(OrderError::ForeignTask { sequence: 1, expected: "a".into(), found: "b".into() })
    );
    // A foreign event does not count: the next of our own is still in its place.
    assert!(order.check(&event("a", 1)).is_ok());

    let mut order = EventOrder::strict().with_task_id("run");
    assert!(matches!(order.check(&event("a", 0)), Err(OrderError::ForeignTask { .. })));
    assert!(order.check(&event("run", 0)).is_ok());
}

#[test]
fn time_may_stand_still_but_not_go_back() {
    let at = |sequence, micros| Event {
        timestamp: Timestamp::from_micros(micros),
        ..event("t", sequence)
    };
    let mut order = EventOrder::lenient().with_time_order();
    assert!(order.check(&at(0, 10)).is_ok() && order.check(&at(1, 10)).is_ok());
    assert!(matches!(order.check(&at(2, 9)), Err(OrderError::EarlierTime { sequence: 2, .. })));
    assert!(order.check(&at(2, 11)).is_ok());

    let mut order = EventOrder::lenient();
    assert!(order.check(&at(0, 10)).is_ok() && order.check(&at(1, 9)).is_ok());
}

#[test]
fn the_largest_number_is_the_last() {
    let (errors, _) = check(EventOrder::strict(), &[u64::MAX - 1, u64::MAX, u64::MAX, 0]);
    assert_eq!(errors.len(), 2);
    assert_eq!(check(EventOrder::strict(), &[0, u64::MAX]).0.len(), 1);
}
