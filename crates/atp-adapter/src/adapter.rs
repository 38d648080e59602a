//! What every way to reach an agent has in common.

use crate::answer::Answer;
use crate::error::AdapterError;
use crate::sink::EventSink;
use atp_protocol::Request;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A boxed future, as the methods of [`Adapter`] return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to reach an agent. One adapter serves any number of runs at the same time.
///
/// Its `Debug` shows no secret of its configuration.
///
/// # Examples
///
/// An agent that is a function, reached as any other:
///
/// ```
/// use atp_adapter::{Adapter, AdapterError, Answer, BoxFuture, EventFeed, EventSink, Measured, Run};
/// use atp_protocol::{Response, Status};
///
/// #[derive(Debug)]
/// struct Obedient;
///
/// impl Adapter for Obedient {
///     fn execute<'a>(
///         &'a self,
///         run: Run<'a>,
///         events: &'a mut dyn EventSink,
///     ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
///         Box::pin(async move {
///             let mut feed = EventFeed::new(&run.request.task_id, events);
///             feed.line(br#"{"event_type": "reasoning", "payload": {"thought": "yes"}}"#);
///             let mut measured = Measured::default();
///             measured.events = feed.events();
///             let response = Response::new(run.request.task_id.as_str(), Status::Completed);
///             Ok(Answer::new(response, measured))
///         })
///     }
///
///     fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// # struct Ignored;
/// # impl EventSink for Ignored {
/// #     fn event(&mut self, _event: atp_protocol::Event<'_>, _line: &[u8]) {}
/// #     fn invalid(&mut self, _line: &[u8], _reason: &atp_protocol::Error) {}
/// # }
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let request = atp_protocol::Request::new("run-1", "Sit.");
/// let answer = Obedient.execute(Run::new(&request), &mut Ignored).await?;
/// assert_eq!((answer.response.status, answer.measured.events), (Status::Completed, 1));
/// # Ok::<(), AdapterError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Adapter: Send + Sync + fmt::Debug {
    /// Runs the agent once: sends the request, hands each event to `events` as it comes, and
    /// returns the answer to the request.
    ///
    /// A limit of the run or its [`stop`](Run::stop) ends the agent with all that it started, and
    /// the future returns when that is done. Events that came before are with the sink then.
    /// Dropping the future ends the agent too, at once and without a grace period.
    ///
    /// # Errors
    ///
    /// [`AdapterError`] for anything but an answer to this request. Whether the agent did its
    /// task is told by the status of the response, which is an answer in any case.
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>>;

    /// Checks, without running the agent, that it could be reached.
    ///
    /// # Errors
    ///
    /// [`AdapterError`] with what stands in the way.
    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>>;

    /// Lets go of what outlives a run, such as pooled connections. The adapter is not used again.
    ///
    /// # Errors
    ///
    /// [`AdapterError`] with what could not be let go of.
    fn close(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns how often a failed run is tried again, as far as the configuration says.
    fn retry(&self) -> Retry {
        Retry::default()
    }
}

/// One run: what is asked, and how long it may take.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Run<'a> {
    /// What the agent is asked to do.
    pub request: &'a Request,
    /// How long it may take.
    pub limits: RunLimits,
    /// Ends the run when it is cancelled.
    pub stop: CancellationToken,
}

/// How long a run and its end may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunLimits {
    /// The longest that the agent may take in all, its start included: 300 seconds. A limit in
    /// the adapter's configuration holds as well.
    pub timeout: Option<Duration>,
    /// The longest that the agent may write nothing at all. No limit by default.
    pub idle_timeout: Option<Duration>,
    /// How long processes that were asked to end have before they are killed: 2 seconds.
    pub grace: Duration,
    /// How long the pipes of an agent that has ended are read on while another process keeps
    /// them open: 250 milliseconds.
    pub drain: Duration,
}

/// How often a failed run is tried again.
///
/// The adapter only carries this from its configuration; trying again is for who runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Retry {
    /// Attempts after the first one: `retry_count`, 0 by default.
    pub count: u32,
    /// The wait before each of them: `retry_delay_seconds`, where it is given.
    pub delay: Option<Duration>,
}

impl<'a> Run<'a> {
    /// Creates a run with the default limits that nothing stops.
    pub fn new(request: &'a Request) -> Self {
        Self { request, limits: RunLimits::default(), stop: CancellationToken::new() }
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: RunLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Ends the run when `stop` is cancelled.
    #[must_use]
    pub fn with_stop(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }
}

impl RunLimits {
    /// Returns 300 seconds for the whole and none for silence.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            timeout: Some(Duration::from_secs(300)),
            idle_timeout: None,
            grace: Duration::from_secs(2),
            drain: Duration::from_millis(250),
        }
    }

    /// Sets the longest that the agent may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the longest that the agent may write nothing.
    #[must_use]
    pub const fn with_idle_timeout(mut self, idle_timeout: Option<Duration>) -> Self {
        self.idle_timeout = idle_timeout;
        self
    }

    /// Sets the time between asking processes to end and killing them.
    #[must_use]
    pub const fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how long the pipes of an agent that has ended are read on.
    #[must_use]
    pub const fn with_drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }
}

impl Default for RunLimits {
    fn default() -> Self {
        Self::new()
    }
}
