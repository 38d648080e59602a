//! Runs that several machines share, and the one report of all of them.

use crate::stage::{Finished, Stage};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

const ECHO: &str = "{name: echo, type: 'builtin:echo'}, \
                    {name: fails, type: 'builtin:script', config: {fail: out of ideas}}";

fn staged(tests: usize) -> Stage {
    let stage = Stage::new();
    let ids: Vec<String> = (0..tests).map(|number| format!("t{number}")).collect();
    stage.suite(ECHO, &ids.iter().map(|id| (id.as_str(), "")).collect::<Vec<_>>());
    stage
}

/// Runs a shard into the journal `part<index>`.
fn shard(stage: &Stage, index: u32, count: u32, args: &[&str]) -> Finished {
    let (shard, journal) = (format!("{index}/{count}"), format!("part{index}"));
    let own = ["suite.yaml", "--shard", &shard, "--journal", &journal];
    stage.finished(stage.command(&[&own, args].concat()).output().unwrap())
}

/// The ids of the tests that a journal plans.
fn planned(stage: &Stage, journal: &str) -> Vec<String> {
    let text = stage.read(journal);
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let tests = header["tests"].as_array().unwrap().iter();
    tests.map(|test| test["id"].as_str().unwrap().to_owned()).collect()
}

/// The hash that a run prints.
fn plan(run: &Finished) -> &str {
    let (_, rest) = run.stderr.split_once(" of plan ").unwrap_or_else(|| panic!("{}", run.stderr));
    rest.split(',').next().unwrap()
}

#[test]
fn the_parts_are_one_run() {
    let stage = staged(10);
    let parts = [1, 2, 3].map(|index| shard(&stage, index, 3, &[]));
    for part in &parts {
        assert_eq!(part.code, Some(0), "{}", part.stderr);
        assert_eq!(plan(part), plan(&parts[0]));
    }
    let all: Vec<String> =
        ["part1", "part2", "part3"].iter().flat_map(|part| planned(&stage, part)).collect();
    let each: BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), each.len()), (10, 10));

    let args = ["merge", "part3", "part1", "part2", "--json", "run.json", "--html", "run.html"];
    let merged = stage.atp(&args);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert!(merged.stdout.starts_with("PASSED: 10 of 10 tests"), "{}", merged.stdout);
    let json: Value = serde_json::from_str(&stage.read("run.json")).unwrap();
    let tests = json["tests"].as_array().unwrap().iter();
    let order: Vec<&str> = tests.map(|test| test["id"].as_str().unwrap()).collect();
    assert_eq!(order, ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"]);
    assert!(stage.read("run.html").contains("PASSED"));
}

