//! The agents inside of this process, on paused time.

use crate::heard::{Heard, adapter, execute, failure, limits, request, short};
use atp_adapter::{CancellationToken, Failure, Run, TimeoutKind};
use atp_protocol::{Artifact, Status};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn echo_completes_with_the_description() {
    let (result, heard) =
        execute(&*adapter("builtin:echo", &json!({})), &request(), limits()).await;
    let response = result.unwrap().response;
    assert_eq!((response.status, response.task_id.as_str()), (Status::Completed, "task-1"));
    let Artifact::File(file) = &response.artifacts[0] else { panic!() };
    assert_eq!((file.path.as_str(), file.content.as_deref()), ("echo.txt", Some("do it")));
    assert!(heard.events.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_script_sends_waits_and_answers() {
    let script = adapter(
        "builtin:script",
        &json!({
            "steps": [{"event": {"payload": {}}}, {"wait": 0.5}, {"line": "nonsense"}],
            "repeat": 2,
            "delay": 1,
            "response": {"status": "partial", "metrics": {"total_tokens": 7}},
        }),
    );
    let begun = Instant::now();
    let (result, heard) = execute(&*script, &request(), limits()).await;
    let answer = result.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    assert_eq!(answer.measured.agent, Duration::from_secs(2));
    assert_eq!(answer.response.status, Status::Partial);
    assert_eq!(heard.sequences(), [0, 1]);
    assert_eq!((answer.measured.events, answer.measured.invalid_events), (2, 2));
    assert_eq!(heard.invalid[0].0, b"nonsense");
}

#[tokio::test(start_paused = true)]
async fn limits_hold_in_process_too() {
    let steps = json!([{"event": {"payload": {}}}, {"wait": 3}]);
    let script = adapter("builtin:script", &json!({"steps": steps, "repeat": 1000}));
    let (result, heard) = execute(&*script, &request(), short(4000)).await;
    let error = result.unwrap_err();
    let after = Duration::from_secs(4);
    assert_eq!(error.failure, Failure::Timeout { kind: TimeoutKind::Total, after });
    assert_eq!((error.measured.agent, heard.events.len()), (after, 2));

    let idle = limits().with_idle_timeout(Some(Duration::from_secs(2)));
    let after = Duration::from_secs(2);
    let failed = failure(execute(&*script, &request(), idle).await.0);
    assert_eq!(failed, Failure::Timeout { kind: TimeoutKind::Idle, after });

    let (request, mut heard, stop) = (request(), Heard::default(), CancellationToken::new());
    stop.cancel();
    let run = Run::new(&request).with_stop(stop);
    assert_eq!(failure(script.execute(run, &mut heard).await), Failure::Stopped);
}

/// Neither one long round nor very many without a step keeps a run from ending.
#[tokio::test]
async fn a_script_that_never_waits_can_be_stopped() {
    let script = adapter("builtin:script", &json!({"repeat": u64::MAX}));
    execute(&*script, &request(), limits()).await.0.unwrap();

    let script = adapter("builtin:script", &json!({"steps": vec![json!({"line": "x"}); 2000]}));
    let (request, mut heard, stop) = (request(), Heard::default(), CancellationToken::new());
    let run = Run::new(&request).with_stop(stop.clone());
    let (result, ()) = tokio::join!(script.execute(run, &mut heard), async { stop.cancel() });
    assert_eq!(failure(result), Failure::Stopped);
    assert!(heard.invalid.len() < 2000);
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_keep_a_run_from_being_idle() {
    let steps = json!([{"wait": 1.5}, {"event": {"payload": {}}}]);
    let script = adapter("builtin:script", &json!({"steps": steps, "repeat": 5}));
    let idle = limits().with_idle_timeout(Some(Duration::from_secs(2)));
    execute(&*script, &request(), idle).await.0.unwrap();
    // A limit beyond the end of the clock is no limit.
    let limits = limits().with_timeout(Some(Duration::MAX)).with_idle_timeout(Some(Duration::MAX));
    execute(&*script, &request(), limits).await.0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_script_fails_as_often_as_it_is_told() {
    let script = adapter("builtin:script", &json!({"fail": "out of luck", "fail_times": 2}));
    for _ in 0..2 {
        let failed = failure(execute(&*script, &request(), limits()).await.0);
        assert_eq!(failed, Failure::Other("out of luck".into()));
    }
    execute(&*script, &request(), limits()).await.0.unwrap();
    let script = adapter("builtin:script", &json!({"response": {"task_id": "task-9"}}));
    let failed = failure(execute(&*script, &request(), limits()).await.0);
    assert!(matches!(failed, Failure::ForeignTask(_)));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_scripts_run_at_once() {
    let script = adapter("builtin:script", &json!({"steps": [{"wait": 1}]}));
    let begun = Instant::now();
    let runs = (0..1000).map(|_| {
        let script = script.clone();
        tokio::spawn(async move { execute(&*script, &request(), limits()).await.0.is_ok() })
    });
    for run in runs.collect::<Vec<_>>() {
        assert!(run.await.unwrap());
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}
