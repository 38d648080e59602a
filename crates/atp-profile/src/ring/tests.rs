use super::{Call, Ring};
use crate::tally::Outcome;

/// A call all of whose fields follow from its id, so that a mixture is seen.
fn call(id: u64, outcome: Outcome) -> Call {
    let end = if outcome == Outcome::Open { 0 } else { id * 7 };
    Call { id, parent: id * 3, path: id as u32 * 5, outcome, start: id * 6, end }
}

fn open(ring: &Ring, id: u64) -> Option<Call> {
    let Call { id, parent, path, start, .. } = call(id, Outcome::Open);
    ring.open(id, parent, path, start)
}

fn close(ring: &Ring, id: u64) -> bool {
    let Call { id, path, end, outcome, .. } = call(id, Outcome::Completed);
    ring.close(id, path, end, outcome)
}

/// Returns whether a call is one of the two states that its id ever had.
fn is_whole(read: &Call) -> bool {
    // The end of an open call means nothing: it is stored before the call is marked as ended.
    let open = Call { end: read.end, ..call(read.id, Outcome::Open) };
    *read == open || *read == call(read.id, Outcome::Completed)
}

#[cfg(not(atp_loom))]
#[test]
fn the_oldest_is_overwritten_and_an_open_one_is_given_back() {
    let ring = Ring::new(4);
    for id in 1..=4 {
        assert_eq!(open(&ring, id), None);
    }
    (2..=4).for_each(|id| assert!(close(&ring, id)));
    assert_eq!(
        open(&ring, 5),
        Some(Call { end: 0, ..call(1, Outcome::Open) }),
        "1 was open, and is not lost"
    );
    assert_eq!(open(&ring, 6), None, "2 had ended");
    assert!(!close(&ring, 1), "its place is taken");
    assert!(close(&ring, 5));
    let mut ids: Vec<_> = ring.calls().map(|call| call.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [3, 4, 5, 6]);
    assert!(ring.calls().all(|call| is_whole(&call)));
}

#[cfg(not(atp_loom))]
#[test]
fn what_was_never_written_is_not_read() {
    assert_eq!(Ring::new(8).calls().count(), 0);
}

/// Run with `RUSTFLAGS="--cfg atp_loom" cargo test -p atp-profile --lib ring`.
#[cfg(atp_loom)]
#[test]
fn a_reader_never_sees_half_of_one_call_and_half_of_another() {
    loom::model(|| {
        let ring = loom::sync::Arc::new(Ring::new(1));
        let writer = {
            let ring = loom::sync::Arc::clone(&ring);
            loom::thread::spawn(move || {
                open(&ring, 1);
                close(&ring, 1);
                open(&ring, 2);
                close(&ring, 2);
            })
        };
        for read in ring.calls() {
            assert!(is_whole(&read), "{read:?}");
        }
        writer.join().unwrap();
        let last: Vec<_> = ring.calls().collect();
        assert_eq!(last, [call(2, Outcome::Completed)]);
    });
}
