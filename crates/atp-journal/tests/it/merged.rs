//! Parts of a run, put together.

use crate::sample::{header, run, test};
use atp_journal::{
    Header, MergeError, PlannedTest, Recording, Session, ShardRecord, TestRecord, TestStatus,
};
use atp_protocol::Timestamp;

/// A part with one finished test, of a run that was resumed once after its process was killed.
fn part(name: &str, started_micros: i64) -> Recording {
    let mut part = Recording::new(header());
    part.header.tests = vec![PlannedTest::new(name, name), PlannedTest::new("all", "All")];
    part.header.parallel = 4;
    part.header.started_at = Timestamp::from_micros(started_micros);
    part.sessions = vec![Session::new(1, Timestamp::from_micros(started_micros + 1))];
    part.runs = vec![run(name, 1), run(name, 2)];
    part.runs[1].session = 1;
    part.tests = vec![test(name)];
    part
}

#[test]
fn parts_become_one_recording() {
    let merged = Recording::merge([part("a", 9), part("b", 5), part("c", 7)]).unwrap();
    let sessions: Vec<_> = merged.sessions.iter().map(|session| session.number).collect();
    assert_eq!(sessions, [1, 3, 5]);
    let runs: Vec<_> = merged.runs.iter().map(|run| (&*run.test, run.run, run.session)).collect();
    assert_eq!(
        runs,
        [("a", 1, 0), ("a", 2, 1), ("b", 1, 2), ("b", 2, 3), ("c", 1, 4), ("c", 2, 5)]
    );
    assert_eq!(merged.tests, [test("a"), test("b"), test("c")]);
    let planned: Vec<_> = merged.header.tests.iter().map(|test| &*test.id).collect();
    assert_eq!(planned, ["a", "all", "b", "c"]);
    assert_eq!(merged.header.parallel, 12);
    assert_eq!(merged.header.started_at, Timestamp::from_micros(5));
}

#[test]
fn one_part_is_the_whole() {
    assert_eq!(Recording::merge([part("a", 9)]).unwrap(), part("a", 9));
}

#[test]
fn parts_of_different_runs_are_refused_by_name() {
    assert_eq!(Recording::merge([]), Err(MergeError::Nothing));

    let mut other = part("b", 5);
    other.header.suite_hash = "sha256:77aa".into();
    let error = Recording::merge([part("a", 9), other]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "part 2 is of suite \"smoke\" (sha256:77aa), not of \"smoke\" (sha256:5f1c) like the first"
    );

    let mut other = part("b", 5);
    other.header.agent = "else".into();
    let error = Recording::merge([part("a", 9), other]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "part 2 is of agent \"else\", not of \"my-agent\" like the first"
    );
}

#[test]
fn a_test_in_two_parts_is_refused_by_name() {
    let error = Recording::merge([part("a", 9), part("b", 5), part("a", 7)]).unwrap_err();
    assert_eq!(error.to_string(), "test \"a\" is in part 1 and in part 3");
    // A run that waits for its verdict is enough.
    let mut unfinished = part("a", 7);
    unfinished.tests.clear();
    assert!(Recording::merge([part("a", 9), unfinished]).is_err());
}

/// The shards `indices` of a plan of three, in which `t0` to `t8` go round.
fn shards(indices: &[u32]) -> Vec<Recording> {
    let shard = |&index: &u32| {
        let places: Vec<u32> = (0..9).filter(|place| place % 3 + 1 == index).collect();
        // Each part has its longest test first, which is none of the order of the suite.
        let places: Vec<u32> = places.into_iter().rev().collect();
        let ids: Vec<String> = places.iter().map(|place| format!("t{place}")).collect();
        let mut header = Header::new("suite", "hash", "agent", "cli");
        header.tests = ids.iter().map(|id| PlannedTest::new(id, id)).collect();
        header.shard = Some(ShardRecord::new(index, 3, "plan", places));
        let mut part = Recording::new(header);
        part.tests = ids.iter().map(|id| TestRecord::new(id, TestStatus::Passed)).collect();
        part
    };
    indices.iter().map(shard).collect()
}

#[test]
fn shards_in_any_order_are_the_whole_suite_in_its_order() {
    let merged = Recording::merge(shards(&[2, 3, 1])).unwrap();
    let planned: Vec<_> = merged.header.tests.iter().map(|test| test.id.clone()).collect();
    assert_eq!(planned, (0..9).map(|place| format!("t{place}")).collect::<Vec<_>>());
    assert_eq!((merged.tests.len(), merged.header.shard), (9, None));
}

#[test]
fn shards_must_be_all_of_one_plan_and_each_once() {
    let merge = |parts| Recording::merge(parts).unwrap_err().to_string();
    assert_eq!(merge(shards(&[3, 1])), "of 3 shards these are missing: [2]");
    assert_eq!(merge(shards(&[1])), "of 3 shards these are missing: [2, 3]");
    assert_eq!(merge(shards(&[1, 2, 3, 2])), "part 4 is shard 2, as part 2 is");
    let mut other = shards(&[1, 2, 3]);
    other[1].header.shard.as_mut().unwrap().plan = "another".into();
    assert_eq!(
        merge(other),
        "part 2 is of plan another of 3, not of plan plan of 3 like the first"
    );
    let mut whole = shards(&[1, 2, 3]);
    whole[2].header.shard = None;
    assert_eq!(merge(whole), "part 3 is of no plan, not of plan plan of 3 like the first");
    let mut suites = shards(&[1, 2, 3]);
    suites[2].header.suite_hash = "other".into();
    assert!(merge(suites).contains("of suite"));
    let mut huge = shards(&[1]);
    huge[0].header.shard.as_mut().unwrap().count = u32::MAX;
    assert!(merge(huge).starts_with("of 4294967295 shards these are missing: [2, 3, "));
}
