//! Events, read back one by one.

use crate::block::Block;
use crate::error::JournalError;
use atp_protocol::{Event, Timestamp};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The events of a journal in the order in which they were written, block by block: those of one
/// attempt are in order, those of runs at the same time are mixed.
///
/// One event is in memory at a time. A torn end is passed over; after an error comes nothing more.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    /// None if there is no file, and once it is at its end or found damaged.
    reader: Option<BufReader<File>>,
    line: Vec<u8>,
    line_number: u64,
    block: Option<Arc<Block>>,
    left_bytes: u64,
}

/// An event and the attempt it belongs to.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    block: Arc<Block>,
    event: Event<'static>,
}

impl RecordedEvent {
    /// Returns the identifier of the test.
    pub fn test(&self) -> &str {
        &self.block.test
    }

    /// Returns the number of the run, from 1.
    pub fn run(&self) -> u32 {
        self.block.run
    }

    /// Returns the number of the attempt, as it was given to the journal.
    pub fn attempt(&self) -> u32 {
        self.block.attempt
    }

    /// Returns the number of the session. Events of a session that was killed stay in the file,
    /// so that those of a run are the ones with the [session](crate::RunRecord::session) of its
    /// record.
    pub fn session(&self) -> u32 {
        self.block.session
    }

    /// Returns the event.
    pub fn event(&self) -> &Event<'static> {
        &self.event
    }

    /// Returns the event alone.
    pub fn into_event(self) -> Event<'static> {
        self.event
    }
}

impl Events {
    /// Opens the file of events at `path`; without one there are no events.
    pub(crate) fn open(path: PathBuf) -> Result<Self, JournalError> {
        let reader = match File::open(&path) {
            Ok(file) => Some(BufReader::with_capacity(64 * 1024, file)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(JournalError::open(&path, error)),
        };
        Ok(Self { path, reader, line: Vec::new(), line_number: 0, block: None, left_bytes: 0 })
    }

    /// Returns the next event, or nothing at the end.
    fn read(&mut self) -> Result<Option<RecordedEvent>, JournalError> {
        while self.read_line()? {
            if self.left_bytes == 0 {
                self.begin_block()?;
                continue;
            }
            let left_bytes = self.left_bytes.checked_sub(self.line.len() as u64);
            self.left_bytes = left_bytes.ok_or_else(|| self.corrupt("a line beyond its block"))?;
            let event = Event::parse(&self.line, Timestamp::now())
                .map_err(|error| self.corrupt(error))?
                .into_owned();
            let Some(block) = &self.block else { break };
            return Ok(Some(RecordedEvent { block: Arc::clone(block), event }));
        }
        Ok(None)
    }

    /// Reads a line with its end; without an end it is torn, or its writer is not done yet.
    fn read_line(&mut self) -> Result<bool, JournalError> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        self.line.clear();
        self.line.shrink_to(crate::EventSpool::BUFFER_BYTES);
        reader
            .read_until(b'\n', &mut self.line)
            .map_err(|source| JournalError::read(&self.path, source))?;
        self.line_number += 1;
        Ok(self.line.ends_with(b"\n"))
    }

    fn begin_block(&mut self) -> Result<(), JournalError> {
        let line = self.line.trim_ascii_end();
        let block: Block = serde_json::from_slice(line).map_err(|error| self.corrupt(error))?;
        self.left_bytes = block.bytes;
        self.block = Some(Arc::new(block));
        Ok(())
    }

    fn corrupt(&self, reason: impl ToString) -> JournalError {
        JournalError::corrupt(&self.path, self.line_number, reason)
    }
}

impl Iterator for Events {
    type Item = Result<RecordedEvent, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.read().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.reader = None;
        }
        next
    }
}

/// Where the events of a journal are.
pub(crate) fn path_beside(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".events.jsonl");
    path.into()
}
