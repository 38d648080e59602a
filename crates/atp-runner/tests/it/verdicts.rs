//! What tests come to: statuses, statistics, and what is left out.

use crate::actor::{Act, Actor};
use crate::stage::{Notes, Stage, run, test, verdicts};
use atp_journal::TestStatus;
use atp_protocol::Metrics;
use atp_suite::TagFilter;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn x2_every_run_counts_and_statistics_are_over_all() {
    let assertion = ", assertions: [{type: artifact_exists, config: {path: a.txt}}]";
    let stage = Stage::of(1, assertion);
    let stage = stage.with(|options| options.with_runs(Some(5)).with_parallel(1));
    let actor = Actor::new(|call| {
        let answer = if call.number == 3 { call.pass() } else { call.file("a.txt", "x") };
        answer.after(1.0 + call.number as f64)
    });
    let recording = stage.run(actor).await;
    let record = test(&recording, "t0");
    assert_eq!((record.status, recording.runs.len()), (TestStatus::Failed, 5));
    assert!(record.error.as_ref().unwrap().starts_with("run 4 of 5: "), "{:?}", record.error);
    let statistics = record.statistics.as_ref().unwrap();
    assert_eq!((&statistics["n_runs"], &statistics["successful_runs"]), (&json!(5), &json!(4)));
    let duration = &statistics["duration_seconds"];
    assert_eq!((&duration["mean"], &duration["std"]), (&json!(3.0), &json!(1.5811)));
    assert_eq!(duration["confidence_interval"], json!([1.0371, 4.9629]));
    assert!(
        statistics["score"]["stability"].is_object()
            || statistics["score"]["stability"].is_string()
    );
    let mean = statistics["score"]["mean"].as_f64().unwrap();
    assert!((record.score.unwrap() - mean).abs() < 1e-3 && mean < 100.0);
}

#[tokio::test(start_paused = true)]
async fn figures_of_the_agent_are_in_the_statistics() {
    let stage = Stage::of(1, "").with(|options| options.with_runs(Some(2)).with_parallel(1));
    let actor = Actor::new(|call| {
        call.metrics(Metrics {
            total_tokens: Some(100 * (1 + call.number as u64)),
            total_steps: Some(4),
            cost_usd: Some(0.5),
            ..Metrics::default()
        })
    });
    let recording = stage.run(actor).await;
    let statistics = test(&recording, "t0").statistics.as_ref().unwrap();
    assert_eq!(statistics["tokens"]["mean"], json!(150.0));
    assert_eq!(statistics["steps"]["coefficient_of_variation"], json!(0.0));
    assert_eq!(statistics["cost_usd"]["max"], json!(0.5));
    assert_eq!(recording.runs[1].metrics.as_ref().unwrap().total_tokens, Some(200));
}

#[tokio::test(start_paused = true)]
async fn the_worst_run_decides_and_gives_the_reason() {
    let stage = Stage::of(1, ", constraints: {timeout_seconds: 5}");
    let stage = stage.with(|options| options.with_runs(Some(3)).with_parallel(1));
    for (acts, expected, decides) in [
        ("pfe", TestStatus::Error, Some(3)),
        ("pft", TestStatus::Timeout, Some(3)),
        ("etf", TestStatus::Timeout, Some(2)),
        ("ppf", TestStatus::Failed, Some(3)),
        ("fpf", TestStatus::Failed, Some(1)),
        ("ppp", TestStatus::Passed, None),
    ] {
        let actor = Actor::new(move |call| match acts.as_bytes()[call.number] {
            b'p' => call.pass(),
            b'f' => call.give_up(),
            b'e' => Act::crash(),
            _ => call.pass().after(99.0),
        });
        let recording = stage.run(actor).await;
        let record = test(&recording, "t0");
        assert_eq!(record.status, expected, "{acts}");
        let run =
            record.error.as_ref().map(|error| error.split(' ').nth(1).unwrap().parse().unwrap());
        assert_eq!(run, decides, "{acts}: {:?}", record.error);
    }
}

