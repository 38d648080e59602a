//! Runs that end before they are done, and go on later.

use crate::stage::{Stage, alive, finished_tests, pids, records};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::Child,
    thread::sleep,
    time::{Duration, Instant},
};

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("atp runs");
}

/// Waits until `holds`, or fails after a minute.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what} did not come");
        sleep(Duration::from_millis(5));
    }
}

/// Whether processes begin by ignoring the signal, as those below `nohup` do.
fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(u64::MAX);
    (mask >> (signal.as_raw() - 1)) & 1 == 1
}

/// A suite of `tests` whose agent writes their ids into a log when it begins.
fn stage(tests: usize, script: &str) -> Stage {
    let stage = Stage::new();
    let log = stage.agents("log");
    fs::write(&log, "").unwrap();
    // An agent whose platform is killed before the request was sent has nothing to do.
    let script =
        format!("[ -n \"$test\" ] || exit 1; echo \"$test\" >> '{}'; {script}", log.display());
    let agent = stage.shell(&script);
    let ids: Vec<String> = (0..tests).map(|number| format!("t{number}")).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite(&agent, &tests);
    stage
}

/// How often the agent began with each test.
fn began(log: &Path) -> HashMap<String, usize> {
    let mut began = HashMap::new();
    for id in fs::read_to_string(log).unwrap().lines() {
        *began.entry(id.to_owned()).or_default() += 1;
    }
    began
}

#[test]
fn a_signal_ends_the_run_and_resume_finishes_it() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        if [Signal::HUP, Signal::QUIT].contains(&signal) && is_ignored(signal) {
            println!("skipped: whoever runs this test ignores {signal:?}");
            continue;
        }
        let stage = stage(20, "[ -e ../agents/quick ] || sleep 0.15; answer");
        let child = stage.start(&["suite.yaml", "--parallel", "2", "--journal", "journal"]);
        let journal = stage.here().join("journal");
        wait_until("a result", || finished_tests(&records(&journal)).len() >= 3);
        send(&child, signal);
        let run = stage.finished(child.wait_with_output().unwrap());
        assert_eq!(run.code, Some(130), "{}", run.stderr);
        assert!(run.stdout.contains("INTERRUPTED"), "{}", run.stdout);
        assert_eq!(alive(&stage.mark), Vec::<String>::new());

        let before = finished_tests(&records(&journal));
        assert!(before.len() < 20, "{before:?}");
        fs::write(stage.agents("quick"), "").unwrap();
        let run = stage.run(&["--parallel", "2", "--journal", "journal", "--resume"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.report["summary"]["passed"], 20);
        let mut after = finished_tests(&records(&journal));
        assert_eq!(after[..before.len()], before[..]);
        after.sort();
        after.dedup();
        assert_eq!(after.len(), 20);
        let began = began(&stage.agents("log"));
        assert!(before.iter().all(|id| began[id] == 1), "{began:?}");
    }
}

