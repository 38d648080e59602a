//! Agents that misbehave: what becomes of their tests, and that nothing is left of them.

use crate::stage::{Finished, Stage, alive};

/// What a test's agent does, by the test's id.
const SHELL: &str = r#"
case $test in
    hang) sleep 60 ;;
    crash) kill -SEGV $$ ;;
    exit) echo "no key for $test" >&2; exit 3 ;;
    mute) ;;
    garbage) echo 'Traceback (most recent call last):' ;;
    half) printf '{"task_id":"%s","status":"compl' "$task" ;;
    late) sleep 1.5; answer ;;
    early) sleep 0.2; answer ;;
    flood) yes 'no event at all' | head -n 20000 >&2; answer ;;
    fork) sleep 60 & answer ;;
    daemon) setsid sh -c 'sleep 60; :' & sleep 0.1; answer ;;
    stubborn) trap '' TERM; sleep 60 & sleep 60; sleep 60 ;;
    another) task=another; answer ;;
    repeated) for n in 5 5 3 0; do echo "{\"sequence\":$n,\"payload\":{}}" >&2; done; answer ;;
    failed) echo "{\"task_id\":\"$task\",\"status\":\"failed\",\"error\":\"no idea\"}" ;;
    *) answer ;;
esac"#;

/// The keys of a test whose agent has a second.
const SECOND: &str = "constraints: {timeout_seconds: 1}";

fn run(stage: &Stage, tests: &[(&str, &str)], args: &[&str]) -> Finished {
    let agent = stage.shell(SHELL);
    stage.suite(&agent, tests);
    let run = stage.run(args);
    stage.assert_clean();
    run
}

