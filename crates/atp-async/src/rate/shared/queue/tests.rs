use super::*;
use crate::rate::RateConfig;
use std::time::SystemTime;

const MS: Duration = Duration::from_millis(1);

fn outage() -> SharedRateError {
    SharedRateError::Outage { server: "host:1".into(), reason: "gone".into() }
}

fn refused() -> SharedRateError {
    SharedRateError::Refused { server: "host:1".into(), reason: "no".into() }
}

/// 100 a second with a burst of 2.
fn queue(has_reserve: bool) -> Queue {
    let terms = Terms::new(RateConfig::per_second(100.0).with_burst(2)).unwrap();
    Queue::new(terms, has_reserve)
}

fn poll(queue: &mut Queue, ticket: Ticket) -> Option<Handed> {
    match queue.poll(ticket, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(handed) => Some(handed),
        Poll::Pending => None,
    }
}

fn patience(timeout: Duration, now: Instant) -> Option<Patience> {
    Some(Patience { timeout, until: now + timeout })
}

/// Has the server grant `granted` of what is asked at `now`, and be empty after that if it is less.
fn answer(queue: &mut Queue, granted: u32, now: Instant) {
    let Step::Ask(ask) = queue.next(now) else { panic!("nothing is asked") };
    let answer = Answer::told(granted, 20_000, &ask);
    drop(queue.answered(&ask, &answer, now));
}

#[test]
fn a_long_line_asks_for_a_burst_at_a_time_and_rests_when_refused() {
    let (mut queue, now) = (queue(false), Instant::now());
    assert_eq!(queue.next(now), Step::Leave);
    let tickets = Vec::from_iter((0..5).map(|_| queue.join(None, now).unwrap()));
    assert_eq!(queue.next(now), Step::Ask(Ask { wanted: 2, elsewhere: 0, told: 0 }));
    answer(&mut queue, 2, now);
    answer(&mut queue, 1, now);
    assert_eq!(queue.next(now), Step::Rest(now + 10 * MS));
    let granted = tickets.iter().map(|ticket| poll(&mut queue, *ticket).is_some());
    assert_eq!(Vec::from_iter(granted), [true, true, true, false, false]);
    assert!(matches!(queue.next(now + 10 * MS), Step::Ask(Ask { wanted: 2, .. })));
}

#[test]
fn who_cannot_be_served_in_time_fails_at_once() {
    let (mut queue, now) = (queue(false), Instant::now());
    let front = queue.join(patience(5 * MS, now), now).unwrap();
    let second = queue.join(patience(15 * MS, now), now).unwrap();
    let third = queue.join(None, now).unwrap();
    answer(&mut queue, 0, now);
    assert_eq!(poll(&mut queue, front), Some(Err(SharedRateError::TooLong { timeout: 5 * MS })));
    assert_eq!(poll(&mut queue, second), None, "10 ms are enough for the front");
    assert_eq!(poll(&mut queue, third), None);
    // Two are before: the first token is 10 ms away, the third 30 ms.
    assert!(queue.join(patience(29 * MS, now), now).is_err());
    assert!(queue.join(patience(30 * MS, now), now).is_ok());
    assert!(queue.join(patience(MS, now + 10 * MS), now + 10 * MS).is_ok(), "nothing is known");
}

#[test]
fn a_closed_queue_fails_all_and_then_everybody_for_a_while() {
    let (mut queue, now) = (queue(false), Instant::now());
    let tickets = [(); 3].map(|()| queue.join(None, now).unwrap());
    assert!(!queue.failed(outage(), now).1);
    for ticket in tickets {
        assert_eq!(poll(&mut queue, ticket), Some(Err(outage())));
    }
    assert_eq!(queue.join(None, now), Err(outage()));
    let later = now + PAUSE;
    queue.join(None, later).unwrap();
    assert!(matches!(queue.next(later), Step::Ask(_)));
}

#[test]
fn an_outage_is_bridged_by_the_reserve_and_paid_for_afterwards() {
    let (mut queue, now) = (queue(true), Instant::now());
    let tickets = [(); 4].map(|()| queue.join(None, now).unwrap());
    let (woken, begins) = queue.failed(outage(), now);
    assert!(woken.is_empty() && begins);
    assert_eq!(queue.next(now), Step::Reserve(now + PAUSE));
    assert!(!queue.failed(outage(), now + PAUSE).1, "it is the same outage");
    for ticket in &tickets[..3] {
        drop(queue.grant_reserve());
        assert_eq!(poll(&mut queue, *ticket), Some(Ok(RateGrant::Local)));
    }
    let probe = queue.ask(0);
    assert_eq!(probe, Ask { wanted: 0, elsewhere: 2, told: 0 }, "a bucket has no more than 2");
    drop(queue.answered(&probe, &Answer::told(0, 20_000, &probe), now));
    assert!(matches!(queue.next(now), Step::Ask(Ask { wanted: 1, elsewhere: 0, told: 1_020_000 })));
    drop((queue.leave(tickets[3]), queue.grant_reserve()));
    assert_eq!(queue.ask(0).elsewhere, 0, "a token without a taker is not paid for");
}

#[test]
fn a_refusal_is_an_error_even_with_a_reserve() {
    let (mut queue, now) = (queue(true), Instant::now());
    let ticket = queue.join(None, now).unwrap();
    assert!(!queue.failed(refused(), now).1);
    assert_eq!(poll(&mut queue, ticket), Some(Err(refused())));
    assert_eq!(queue.join(None, now), Err(refused()));
}

#[test]
fn a_token_of_one_who_leaves_goes_to_the_next() {
    let (mut queue, now) = (queue(false), Instant::now());
    let tickets = [(); 2].map(|()| queue.join(None, now).unwrap());
    answer(&mut queue, 1, now);
    drop(queue.leave(tickets[0]));
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    assert_eq!(poll(&mut queue, tickets[1]), Some(Ok(RateGrant::Shared { at })));
    assert_eq!(queue.waiting(), 0);
}
