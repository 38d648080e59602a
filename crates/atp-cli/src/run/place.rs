//! Where journals lie, and which of them a run goes on with.

use super::{arguments::RunArguments, job::Job, selection::is_of};
use crate::say;
use atp_journal::{Header, Journal, JournalError, Recording, TestStatus};
use atp_protocol::Timestamp;
use atp_suite::TestCase;
use std::{
    collections::HashSet,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

/// The folder of the journals that were not given a place.
const FOLDER: &str = ".atp-runs";
/// Characters of a suite's or an agent's name that become part of a file's name.
const NAME_CHARACTERS: usize = 60;
/// How many runs of one suite and agent may begin in the same millisecond.
const SAME_MOMENT: u32 = 1000;

/// Where the journal of a run lies.
pub(super) struct Place {
    path: PathBuf,
    /// What it holds, if the run goes on with it.
    recorded: Option<Recording>,
}

impl Place {
    /// Finds the journal to go on with if the command line says so, else a place for a new one.
    pub(super) fn find(arguments: &RunArguments, job: &Job) -> Result<Self, Box<dyn Error>> {
        let (suite, agent) = (job.suite.name.as_str(), job.choice.name.as_str());
        let goes_on = arguments.resume || arguments.rerun_failed;
        if let Some(path) = &arguments.journal {
            let recorded = read(path)?;
            if !goes_on && recorded.as_ref().is_some_and(is_unfinished) {
                let path = path.display();
                return Err(format!(
                    "{path} holds a run that is not finished: --resume goes on with it, and a new \
                     one needs another file"
                )
                .into());
            }
            return Ok(
                Self { path: path.clone(), recorded: recorded.filter(|_| goes_on) }.told(goes_on)
            );
        }
        let is_it = |run: &Recording| {
            is_of(&run.header, arguments.shard) && is_of_file(&run.header, &job.file)
        };
        let earlier = match (arguments.resume, arguments.rerun_failed) {
            (true, _) => newest(suite, agent, |run| is_it(run) && has_work_left(run, job))?,
            (_, true) => newest(suite, agent, is_it)?,
            _ => None,
        };
        let place = match earlier {
            Some((path, recorded)) => Self { path, recorded: Some(recorded) },
            None => Self { path: new_place(suite, agent)?, recorded: None },
        };
        Ok(place.told(goes_on))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the run goes on with; nothing if it is a new one.
    pub(super) fn recorded(&self) -> Option<&Recording> {
        self.recorded.as_ref()
    }

    /// Says so if there is no journal to go on with.
    fn told(self, goes_on: bool) -> Self {
        if goes_on && self.recorded.is_none() {
            say(format_args!("atp: there is nothing to go on with, so everything is run"));
        }
        self
    }
}

/// Reads a journal; nothing if it is not there or its process came to nothing.
fn read(path: &Path) -> Result<Option<Recording>, JournalError> {
    match Journal::read(path) {
        Ok(recording) => Ok(Some(recording)),
        Err(JournalError::Empty { .. }) => Ok(None),
        Err(JournalError::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Returns a place for a new journal of `suite` and `agent`, which is not taken yet.
fn new_place(suite: &str, agent: &str) -> io::Result<PathBuf> {
    let stamp: String = Timestamp::now().to_string().chars().filter(char::is_ascii_digit).collect();
    let stem = format!("{}{stamp:0<17.17}", prefix(suite, agent));
    let mut path = Path::new(FOLDER).join(format!("{stem}.jsonl"));
    for number in 2..SAME_MOMENT {
        if !path.try_exists()? {
            break;
        }
        path = Path::new(FOLDER).join(format!("{stem}-{number}.jsonl"));
    }
    Ok(path)
}

/// Returns the newest journal of `suite` and `agent` that holds what is `wanted`.
///
/// What cannot be read as a journal is passed over: a run that was killed while it began leaves
/// a file without a header.
fn newest(
    suite: &str,
    agent: &str,
    wanted: impl Fn(&Recording) -> bool,
) -> io::Result<Option<(PathBuf, Recording)>> {
    let entries = match fs::read_dir(FOLDER) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let prefix = prefix(suite, agent);
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string().unwrap_or_default();
        let stem = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".jsonl"));
        if stem.is_some_and(is_stamp) {
            names.push(name);
        }
    }
    // Names end in the time at which the run began.
    names.sort_unstable_by(|a, b| b.cmp(a));
    let journals = names.into_iter().map(|name| Path::new(FOLDER).join(name));
    let mut readable = journals.filter_map(|path| Some((Journal::read(&path).ok()?, path)));
    let found = readable.find(|(recording, _)| {
        let header = &recording.header;
        (header.suite.as_str(), header.agent.as_str()) == (suite, agent) && wanted(recording)
    });
    Ok(found.map(|(recording, path)| (path, recording)))
}

/// Tells whether a run with this header can be of the suite in `file`: suites in other files may
/// have the same name. A file that is gone may be this one, renamed.
fn is_of_file(header: &Header, file: &Path) -> bool {
    let Some(recorded) = &header.suite_file else { return true };
    match (fs::canonicalize(recorded), fs::canonicalize(file)) {
        (Ok(recorded), Ok(file)) => recorded == file,
        _ => true,
    }
}

/// Tells whether a planned test has no result.
fn is_unfinished(recording: &Recording) -> bool {
    let ended: HashSet<&str> = recording.tests.iter().map(|test| test.test.as_str()).collect();
    recording.header.tests.iter().any(|test| !ended.contains(test.id.as_str()))
}

/// Tells whether there is something to do for a run that goes on: tests without a result, and
/// tests that were left out only because another failed.
fn has_work_left(recording: &Recording, job: &Job) -> bool {
    let agent = &job.choice.name;
    let is_for_agent = |test: &TestCase| {
        test.mode.is_none() && test.agents.as_ref().is_none_or(|agents| agents.contains(agent))
    };
    let tests = job.suite.tests.iter().filter(|test| is_for_agent(test));
    let runnable: HashSet<&str> = tests.map(|test| test.id.as_str()).collect();
    let mut ended = recording.tests.iter();
    is_unfinished(recording)
        || ended
            .any(|test| test.status == TestStatus::Skipped && runnable.contains(test.test.as_str()))
}

/// The beginning of the names of the journals of `suite` and `agent`.
fn prefix(suite: &str, agent: &str) -> String {
    format!("{}--{}-", file_name(suite), file_name(agent))
}

/// Returns the name with everything replaced that could be special in a file's name.
fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    let plain = name.chars().take(NAME_CHARACTERS).map(|c| if is_plain(c) { c } else { '-' });
    let plain: String = plain.collect();
    match plain.strip_prefix('.') {
        Some(rest) => format!("-{rest}"),
        None => plain,
    }
}

/// Tells whether this is the time of a journal's name, with or without a number behind it.
fn is_stamp(text: &str) -> bool {
    let (time, number) = text.split_once('-').unwrap_or((text, "2"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    time.len() == 17 && is_number(time) && is_number(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_suites_become_names_of_files() {
        assert_eq!(prefix("smoke", "echo"), "smoke--echo-");
        assert_eq!(prefix("../etc", "a b/c\0"), "-.-etc--a-b-c--");
        assert_eq!(file_name("über.1_2"), "-ber.1_2");
        assert_eq!(file_name(&"x".repeat(1000)).len(), NAME_CHARACTERS);
    }

    #[test]
    fn only_times_are_times() {
        assert!(is_stamp("20261124015203123") && is_stamp("20261124015203123-17"));
        for other in ["", "20261124015203", "20261124015203123.events", "2026112401520312x"] {
            assert!(!is_stamp(other), "{other}");
        }
    }
}
