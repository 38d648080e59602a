//! What a resumed run finds.

use crate::sample::{header, new_journal, run, test};
use atp_journal::{Journal, PlannedTest, Recording, RunStatus, Session, TestRecord, TestStatus};
use atp_protocol::Timestamp;

fn runs(recording: &Recording) -> Vec<(&str, u32, f64)> {
    recording.runs.iter().map(|run| (&*run.test, run.run, run.started_seconds)).collect()
}

#[test]
fn a_run_without_its_verdict_is_still_there() {
    let (_folder, path, journal) = new_journal();
    journal.run(&run("greets", 1)).unwrap();
    journal.test(&test("greets")).unwrap();
    journal.run(&run("sums", 1)).unwrap();
    drop(journal);
    let (_journal, recording) = Journal::resume(&path, &header()).unwrap();
    assert_eq!(runs(&recording), [("greets", 1, 0.0), ("sums", 1, 0.0)]);
    assert_eq!(recording.tests, [test("greets")]);
}

#[test]
fn sessions_are_numbered_past_those_that_were_killed() {
    let (_folder, path, journal) = new_journal();
    assert_eq!(journal.session_number(), 0);
    journal.session(&Session::new(0, Timestamp::now())).unwrap();
    drop(journal);

    // This one is killed after a run, and the next after an event.
    let (journal, _) = Journal::resume(&path, &header()).unwrap();
    assert_eq!(journal.session_number(), 1);
    let mut record = run("greets", 1);
    record.session = 1;
    journal.run(&record).unwrap();
    drop(journal);

    let (journal, _) = Journal::resume(&path, &header()).unwrap();
    assert_eq!(journal.session_number(), 2);
    let line = crate::sample::event_line(0);
    let event = atp_protocol::Event::parse(&line, Timestamp::now()).unwrap();
    journal.events("sums", 1, 1).push(&event).unwrap();
    drop(journal);

    let (journal, recording) = Journal::resume(&path, &header()).unwrap();
    assert_eq!((journal.session_number(), recording.sessions.len()), (3, 1));
}

/// Rerunning what failed: a run after the verdict begins the test anew, and the last record of
/// a run is the one that counts.
#[test]
fn later_records_replace_earlier_ones() {
    let (_folder, path, journal) = new_journal();
    for number in [1, 2, 3] {
        journal.run(&run("greets", number)).unwrap();
    }
    journal.test(&TestRecord::new("greets", TestStatus::Failed)).unwrap();
    journal.run(&run("sums", 1)).unwrap();

    let again = |number, seconds| {
        let mut record = run("greets", number);
        record.started_seconds = seconds;
        record
    };
    journal.run(&again(1, 7.0)).unwrap();
    let recording = Journal::read(&path).unwrap();
    assert_eq!(runs(&recording), [("sums", 1, 0.0), ("greets", 1, 7.0)]);
    assert_eq!(recording.tests, []);

    journal.run(&again(1, 8.0)).unwrap();
    journal.run(&again(2, 9.0)).unwrap();
    journal.test(&test("greets")).unwrap();
    let recording = Journal::read(&path).unwrap();
    assert_eq!(runs(&recording), [("sums", 1, 0.0), ("greets", 1, 8.0), ("greets", 2, 9.0)]);
    assert_eq!(recording.tests, [test("greets")]);

    // It may be left out the next time.
    let left_out = TestRecord::new("greets", TestStatus::Skipped);
    journal.test(&left_out).unwrap();
    let recording = Journal::read(&path).unwrap();
    assert_eq!(runs(&recording), [("sums", 1, 0.0)]);
    assert_eq!(recording.tests, [left_out]);
}

/// A test that another one's failure left out half-way goes on with the runs that it has.
#[test]
fn a_test_that_was_left_out_keeps_its_runs() {
    let (_folder, path, journal) = new_journal();
    journal.run(&run("greets", 1)).unwrap();
    let mut stopped = run("greets", 2);
    stopped.status = RunStatus::Skipped;
    journal.run(&stopped).unwrap();
    journal.test(&TestRecord::new("greets", TestStatus::Skipped)).unwrap();
    journal.run(&run("greets", 2)).unwrap();
    assert_eq!(Journal::read(&path).unwrap().tests, []);
    journal.test(&test("greets")).unwrap();
    let recording = Journal::read(&path).unwrap();
    assert_eq!(recording.runs, [run("greets", 1), run("greets", 2)]);
    assert_eq!(recording.tests, [test("greets")]);
}

#[test]
fn tests_that_are_forgotten_take_their_runs_along() {
    let mut recording = Recording::new(header());
    recording.runs = vec![run("greets", 1), run("sums", 1), run("greets", 2), run("open", 1)];
    recording.runs[0].status = RunStatus::Failed;
    recording.tests = vec![TestRecord::new("greets", TestStatus::Failed), test("sums")];
    recording.retain_tests(|test| test.status == TestStatus::Passed);
    assert_eq!(runs(&recording), [("sums", 1, 0.0), ("open", 1, 0.0)]);
    assert_eq!(recording.tests, [test("sums")]);
}

#[test]
fn another_plan_counts_from_then_on() {
    let (_folder, path, journal) = new_journal();
    journal.test(&test("greets")).unwrap();
    drop(journal);
    let lines = || std::fs::read_to_string(&path).unwrap().lines().count();

    // The same plan at another time is not written again.
    let mut later = header();
    later.started_at = Timestamp::now();
    drop(Journal::resume(&path, &later).unwrap());
    assert_eq!(lines(), 2);

    later.tests.push(PlannedTest::new("new", "New").with_tags(["slow"]));
    later.runs_per_test = 3;
    let (journal, recording) = Journal::resume(&path, &later).unwrap();
    drop(journal);
    let mut expected = later.clone();
    expected.started_at = header().started_at;
    assert_eq!(recording.header, expected);
    assert_eq!(Journal::read(&path).unwrap(), recording);
    assert_eq!(recording.tests, [test("greets")]);
    assert_eq!(lines(), 3);
}
