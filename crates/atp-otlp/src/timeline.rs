//! From the seconds of a session to moments that everyone knows.

use atp_journal::{Recording, RunRecord};
use atp_protocol::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Two moments, the second never before the first.
pub(crate) type Interval = (SystemTime, SystemTime);

/// When the sessions of a recording took place.
#[derive(Debug)]
pub(crate) struct Timeline {
    sessions: BTreeMap<u32, Period>,
    whole: Interval,
}

/// When one session took place.
#[derive(Debug, Clone, Copy)]
struct Period {
    start: SystemTime,
    end: SystemTime,
    is_estimated: bool,
}

impl Timeline {
    /// Linear in the sessions and runs.
    pub(crate) fn new(recording: &Recording) -> Self {
        let began = moment(recording.header.started_at);
        // The last moment of each session, in seconds since its start.
        let mut lengths: BTreeMap<u32, f64> = BTreeMap::new();
        for run in &recording.runs {
            let length = lengths.entry(run.session).or_default();
            *length = length.max(known(run.started_seconds)).max(known(run.finished_seconds));
        }
        let mut recorded = BTreeMap::new();
        for session in &recording.sessions {
            let length = lengths.entry(session.number).or_default();
            *length = length.max(known(session.wall_seconds));
            recorded.insert(session.number, session);
        }
        let mut sessions: BTreeMap<u32, Period> = BTreeMap::new();
        let mut whole = (began, began);
        for (&number, &length) in &lengths {
            let (start, is_estimated) = match (recorded.get(&number), sessions.last_key_value()) {
                (Some(session), _) => (moment(session.started_at), false),
                (None, None) => (began, false),
                (None, Some((_, before))) => (before.end, true),
            };
            let end = after(start, length);
            whole = (whole.0.min(start), whole.1.max(end));
            sessions.insert(number, Period { start, end, is_estimated });
        }
        Self { sessions, whole }
    }

    /// From the first moment to the last.
    pub(crate) fn whole(&self) -> Interval {
        self.whole
    }

    /// Whether the start of a run's session is not known.
    pub(crate) fn is_estimated(&self, run: &RunRecord) -> bool {
        self.sessions.get(&run.session).is_some_and(|period| period.is_estimated)
    }

    pub(crate) fn of_run(&self, run: &RunRecord) -> Interval {
        let start = self.at(run, run.started_seconds);
        (start, self.at(run, run.finished_seconds).max(start))
    }

    /// The moment so many seconds after the start of the run's session.
    pub(crate) fn at(&self, run: &RunRecord, seconds: f64) -> SystemTime {
        let start = self.sessions.get(&run.session).map_or(self.whole.0, |period| period.start);
        after(start, seconds)
    }
}

/// The moment so many seconds later.
pub(crate) fn after(start: SystemTime, seconds: f64) -> SystemTime {
    let passed = Duration::try_from_secs_f64(known(seconds)).unwrap_or(LATEST);
    let since = start.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_add(passed);
    UNIX_EPOCH + since.min(LATEST)
}

/// What is no time, such as NaN or a figure below zero, is none at all.
fn known(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.max(0.0) } else { 0.0 }
}

/// OTLP counts nanoseconds since 1970 in 64 bits, and what reads it often takes one of them for
/// the sign. It lasts until 2262.
const LATEST: Duration = Duration::from_nanos(i64::MAX as u64);

fn moment(timestamp: Timestamp) -> SystemTime {
    let micros = u64::try_from(timestamp.as_micros()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_micros(micros).min(LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_journal::{Header, RunStatus, Session};

    const BEGAN: i64 = 1_000_000;

    fn run(session: u32, started: f64, finished: f64) -> RunRecord {
        let mut run = RunRecord::new("t", 1, RunStatus::Passed);
        (run.session, run.started_seconds, run.finished_seconds) = (session, started, finished);
        run
    }

    fn recording(runs: Vec<RunRecord>, sessions: Vec<Session>) -> Recording {
        let mut header = Header::new("s", "h", "a", "cli");
        header.started_at = Timestamp::from_micros(BEGAN);
        let mut recording = Recording::new(header);
        (recording.runs, recording.sessions) = (runs, sessions);
        recording
    }

    fn session(number: u32, started_seconds: i64, wall: f64) -> Session {
        let mut session = Session::new(number, Timestamp::from_micros(started_seconds * 1_000_000));
        session.wall_seconds = wall;
        session
    }

    /// Milliseconds since 1970.
    fn shown((start, end): Interval) -> (u128, u128) {
        let millis = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap().as_millis();
        (millis(start), millis(end))
    }

    #[test]
    fn nothing_took_no_time() {
        let timeline = Timeline::new(&recording(vec![], vec![]));
        assert_eq!(shown(timeline.whole()), (1_000, 1_000));
    }

    #[test]
    fn each_session_counts_from_its_own_start() {
        let runs = vec![run(0, 0.5, 1.5), run(1, 0.25, 2.0)];
        let recording = recording(runs, vec![session(0, 1, 2.0), session(1, 100, 2.5)]);
        let timeline = Timeline::new(&recording);
        assert_eq!(shown(timeline.of_run(&recording.runs[0])), (1_500, 2_500));
        assert_eq!(shown(timeline.of_run(&recording.runs[1])), (100_250, 102_000));
        assert_eq!(shown(timeline.whole()), (1_000, 102_500));
        assert!(!timeline.is_estimated(&recording.runs[1]));
    }

    #[test]
    fn a_killed_session_counts_from_what_is_known() {
        let runs = vec![run(0, 0.0, 1.5), run(1, 1.0, 2.0), run(2, 0.0, 1.0)];
        let recording = recording(runs, vec![session(2, 50, 1.0)]);
        let timeline = Timeline::new(&recording);
        let shown_run = |index: usize| shown(timeline.of_run(&recording.runs[index]));
        assert_eq!((shown_run(0), shown_run(1)), ((1_000, 2_500), (3_500, 4_500)));
        let estimated: Vec<_> =
            recording.runs.iter().map(|run| timeline.is_estimated(run)).collect();
        assert_eq!(estimated, [false, true, false]);
    }

    #[test]
    fn what_is_no_time_is_no_time() {
        let runs = vec![
            run(0, f64::NAN, f64::NAN),
            run(0, -5.0, f64::NEG_INFINITY),
            run(0, 3.0, 1.0),
            run(0, 0.0, f64::INFINITY),
            run(0, 0.0, 1e300),
        ];
        let recording = recording(runs, vec![session(0, 1, f64::NAN)]);
        let timeline = Timeline::new(&recording);
        let shown: Vec<_> = recording.runs.iter().map(|run| shown(timeline.of_run(run))).collect();
        let latest = LATEST.as_millis();
        assert_eq!(
            shown,
            [(1_000, 1_000), (1_000, 1_000), (4_000, 4_000), (1_000, 1_000), (1_000, latest)]
        );
    }

    #[test]
    fn moments_that_otlp_cannot_tell_are_the_nearest_that_it_can() {
        assert_eq!(moment(Timestamp::from_micros(i64::MIN)), UNIX_EPOCH);
        assert_eq!(moment(Timestamp::from_micros(i64::MAX)), UNIX_EPOCH + LATEST);
    }
}
