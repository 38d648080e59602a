//! The sessions of a run on one axis of time.

use atp_journal::Recording;
use std::collections::BTreeMap;

/// Where the sessions of a recording stand on one axis, which leaves out the time between them.
///
/// The sessions of a run that was resumed stand one after the other. The parts of a run that
/// several machines shared went on at the same time: they overlap as they did by the clocks of the
/// machines, each on slots of its own.
#[derive(Debug)]
pub(crate) struct Axis {
    /// By number, ascending.
    pub(crate) sessions: Vec<Placed>,
    /// How long all of it took.
    pub(crate) seconds: f64,
}

/// A session on the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub(crate) number: u32,
    pub(crate) start_seconds: f64,
    /// What it wrote at its end; of one that was killed, the time to the end of its last run.
    pub(crate) seconds: f64,
    /// How many slots others use that went on when it began.
    pub(crate) first_slot: u32,
}

/// What is known of a session before it is placed.
#[derive(Debug, Default)]
struct Known {
    /// When it began, in seconds of the common clock; none if it was killed.
    began: Option<f64>,
    seconds: f64,
    slots: u32,
}

impl Axis {
    /// Linear in the runs.
    pub(crate) fn new(recording: &Recording) -> Self {
        let order = in_order(recording);
        let mut axis = Self { sessions: Vec::with_capacity(order.len()), seconds: 0.0 };
        // What the common clock shows where the axis begins, and what of it is left out.
        let mut left_out = order.first().map_or(0.0, |(at, ..)| *at);
        let mut slots_in_use = 0;
        for (at, number, known) in order {
            let mut start_seconds = axis.seconds;
            match known.began {
                // It went on while others did.
                Some(_) if at - left_out < axis.seconds => start_seconds = at - left_out,
                Some(_) => left_out = at - axis.seconds,
                // When it began is not known, only that those before it were over.
                None => left_out -= known.seconds,
            }
            if start_seconds >= axis.seconds {
                slots_in_use = 0;
            }
            let Known { seconds, slots, .. } = known;
            axis.sessions.push(Placed { number, start_seconds, seconds, first_slot: slots_in_use });
            slots_in_use = slots_in_use.saturating_add(slots);
            axis.seconds = axis.seconds.max(start_seconds + seconds);
        }
        axis.sessions.sort_by_key(|session| session.number);
        axis
    }

    /// Returns where a session stands; at the beginning if nothing is known of it.
    pub(crate) fn session(&self, number: u32) -> Placed {
        match self.sessions.binary_search_by_key(&number, |session| session.number) {
            Ok(place) => self.sessions[place],
            Err(_) => Placed { number, start_seconds: 0.0, seconds: 0.0, first_slot: 0 },
        }
    }
}

/// All sessions that left anything, in the order in which they began. A session that was killed
/// comes after the one whose number is before its own.
fn in_order(recording: &Recording) -> Vec<(f64, u32, Known)> {
    let mut sessions: BTreeMap<u32, Known> = BTreeMap::new();
    for run in &recording.runs {
        let known = sessions.entry(run.session).or_default();
        known.seconds = known.seconds.max(finite(run.finished_seconds));
        known.slots = known.slots.max(run.slot.saturating_add(1));
    }
    for session in &recording.sessions {
        let known = sessions.entry(session.number).or_default();
        known.began = Some(session.started_at.as_micros() as f64 / 1e6);
        known.seconds = finite(session.wall_seconds);
    }
    let mut before = recording.header.started_at.as_micros() as f64 / 1e6;
    let timed = sessions.into_iter().map(|(number, known)| {
        before = known.began.unwrap_or(before);
        (before, number, known)
    });
    let mut timed: Vec<_> = timed.collect();
    // Stable: what began at the same time stays in the order of its numbers.
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    timed
}

/// A time that can be added up.
fn finite(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_journal::{Header, RunRecord, RunStatus, Session};
    use atp_protocol::Timestamp;

    /// A recording of sessions by number, with the second in which each began (none if it was
    /// killed), its length, and its last slot.
    fn recording(sessions: &[(u32, Option<i64>, f64, u32)]) -> Recording {
        let mut recording = Recording::new(Header::new("s", "h", "a", "cli"));
        recording.header.started_at = Timestamp::from_micros(0);
        for &(number, began, seconds, slot) in sessions {
            if let Some(began) = began {
                let mut session = Session::new(number, Timestamp::from_micros(began * 1_000_000));
                session.wall_seconds = seconds;
                recording.sessions.push(session);
            }
            let mut run = RunRecord::new("t", 1, RunStatus::Passed);
            (run.session, run.slot, run.finished_seconds) = (number, slot, seconds);
            recording.runs.push(run);
        }
        recording
    }

    fn placed(sessions: &[(u32, Option<i64>, f64, u32)]) -> (Vec<(f64, u32)>, f64) {
        let axis = Axis::new(&recording(sessions));
        let places = axis.sessions.iter().map(|it| (it.start_seconds, it.first_slot));
        (places.collect(), axis.seconds)
    }

    #[test]
    fn a_resumed_run_goes_on_where_it_ended() {
        let sessions = [(0, Some(100), 3.0, 4), (1, Some(5_000), 2.0, 4)];
        assert_eq!(placed(&sessions), (vec![(0.0, 0), (3.0, 0)], 5.0));
    }

    #[test]
    fn sessions_that_were_killed_stand_between_the_others() {
        let sessions = [(0, None, 1.0, 0), (1, Some(50), 2.0, 0), (2, None, 4.0, 0)];
        assert_eq!(placed(&sessions), (vec![(0.0, 0), (1.0, 0), (3.0, 0)], 7.0));
        let last = [(0, Some(9), 2.0, 0), (1, None, 4.0, 0), (2, Some(99), 1.0, 0)];
        assert_eq!(placed(&last), (vec![(0.0, 0), (2.0, 0), (6.0, 0)], 7.0));
    }

    #[test]
    fn machines_that_worked_at_the_same_time_stand_side_by_side() {
        let sessions = [(0, Some(102), 3.0, 9), (1, Some(100), 4.0, 1), (2, Some(103), 1.0, 0)];
        assert_eq!(placed(&sessions), (vec![(2.0, 2), (0.0, 0), (3.0, 12)], 5.0));
        // One of them went on later.
        let resumed = [(0, Some(100), 4.0, 1), (1, Some(101), 5.0, 1), (2, Some(900), 1.0, 1)];
        assert_eq!(placed(&resumed), (vec![(0.0, 0), (1.0, 2), (6.0, 0)], 7.0));
    }

    #[test]
    fn what_is_no_time_takes_none() {
        let sessions = [(0, Some(0), f64::NAN, 0), (3, None, f64::INFINITY, 0)];
        assert_eq!(placed(&sessions), (vec![(0.0, 0), (0.0, 0)], 0.0));
        let none = Axis::new(&Recording::new(Header::new("s", "h", "a", "cli")));
        assert_eq!((none.sessions.len(), none.seconds, none.session(7).number), (0, 0.0, 7));
    }
}
