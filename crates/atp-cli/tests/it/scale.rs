//! Many agents at a time, and many events in a run.

use crate::stage::{Finished, Stage};
use serde_json::Value;
use std::{fs, process::Command};

const PLAIN: &str = "{name: script, type: 'builtin:script', config: {delay: 1}}";

#[test]
fn a_thousand_agents_in_process_at_a_time() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..1000).map(|number| format!("t{number}")).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite(PLAIN, &tests);
    let run = stage.run(&["--parallel", "1000", "--quiet"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.report["summary"]["passed"], 1000);
    // Each took a second of its own, so that they were far from taking turns.
    let seconds = run.report["summary"]["duration_seconds"].as_f64().unwrap();
    assert!(seconds < 100.0, "{seconds} s");
    let slots = stage.journal().iter().filter_map(|record| record["slot"].as_u64()).max();
    assert_eq!(slots, Some(999));
    stage.assert_clean();
}

/// Runs one test whose agent sends so many events.
fn torrent(events: u64) -> (Finished, Vec<Value>) {
    let stage = Stage::new();
    let event = "{event: {event_type: tool_call, payload: {tool: search, status: success}}}";
    let config = format!("{{steps: [{event}], repeat: {events}}}");
    let agent = format!("{{name: script, type: 'builtin:script', config: {config}}}");
    stage.suite(&agent, &[("torrent", "")]);
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let records = stage.journal();
    stage.assert_clean();
    (run, records)
}

fn peak_bytes(records: &[Value]) -> u64 {
    let session = records.iter().find(|record| record["kind"] == "session");
    session.and_then(|session| session["peak_rss_bytes"].as_u64()).expect("a peak")
}

/// Four times the events need no more memory, and all of them are kept.
#[test]
fn memory_stays_flat_over_events() {
    let (few, many) = (torrent(50_000), torrent(200_000));
    for (run, events) in [(&few.0, 50_000), (&many.0, 200_000)] {
        let run = &run.test("torrent")["runs"][0];
        assert_eq!((&run["events"], &run["invalid_events"]), (&events.into(), &0.into()));
    }
    let record = many.1.iter().find(|record| record["kind"] == "run").expect("a run");
    assert!(record["spooled_events"].as_u64() > Some(100_000), "{record}");
    assert_eq!(record["dropped_events"], 0);
    let (few, many) = (peak_bytes(&few.1), peak_bytes(&many.1));
    assert!(many < few + (8 << 20), "{few} and {many} bytes at the peak");
}

/// Runs and tests beyond number: the memory of ten times the tests grows by what is recorded.
#[test]
fn ten_thousand_tests_in_process() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..10_000).map(|number| format!("t{number}")).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite("{name: echo, type: 'builtin:echo'}", &tests);
    let run = stage.run(&["--quiet"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.report["summary"]["passed"], 10_000);
    assert!(run.stdout.lines().count() <= 15, "{}", run.stdout);
    stage.assert_clean();
}

/// More agents at a time than the shell lets a program have files open for: the program may have
/// more, and takes what it needs. Each waits for all others, so that they really are there at once.
#[test]
fn a_low_limit_of_open_files_is_raised() {
    const AGENTS: usize = 40;
    let stage = Stage::new();
    let here = stage.agents("here");
    fs::create_dir(&here).unwrap();
    let agent = stage.shell(&format!(
        ": > '{here}'/$test; while [ $(ls '{here}' | wc -l) -lt {AGENTS} ]; do sleep 0.1; done; answer",
        here = here.display()
    ));
    let ids: Vec<String> = (0..AGENTS).map(|number| format!("t{number}")).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite(&agent, &tests);
    let atp = stage.command(&["suite.yaml", "--quiet", "--timeout", "120", "--parallel", "40"]);
    let limited = |limit: &str| {
        let mut shell = Command::new("sh");
        let script = format!("ulimit {limit}n 64 && exec \"$0\" \"$@\"");
        shell.args(["-c", &script]).arg(atp.get_program()).args(atp.get_args());
        shell.current_dir(stage.here()).env("TMPDIR", stage.temporary());
        stage.finished(shell.output().unwrap())
    };
    let run = limited("-S");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    // Where it may not be raised, that is told before agents fail.
    let run = limited("-");
    assert!(run.stderr.contains("384 open files, and 64 are allowed"), "{}", run.stderr);
}
