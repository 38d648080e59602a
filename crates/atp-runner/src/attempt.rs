//! One attempt: a workspace, a request, the agent, and what its answer is worth.

use crate::outcome::{Again, Outcome};
use crate::request;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::spent::Spent;
use crate::watchdog::{Progress, Stage};
use crate::workspace::{Workspace, copy_fixture, write_artifact};
use atp_adapter::{AdapterError, Answer, Failure, Run, RunLimits, TimeoutKind};
use atp_evaluation::{Activity, Evidence, Findings, Verdict, evaluate, judge};
use atp_journal::{JournalError, RunStatus};
use atp_protocol::{Artifact, Request, Response};
use atp_suite::TestCase;
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How long an adapter may take to end its agent after it had to, before the run goes on without
/// it. Those that come with the platform need a fraction of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One attempt at a run of a test.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) test: &'a Arc<TestCase>,
    pub(crate) run: u32,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) slot: u32,
    /// How many events the attempts before it had.
    pub(crate) events_before: u64,
    pub(crate) progress: &'a Arc<Progress>,
}

impl Attempt<'_> {
    /// Makes the attempt. Whatever happens to the agent is in the outcome; a panic on the way too,
    /// and then the agent is ended by what is dropped.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if the events cannot be kept.
    pub(crate) async fn make(&self) -> Result<Outcome, JournalError> {
        let mut outcome = Outcome::new();
        let task_id = Uuid::new_v4().to_string();
        let spool = self.shared.journal.events(&self.test.id, self.run, self.number);
        let mut sink = Sink::new(&task_id, spool, self.events_before, Arc::clone(self.progress));
        let work = AssertUnwindSafe(self.work(task_id, &mut sink, &mut outcome));
        if let Err(panic) = work.catch_unwind().await {
            let message = panic_message(panic.as_ref());
            outcome.fail(RunStatus::Error, format!("panicked: {message}"), Again::AtOnce);
        }
        let (heard, spool) = sink.into_parts();
        outcome.heard = heard;
        let begun = Instant::now();
        let counts = spool?.finish()?;
        outcome.spent.journal = begun.elapsed().as_secs_f64();
        (outcome.spooled, outcome.dropped) = (counts.spooled, counts.dropped);
        Ok(outcome)
    }

    async fn work(&self, task_id: String, sink: &mut Sink, outcome: &mut Outcome) {
        let mut workspace = None;
        if self.shared.agent.may_use_workspace() || self.test.task.workspace_fixture.is_some() {
            self.progress.enter(Stage::Preparing, self.slot);
            let begun = Instant::now();
            let made = self.workspace().await;
            outcome.spent.workspace += begun.elapsed().as_secs_f64();
            match made {
                Ok(made) => workspace = Some(made),
                Err(error) => return outcome.fail(RunStatus::Error, error, Again::Never),
            }
        }
        let path = workspace.as_ref().map(|workspace| workspace.path().display().to_string());
        let request = request::build(self.test, task_id, self.shared.options.timeout, path);
        self.progress.enter(Stage::Agent, self.slot);
        match self.execute(&request, sink, outcome).await {
            Ok(answer) => {
                self.progress.set(Stage::Evaluation);
                self.evaluate(answer.response, sink.activity(), &mut workspace, outcome).await;
            }
            Err(error) => outcome.refuse(&error, self.shared.stop.is_cancelled()),
        }
        if let Some(workspace) = workspace {
            let begun = Instant::now();
            if let Err((path, error)) = workspace.remove().await {
                let warning = format!("cannot remove the workspace {}: {error}", path.display());
                outcome.warnings.push(warning);
            }
            outcome.spent.workspace += begun.elapsed().as_secs_f64();
        }
    }

    /// Makes the workspace and copies the fixture into it.
    async fn workspace(&self) -> Result<Workspace, String> {
        let workspace = self.shared.workspaces.make(&self.test.id, self.run, self.number);
        let workspace = workspace.map_err(|error| format!("cannot make a workspace: {error}"))?;
        if workspace.path().to_str().is_none() {
            return Err("the path of the workspace is not UTF-8".into());
        }
        if let Some(fixture) = self.test.task.workspace_fixture.clone() {
            let (from, to) = (self.shared.suite_dir.clone(), workspace.path().to_owned());
            // Files may be many and large.
            let copy = tokio::task::spawn_blocking(move || copy_fixture(&from, &fixture, &to));
            copy.await.map_err(|error| error.to_string())??;
        }
        Ok(workspace)
    }

    /// Has the adapter run the agent, and divides up the time it took.
    async fn execute(
        &self,
        request: &Request,
        sink: &mut Sink,
        outcome: &mut Outcome,
    ) -> Result<Answer, AdapterError> {
        let limits = self.shared.limits(self.test);
        let run = Run::new(request).with_limits(limits).with_stop(self.shared.stop.clone());
        let begun = Instant::now();
        let ended = tokio::select! {
            biased;
            ended = self.shared.agent.adapter().execute(run, sink) => ended,
            failure = self.overdue(&limits) => Err(failure.into()),
        };
        let call = begun.elapsed();
        outcome.measured = match &ended {
            Ok(answer) => answer.measured,
            Err(error) => error.measured,
        };
        let spent = Spent::of(call, &outcome.measured, sink.time());
        outcome.spent.spawn = spent.spawn.as_secs_f64();
        outcome.spent.agent = spent.agent.as_secs_f64();
        outcome.spent.events = spent.events.as_secs_f64();
        outcome.spent.cleanup = spent.cleanup.as_secs_f64();
        ended
    }

    /// Waits until even a slow adapter should have ended a run that had to end.
    async fn overdue(&self, limits: &RunLimits) -> Failure {
        let after = limits.timeout.unwrap_or(Duration::MAX);
        let failure = tokio::select! {
            () = sleep(after) => Failure::Timeout { kind: TimeoutKind::Total, after },
            () = self.shared.stop.cancelled() => Failure::Stopped,
        };
        sleep(PATIENCE).await;
        failure
    }

    /// Checks the assertions, and keeps the files of the answer if workspaces are kept.
    async fn evaluate(
        &self,
        response: Response,
        activity: Activity,
        workspace: &mut Option<Workspace>,
        outcome: &mut Outcome,
    ) {
        let files = self.shared.workspaces.are_kept() && has_content(&response);
        if files && workspace.is_none() {
            let begun = Instant::now();
            *workspace = self.shared.workspaces.make(&self.test.id, self.run, self.number).ok();
            outcome.spent.workspace += begun.elapsed().as_secs_f64();
        }
        let begun = Instant::now();
        let case = Case {
            test: Arc::clone(self.test),
            workspace: workspace.as_ref().map(|workspace| workspace.path().to_owned()),
            response,
            activity,
        };
        let judged = if files || case.evidence().reads_files() {
            tokio::task::spawn_blocking(move || {
                let kept = if files { case.keep_files() } else { Vec::new() };
                (case.judge(), kept)
            })
            .await
        } else {
            Ok((case.judge(), Vec::new()))
        };
        outcome.spent.evaluation += begun.elapsed().as_secs_f64();
        match judged {
            Ok((Judged { findings, verdict, response }, kept)) => {
                outcome.warnings.extend(kept);
                outcome.metrics = response.metrics;
                outcome.judge(findings, verdict);
            }
            Err(error) => {
                let error = format!("the evaluation panicked: {error}");
                outcome.fail(RunStatus::Error, error, Again::Never);
            }
        }
    }
}

