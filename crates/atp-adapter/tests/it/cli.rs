//! Agents that are programs: what they may do well and badly.

use crate::heard::{adapter, execute, failure, limits, request, short};
use crate::leftovers::{Agent, RESPONSE};
use atp_adapter::{ExitReason, Failure, TimeoutKind};
use atp_protocol::{Error, EventOrder, EventType, Status};
use serde_json::json;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

#[tokio::test]
async fn an_agent_reads_the_request_and_answers() {
    let script = format!(
        r#"grep -q '"task_id":"task-1"' || exit 9
        echo '{{"payload":{{"step":1}}}}' >&2
        echo '{{"event_type":"tool_call","task_id":"task-1","sequence":1,"payload":{{}}}}' >&2
        echo '{RESPONSE}'"#
    );
    let agent = Agent::sh(&script);
    let (result, heard) = agent.run(limits()).await;
    let answer = result.unwrap();
    assert_eq!(answer.response.status, Status::Completed);
    assert_eq!(heard.sequences(), [0, 1]);
    assert_eq!(heard.events[0].task_id, "task-1");
    assert_eq!(heard.events[0].event_type, EventType::Progress);
    assert_eq!(heard.lines[0], br#"{"payload":{"step":1}}"#);
    assert_eq!((answer.measured.events, answer.measured.invalid_events), (2, 0));
    assert!(!answer.measured.leaky && answer.measured.cpu.is_some());
    assert!(answer.measured.spawn > Duration::ZERO && answer.measured.agent > Duration::ZERO);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_an_answer() {
    let agent = Agent::sh(&format!("printf '\\357\\273\\277'; printf '%s\\r\\n' '{RESPONSE}'"));
    assert_eq!(agent.run(limits()).await.0.unwrap().response.status, Status::Completed);
    let agent = Agent::sh(&format!("printf '\\377\\376'; echo '{RESPONSE}'"));
    let Failure::Response { reason, .. } = failure(agent.run(limits()).await.0) else { panic!() };
    assert!(matches!(reason, Error::NotUtf8 { offset: 0, .. }), "{reason}");
}

#[tokio::test]
async fn a_python_agent_answers() {
    let script = r#"
import json, sys
request = json.load(sys.stdin)
for step in range(3):
    print(json.dumps({"event_type": "reasoning", "payload": {"step": step}}), file=sys.stderr)
json.dump({"task_id": request["task_id"], "status": "completed"}, sys.stdout)
"#;
    let Some(agent) = Agent::python(script) else { return };
    let (result, heard) = agent.run(limits()).await;
    assert_eq!(result.unwrap().response.status, Status::Completed);
    assert_eq!(heard.sequences(), [0, 1, 2]);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn x6_x7_a_hanging_agent_is_ended_and_its_events_are_kept() {
    let agent = Agent::sh("echo '{\"payload\":{}}' >&2; sleep 60 & sleep 60");
    let (result, heard) = agent.run(short(300)).await;
    let error = result.unwrap_err();
    let kind = TimeoutKind::Total;
    assert_eq!(error.failure, Failure::Timeout { kind, after: Duration::from_millis(300) });
    assert_eq!(heard.sequences(), [0]);
    assert_eq!((error.measured.events, error.measured.remaining), (1, 0));
    assert!(error.measured.ended >= 1);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn a_silent_agent_is_ended_before_its_time_is_over() {
    let agent = Agent::sh("echo '{\"payload\":{}}' >&2; sleep 60");
    let limits = limits().with_idle_timeout(Some(Duration::from_millis(300)));
    let (result, heard) = agent.run(limits).await;
    let after = Duration::from_millis(300);
    assert_eq!(failure(result), Failure::Timeout { kind: TimeoutKind::Idle, after });
    assert_eq!(heard.events.len(), 1);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn an_agent_that_ignores_term_is_killed() {
    let agent = Agent::sh("trap '' TERM; echo '{\"payload\":{}}' >&2; while :; do sleep 1; done");
    let (result, heard) = agent.run(short(300)).await;
    assert!(matches!(failure(result), Failure::Timeout { .. }));
    assert_eq!(heard.events.len(), 1);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn an_agent_that_heeds_term_may_say_goodbye() {
    let script = "trap 'echo \"{\\\"payload\\\":{\\\"bye\\\":1}}\" >&2; exit 0' TERM
        echo '{\"payload\":{}}' >&2; while :; do sleep 0.02; done";
    let agent = Agent::sh(script);
    let (result, heard) = agent.run(short(300).with_grace(Duration::from_secs(20))).await;
    assert!(matches!(failure(result), Failure::Timeout { .. }));
    assert_eq!(heard.lines.last().unwrap(), br#"{"payload":{"bye":1}}"#);
    agent.assert_nothing_left();
}

/// TERM alone would only be noted until somebody wakes the agent.
#[tokio::test]
async fn an_agent_that_is_stopped_may_say_goodbye_too() {
    let script = "trap 'echo \"{\\\"payload\\\":{\\\"bye\\\":1}}\" >&2; exit 0' TERM
        echo '{\"payload\":{}}' >&2; kill -STOP $$; while :; do sleep 0.02; done";
    let agent = Agent::sh(script);
    let (result, heard) = agent.run(short(300).with_grace(Duration::from_secs(20))).await;
    assert!(matches!(failure(result), Failure::Timeout { .. }));
    assert_eq!(heard.lines.last().unwrap(), br#"{"payload":{"bye":1}}"#);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn a_crash_is_told_with_what_the_agent_said_last() {
    let script = "echo '{\"payload\":{}}' >&2; echo \"no /usr/lib/x.so, $SECRET\" >&2; exit 3";
    let config = json!({"environment": {"SECRET": "hunter22"}});
    let agent = Agent::with("sh -c", script, config);
    let (result, heard) = agent.run(limits()).await;
    let stderr = "no …/x.so, ***".to_owned();
    assert_eq!(failure(result), Failure::Exit { status: ExitReason::Code(3), stderr });
    assert_eq!((heard.events.len(), heard.invalid.len()), (1, 1));
    agent.assert_nothing_left();

    let agent = Agent::sh("kill -SEGV $$");
    let failed = failure(agent.run(limits()).await.0);
    assert_eq!(failed.to_string(), "the agent was ended by signal 11");
}

#[tokio::test]
async fn no_message_shows_a_part_of_a_secret() {
    let scripts = [
        // Where a line, and where a whole stderr, is cut.
        "printf '%1019s %s' '' \"$SECRET\" >&2; exit 1",
        "printf '%9000s %s' '' \"$SECRET\" >&2; echo '{\"event_type\":\"'$SECRET'\"}' >&2; exit 1",
        "printf '%3995s %s' '' \"$SECRET\"",
        "echo '{\"task_id\":\"task-1\",\"status\":\"'$SECRET'\"}'",
        "echo '{\"task_id\":\"'$SECRET'\",\"status\":\"completed\"}'",
        "echo '{\"task_id\":\"task-1\",\"status\":\"failed\",\"error\":\"no '$SECRET'\"}'",
    ];
    let config = json!({"environment": {"SECRET": "hunter22-2224"}, "max_event_line_bytes": 5000});
    for script in scripts {
        let agent = Agent::with("sh -c", script, config.clone());
        let (result, heard) = agent.run(limits()).await;
        let lines = heard.invalid.iter().map(|(line, _)| String::from_utf8_lossy(line));
        let shown = format!("{result:?} {:?} {:?}", lines.collect::<Vec<_>>(), heard.invalid);
        assert!(!shown.contains("hunt"), "{script}: {shown}");
    }
}

#[tokio::test]
async fn x4_floods_of_stderr_and_stdout_do_not_hold_each_other_up() {
    let script = format!(
        r#"i=0; while [ $i -lt 20000 ]; do echo "noise noise noise noise $i"; i=$((i+1)); done >&2
        printf '{{"task_id":"task-1","status":"completed","artifacts":[{{"type":"file","path":"a","content":"'
        head -c 8388608 /dev/zero | tr '\0' 'x'
        printf '"}}]}}'; echo done >&2 #{RESPONSE}"#
    );
    let agent = Agent::sh(&script);
    let (result, heard) = agent.run(limits()).await;
    let answer = result.unwrap();
    let atp_protocol::Artifact::File(file) = &answer.response.artifacts[0] else { panic!() };
    assert_eq!(file.content.as_ref().unwrap().len(), 8 << 20);
    assert_eq!((heard.invalid.len(), answer.measured.invalid_events), (20_001, 20_001));
    assert!(answer.stderr.ends_with("noise 19999\ndone"));
    agent.assert_nothing_left();
}

#[tokio::test]
async fn x5_an_event_line_of_a_megabyte_arrives_whole() {
    let script = format!(
        r#"{{ printf '{{"payload":{{"text":"'; head -c 1048576 /dev/zero | tr '\0' 'x'; echo '"}}}}'; }} >&2
        echo '{RESPONSE}'"#
    );
    let agent = Agent::sh(&script);
    let (result, heard) = agent.run(limits()).await;
    result.unwrap();
    assert_eq!(heard.lines[0].len(), (1 << 20) + r#"{"payload":{"text":""}}"#.len());
    agent.assert_nothing_left();
}

#[tokio::test]
async fn bounds_of_a_line_and_of_the_response_are_kept() {
    let config = json!({"max_event_line_bytes": 1000, "max_response_bytes": 2000});
    let script = format!("head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo '{RESPONSE}'");
    let agent = Agent::with("sh -c", &script, config.clone());
    let (result, heard) = agent.run(limits()).await;
    result.unwrap();
    let [(line, Error::TooLong { bytes: 100_000, limit_bytes: 1000, .. })] = &heard.invalid[..]
    else {
        panic!("{heard:?}")
    };
    assert!(line.len() <= 1024);

    let agent = Agent::with("sh -c", "yes; sleep 60", config);
    let failed = failure(agent.run(limits().with_grace(Duration::from_millis(100))).await.0);
    assert_eq!(failed, Failure::TooLarge { what: "response", limit_bytes: 2000 });
    agent.assert_nothing_left();
}

#[tokio::test]
async fn garbage_and_silence_are_no_answers() {
    let agent = Agent::sh("echo this is not JSON");
    let failed = failure(agent.run(limits()).await.0);
    let Failure::Response { reason: Error::NotJson { .. }, excerpt } = &failed else {
        panic!("{failed:?}")
    };
    assert_eq!(excerpt, "this is not JSON");

    let agent = Agent::sh("echo '{\"status\":\"completed\"}'");
    let failed = failure(agent.run(limits()).await.0);
    assert!(matches!(failed, Failure::Response { reason: Error::Invalid { .. }, .. }));

    let agent = Agent::sh("echo why >&2");
    let failed = failure(agent.run(limits()).await.0);
    assert_eq!(failed, Failure::NoResponse { stderr: "why".into() });
}

#[tokio::test]
async fn a_late_answer_is_an_answer_until_the_time_is_over() {
    let agent = Agent::sh(&format!("sleep 0.3; echo '{RESPONSE}'"));
    let answer = agent.run(limits()).await.0.unwrap();
    assert_eq!(answer.response.status, Status::Completed);

    let agent = Agent::sh(&format!("sleep 30; echo '{RESPONSE}'"));
    assert!(matches!(failure(agent.run(short(200)).await.0), Failure::Timeout { .. }));
    agent.assert_nothing_left();
}

#[tokio::test]
async fn an_answer_is_kept_while_a_child_holds_stdout() {
    let agent = Agent::sh(&format!("sleep 60 & echo '{RESPONSE}'"));
    let answer = agent.run(limits()).await.0.unwrap();
    assert_eq!(answer.response.status, Status::Completed);
    assert!(answer.measured.leaky);
    assert_eq!((answer.measured.ended, answer.measured.remaining), (1, 0));
    agent.assert_nothing_left();
}

#[tokio::test]
async fn a_quiet_child_is_ended_too() {
    let agent = Agent::sh(&format!("sleep 60 >/dev/null 2>&1 & echo '{RESPONSE}'"));
    let answer = agent.run(limits()).await.0.unwrap();
    assert!(answer.measured.leaky);
    assert_eq!(answer.measured.ended, 1);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn x14_an_agent_that_does_not_read_its_request_is_judged_by_its_answer() {
    let mut request = request();
    request.task.description = "x".repeat(100_000);
    let agent = Agent::sh(&format!("exec 0<&-; echo '{RESPONSE}'"));
    execute(&*agent.adapter, &request, limits()).await.0.unwrap();

    let agent = Agent::sh("exit 1");
    let failed = failure(execute(&*agent.adapter, &request, limits()).await.0);
    let status = ExitReason::Code(1);
    assert_eq!(failed, Failure::Exit { status, stderr: String::new() });
    agent.assert_nothing_left();
}

#[tokio::test]
async fn x13_repeated_and_reversed_sequences_reach_the_sink_for_it_to_judge() {
    let script = format!(
        r#"for i in 5 5 3 0; do echo '{{"sequence":'$i',"payload":{{}}}}' >&2; done
        echo '{{"payload":{{}}}}' >&2; echo '{RESPONSE}'"#
    );
    let agent = Agent::sh(&script);
    let (result, heard) = agent.run(limits()).await;
    result.unwrap();
    assert_eq!(heard.sequences(), [5, 5, 3, 0, 6]);
    let mut order = EventOrder::strict().with_task_id("task-1");
    let refused = heard.events.iter().filter(|event| order.check(event).is_err());
    assert_eq!(refused.count(), 3);
}

#[tokio::test]
async fn x13_the_answer_to_another_task_is_none() {
    let agent = Agent::sh("echo '{\"task_id\":\"task-2\",\"status\":\"completed\"}'");
    let failed = failure(agent.run(limits()).await.0);
    assert_eq!(failed.to_string(), "the response is for task \"task-2\", not for \"task-1\"");
}

#[tokio::test]
async fn the_environment_is_a_list() {
    let script = "env | cut -d= -f1 | sort | tr '\\n' ' ' >&2";
    let agent = Agent::sh(script);
    let Failure::NoResponse { stderr } = failure(agent.run(limits()).await.0) else { panic!() };
    let allowed = [
        "PATH",
        "HOME",
        "LANG",
        "TERM",
        "PYENV_ROOT",
        "PYENV_VERSION",
        "ATP_TEST_MARK",
        "ATP_RUN_TREE",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
    ];
    let strange: Vec<_> = stderr.split(' ').filter(|name| !allowed.contains(name)).collect();
    assert_eq!(strange, Vec::<&str>::new());
}

#[tokio::test]
async fn words_are_split_without_a_shell() {
    let config = json!({"command": "printf '%s|' 'a b' \"c;d\" $HOME", "args": ["*"]});
    let failed = failure(execute(&*adapter("cli", &config), &request(), limits()).await.0);
    let Failure::Response { excerpt, .. } = failed else { panic!() };
    assert_eq!(excerpt, "a b|c;d|$HOME|*|");
}

#[tokio::test]
async fn what_cannot_be_started_is_told() {
    let missing = adapter("cli", &json!({"command": "no-such-agent --flag"}));
    let program = "no-such-agent".to_owned();
    assert_eq!(
        failure(execute(&*missing, &request(), limits()).await.0),
        Failure::NotFound { program: program.clone() }
    );
    assert_eq!(missing.health_check().await.unwrap_err().failure, Failure::NotFound { program });
    let config = json!({"command": "true", "working_dir": "/no/such/folder"});
    let failed = failure(execute(&*adapter("cli", &config), &request(), limits()).await.0);
    let expected = "cannot reach true: the working directory /no/such/folder is not there";
    assert_eq!(failed.to_string(), expected);
    adapter("cli", &json!({"command": "true"})).health_check().await.unwrap();
    for (command, folder, expected) in [
        ("no-such-agent", "/", "no-such-agent is not found on the PATH"),
        ("/etc/passwd", "/", "/etc/passwd is not found, or may not be executed"),
        (
            "./agent",
            "/no/such",
            "cannot reach ./agent: the working directory /no/such is not there",
        ),
    ] {
        let agent = adapter("cli", &json!({"command": command, "working_dir": folder}));
        let failed = failure(execute(&*agent, &request(), limits()).await.0);
        assert_eq!(failed.to_string(), expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&script, Permissions::from_mode(0o700)).unwrap();
    let config = json!({"command": "./script", "working_dir": folder.path()});
    let failed = failure(execute(&*adapter("cli", &config), &request(), limits()).await.0);
    let expected = "cannot reach ./script: the interpreter that it names is not there";
    assert_eq!(failed.to_string(), expected);
}

#[tokio::test]
async fn the_timeout_of_the_configuration_holds_as_well() {
    let agent = Agent::with("sh -c", "sleep 60", json!({"timeout": 0.2}));
    let after = Duration::from_millis(200);
    assert_eq!(
        failure(agent.run(limits()).await.0),
        Failure::Timeout { kind: TimeoutKind::Total, after }
    );
    agent.assert_nothing_left();
}
