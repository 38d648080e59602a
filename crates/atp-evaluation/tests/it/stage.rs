//! A run to evaluate: a test with some assertions, and what an agent left behind.

use atp_evaluation::{Activity, Evidence, Findings, Verdict, evaluate, judge};
use atp_protocol::{Event, Response, Timestamp};
use atp_scoring::Check;
use atp_suite::{Environment, TestCase, load_str};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct Stage {
    pub(crate) response: Option<Response>,
    pub(crate) activity: Activity,
    pub(crate) workspace: Option<PathBuf>,
    folder: Option<TempDir>,
}

/// A test with one assertion on each line, in flow style, and more of its keys.
pub(crate) fn test_with(keys: &str, assertions: &[&str]) -> Arc<TestCase> {
    let assertions: String =
        assertions.iter().map(|assertion| format!("      - {assertion}\n")).collect();
    let list = if assertions.is_empty() { " []\n".into() } else { format!("\n{assertions}") };
    let suite = format!(
        "test_suite: s\ntests:\n  - id: t\n    name: T\n    task: {{description: d}}\n{keys}    assertions:{list}"
    );
    let suite = load_str(&suite, &Environment::new()).unwrap_or_else(|error| panic!("{error}"));
    suite.tests[0].clone()
}

impl Stage {
    /// A completed run without artifacts, events or workspace.
    pub(crate) fn new() -> Self {
        Self::answering(r#"{"task_id": "1", "status": "completed"}"#)
    }

    pub(crate) fn answering(response: &str) -> Self {
        let response = Response::parse(response).unwrap_or_else(|error| panic!("{error}"));
        Self { response: Some(response), activity: Activity::new(), workspace: None, folder: None }
    }

    /// A completed run with these artifacts, each a JSON object.
    pub(crate) fn with_artifacts(artifacts: &[&str]) -> Self {
        let artifacts = artifacts.join(", ");
        let response =
            format!(r#"{{"task_id": "1", "status": "completed", "artifacts": [{artifacts}]}}"#);
        Self::answering(&response)
    }

    /// The workspace, made when it is first asked for.
    pub(crate) fn folder(&mut self) -> PathBuf {
        let folder = self.folder.get_or_insert_with(|| tempfile::tempdir().unwrap());
        let path = folder.path().join("workspace");
        if self.workspace.is_none() {
            fs::create_dir(&path).unwrap();
            self.workspace = Some(path.clone());
        }
        path
    }

    /// Writes a file of the workspace, and the directories it stands in.
    pub(crate) fn write(&mut self, path: &str, content: impl AsRef<[u8]>) -> &mut Self {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn event(&mut self, event_type: &str, payload: &str) -> &mut Self {
        let line = format!(
            r#"{{"task_id": "1", "sequence": 0, "event_type": "{event_type}", "payload": {payload}}}"#
        );
        self.activity.observe(&Event::parse(&line, Timestamp::now()).unwrap());
        self
    }

    pub(crate) fn findings(&self, test: &TestCase) -> Findings {
        evaluate(&self.evidence(test))
    }

    pub(crate) fn verdict(&self, test: &TestCase) -> Verdict {
        let evidence = self.evidence(test);
        judge(&evidence, &evaluate(&evidence))
    }

    /// The only check of the only assertion.
    pub(crate) fn check(&self, assertion: &str) -> Check {
        let findings = self.findings(&test_with("", &[assertion]));
        assert_eq!(findings.skipped, [], "{assertion}");
        let [evaluation] = &findings.evaluations[..] else { panic!("{findings:?}") };
        let [check] = &evaluation.checks[..] else { panic!("{evaluation:?}") };
        check.clone()
    }

    #[track_caller]
    pub(crate) fn holds(&self, assertion: &str) {
        let check = self.check(assertion);
        assert!(check.passed && check.score.value() == 1.0, "{assertion}: {:?}", check.message);
    }

    /// The message of a check that must fail.
    #[track_caller]
    pub(crate) fn fails(&self, assertion: &str) -> String {
        let check = self.check(assertion);
        let message = check.message.unwrap_or_default();
        assert!(!check.passed && check.score.value() == 0.0, "{assertion}: {message}");
        let details = check.details.expect("a failure has details");
        assert!(details.contains_key("expected") && details.contains_key("found"), "{details:?}");
        message
    }

    fn evidence<'a>(&'a self, test: &'a TestCase) -> Evidence<'a> {
        Evidence {
            test,
            response: self.response.as_ref(),
            workspace: self.workspace.as_deref(),
            activity: &self.activity,
        }
    }
}