/// An answer, and what else it is judged by.
struct Case {
    test: Arc<TestCase>,
    workspace: Option<PathBuf>,
    response: Response,
    activity: Activity,
}

struct Judged {
    findings: Findings,
    verdict: Verdict,
    response: Response,
}

impl Case {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            test: &self.test,
            response: Some(&self.response),
            workspace: self.workspace.as_deref(),
            activity: &self.activity,
        }
    }

    fn judge(self) -> Judged {
        let evidence = self.evidence();
        let findings = evaluate(&evidence);
        let verdict = judge(&evidence, &findings);
        Judged { findings, verdict, response: self.response }
    }

    /// Writes the files of the answer into the workspace, for who looks into it later; the
    /// assertions see them in the answer. Returns what cannot be written.
    fn keep_files(&self) -> Vec<String> {
        let Some(workspace) = &self.workspace else { return Vec::new() };
        let files = self.response.artifacts.iter().filter_map(|artifact| match artifact {
            Artifact::File(file) => Some((&file.path, file.content.as_ref()?)),
            _ => None,
        });
        let written = files.map(|(path, content)| {
            let written = write_artifact(workspace, path, content.as_bytes());
            written.map_err(|error| {
                format!("cannot keep {path:?} in {}: {error}", workspace.display())
            })
        });
        written.filter_map(Result::err).collect()
    }
}

fn has_content(response: &Response) -> bool {
    let is_content =
        |artifact: &Artifact| matches!(artifact, Artifact::File(file) if file.content.is_some());
    response.artifacts.iter().any(is_content)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
