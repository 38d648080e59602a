//! Nothing is left of an agent, however it ends.

use crate::heard::{Heard, execute, failure, limits, request, short};
use crate::leftovers::{Agent, RESPONSE, alive, assert_ends};
use atp_adapter::{CancellationToken, EventSink, Failure, Run};
use atp_protocol::{Error, Event};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_stop_ends_the_agent_and_keeps_its_events() {
    let agent = Agent::sh("echo '{\"payload\":{}}' >&2; sleep 60 & wait");
    let (stop, mut heard, request) = (CancellationToken::new(), Heard::default(), request());
    let run = Run::new(&request).with_limits(limits()).with_stop(stop.clone());
    let (result, ()) = tokio::join!(agent.adapter.execute(run, &mut heard), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.cancel();
    });
    assert_eq!(failure(result), Failure::Stopped);
    assert_eq!(heard.events.len(), 1);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn a_dropped_run_kills_the_agent_with_its_children() {
    let script = "trap '' TERM; echo '{\"payload\":{}}' >&2; sleep 60 & sleep 60";
    let agent = Agent::sh(script);
    let (mut heard, request) = (Heard::default(), request());
    {
        let run = agent.adapter.execute(Run::new(&request), &mut heard);
        let time = Duration::from_millis(200);
        tokio::time::timeout(time, run).await.expect_err("the agent goes on");
    }
    assert_eq!(heard.events.len(), 1);
    assert_ends(&agent.mark).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_that_left_the_group_is_ended_too() {
    let script = format!(
        "setsid sh -c 'trap \"\" TERM; sleep 60; :' >/dev/null 2>&1 </dev/null & \
                          sleep 0.2; echo '{RESPONSE}'"
    );
    let agent = Agent::sh(&script);
    let answer = agent.run(short(20_000)).await.0.unwrap();
    assert!(answer.measured.leaky);
    assert!(answer.measured.ended >= 1);
    assert_eq!(answer.measured.remaining, 0);
    agent.assert_nothing_left();
}

#[tokio::test]
async fn an_agent_that_stopped_itself_or_closed_its_streams_is_ended() {
    for script in ["kill -STOP $$; sleep 60", "exec >&- 2>&-; sleep 60", "exec 0<&- >&-; sleep 60"]
    {
        let agent = Agent::sh(script);
        let failed = failure(agent.run(short(200)).await.0);
        assert!(matches!(failed, Failure::Timeout { .. }), "{script}: {failed:?}");
        agent.assert_nothing_left();
    }
}

/// A child that goes on may write to stdout, and more than a response may have.
#[tokio::test]
async fn what_a_child_writes_behind_the_answer_is_passed_over() {
    for words in ["while :; do echo tick; sleep 0.01; done", "yes '{}'"] {
        let child = format!("while kill -0 $$ 2>/dev/null; do sleep 0.01; done; {words}");
        let script = format!("({child}) & echo '{RESPONSE}'");
        let agent = Agent::with("sh -c", &script, json!({"max_response_bytes": 40_000}));
        let limits = limits().with_grace(Duration::from_millis(200));
        let answer = agent.run(limits.with_drain(Duration::from_secs(1))).await.0.unwrap();
        assert!(answer.measured.leaky && answer.measured.remaining == 0);
        agent.assert_nothing_left();
    }
}

/// Each process of the chain lives for a moment only, in a session of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_chain_of_daemons_is_caught() {
    let script = r#"
import os, time
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.05)
"#;
    let Some(agent) = Agent::python(script) else { return };
    let error = agent.run(limits().with_grace(Duration::from_millis(200))).await.0.unwrap_err();
    assert!(matches!(error.failure, Failure::NoResponse { .. }), "{error:?}");
    assert!(error.measured.leaky && error.measured.ended >= 1, "{error:?}");
    assert_eq!(error.measured.remaining, 0);
    agent.assert_nothing_left();
}

struct Panics;

impl EventSink for Panics {
    fn event(&mut self, _event: Event<'_>, _line: &[u8]) {
        panic!("a sink in a test");
    }

    fn invalid(&mut self, _line: &[u8], _reason: &Error) {}
}

