//! A folder for each attempt, and nothing anywhere else.

use crate::actor::{Actor, Call};
use crate::stage::{Stage, run, test};
use atp_journal::{RunStatus, TestStatus};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

fn workspace(call: &Call) -> PathBuf {
    let context = call.request.context.as_ref().expect("there is a workspace");
    context.workspace_path.as_ref().unwrap().into()
}

/// All that is below a folder, sorted.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            found.push(path.strip_prefix(folder).unwrap().display().to_string());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(start_paused = true)]
async fn x12_each_attempt_has_a_private_folder_that_is_gone_afterwards() {
    let assertion = ", assertions: [{type: file_exists, config: {path: note.txt}}]";
    let stage = Stage::of(3, assertion);
    let stage = stage.with(|options| options.with_runs(Some(2)).with_retries(Some(1)));
    let seen: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let paths = Arc::clone(&seen);
    let actor = Actor::new(move |call| {
        let path = workspace(call);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0, "it is new and empty");
        // The first attempts at the first tests leave nothing that the assertion looks for.
        let name = if call.number < 2 { "other.txt" } else { "note.txt" };
        fs::create_dir(path.join("closed")).unwrap();
        fs::write(path.join("closed/inner"), "x").unwrap();
        fs::set_permissions(path.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::write(path.join(name), "x").unwrap();
        paths.lock().unwrap().push(path);
        call.pass().after(1.0)
    });
    let recording = stage.run(actor).await;
    let passed = |status| matches!(status, TestStatus::Passed | TestStatus::Flaky);
    assert!(recording.tests.iter().all(|test| passed(test.status)), "{:?}", recording.tests);
    let mut seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 8);
    assert!(seen.iter().all(|path| !path.exists() && !path.parent().unwrap().exists()));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8, "no two attempts share a folder");
}

#[tokio::test(start_paused = true)]
async fn agents_that_are_built_in_need_no_folder() {
    let stage = Stage::of(1, ", assertions: [{type: file_exists, config: {path: echo.txt}}]");
    let recording = stage.builtin("builtin:echo", &json!({})).await;
    assert_eq!(recording.tests[0].status, TestStatus::Passed, "{:?}", recording.tests[0]);
    assert_eq!(recording.runs[0].ledger.workspace, 0.0);
    assert_eq!(below(stage.folder.path()), ["runs", "runs/run.jsonl"]);
}

#[tokio::test(start_paused = true)]
async fn x3_a_file_of_the_answer_is_written_nowhere_else() {
    let stage =
        Stage::of(1, ", assertions: [{type: contains, config: {path: report.md, pattern: new}}]");
    let actor = Actor::new(|call| call.file("report.md", "new"));
    let recording = stage.run(actor).await;
    assert_eq!(recording.tests[0].status, TestStatus::Passed);
    assert!(!std::env::current_dir().unwrap().join("report.md").exists());
    assert_eq!(below(stage.folder.path()), ["runs", "runs/run.jsonl"]);
}

#[tokio::test(start_paused = true)]
async fn folders_that_are_kept_hold_the_files_of_the_answer() {
    let stage = Stage::of(1, "");
    let kept = stage.folder.path().join("kept");
    let stage = stage.with(|options| options.with_keep_workspaces(Some(kept.clone())));
    let actor = Actor::new(|call| {
        let path = workspace(call);
        fs::write(path.join("own.txt"), "x").unwrap();
        std::os::unix::fs::symlink("/", path.join("root")).unwrap();
        call.file("sub/sent.txt", "y")
    });
    stage.run(actor).await;
    let expected =
        ["own.txt", "root", "sub", "sub/sent.txt"].map(|it| format!("t0.run-1.attempt-1/{it}"));
    assert_eq!(below(&kept)[1..], expected);

    let echo = Stage::of(1, "").with(|options| options.with_keep_workspaces(Some(kept.clone())));
    echo.builtin("builtin:echo", &json!({})).await;
    assert_eq!(fs::read_to_string(kept.join("t0.run-1.attempt-1.2/echo.txt")).unwrap(), "d");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_would_lead_out_is_not_kept_and_told() {
    let stage = Stage::of(1, "");
    let kept = stage.folder.path().join("kept");
    let outside = stage.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let stage = stage.with(|options| options.with_keep_workspaces(Some(kept)));
    let target = outside.clone();
    let actor = Actor::new(move |call| {
        std::os::unix::fs::symlink(&target, workspace(call).join("out")).unwrap();
        call.file("out/sent.txt", "y")
    });
    let notes = crate::stage::Notes::default();
    stage.watched(actor, &notes).await.unwrap();
    assert_eq!(below(&outside), [] as [&str; 0]);
    assert!(notes.lines().iter().any(|it| it.starts_with("warning: cannot keep \"out/sent.txt\"")));
}

#[tokio::test(start_paused = true)]
async fn a_place_for_workspaces_that_is_none_is_an_error() {
    let stage = Stage::of(1, "");
    let file = stage.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let stage = stage.with(|options| options.with_keep_workspaces(Some(file)));
    let error = stage.watched(Actor::new(|call| call.pass()), &()).await.unwrap_err();
    assert!(error.to_string().starts_with("workspaces cannot be kept in "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_fixture_is_copied_and_one_that_is_missing_fails_its_test_alone() {
    let suite = "
test_suite: s
tests:
  - {id: has, name: T, task: {description: d, workspace_fixture: fixture}, assertions: [{type: file_contains, config: {path: seed/a.txt, pattern: changed}}]}
  - {id: lacks, name: T, task: {description: d, workspace_fixture: nowhere}}
  - {id: escapes, name: T, task: {description: d, workspace_fixture: ../..}}
  - {id: plain, name: T, task: {description: d}}
";
    let stage = Stage::new(suite).with(|options| options.with_retries(Some(3)));
    let seed = stage.folder.path().join("fixture/seed");
    fs::create_dir_all(&seed).unwrap();
    fs::write(seed.join("a.txt"), "seed").unwrap();
    let actor = Actor::new(|call| {
        if call.test() == "has" {
            let file = workspace(call).join("seed/a.txt");
            assert_eq!(fs::read_to_string(&file).unwrap(), "seed");
            fs::write(file, "changed").unwrap();
        }
        call.pass()
    });
    let recording = stage.run(actor.clone()).await;
    assert_eq!(test(&recording, "has").status, TestStatus::Passed, "{:?}", run(&recording, "has"));
    assert_eq!(test(&recording, "plain").status, TestStatus::Passed);
    for (id, reason) in [("lacks", "is not there"), ("escapes", "leads out of the suite's folder")]
    {
        let record = run(&recording, id);
        assert_eq!((record.status, record.attempts.len()), (RunStatus::Error, 1), "{id}");
        assert!(record.error.as_ref().unwrap().contains(reason), "{:?}", record.error);
    }
    assert_eq!(actor.calls(), 2);
    assert_eq!(fs::read_to_string(seed.join("a.txt")).unwrap(), "seed");
}
