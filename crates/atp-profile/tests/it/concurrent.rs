//! The tree of a concurrent program is the tree that the program made.

use super::{counts, with_global_config};
use atp_profile::{
    Outcome, ProfileFutureExt, ProfileResult, ProfilerConfig, profile, profile_async,
};
use std::collections::BTreeMap;

const OUTER: [&str; 3] = ["outer-0", "outer-1", "outer-2"];
const MIDDLE: [&str; 4] = ["middle-0", "middle-1", "middle-2", "middle-3"];
const INNER: [&str; 2] = ["inner-0", "inner-1"];

/// Numbers that look random and are the same in each run.
fn random(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

async fn yields(seed: u64) {
    for _ in 0..random(seed) % 4 {
        tokio::task::yield_now().await;
    }
}

/// What one task does: for each call in the middle the number of calls inside.
fn plan(task: u64) -> Vec<usize> {
    let middle = 1 + random(task) % 5;
    (0..middle).map(|at| (random(task * 31 + at) % 4) as usize).collect()
}

async fn run(task: u64) {
    for (at, inner) in plan(task).into_iter().enumerate() {
        profile_async(MIDDLE[at % 4], async move {
            yields(task + at as u64).await;
            let leaves = (0..inner).map(|leaf| {
                profile_async(INNER[leaf % 2], async move {
                    yields(task + leaf as u64).await;
                    let _sync = profile("sync");
                })
            });
            // Concurrent within the task, as siblings.
            futures::future::join_all(leaves).await;
        })
        .await;
        yields(task).await;
    }
}

#[test]
fn p1_p3_hundred_tasks_on_four_workers_come_out_as_they_were() {
    let config = ProfilerConfig::new().with_ring_capacity(1 << 14);
    with_global_config(config, |profiler| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for task in 0..100 {
                let outer = OUTER[task as usize % 3];
                tasks.spawn(atp_profile::profile_async!(outer, run(task), task));
            }
            while let Some(ended) = tasks.join_next().await {
                ended.unwrap();
            }
        });

        let mut expected = BTreeMap::<String, u64>::new();
        for task in 0..100 {
            let outer = OUTER[task as usize % 3].to_owned();
            for (at, inner) in plan(task).into_iter().enumerate() {
                let middle = format!("{outer};{}", MIDDLE[at % 4]);
                for leaf in 0..inner {
                    let inner = format!("{middle};{}", INNER[leaf % 2]);
                    *expected.entry(format!("{inner};sync")).or_default() += 1;
                    *expected.entry(inner).or_default() += 1;
                }
                *expected.entry(middle).or_default() += 1;
            }
            *expected.entry(outer).or_default() += 1;
        }
        assert_eq!(counts(&profiler.snapshot()), expected);
        check_each_task(profiler.results());
        let counters = profiler.snapshot().counters;
        assert_eq!((counters.out_of_order, counters.open, counters.lost), (0, 0, 0));
    });
}

/// Compares the single calls of each task with its own plan.
fn check_each_task(results: Vec<ProfileResult>) {
    assert_eq!(results.len(), 100);
    for result in results {
        let task: u64 = result.metadata.get("task").unwrap().parse().unwrap();
        assert_eq!(result.outcome, Outcome::Completed);
        let made: Vec<_> = result.children.iter().map(|middle| middle.children.len()).collect();
        assert_eq!(made, plan(task), "task {task}");
        for middle in &result.children {
            for inner in &middle.children {
                assert_eq!(inner.children[0].operation, "sync");
                assert!(inner.start >= middle.start && inner.end <= middle.end);
            }
        }
    }
}

#[test]
fn p2_a_thousand_overlapping_tasks_leave_nothing_behind() {
    with_global_config(ProfilerConfig::new(), |profiler| {
        super::block_on(async {
            let work = (0..1_200).map(|at| yields(at).profiled("task"));
            futures::future::join_all(work).await;
        });
        drop(profile("afterwards"));
        let counts = counts(&profiler.snapshot());
        assert_eq!(counts, BTreeMap::from([("afterwards".into(), 1), ("task".into(), 1_200)]));
        assert!(profiler.format_report().contains("no longer listed"));
        drop(profiler.summary());
    });
}
