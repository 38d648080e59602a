use super::*;
use atp_journal::{Header, RunRecord};
use proptest::prelude::*;

fn shard(text: &str) -> Shard {
    text.parse().unwrap()
}

/// A recording in which the tests took so many seconds.
fn took<'a>(seconds: impl IntoIterator<Item = (&'a str, f64)>) -> Recording {
    let mut past = Recording::new(Header::new("s", "h", "a", "cli"));
    past.runs = seconds
        .into_iter()
        .map(|(test, seconds)| {
            let mut run = RunRecord::new(test, 1, RunStatus::Passed);
            run.ledger.agent = seconds;
            run.ledger.queue = 1_000.0;
            run
        })
        .collect();
    past
}

fn all(plan: &ShardPlan, count: u32) -> Vec<&[String]> {
    (1..=count).map(|index| plan.tests(Shard::new(index, count).unwrap())).collect()
}

#[test]
fn a_shard_is_i_of_n() {
    assert_eq!(shard("2/5").to_string(), "2/5");
    assert_eq!(shard("1/1"), Shard::new(1, 1).unwrap());
    for wrong in
        ["", "/", "1", "0/3", "4/3", "1/0", "-1/3", "+1/3", "1/3/3", " 1/3", "1/9999999999"]
    {
        let error = wrong.parse::<Shard>().unwrap_err();
        assert_eq!(error.found, wrong);
    }
}

#[test]
fn without_a_past_tests_go_round() {
    let plan = ShardPlan::new(["a", "b", "c", "d", "e"], 2, None);
    assert_eq!(all(&plan, 2), [&["a", "c", "e"][..], &["b", "d"]]);
}

#[test]
fn the_longest_go_first_and_the_unknown_count_as_the_median() {
    let past = took([("a", 1.0), ("b", 9.0), ("c", 4.0), ("gone", 99.0)]);
    let plan = ShardPlan::new(["a", "b", "c", "new"], 2, Some(&past));
    assert_eq!(all(&plan, 2), [&["b"][..], &["c", "new", "a"]]);
    assert_eq!(plan.expected_seconds(shard("1/2")), 9.0);
    assert_eq!(plan.expected_seconds(shard("2/2")), 9.0);
}

#[test]
fn runs_count_in_the_mean_and_what_was_skipped_not_at_all() {
    let mut past = took([("a", 2.0), ("a", 4.0), ("b", 1.0)]);
    let mut skipped = RunRecord::new("b", 2, RunStatus::Skipped);
    skipped.ledger.agent = 100.0;
    past.runs.push(skipped);
    let plan = ShardPlan::new(["b", "a"], 1, Some(&past));
    assert_eq!(all(&plan, 1), [["a", "b"]]);
    assert_eq!(plan.expected_seconds(shard("1/1")), 4.0);
}

#[test]
fn more_shards_than_tests_are_empty_and_cost_nothing() {
    let plan = ShardPlan::new(["a"], u32::MAX, None);
    assert_eq!(plan.tests(shard("1/4294967295")), ["a"]);
    assert!(plan.tests(shard("4294967295/4294967295")).is_empty());
    assert!(ShardPlan::new([], 3, None).tests(shard("1/3")).is_empty());
}

#[test]
fn the_hash_is_that_of_the_division() {
    let hash = |tests: &[&str], count, past: Option<&Recording>| {
        ShardPlan::new(tests.iter().copied(), count, past).hash()
    };
    let same = hash(&["a", "b", "c"], 2, None);
    assert_eq!(hash(&["c", "a", "b"], 2, None), same);
    assert_eq!(same.len(), 16);
    assert_ne!(hash(&["a", "b", "c"], 3, None), same);
    assert_ne!(hash(&["a", "b"], 2, None), same);
    assert_ne!(hash(&["a", "b", "c"], 2, Some(&took([("c", 9.0), ("a", 1.0), ("b", 1.0)]))), same);
    // Identifiers that would run into each other.
    assert_ne!(hash(&["a 0", "b"], 1, None), hash(&["a", "0 b"], 1, None));
}

fn seconds() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        (0.0..100.0).prop_map(Some),
        prop::sample::select(vec![f64::NAN, f64::INFINITY, -5.0, 0.0, f64::MAX]).prop_map(Some),
    ]
}

proptest! {
    /// Whatever the tests, their times and the number of shards.
    #[test]
    fn shards_are_disjoint_complete_balanced_and_the_same_everywhere(
        tests in prop::collection::btree_map("[a-z0-9/ -]{1,6}", seconds(), 0..40),
        count in 1..60_u32,
    ) {
        let known = tests.iter().filter_map(|(test, seconds)| Some((test.as_str(), (*seconds)?)));
        let past = took(known);
        let plan = ShardPlan::new(tests.keys().map(String::as_str), count, Some(&past));
        let parts = all(&plan, count);

        let mut found = Vec::from_iter(parts.iter().copied().flatten());
        found.sort_unstable();
        prop_assert!(found.iter().copied().eq(tests.keys()), "each test once: {parts:?}");

        let sum: u64 = plan.shards.iter().map(|part| part.micros).sum();
        let single = |test: &String| ShardPlan::new([test.as_str()], 1, Some(&past)).shards[0].micros;
        let longest = tests.iter().filter(|(_, seconds)| seconds.is_some())
            .map(|(test, _)| single(test)).max().unwrap_or(SHORTEST_MICROS);
        for part in &plan.shards {
            prop_assert!(part.micros <= sum / u64::from(count) + longest, "{plan:?}");
        }

        let backwards = ShardPlan::new(tests.keys().rev().map(String::as_str), count, Some(&past));
        prop_assert_eq!(backwards, plan);
    }
}
