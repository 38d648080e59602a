//! How events lie in their file: blocks, each with a line that says whose they are.

use crate::error::JournalError;
use crate::spool::EventSpool;
use atp_protocol::limits;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How the first line of every block starts, and no event.
const START: &[u8] = br#"{"test":"#;

/// The first line of a block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Block {
    pub(crate) test: String,
    pub(crate) run: u32,
    pub(crate) attempt: u32,
    pub(crate) session: u32,
    /// How many lines of events follow.
    pub(crate) events: u64,
    /// How many bytes these lines have, ends included.
    pub(crate) bytes: u64,
}

/// The first line of a block whose size is not known yet.
///
/// The line lies in front of the events in one buffer, so that one write takes both; the two
/// figures have room for any number, and blanks before a number are nothing to JSON.
#[derive(Debug)]
pub(crate) struct OpenBlock {
    line: Vec<u8>,
}

/// As many digits as a number of 64 bits can have.
const DIGITS: usize = 20;

impl OpenBlock {
    pub(crate) fn new(test: &str, run: u32, attempt: u32, session: u32) -> Self {
        #[derive(Serialize)]
        struct Head<'a> {
            test: &'a str,
            run: u32,
            attempt: u32,
            session: u32,
        }
        let head = Head { test, run, attempt, session };
        let mut line = serde_json::to_vec(&head).expect("strings and numbers are JSON");
        line.pop();
        for field in [r#","events":"#, r#","bytes":"#] {
            line.extend(field.as_bytes());
            line.extend([b' '; DIGITS]);
        }
        line.extend(b"}\n");
        Self { line }
    }

    /// The line to begin a block with.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Fills in the figures of a block that begins with this line.
    pub(crate) fn close(&self, block: &mut [u8], events: u64) {
        let length = self.line.len();
        let bytes = (block.len() - length) as u64;
        let bytes_end = length - b"}\n".len();
        let events_end = bytes_end - DIGITS - br#","bytes":"#.len();
        for (end, number) in [(events_end, events), (bytes_end, bytes)] {
            let text = number.to_string();
            block[end - text.len()..end].copy_from_slice(text.as_bytes());
        }
    }
}

/// The end of a file of events, as a process that was killed may have left it.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Where the last whole block ends.
    pub(crate) whole_bytes: u64,
    /// The session of the last block, whole or not.
    pub(crate) session: Option<u32>,
}

/// More than a block can have, which is a buffer, an event and a line that names the test.
const MOST: u64 = 2 * limits::EVENT_LINE_BYTES as u64;

impl Tail {
    /// Finds the last block by going back from the end: how many are before it does not matter.
    pub(crate) fn find(file: &File, path: &Path) -> Result<Self, JournalError> {
        Self::look(file).map_err(|source| JournalError::read(path, source))
    }

    fn look(mut file: &File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let mut span = 2 * EventSpool::BUFFER_BYTES as u64;
        loop {
            let from = length.saturating_sub(span);
            let mut end = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            file.take(length - from).read_to_end(&mut end)?;
            if let Some(tail) = Self::of(&end, from) {
                return Ok(tail);
            }
            if from == 0 && START.starts_with(&end[..end.len().min(START.len())]) {
                return Ok(Self { whole_bytes: 0, session: None });
            }
            if from == 0 || span >= MOST {
                let reason = "it does not end in a block of events";
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            span = MOST.min(4 * span);
        }
    }

    /// Judges the end of a file, of which `from` bytes are before it.
    fn of(end: &[u8], from: u64) -> Option<Self> {
        let ends = end.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
        let starts = ends.map(|(at, _)| at + 1).chain((from == 0).then_some(0));
        let mut whole_end = end.len();
        for start in starts.filter(|&start| end[start..].starts_with(START)) {
            let line = end[start..].split_inclusive(|byte| *byte == b'\n').next();
            let line = line.filter(|line| line.ends_with(b"\n")).unwrap_or_default();
            let Ok(block) = serde_json::from_slice::<Block>(line) else {
                whole_end = start;
                continue;
            };
            let bytes = usize::try_from(block.bytes).unwrap_or(usize::MAX);
            let block_end = (start + line.len()).saturating_add(bytes);
            let whole = if block_end <= whole_end { block_end } else { start };
            return Some(Self { whole_bytes: from + whole as u64, session: Some(block.session) });
        }
        None
    }
}
