//! Trees of single calls at the edges.

use super::{manual, ms};
use atp_profile::{ProfileResult, Profiler, ProfilerConfig};

fn depth(results: &[ProfileResult]) -> usize {
    results.iter().map(|result| 1 + depth(&result.children)).max().unwrap_or(0)
}

#[test]
fn p2_a_chain_of_many_parents_stays_a_tree_that_can_be_walked() {
    let config = ProfilerConfig::new().with_ring_capacity(1 << 14).with_max_depth(1 << 14);
    let profiler = Profiler::with_config(config).unwrap();
    let guards: Vec<_> = (0..10_000).map(|_| profiler.profile("op")).collect();
    guards.into_iter().rev().for_each(drop);
    let results = profiler.results();
    fn count(results: &[ProfileResult]) -> usize {
        results.iter().map(|result| 1 + count(&result.children)).sum()
    }
    assert_eq!(count(&results), 10_000);
    assert!(depth(&results) < 64, "so that JSON and recursion take it");
    let json = serde_json::to_string(&results).unwrap();
    serde_json::from_str::<serde_json::Value>(&json).unwrap();
    drop(profiler.format_report());
}

#[test]
fn calls_without_duration_keep_their_order() {
    let (profiler, clock) = manual();
    clock.advance(ms(1));
    profiler.profile_fn("outer", || {
        for name in ["a", "b", "c"] {
            profiler.profile_fn(name, || ());
        }
    });
    let results = profiler.results();
    let names: Vec<_> = results[0].children.iter().map(|child| &*child.operation).collect();
    assert_eq!((results.len(), names), (1, vec!["a", "b", "c"]));
}

#[test]
fn names_and_metadata_cannot_break_the_report() {
    let (profiler, _) = manual();
    let metadata = || atp_profile::Metadata::new().with("key", "two\nlines\u{7}");
    drop(profiler.profile_with("name\nwith a break", metadata));
    let report = profiler.format_report();
    assert!(report.contains("- name with a break (key=two lines ): 0 ns\n"), "{report}");
}
