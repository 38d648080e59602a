//! An agent whose every act is decided by its test.

use atp_adapter::{
    Adapter, AdapterError, Answer, BoxFuture, EventFeed, EventSink, Failure, Measured, Retry, Run,
    RunLimits, TimeoutKind,
};
use atp_protocol::{Artifact, FileArtifact, Metrics, Request, Response, Status};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What the agent is asked, and how often it was asked before.
pub(crate) struct Call {
    pub(crate) number: usize,
    pub(crate) request: Request,
    pub(crate) limits: RunLimits,
}

/// What it does: it says these lines, works for a while, and ends.
pub(crate) struct Act {
    lines: Vec<String>,
    work: Duration,
    ending: Ending,
}

enum Ending {
    Response(Response),
    Failure(Failure),
    Panic,
}

/// How it treats limits and its own time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    pub(crate) ignores_limits: bool,
    pub(crate) measures_nothing: bool,
    pub(crate) retry: Retry,
}

pub(crate) struct Actor {
    decide: Box<dyn Fn(&Call) -> Act + Send + Sync>,
    manner: Manner,
    calls: AtomicUsize,
    busy: AtomicUsize,
    /// The most that were busy at once, and what was asked.
    pub(crate) most_busy: AtomicUsize,
    pub(crate) asked: Mutex<Vec<Call>>,
}

impl Actor {
    pub(crate) fn new(decide: impl Fn(&Call) -> Act + Send + Sync + 'static) -> Arc<Self> {
        Self::with(Manner::default(), decide)
    }

    pub(crate) fn with(
        manner: Manner,
        decide: impl Fn(&Call) -> Act + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            decide: Box::new(decide),
            manner,
            calls: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            most_busy: AtomicUsize::new(0),
            asked: Mutex::default(),
        })
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    /// How many agents are at work now.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(SeqCst)
    }

    /// The tests it was asked for, in order.
    pub(crate) fn tests(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|call| test_of(&call.request)).collect()
    }
}

pub(crate) fn test_of(request: &Request) -> String {
    request.metadata.as_ref().unwrap()["test_id"].as_str().unwrap().to_owned()
}

impl Call {
    pub(crate) fn test(&self) -> String {
        test_of(&self.request)
    }

    /// Completes the task.
    pub(crate) fn pass(&self) -> Act {
        self.answer(Response::new(&*self.request.task_id, Status::Completed))
    }

    /// Completes the task with a file.
    pub(crate) fn file(&self, path: &str, content: &str) -> Act {
        let mut response = Response::new(&*self.request.task_id, Status::Completed);
        response.artifacts.push(Artifact::File(FileArtifact {
            path: path.into(),
            content: Some(content.into()),
            ..FileArtifact::default()
        }));
        self.answer(response)
    }

    /// Completes the task and says what it used.
    pub(crate) fn metrics(&self, metrics: Metrics) -> Act {
        let mut response = Response::new(&*self.request.task_id, Status::Completed);
        response.metrics = Some(metrics);
        self.answer(response)
    }

    /// Gives up on the task.
    pub(crate) fn give_up(&self) -> Act {
        self.answer(Response::new(&*self.request.task_id, Status::Failed))
    }

    fn answer(&self, response: Response) -> Act {
        Act { lines: Vec::new(), work: Duration::ZERO, ending: Ending::Response(response) }
    }
}

impl Act {
    pub(crate) fn failure(failure: Failure) -> Self {
        Self { lines: Vec::new(), work: Duration::ZERO, ending: Ending::Failure(failure) }
    }

    pub(crate) fn busy(retry_after: Option<Duration>) -> Self {
        Self::failure(Failure::Status { status: 429, body: String::new(), retry_after })
    }

    pub(crate) fn crash() -> Self {
        Self::failure(Failure::NoResponse { stderr: "core dumped".into() })
    }

    pub(crate) fn panic() -> Self {
        Self { lines: Vec::new(), work: Duration::ZERO, ending: Ending::Panic }
    }

    pub(crate) fn after(mut self, seconds: f64) -> Self {
        self.work = Duration::from_secs_f64(seconds);
        self
    }

    pub(crate) fn saying(mut self, lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.lines.extend(lines.into_iter().map(Into::into));
        self
    }
}

/// Counts an agent at work, however it ends.
struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Adapter for Actor {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move {
            let now_busy = self.busy.fetch_add(1, SeqCst) + 1;
            let _busy = Busy(&self.busy);
            self.most_busy.fetch_max(now_busy, SeqCst);
            let begun = Instant::now();
            let number = self.calls.fetch_add(1, SeqCst);
            let call = Call { number, request: run.request.clone(), limits: run.limits };
            let act = (self.decide)(&call);
            self.asked.lock().unwrap().push(call);
            let mut feed = EventFeed::new(&run.request.task_id, events);
            act.lines.iter().for_each(|line| {
                feed.line(line.as_bytes());
            });
            let timeout = run.limits.timeout.unwrap_or(Duration::MAX);
            let limit = async {
                if self.manner.ignores_limits {
                    std::future::pending::<()>().await;
                }
                tokio::select! {
                    () = sleep(timeout) => {
                        Failure::Timeout { kind: TimeoutKind::Total, after: timeout }
                    }
                    () = run.stop.cancelled() => Failure::Stopped,
                }
            };
            let early = tokio::select! {
                biased;
                () = sleep(act.work) => None,
                failure = limit => Some(failure),
            };
            let mut measured = Measured::default();
            if !self.manner.measures_nothing {
                measured.agent = begun.elapsed();
            }
            (measured.events, measured.invalid_events) = (feed.events(), feed.invalid());
            match (early, act.ending) {
                (Some(failure), _) | (None, Ending::Failure(failure)) => {
                    Err(AdapterError::new(failure, measured))
                }
                (None, Ending::Response(response)) => Ok(Answer::new(response, measured)),
                (None, Ending::Panic) => panic!("the adapter is broken"),
            }
        })
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn retry(&self) -> Retry {
        self.manner.retry
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actor")
    }
}
