//! Where events go, line by line.

use crate::secrets::Secrets;
use atp_protocol::{Error, Event, EventDefaults, Message, PartialEvent, Timestamp, limits};

/// Receives the events of one run while the agent works.
///
/// The calls come from the task that reads the agent's output, which waits for them: a slow sink
/// slows the agent. A sink that has had enough cancels the [`stop`](crate::Run::stop) of its run.
pub trait EventSink: Send {
    /// Takes a valid event, with what the agent left out filled in, and the line it came in.
    ///
    /// Events come in the order in which the agent sent them. Whether their numbers and their
    /// task fit is for the sink to check, with an [`EventOrder`](atp_protocol::EventOrder).
    fn event(&mut self, event: Event<'_>, line: &[u8]);

    /// Takes a line that is no valid event. Of a line beyond the bound only the beginning is here,
    /// and neither it nor the reason shows the secrets of the adapter's configuration.
    fn invalid(&mut self, line: &[u8], reason: &Error);
}

/// Turns the lines of one run into calls of its sink, and counts them.
///
/// For adapters that read events themselves.
#[derive(Debug)]
pub struct EventFeed<'a> {
    sink: Sink<'a>,
    defaults: EventDefaults<'a>,
    /// Lines above this are refused; never above the protocol's own limit.
    limit_bytes: usize,
    secrets: Secrets,
    events: u64,
    invalid: u64,
}

struct Sink<'a>(&'a mut dyn EventSink);

impl<'a> EventFeed<'a> {
    /// Creates a feed into `sink` for the events of a task.
    pub fn new(task_id: &'a str, sink: &'a mut dyn EventSink) -> Self {
        Self {
            sink: Sink(sink),
            defaults: EventDefaults::new(task_id),
            limit_bytes: limits::EVENT_LINE_BYTES,
            secrets: Secrets::default(),
            events: 0,
            invalid: 0,
        }
    }

    /// Refuses lines above `limit_bytes`; the protocol's limit of 16 MiB holds in any case.
    #[must_use]
    pub fn with_limit_bytes(mut self, limit_bytes: usize) -> Self {
        self.limit_bytes = limit_bytes.min(limits::EVENT_LINE_BYTES);
        self
    }

    /// Hides `secrets` in lines that are refused.
    pub(crate) fn with_secrets(mut self, secrets: &Secrets) -> Self {
        self.secrets = secrets.clone();
        self
    }

    /// Feeds one line, without its end, and returns whether it was a valid event. Blank lines
    /// are nothing at all.
    pub fn line(&mut self, line: &[u8]) -> bool {
        if line.iter().all(u8::is_ascii_whitespace) {
            return true;
        }
        if line.len() > self.limit_bytes {
            self.too_long(line, line.len());
            return false;
        }
        match PartialEvent::parse(line) {
            Ok(event) => {
                self.valid(event, line);
                true
            }
            Err(reason) => {
                self.refuse(line, reason);
                false
            }
        }
    }

    /// Feeds the beginning of a line that came to `bytes` in all, which is above the bound.
    pub fn too_long(&mut self, beginning: &[u8], bytes: usize) {
        const SHOWN_BYTES: usize = 1024;
        let shown = beginning.get(..SHOWN_BYTES).unwrap_or(beginning);
        let limit_bytes = self.limit_bytes;
        let reason = Error::TooLong { message: Message::Event, bytes, limit_bytes };
        let shown = self.secrets.before_cut(shown);
        self.refuse(shown, reason);
    }

    /// Returns how many valid events were fed.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Returns how many lines were no valid event.
    #[must_use]
    pub fn invalid(&self) -> u64 {
        self.invalid
    }

    pub(crate) fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub(crate) fn valid(&mut self, event: PartialEvent<'_>, line: &[u8]) {
        let event = event.complete(&mut self.defaults, Timestamp::now());
        self.events += 1;
        self.sink.0.event(event, line);
    }

    fn refuse(&mut self, line: &[u8], reason: Error) {
        self.invalid += 1;
        self.sink.0.invalid(&self.secrets.mask(line), &self.secrets.mask_error(reason));
    }
}

impl std::fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventSink")
    }
}
