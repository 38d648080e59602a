//! The events of one attempt on their way to the file.

use crate::block::OpenBlock;
use crate::error::JournalError;
use crate::journal::Journal;
use atp_protocol::{Event, limits};

/// Takes the events of one attempt, keeps a few, and writes the rest to the journal's file of
/// events.
///
/// At most [`EventSpool::BUFFER_BYTES`] of events and one more are in memory. Dropping it writes
/// what is left, so that a run that was cancelled keeps its events too; an error of that write is
/// the journal's from then on.
#[derive(Debug)]
#[must_use = "a spool that is dropped at once takes no events"]
pub struct EventSpool {
    journal: Journal,
    block: OpenBlock,
    /// The first line of a block and its events, or nothing.
    buffer: Vec<u8>,
    events_in_buffer: u64,
    room_bytes: u64,
    counts: SpoolCounts,
}

/// What became of the events of one attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpoolCounts {
    /// Events that were taken, which all are in the file once the spool is finished.
    pub events: u64,
    /// Bytes of their lines.
    pub bytes: u64,
    /// Events that had to leave memory before the end.
    pub spooled: u64,
    /// Events that are kept nowhere: those that came after [`EventSpool::LIMIT_BYTES`], and those
    /// whose line is longer than the protocol allows once the missing fields are filled in.
    pub dropped: u64,
}

impl EventSpool {
    /// How much is collected before it is written.
    pub const BUFFER_BYTES: usize = 64 * 1024;

    /// How much of one attempt is kept in the file: an agent that reports without end must not
    /// fill the disk.
    pub const LIMIT_BYTES: u64 = 1 << 30;

    pub(crate) fn new(journal: Journal, block: OpenBlock, room_bytes: u64) -> Self {
        Self {
            journal,
            block,
            buffer: Vec::new(),
            events_in_buffer: 0,
            room_bytes,
            counts: SpoolCounts::default(),
        }
    }

    /// Takes an event. It writes to the file about once in [`EventSpool::BUFFER_BYTES`], which
    /// takes the time of a copy to the system's cache.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the file cannot be written, now or earlier.
    pub fn push(&mut self, event: &Event<'_>) -> Result<(), JournalError> {
        self.journal.intact()?;
        if self.buffer.is_empty() {
            self.buffer.extend_from_slice(self.block.line());
        }
        let start = self.buffer.len();
        write_line(&mut self.buffer, event);
        let bytes = (self.buffer.len() - start) as u64;
        if bytes > self.room_bytes {
            // What is kept is a beginning without holes.
            self.room_bytes = 0;
        }
        if bytes > self.room_bytes || bytes > limits::EVENT_LINE_BYTES as u64 {
            self.buffer.truncate(start);
            self.buffer.shrink_to(2 * Self::BUFFER_BYTES);
            self.counts.dropped += 1;
            return Ok(());
        }
        self.room_bytes -= bytes;
        self.counts.bytes += bytes;
        self.counts.events += 1;
        self.events_in_buffer += 1;
        if self.buffer.len() < Self::BUFFER_BYTES {
            return Ok(());
        }
        self.counts.spooled += self.events_in_buffer;
        self.flush()
    }

    /// Returns what became of the events so far.
    pub fn counts(&self) -> SpoolCounts {
        self.counts
    }

    /// Writes what is left and returns what became of all events.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the file cannot be written, now or earlier.
    pub fn finish(mut self) -> Result<SpoolCounts, JournalError> {
        self.flush()?;
        self.journal.intact()?;
        Ok(self.counts)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if self.events_in_buffer == 0 {
            return Ok(());
        }
        self.block.close(&mut self.buffer, self.events_in_buffer);
        let written = self.journal.append_events(&self.buffer);
        self.events_in_buffer = 0;
        self.buffer.clear();
        self.buffer.shrink_to(2 * Self::BUFFER_BYTES);
        written
    }
}

/// Appends an event as one line.
fn write_line(buffer: &mut Vec<u8>, event: &Event<'_>) {
    let start = buffer.len();
    serde_json::to_writer(&mut *buffer, event).expect("an event is made of strings and numbers");
    if event.payload.get().contains('\n') {
        // Strings in JSON hold none, so that these are blanks between its parts.
        let line = &mut buffer[start..];
        line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    }
    buffer.push(b'\n');
}

impl Drop for EventSpool {
    fn drop(&mut self) {
        // The journal remembers the error.
        drop(self.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;
    use atp_protocol::Timestamp;

    /// An agent that reports without end keeps its first events and loses the rest, counted.
    #[test]
    fn what_is_beyond_the_limit_is_dropped_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let journal = Journal::create(&path, &Header::new("s", "h", "a", "cli")).unwrap();
        let line = br#"{"task_id":"t","sequence":0,"event_type":"progress","payload":{}}"#;
        let event = Event::parse(line, Timestamp::from_micros(0)).unwrap();
        let block = || OpenBlock::new("greets", 1, 1, 0);
        let mut spool = EventSpool::new(journal.clone(), block(), EventSpool::LIMIT_BYTES);
        spool.push(&event).unwrap();
        let one = spool.finish().unwrap().bytes;

        let mut spool = EventSpool::new(journal, block(), 2 * one + one / 2);
        let long = Event { task_id: "x".repeat(100).into(), ..event.clone() };
        for event in [&event, &event, &long, &event] {
            spool.push(event).unwrap();
        }
        let counts = spool.finish().unwrap();
        assert_eq!((counts.events, counts.bytes, counts.dropped), (2, 2 * one, 2));
        assert_eq!(Journal::events_of(&path).unwrap().count(), 3);
    }
}
