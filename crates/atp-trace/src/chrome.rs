//! The Trace Event Format, one event a line.

use crate::{Arg, Event, Track, json};
use std::io;
use std::time::Duration;

/// Writes Chrome trace events to `W`, as a JSON array with one event on each line.
///
/// Times are counted from any zero that all events of the file share. Events need not come in
/// the order of time. The file is whole after [`finish`](Self::finish); one that was cut short
/// lacks only the closing bracket, which viewers forgive in this form of the format.
///
/// # Examples
///
/// ```
/// use atp_trace::{ChromeTrace, Event, Track};
/// use std::time::Duration;
///
/// let mut trace = ChromeTrace::new(Vec::new());
/// let main = Track { process: 1, thread: 1 };
/// trace.complete(main, Duration::ZERO, Duration::from_millis(3), &Event::new("load"))?;
/// let json = String::from_utf8(trace.finish()?)?;
/// assert!(json.contains(r#""name":"load""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a trace is a valid file only after `finish`"]
pub struct ChromeTrace<W: io::Write> {
    writer: W,
    line: String,
    empty: bool,
}

impl<W: io::Write> ChromeTrace<W> {
    /// Creates a trace without events. Nothing is written yet.
    pub const fn new(writer: W) -> Self {
        Self { writer, line: String::new(), empty: true }
    }

    /// Names a process.
    ///
    /// # Errors
    ///
    /// The writer's, as with every method here.
    pub fn name_process(&mut self, process: u32, name: &str) -> io::Result<()> {
        let args = [("name", Arg::Text(name))];
        let event = Event::new("process_name").with_category("__metadata").with_args(&args);
        self.write('M', Track { process, thread: 0 }, None, &event, |_| {})
    }

    /// Names a thread.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn name_thread(&mut self, track: Track, name: &str) -> io::Result<()> {
        let args = [("name", Arg::Text(name))];
        let event = Event::new("thread_name").with_category("__metadata").with_args(&args);
        self.write('M', track, None, &event, |_| {})
    }

    /// Writes an operation that ran on one thread from `start` for `duration`.
    ///
    /// Viewers expect the complete events of a thread to nest: what overlaps without one being
    /// within the other belongs on [asynchronous lanes](Self::async_begin).
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn complete(
        &mut self,
        track: Track,
        start: Duration,
        duration: Duration,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.write('X', track, Some(start), event, |line| {
            line.push_str(",\"dur\":");
            json::micros(line, duration);
        })
    }

    /// Writes a moment on the lane of a thread.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn instant(&mut self, track: Track, at: Duration, event: &Event<'_>) -> io::Result<()> {
        self.write('i', track, Some(at), event, |line| line.push_str(",\"s\":\"t\""))
    }

    /// Writes values that viewers draw as a curve over time, one for each argument of the event.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn counter(&mut self, process: u32, at: Duration, event: &Event<'_>) -> io::Result<()> {
        self.write('C', Track { process, thread: 0 }, Some(at), event, |_| {})
    }

    /// Opens an asynchronous operation on the lane `id` of its process.
    ///
    /// Operations with one id share a lane and must nest within it; concurrent ones take ids of
    /// their own. An operation without its [`async_end`](Self::async_end) is shown as unfinished.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn async_begin(
        &mut self,
        track: Track,
        id: u64,
        at: Duration,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.write('b', track, Some(at), event, |line| local_id(line, id))
    }

    /// Closes the asynchronous operation of equal name, category and id.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn async_end(
        &mut self,
        track: Track,
        id: u64,
        at: Duration,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.write('e', track, Some(at), event, |line| local_id(line, id))
    }

    /// Starts an arrow at the operation that is open on `track` at this time.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn flow_start(
        &mut self,
        track: Track,
        id: u64,
        at: Duration,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.write('s', track, Some(at), event, |line| {
            json::number(line, format_args!(",\"id\":\"{id:#x}\""));
        })
    }

    /// Ends the arrow of equal name, category and id at the operation that is open on `track`.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn flow_end(
        &mut self,
        track: Track,
        id: u64,
        at: Duration,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.write('f', track, Some(at), event, |line| {
            json::number(line, format_args!(",\"id\":\"{id:#x}\",\"bp\":\"e\""));
        })
    }

    /// Closes the array, flushes, and returns the writer.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.write_all(if self.empty { b"[]\n" } else { b"\n]\n" })?;
        self.writer.flush()?;
        Ok(self.writer)
    }

    /// Writes one event with a single `write_all`; `more` adds the fields of its phase.
    fn write(
        &mut self,
        phase: char,
        track: Track,
        at: Option<Duration>,
        event: &Event<'_>,
        more: impl FnOnce(&mut String),
    ) -> io::Result<()> {
        let line = &mut self.line;
        line.clear();
        line.push_str(if self.empty { "[\n{\"name\":" } else { ",\n{\"name\":" });
        json::string(line, event.name);
        line.push_str(",\"cat\":");
        json::string(line, event.category);
        json::number(line, format_args!(",\"ph\":\"{phase}\""));
        if let Some(at) = at {
            line.push_str(",\"ts\":");
            json::micros(line, at);
        }
        more(line);
        json::number(line, format_args!(",\"pid\":{},\"tid\":{}", track.process, track.thread));
        for (index, (name, value)) in event.args.iter().enumerate() {
            line.push_str(if index == 0 { ",\"args\":{" } else { "," });
            json::string(line, name);
            line.push(':');
            json::arg(line, *value);
        }
        line.push_str(if event.args.is_empty() { "}" } else { "}}" });
        self.writer.write_all(line.as_bytes())?;
        self.empty = false;
        Ok(())
    }
}

/// An id that means nothing outside its process, so that merged files do not join their lanes.
fn local_id(line: &mut String, id: u64) {
    json::number(line, format_args!(",\"id2\":{{\"local\":\"{id:#x}\"}}"));
}