#[test]
fn agents_that_do_not_answer_in_time_are_ended() {
    let stage = Stage::new();
    let tests = [("hang", SECOND), ("late", SECOND), ("stubborn", SECOND), ("early", "")];
    let run = run(&stage, &tests, &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for id in ["hang", "late", "stubborn"] {
        assert_eq!(run.status(id), "timeout", "{}", run.report);
        assert!(run.error(id).contains("timed out after 1 s"), "{}", run.error(id));
    }
    assert_eq!(run.status("early"), "passed");
    assert_eq!(run.report["summary"]["timeout"], 3);
}

/// `--timeout` beats the test's own limit, and silence ends a run as well.
#[test]
fn limits_of_the_command_line_hold() {
    let stage = Stage::new();
    let hang = [("hang", "constraints: {timeout_seconds: 60}")];
    let slow = run(&stage, &hang, &["--timeout", "0.3"]);
    assert_eq!((slow.code, slow.status("hang")), (Some(1), "timeout"));
    let silent = run(&stage, &hang, &["--idle-timeout", "0.3"]);
    assert_eq!((silent.code, silent.status("hang")), (Some(1), "timeout"));
    assert!(silent.error("hang").contains("without a sign of life"), "{}", silent.error("hang"));
}

#[test]
fn agents_that_break_are_errors_with_a_reason() {
    let stage = Stage::new();
    let expected = [
        ("crash", "was ended by signal 11"),
        ("exit", "exited with code 3: no key for exit"),
        ("mute", "ended without a response"),
        ("garbage", "Traceback"),
        ("half", "the agent's response is not JSON: EOF"),
        ("another", "is for task \"another\""),
    ];
    let run = run(&stage, &expected.map(|(id, _)| (id, "")), &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for (id, reason) in expected {
        assert_eq!(run.status(id), "error", "{}", run.report);
        assert!(run.error(id).contains(reason), "{id}: {}", run.error(id));
    }
}

#[test]
fn an_agent_that_says_it_failed_has_failed() {
    let stage = Stage::new();
    let run = run(&stage, &[("failed", "")], &[]);
    assert_eq!((run.code, run.status("failed")), (Some(1), "failed"));
    assert!(run.error("failed").contains("no idea"), "{}", run.error("failed"));
}

/// The answer counts; what is odd is counted and shown.
#[test]
fn agents_that_answer_all_the_same_pass() {
    let stage = Stage::new();
    let tests = ["flood", "fork", "daemon", "repeated"].map(|id| (id, ""));
    let run = run(&stage, &tests, &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.report, run.stderr);
    assert_eq!(run.test("flood")["runs"][0]["invalid_events"], 20_000);
    for (id, is_leaky) in [("flood", false), ("fork", true), ("daemon", true), ("repeated", false)]
    {
        assert_eq!(run.test(id)["runs"][0]["leaky"], is_leaky, "{id}");
    }
    let journal = stage.journal();
    let record = |id: &str| {
        let found = journal.iter().find(|line| line["kind"] == "run" && line["test"] == id);
        found.unwrap_or_else(|| panic!("no run of {id}"))
    };
    assert_eq!(record("repeated")["events"], 4);
    assert!(record("repeated")["misordered_events"].as_u64() >= Some(2));
    assert!(record("flood")["first_invalid"].as_str().unwrap().contains("no event at all"));
    assert!(record("fork")["ended_processes"].as_u64() >= Some(1));
    assert!(run.stdout.contains("20000") || run.stdout.contains("20 k"), "{}", run.stdout);
}

/// A process that left the group and shows no variable of its run comes to `atp`, which ends it.
#[cfg(target_os = "linux")]
#[test]
fn what_hides_from_its_run_is_ended_at_the_end() {
    let stage = Stage::new();
    let seconds = format!("6{}.25", std::process::id());
    let agent = stage.shell(&format!(
        "env -i PATH=\"$PATH\" setsid sleep {seconds} </dev/null >/dev/null 2>&1 & sleep 0.1; answer"
    ));
    stage.suite(&agent, &[("hidden", "")]);
    let run = stage.run(&[]);
    assert_eq!((run.code, run.status("hidden")), (Some(0), "passed"), "{}", run.stderr);
    assert_eq!(alive(&seconds), Vec::<String>::new());
}

#[test]
fn large_messages_pass_in_both_directions() {
    let stage = Stage::new();
    let script = "if test == 'large':\n    answer(artifacts=[{'path': 'out.txt', 'content': 'x' * 8_000_000}])\n\
                  else:\n    event(0, message='y' * 1_000_000)\n    answer()";
    let Some(agent) = stage.python(script) else { return };
    let wide =
        format!("task: {{description: Read, input_data: {{text: '{}'}}}}", "z".repeat(300_000));
    let text = format!(
        "test_suite: large\nagents: [{agent}]\ntests:\n  \
         - {{id: large, name: Large, task: {{description: Write}}}}\n  \
         - {{id: wide, name: Wide, {wide}}}\n"
    );
    stage.write("suite.yaml", &text);
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(0), "{}{}", run.report, run.stderr);
    assert_eq!(run.test("wide")["runs"][0]["events"], 1);
    assert_eq!(run.test("wide")["runs"][0]["invalid_events"], 0);
    stage.assert_clean();
}

/// X14: the request is larger than a pipe holds, and nobody reads it.
#[test]
fn an_agent_that_does_not_read_its_request_is_an_ordinary_failure() {
    let stage = Stage::new();
    let agent = stage.program("deaf", "#!/bin/sh\nexit 0\n");
    let text = format!(
        "test_suite: deaf\nagents: [{{name: deaf, type: cli, config: {{command: '{}'}}}}]\ntests:\n  \
         - {{id: deaf, name: Deaf, task: {{description: '{}', input_data: {{text: '{}'}}}}}}\n",
        agent.display(),
        "d".repeat(100_000),
        "i".repeat(100_000)
    );
    stage.write("suite.yaml", &text);
    let run = stage.run(&[]);
    assert_eq!((run.code, run.status("deaf")), (Some(1), "error"), "{}", run.stderr);
    assert!(run.error("deaf").contains("without a response"), "{}", run.error("deaf"));
    stage.assert_clean();
}

/// 240 failing runs with 48 descriptors to have at most: none of them may keep one.
#[test]
fn failures_keep_no_descriptor() {
    let stage = Stage::new();
    let agent = stage.shell(SHELL);
    let tests = ["crash", "exit", "mute", "garbage", "half", "another", "fork", "daemon"];
    stage.suite(&agent, &tests.map(|id| (id, "")));
    let report = stage.agents("report.json");
    let args = ["--runs", "30", "--parallel", "4", "--json", report.to_str().unwrap()];
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 48 && exec \"$@\"", "sh"]);
    let command = stage.command(&[&["suite.yaml"], &args[..]].concat());
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(stage.here());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = stage.finished(limited.output().unwrap());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for (id, reason) in [("crash", "signal 11"), ("exit", "code 3"), ("another", "another")] {
        let runs = run.test(id)["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 30);
        for run in runs {
            let error = run["error"].as_str().unwrap_or_default();
            assert!(error.contains(reason), "{id}: {error}");
        }
    }
    assert_eq!((run.status("fork"), run.status("daemon")), ("passed", "passed"));
    stage.assert_clean();
}

/// A run that passes only after another attempt is flaky, which `--no-flaky` counts as a failure.
#[test]
fn a_flaky_test_is_told() {
    let stage = Stage::new();
    let log = stage.agents("log");
    let agent = stage.shell(&format!(
        "echo \"$test\" >> '{}'; [ $(wc -l < '{}') -ge 2 ] || exit 1; answer",
        log.display(),
        log.display()
    ));
    stage.suite(&agent, &[("flaky", "")]);
    for (args, code) in [(&["--retries", "2"][..], 0), (&["--retries", "2", "--no-flaky"], 1)] {
        std::fs::remove_file(&log).ok();
        let run = stage.run(args);
        assert_eq!((run.code, run.status("flaky")), (Some(code), "flaky"), "{}", run.stderr);
        assert_eq!(run.report["summary"]["flaky"], 1);
        let headline = if code == 0 { "PASSED: 1 of 1 test" } else { "FAILED: 1 of 1 test" };
        assert!(run.stdout.starts_with(headline), "{}", run.stdout);
    }
}