/// The agents would have two seconds to end themselves; a second signal does not wait for that.
#[test]
fn a_second_signal_kills_the_agents_at_once() {
    let stage = stage(3, "trap '' TERM; sleep 60 & sleep 60; sleep 60");
    let child = stage.start(&["suite.yaml"]);
    wait_until("the agents", || began(&stage.agents("log")).len() == 3);
    send(&child, Signal::INT);
    sleep(Duration::from_millis(100));
    send(&child, Signal::INT);
    let run = stage.finished(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    stage.assert_clean();
}

/// 50 kills at random points, and every test has its result exactly once.
#[test]
fn nothing_is_lost_or_run_twice_over_50_kills() {
    const TESTS: usize = 600;
    let stage = stage(TESTS, "answer");
    let (journal, log) = (stage.here().join("journal"), stage.agents("log"));
    let args = ["suite.yaml", "--parallel", "3", "--journal", "journal", "--resume", "--quiet"];
    let mut random = fastrand::Rng::with_seed(9);
    // What was finished at each kill, and how often its agent had begun until then.
    let mut seen: HashMap<String, usize> = HashMap::new();
    for _ in 0..50 {
        let mut child = stage.start(&args);
        sleep(Duration::from_micros(random.u64(0..150_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let began = began(&log);
        for id in finished_tests(&records(&journal)) {
            seen.entry(id.clone()).or_insert(began[&id]);
        }
    }
    wait_until("the end of the agents", || alive(&stage.mark).is_empty());
    let run = stage.run(&args[1..]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.report["summary"]["passed"], TESTS);
    let mut finished = finished_tests(&records(&journal));
    finished.sort();
    finished.dedup();
    assert_eq!((finished.len(), finished_tests(&records(&journal)).len()), (TESTS, TESTS));
    let began = began(&log);
    assert_eq!(began.len(), TESTS);
    for (id, times) in &seen {
        assert_eq!(began[id], *times, "{id} ran again though it was finished");
    }
    let again: usize = began.values().map(|times| times - 1).sum();
    assert!(again <= 50 * 3, "{again} tests ran again");
    println!("{} tests were finished before the last run, {again} ran again", seen.len());
}

#[test]
fn what_failed_runs_again_and_nothing_else() {
    let stage = stage(6, "case $test in t2 | t4) [ -e ../agents/fixed ] || exit 1 ;; esac; answer");
    let run = stage.run(&[]);
    assert_eq!((run.code, &run.report["summary"]["error"]), (Some(1), &2.into()), "{}", run.stderr);
    fs::write(stage.agents("fixed"), "").unwrap();
    let run = stage.run(&["--rerun-failed"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.report["summary"]["passed"], 6);
    let began = began(&stage.agents("log"));
    let times: Vec<usize> = (0..6).map(|number| began[&format!("t{number}")]).collect();
    assert_eq!(times, [1, 1, 2, 1, 2, 1]);
    stage.journal();
    // There is nothing to run again now.
    assert_eq!(stage.run(&["--rerun-failed"]).code, Some(0));
    assert_eq!(self::began(&stage.agents("log")), began);
}

/// Without a name the newest unfinished journal of the suite and agent is found; with none there
/// everything is run.
#[test]
fn resume_finds_its_journal() {
    let stage = stage(4, "[ -e ../agents/quick ] || sleep 60; answer");
    let child = stage.start(&["suite.yaml"]);
    wait_until("the agents", || began(&stage.agents("log")).len() == 4);
    send(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    fs::write(stage.agents("quick"), "").unwrap();
    let run = stage.run(&["--resume"]);
    assert_eq!(
        (run.code, &run.report["summary"]["passed"]),
        (Some(0), &4.into()),
        "{}",
        run.stderr
    );
    // All of it went into the same journal.
    assert_eq!(finished_tests(&stage.journal()).len(), 4);

    fs::remove_dir_all(stage.here().join(".atp-runs")).unwrap();
    let run = stage.run(&["--resume"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("nothing to go on with"), "{}", run.stderr);
}

/// What fail-fast left out is work that is left.
#[test]
fn resume_does_what_fail_fast_left_out() {
    let stage = stage(4, "[ $test != t1 ] || exit 1; answer");
    let run = stage.run(&["--fail-fast", "--parallel", "1"]);
    assert_eq!((run.code, run.status("t1"), run.status("t3")), (Some(1), "error", "skipped"));
    let run = stage.run(&["--resume"]);
    assert_eq!((run.code, run.status("t1"), run.status("t3")), (Some(1), "error", "passed"));
    let began = began(&stage.agents("log"));
    assert!((0..4).all(|number| began[&format!("t{number}")] == 1), "{began:?}");
    stage.journal();
}

#[test]
fn a_journal_of_another_suite_or_agent_is_refused() {
    let stage = stage(3, "answer");
    assert_eq!(stage.run(&["--journal", "journal"]).code, Some(0));
    let before = fs::read(stage.here().join("journal")).unwrap();
    let other = ["--journal", "journal", "--resume", "--adapter", "builtin:echo"];
    let other = stage.run(&other);
    assert_eq!(other.code, Some(2), "{}", other.stdout);
    assert!(other.stderr.contains("journal is of agent"), "{}", other.stderr);
    let suite = fs::read_to_string(stage.here().join("suite.yaml")).unwrap();
    stage.write("suite.yaml", &suite.replace("Do t2", "Do something else"));
    let changed = stage.run(&["--journal", "journal", "--resume"]);
    assert_eq!(changed.code, Some(2), "{}", changed.stdout);
    assert!(changed.stderr.contains("the suite has changed"), "{}", changed.stderr);
    assert_eq!(fs::read(stage.here().join("journal")).unwrap(), before);
}

/// What could be gone on with is not replaced by a new run of the same name.
#[test]
fn an_unfinished_journal_is_not_replaced() {
    let stage = stage(3, "[ $test = t0 ] || sleep 60; answer");
    let mut child = stage.start(&["suite.yaml", "--journal", "journal"]);
    let journal = stage.here().join("journal");
    wait_until("a result", || finished_tests(&records(&journal)).len() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = fs::read(&journal).unwrap();
    let again = stage.run(&["--journal", "journal"]);
    assert_eq!(again.code, Some(2), "{}", again.stdout);
    assert!(again.stderr.contains("--resume"), "{}", again.stderr);
    assert_eq!(fs::read(&journal).unwrap(), before);
    // What the platform could not end when it was killed, the test does.
    for pid in pids(&stage.mark) {
        kill_process(pid, Signal::KILL).ok();
    }
}

/// A run that goes on has the selection and the number of runs that it had.
#[test]
fn resume_keeps_what_was_asked_for() {
    let stage = stage(4, "[ -e ../agents/quick ] || sleep 60; answer");
    let args =
        ["suite.yaml", "--test", "t1", "--test", "t3", "--runs", "2", "--journal", "journal"];
    let child = stage.start(&args);
    wait_until("the agents", || began(&stage.agents("log")).len() == 2);
    send(&child, Signal::INT);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    fs::write(stage.agents("quick"), "").unwrap();
    let run = stage.run(&["--journal", "journal", "--resume"]);
    assert_eq!(
        (run.code, &run.report["summary"]["passed"]),
        (Some(0), &2.into()),
        "{}",
        run.stderr
    );
    assert_eq!(run.test("t3")["runs"].as_array().unwrap().len(), 2);
    // More can be asked for, and what is done is not done again.
    let run = stage.run(&["--journal", "journal", "--resume", "--tags", "!none"]);
    assert_eq!(
        (run.code, &run.report["summary"]["passed"]),
        (Some(0), &4.into()),
        "{}",
        run.stderr
    );
    let began = began(&stage.agents("log"));
    assert!(began["t1"] <= 4 && began["t0"] == 2, "{began:?}");
}

/// A journal is found by the names of suite and agent, and those of another file may be the same.
#[test]
fn a_suite_goes_on_with_a_run_of_its_own_file() {
    let stage = Stage::new();
    stage.suite("{name: fails, type: 'builtin:script', config: {fail: no}}", &[("a", "")]);
    let suite = stage.read("suite.yaml");
    assert_eq!(stage.run(&[]).code, Some(1));
    stage.write("other.yaml", &suite.replace("{id: a,", "{id: b,"));
    let run = |file: &str| {
        stage.finished(stage.command(&[file, "--rerun-failed"]).output().expect("atp starts"))
    };
    let other = run("other.yaml");
    assert_eq!(other.code, Some(1), "{}", other.stderr);
    assert!(other.stderr.contains("nothing to go on with"), "{}", other.stderr);
    let own = run("./suite.yaml");
    assert_eq!(own.code, Some(1), "{}", own.stderr);
    assert!(!own.stderr.contains("nothing to go on with"), "{}", own.stderr);
    // Renamed, it is what it was.
    fs::rename(stage.here().join("suite.yaml"), stage.here().join("renamed.yaml")).unwrap();
    let renamed = run("renamed.yaml");
    assert_eq!(renamed.code, Some(1), "{}", renamed.stderr);
    assert!(!renamed.stderr.contains("nothing to go on with"), "{}", renamed.stderr);
}