#[tokio::test]
async fn a_sink_that_panics_takes_the_agent_along() {
    let agent = Agent::sh("echo '{\"payload\":{}}' >&2; sleep 60 & sleep 60");
    let adapter = agent.adapter.clone();
    let run = tokio::spawn(async move {
        let request = request();
        drop(adapter.execute(Run::new(&request), &mut Panics).await);
    });
    assert!(run.await.unwrap_err().is_panic());
    assert_ends(&agent.mark).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_that_run_together_do_not_end_each_other() {
    let leaky = Agent::sh(&format!("sleep 60 & setsid sleep 60 & sleep 0.1; echo '{RESPONSE}'"));
    let lasting = Agent::sh(&format!("setsid sleep 1.5; echo '{RESPONSE}'"));
    let run = |agent: &Agent| {
        let adapter = agent.adapter.clone();
        tokio::spawn(async move { execute(&*adapter, &request(), limits()).await.0 })
    };
    let runs: Vec<_> = (0..20).map(|_| (run(&leaky), run(&lasting))).collect();
    for (leaky, lasting) in runs {
        let leaky = leaky.await.unwrap().unwrap().measured;
        assert!(leaky.leaky && leaky.ended == 2 && leaky.remaining == 0, "{leaky:?}");
        let lasting = lasting.await.unwrap().unwrap().measured;
        assert!(!lasting.leaky && lasting.ended == 0, "{lasting:?}");
    }
    leaky.assert_nothing_left();
    lasting.assert_nothing_left();
}

#[tokio::test]
async fn a_whole_brood_is_ended() {
    let script = "for i in 1 2 3 4 5 6 7 8; do (trap '' TERM; sleep 60 & sleep 60) & done; wait";
    let agent = Agent::sh(script);
    let error = agent.run(short(400)).await.0.unwrap_err();
    assert!(matches!(error.failure, Failure::Timeout { .. }));
    assert!(error.measured.ended >= 8 && error.measured.remaining == 0, "{error:?}");
    agent.assert_nothing_left();
}

/// Counts descriptors and children, which are those of the whole process, and so in one that does
/// nothing else.
#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_and_no_zombie_is_left() {
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "hygiene::counted", "--ignored"]);
    let output = alone.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run by no_descriptor_and_no_zombie_is_left, in a process of its own"]
async fn counted() {
    // Orphans come to this process, so that none is reaped by somebody else unnoticed.
    atp_adapter::adopt_orphans().unwrap();
    let scripts = [
        "exit 3".to_owned(),
        "sleep 60".into(),
        format!("sleep 60 & echo '{RESPONSE}'"),
        format!("setsid sleep 60 & sleep 0.2; echo '{RESPONSE}'"),
        "echo nonsense".into(),
        "echo nonsense >&2; yes >&2".into(),
        "trap '' TERM; while :; do sleep 1; done".into(),
        "kill -KILL $$".into(),
        "exec no-such-program".into(),
    ];
    let agents: Vec<_> = scripts.iter().map(|script| Agent::sh(script)).collect();
    let mut counted = Vec::new();
    for _ in 0..3 {
        for agent in &agents {
            // How it ends is for other tests.
            drop(agent.run(short(500).with_grace(Duration::from_millis(50))).await);
            agent.assert_nothing_left();
        }
        counted.push((std::fs::read_dir("/proc/self/fd").unwrap().count(), children()));
    }
    // The runtime opens descriptors of its own in the first round.
    assert_eq!(counted[1], counted[2]);
    assert_eq!(counted[2].1, Vec::<String>::new());

    // One that has left the group and has no mark of the run is found by the run itself where it
    // has a control group, and else by the program at its end, with whatever else there is.
    let mark = format!("strange-{}-end", std::process::id());
    let strange = "sleep 60 & sleep 60";
    let script = format!(
        "env -i PATH=\"$PATH\" MARK={mark} setsid sh -c '{strange}' </dev/null >/dev/null 2>&1 &
        sleep 0.3; echo '{RESPONSE}'"
    );
    let answer = Agent::sh(&script).run(limits()).await.0.unwrap();
    let left = alive(&mark).len();
    assert_eq!(left as u32 + answer.measured.ended, 3);
    assert_eq!(answer.measured.leaky, left == 0);
    let mut other = std::process::Command::new("setsid");
    drop(other.args(["sh", "-c", strange]).env("MARK", &mark).spawn().unwrap());
    assert_eq!(atp_adapter::end_orphans().await, 0);
    assert_eq!(alive(&mark), Vec::<String>::new());
    assert_eq!(children(), Vec::<String>::new());
}

/// The children of this process, dead or alive.
#[cfg(target_os = "linux")]
fn children() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let of = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let lists = threads.map(|thread| of(thread.path().join("children")));
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}