#[test]
fn parts_that_are_no_whole_are_told() {
    let stage = staged(4);
    for index in 1..=2 {
        assert_eq!(shard(&stage, index, 2, &[]).code, Some(0));
    }
    let whole = stage.command(&["suite.yaml", "--journal", "whole"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let other = ["suite.yaml", "--shard", "2/3", "--journal", "other"];
    assert_eq!(stage.command(&other).output().unwrap().status.code(), Some(0));
    let agent = ["suite.yaml", "--shard", "2/2", "--journal", "agent", "--agent", "fails"];
    assert_eq!(stage.command(&agent).output().unwrap().status.code(), Some(1));
    for (parts, message) in [
        (&["part1"][..], "of 2 shards these are missing: [2]"),
        (&["part1", "part1"], "part 2 is shard 1, as part 1 is"),
        (&["part1", "part2", "part2"], "part 3 is shard 2, as part 2 is"),
        (&["part1", "other"], "part 2 is of plan"),
        (&["part1", "whole"], "part 2 is of no plan"),
        (&["part1", "agent"], "part 2 is of agent \"fails\""),
        (&["part1", "missing"], "cannot open missing"),
        (&["part1", "suite.yaml"], "is no journal"),
    ] {
        let args = [&["merge", "--json", "merged.json"], parts].concat();
        let merged = stage.atp(&args);
        assert_eq!((merged.code, merged.stdout.as_str()), (Some(2), ""), "{parts:?}");
        assert!(merged.stderr.contains(message), "{parts:?}: {}", merged.stderr);
        assert!(!stage.here().join("merged.json").exists());
    }
}

/// Each machine plans for itself, from the same journals.
#[test]
fn shards_are_balanced_by_how_long_tests_took() {
    let stage = Stage::new();
    let agent = stage.shell("case $test in slow*) sleep 0.4 ;; esac; answer");
    let tests = ["slow1", "slow2", "a", "b", "c", "d", "e", "f"].map(|id| (id, ""));
    stage.suite(&agent, &tests);
    let whole = stage.command(&["suite.yaml", "--journal", "whole"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let parts =
        [1, 2].map(|index| shard(&stage, index, 2, &["--balance-by", "whole", "--parallel", "1"]));
    assert_eq!(plan(&parts[0]), plan(&parts[1]));
    for part in ["part1", "part2"] {
        let tests = planned(&stage, part);
        let slow = tests.iter().filter(|id| id.starts_with("slow")).count();
        assert_eq!(slow, 1, "{tests:?}");
        assert!(tests[0].starts_with("slow"), "{tests:?}");
    }
    // The parts of a run are as good, and with the same ones the plan is the same.
    let again = ["--balance-by", "part1", "--balance-by", "part2"];
    let [one, two] = [1, 2].map(|index| {
        let args = ["suite.yaml", "--shard", &format!("{index}/2")];
        stage.finished(stage.command(&[&args[..], &again].concat()).output().unwrap())
    });
    assert_eq!((one.code, two.code), (Some(0), Some(0)), "{}{}", one.stderr, two.stderr);
    assert_eq!(plan(&one), plan(&two));
    assert_eq!(shard(&stage, 1, 2, &["--balance-by", "missing"]).code, Some(2));
    let whole = stage.read("whole");
    let over = ["suite.yaml", "--shard", "1/2", "--balance-by", "whole", "--json", "whole"];
    assert_eq!(stage.command(&over).output().unwrap().status.code(), Some(2));
    assert_eq!(stage.read("whole"), whole);
}

/// More machines than tests: who has none is done, and the whole is whole.
#[test]
fn a_shard_without_tests_passes() {
    let stage = staged(2);
    let parts = [1, 2, 3].map(|index| shard(&stage, index, 3, &[]));
    assert_eq!(parts.map(|part| part.code), [Some(0); 3]);
    let resumed = shard(&stage, 3, 3, &["--resume"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    assert_eq!(planned(&stage, "part3"), Vec::<String>::new());
    let merged = stage.atp(&["merge", "part1", "part2", "part3"]);
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    assert!(merged.stdout.starts_with("PASSED: 2 of 2"), "{}", merged.stdout);
}

#[test]
fn the_verdict_of_a_merge_is_that_of_the_whole() {
    let stage = Stage::new();
    let log = stage.agents("log");
    let agent = stage.shell(&format!(
        "[ $test = flaky ] || {{ answer; exit; }}; echo x >> '{0}'; [ $(wc -l < '{0}') -ge 2 ] || exit 1; answer",
        log.display()
    ));
    stage.suite(&agent, &[("good", ""), ("flaky", "")]);
    for index in [1, 2] {
        let run = shard(&stage, index, 2, &["--retries", "1"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    assert_eq!(stage.atp(&["merge", "part1", "part2"]).code, Some(0));
    assert_eq!(stage.atp(&["merge", "part1", "part2", "--no-flaky"]).code, Some(1));
    let unwritten = stage.atp(&["merge", "part1", "part2", "--json", "no/such/file"]);
    assert_eq!((unwritten.code, unwritten.stdout.as_str()), (Some(2), ""));
}

/// A shard that goes on is what it was, whatever it is told or not told.
#[test]
fn a_shard_is_resumed_as_it_was() {
    let stage = Stage::new();
    let agent = stage.shell("[ -e ../agents/quick ] || sleep 60; answer");
    let tests = ["t0", "t1", "t2", "t3", "t4"].map(|id| (id, "tags: [all]"));
    stage.suite(&agent, &tests);
    let args = ["suite.yaml", "--shard", "1/2", "--journal", "part1", "--tags", "all"];
    let child = stage.start(&args);
    let begin = std::time::Instant::now();
    while crate::stage::alive(&stage.mark).is_empty() {
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "no agent came");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    fs::write(stage.agents("quick"), "").unwrap();
    let before = planned(&stage, "part1");
    assert_eq!(before.len(), 3);

    let refused = shard(&stage, 1, 3, &["--resume"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("holds shard 1/2, not 1/3"), "{}", refused.stderr);
    let refused = shard(&stage, 1, 2, &["--resume", "--test", "t0"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("and this is plan"), "{}", refused.stderr);

    let run = stage.command(&["suite.yaml", "--journal", "part1", "--resume"]).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(shard(&stage, 1, 2, &["--resume", "--tags", "all"]).code, Some(0));
    assert_eq!(planned(&stage, "part1"), before);
    assert_eq!(shard(&stage, 2, 2, &["--tags", "all"]).code, Some(0));
    let merged = stage.atp(&["merge", "part1", "part2"]);
    assert!(merged.stdout.starts_with("PASSED: 5 of 5"), "{}{}", merged.stdout, merged.stderr);
    let whole = stage.command(&["suite.yaml", "--journal", "whole"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let args = ["suite.yaml", "--journal", "whole", "--resume", "--shard", "1/2"];
    let refused = stage.finished(stage.command(&args).output().unwrap());
    assert!(refused.stderr.contains("holds a whole run, not shard 1/2"), "{}", refused.stderr);
}

#[test]
fn shards_that_cannot_be_are_refused() {
    let stage = staged(1);
    for wrong in ["0/2", "3/2", "1/0", "1", "a/b", "1/2/3", "-1/2", ""] {
        let run = stage.command(&["suite.yaml", "--shard", wrong]).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{wrong}");
    }
    let run = stage.command(&["suite.yaml", "--balance-by", "journal"]).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
}
