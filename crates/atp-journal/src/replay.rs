//! From the lines of a journal to what they add up to.

use crate::error::JournalError;
use crate::line::{Kind, START};
use crate::{Header, Recording, RunRecord, SCHEMA, Session, TestRecord, TestStatus};
use serde::de::Error as _;
use serde_json::error::Category;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// What a journal holds, and how far it is whole.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// None if not even the header is whole.
    pub(crate) recording: Option<Recording>,
    /// Where the last whole line ends.
    pub(crate) whole_bytes: u64,
}

/// Reads a journal from its start. A torn last line, which a process that was killed or is just
/// writing leaves behind, counts as not there.
pub(crate) fn replay(file: impl Read, path: &Path) -> Result<Replayed, JournalError> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let read_error = |source| JournalError::read(path, source);
    let beginning = reader.fill_buf().map_err(read_error)?;
    if !is_journal(beginning) {
        return Err(JournalError::NotAJournal { path: path.to_owned() });
    }
    let mut lines = Lines::default();
    let (mut line, mut number, mut whole_bytes) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(read_error)?;
        let Some((b'\n', text)) = line.split_last() else { break };
        number += 1;
        match lines.add(text) {
            Ok(()) => whole_bytes += length as u64,
            Err(LineError::Newer(found)) => {
                let path = path.to_owned();
                return Err(JournalError::NewerSchema { path, found, supported: SCHEMA });
            }
            // After a loss of power the last line can be rubbish and end like a line.
            Err(LineError::Json(error))
                if error.classify() != Category::Data
                    && reader.fill_buf().map_err(read_error)?.is_empty() =>
            {
                break;
            }
            Err(LineError::Json(error)) => {
                return Err(JournalError::corrupt(path, number, error));
            }
        }
    }
    Ok(Replayed { recording: lines.into_recording(), whole_bytes })
}

/// Whether a file that begins like this is a journal, or the first piece of one.
pub(crate) fn is_journal(beginning: &[u8]) -> bool {
    let length = beginning.len().min(START.len());
    beginning[..length] == START[..length]
}

/// Lines so far. What a later line replaced is an empty place, so that nothing ever moves.
#[derive(Debug, Default)]
struct Lines {
    header: Option<Header>,
    sessions: Vec<Session>,
    runs: Vec<Option<RunRecord>>,
    tests: Vec<Option<TestRecord>>,
    places: HashMap<String, Places>,
}

/// Where the records of one test are.
#[derive(Debug, Default)]
struct Places {
    runs: BTreeMap<u32, usize>,
    test: Option<usize>,
}

/// Why a line is no record.
#[derive(Debug)]
enum LineError {
    Json(serde_json::Error),
    /// It is a header of this schema, which is too new to look further.
    Newer(u32),
}

impl Lines {
    fn add(&mut self, line: &[u8]) -> Result<(), LineError> {
        let Kind { kind, schema } = serde_json::from_slice(line)?;
        match &*kind {
            "header" if schema > SCHEMA => return Err(LineError::Newer(schema)),
            "header" => self.plan(serde_json::from_slice(line)?)?,
            "run" => self.run(serde_json::from_slice(line)?),
            "test" => self.test(serde_json::from_slice(line)?),
            "session" => self.sessions.push(serde_json::from_slice(line)?),
            _ => Err(serde_json::Error::unknown_variant(&kind, Kind::ALL))?,
        }
        Ok(())
    }

    /// A process that resumes with another plan writes its header again. The beginning stays.
    fn plan(&mut self, mut header: Header) -> serde_json::Result<()> {
        if let Some(first) = &self.header {
            if (&first.suite_hash, &first.agent) != (&header.suite_hash, &header.agent) {
                return Err(serde_json::Error::custom("a header of another suite or agent"));
            }
            header.started_at = first.started_at;
        }
        self.header = Some(header);
        Ok(())
    }

    fn run(&mut self, run: RunRecord) {
        self.reopen(&run.test);
        let places = places(&mut self.places, &run.test);
        if let Some(earlier) = places.runs.insert(run.run, self.runs.len()) {
            self.runs[earlier] = None;
        }
        self.runs.push(Some(run));
    }

    fn test(&mut self, test: TestRecord) {
        self.reopen(&test.test);
        places(&mut self.places, &test.test).test = Some(self.tests.len());
        self.tests.push(Some(test));
    }

    /// Takes back the verdict on a test of which more is to come. A test that was judged is begun
    /// anew then; one that was left out is gone on with.
    fn reopen(&mut self, test: &str) {
        let Some(places) = self.places.get_mut(test) else { return };
        let verdict = places.test.take().and_then(|place| self.tests[place].take());
        if verdict.is_some_and(|verdict| verdict.status != TestStatus::Skipped) {
            for (_, place) in std::mem::take(&mut places.runs) {
                self.runs[place] = None;
            }
        }
    }

    fn into_recording(self) -> Option<Recording> {
        Some(Recording {
            header: self.header?,
            sessions: self.sessions,
            runs: self.runs.into_iter().flatten().collect(),
            tests: self.tests.into_iter().flatten().collect(),
        })
    }
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// The places of a test, without a copy of its name where it is known.
fn places<'a>(places: &'a mut HashMap<String, Places>, test: &str) -> &'a mut Places {
    if !places.contains_key(test) {
        places.insert(test.to_owned(), Places::default());
    }
    places.get_mut(test).expect("it was just put there")
}