#[tokio::test(start_paused = true)]
async fn x1_x20_what_asserts_nothing_is_marked_and_what_cannot_be_judged_does_not_pass() {
    let stage = Stage::new(
        "
test_suite: s
tests:
  - {id: bare, name: T, task: {description: d}}
  - {id: unknown, name: T, task: {description: d}, assertions: [{type: artefact_exists, config: {path: a}}]}
  - {id: model, name: T, task: {description: d}, assertions: [{type: llm_eval, config: {}}]}
  - {id: costly, name: T, task: {description: d}, constraints: {budget_usd: 0.1}}
",
    );
    let actor = Actor::new(|call| {
        let metrics = Metrics { cost_usd: Some(0.2), ..Metrics::default() };
        if call.test() == "costly" { call.metrics(metrics) } else { call.pass() }
    });
    let recording = stage.run(actor).await;
    let bare = test(&recording, "bare");
    assert_eq!((bare.status, bare.unasserted), (TestStatus::Passed, true));
    for id in ["unknown", "model"] {
        let record = test(&recording, id);
        assert_eq!((record.status, record.unasserted), (TestStatus::Failed, false), "{id}");
        assert_eq!(run(&recording, id).skipped_assertions.len(), 1);
    }
    assert_eq!(test(&recording, "costly").status, TestStatus::Failed);
    assert!(test(&recording, "costly").error.as_ref().unwrap().contains("0.2"));
}

#[tokio::test(start_paused = true)]
async fn tests_for_other_or_several_agents_are_left_out_with_the_reason() {
    let stage = Stage::new(
        "
test_suite: s
agents: [{name: a, type: cli}, {name: b, type: cli}]
tests:
  - {id: ours, name: T, task: {description: d}, agents: [a]}
  - {id: theirs, name: T, task: {description: d}, agents: [b]}
  - {id: both, name: T, task: {description: d}, agents: [a, b], mode: comparison}
",
    );
    let actor = Actor::new(|call| call.pass());
    let notes = Notes::default();
    let recording = stage.watched(actor.clone(), &notes).await.unwrap();
    assert_eq!(actor.tests(), ["ours"]);
    assert_eq!(test(&recording, "theirs").status, TestStatus::Skipped);
    assert_eq!(test(&recording, "theirs").error.as_deref(), Some("it is for b, not for a"));
    assert!(test(&recording, "both").error.as_ref().unwrap().contains("comparison"));
    assert!(notes.lines().contains(&"both skipped".to_owned()));
    assert!(!recording.sessions[0].interrupted);
    // Resuming does not write the same once more.
    let before = std::fs::read_to_string(stage.path()).unwrap().lines().count();
    let resumed = stage.resume(actor).await;
    let after = std::fs::read_to_string(stage.path()).unwrap().lines().count();
    assert_eq!((resumed.tests.len(), after), (3, before + 1));
}

#[tokio::test(start_paused = true)]
async fn filters_select_by_tag_and_id() {
    let stage = Stage::new(
        "
test_suite: s
tests:
  - {id: one, name: T, tags: [fast], task: {description: d}}
  - {id: two, name: T, tags: [slow], task: {description: d}}
  - {id: three, name: T, tags: [fast, net], task: {description: d}}
",
    );
    let selected = |tags: Option<&str>, ids: &[&str]| {
        let mut runner = stage.runner("test", Actor::new(|call| call.pass()));
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let filter = tags.map(TagFilter::new);
        runner.select(filter.as_ref(), &ids)?;
        let tests = runner.header().tests.into_iter().map(|test| test.id);
        Ok::<_, atp_runner::RunError>(tests.collect::<Vec<_>>())
    };
    assert_eq!(selected(None, &[]).unwrap(), ["one", "two", "three"]);
    assert_eq!(selected(Some("fast"), &[]).unwrap(), ["one", "three"]);
    assert_eq!(selected(Some("fast,!net"), &[]).unwrap(), ["one"]);
    assert_eq!(selected(None, &["three", "two"]).unwrap(), ["two", "three"]);
    assert_eq!(selected(Some("slow"), &["three"]).unwrap(), [] as [&str; 0]);
    let error = selected(None, &["one", "tow"]).unwrap_err();
    assert_eq!(error.to_string(), "the suite has no test \"tow\"");
}

#[tokio::test(start_paused = true)]
async fn the_header_says_what_is_planned() {
    let suite = "
test_suite: s
defaults: {runs_per_test: 3}
tests: [{id: one, name: One, tags: [x], task: {description: d}}]
";
    let stage = Stage::new(suite).with(|options| options.with_parallel(4));
    let header = stage.runner("test", Actor::new(|call| call.pass())).header();
    assert_eq!(
        (header.suite.as_str(), header.agent.as_str(), header.adapter.as_str()),
        ("s", "a", "test")
    );
    assert_eq!((header.parallel, header.runs_per_test), (4, 3));
    assert_eq!(
        (header.tests[0].id.as_str(), &header.tests[0].tags),
        ("one", &vec!["x".to_owned()])
    );
    let recording = stage.run(Actor::new(|call| call.pass())).await;
    assert_eq!(
        (verdicts(&recording), recording.runs.len()),
        (vec![("one", TestStatus::Passed)], 3)
    );
}
