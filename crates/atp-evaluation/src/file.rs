//! Assertions about the files of a run: its workspace with the files of its answer laid over it.

use crate::comparison::Comparison;
use crate::config::{ConfigProblem, Settings};
use crate::finding::{count, fails, holds, shown};
use crate::inner_path::InnerPath;
use crate::limits::DIRECTORY_ENTRIES;
use crate::output::Output;
use crate::pattern::Pattern;
use crate::resolve::Entry;
use crate::workspace::Tally;
use atp_scoring::Check;
use std::collections::HashSet;

/// What is asserted.
pub(crate) enum FileRule<'a> {
    Exists(InnerPath),
    NotExists(InnerPath),
    Contains(InnerPath, Pattern<'a>),
    DirExists(InnerPath),
    Count(InnerPath, Comparison, u64),
}

/// What stands at a path of the run's files.
enum Found {
    File,
    Directory,
    Nothing,
    Other(String),
}

impl<'a> FileRule<'a> {
    /// Reads the settings of a rule of this family.
    pub(crate) fn parse(
        kind: &str,
        settings: &Settings<'a>,
    ) -> Result<Option<Self>, ConfigProblem> {
        let path = |others: &[&str]| {
            settings.only(&[&["path", "workspace_path"], others].concat())?;
            full_path(settings)?
                .ok_or_else(|| settings.missing("path", "a path within the workspace"))
        };
        Ok(Some(match kind {
            "file_exists" => Self::Exists(path(&[])?),
            "file_not_exists" => Self::NotExists(path(&[])?),
            "file_contains" => {
                Self::Contains(path(&["pattern", "regex"])?, Pattern::parse(settings)?)
            }
            "dir_exists" => Self::DirExists(path(&[])?),
            "file_count" => {
                settings.only(&["path", "workspace_path", "count", "operator"])?;
                let directory = full_path(settings)?.unwrap_or(base(settings)?);
                let comparison = Comparison::parse(settings, "operator")?;
                let count = settings.count("count")?;
                let count =
                    count.ok_or_else(|| settings.missing("count", "a whole number from 0"))?;
                Self::Count(directory, comparison.unwrap_or(Comparison::Equal), count)
            }
            _ => return Ok(None),
        }))
    }

    /// Checks it.
    pub(crate) fn check(&self, output: &Output<'_>) -> Check {
        match self {
            Self::Exists(path) => match look(path, output) {
                Found::File => holds("file_exists", format!("there is {path}")),
                found => missing("file_exists", "a file", path, &found),
            },
            Self::NotExists(path) => match look(path, output) {
                Found::Nothing => holds("file_not_exists", format!("there is no {path}")),
                found => {
                    let message = format!("{path} is {}", found.words());
                    fails("file_not_exists", message, format!("no {path}"), found.words())
                }
            },
            Self::DirExists(path) => match look(path, output) {
                Found::Directory => holds("dir_exists", format!("there is {path}")),
                found => missing("dir_exists", "a directory", path, &found),
            },
            Self::Contains(path, pattern) => contains(path, pattern, output),
            Self::Count(directory, comparison, wanted) => {
                counted(directory, *comparison, *wanted, output)
            }
        }
    }
}

/// Reads `path`, which starts at `workspace_path` if there is one.
fn full_path(settings: &Settings<'_>) -> Result<Option<InnerPath>, ConfigProblem> {
    let base = base(settings)?;
    Ok(inner(settings, "path")?.map(|path| base.join(&path)))
}

fn base(settings: &Settings<'_>) -> Result<InnerPath, ConfigProblem> {
    Ok(inner(settings, "workspace_path")?.unwrap_or_default())
}

fn inner(settings: &Settings<'_>, key: &str) -> Result<Option<InnerPath>, ConfigProblem> {
    let Some(path) = settings.text(key)? else { return Ok(None) };
    let refused = |reason| settings.problem(key, format!("{reason}, found {:?}", shown(path)));
    InnerPath::new(path).map(Some).map_err(refused)
}

fn look(path: &InnerPath, output: &Output<'_>) -> Found {
    in_answer(path, output).unwrap_or_else(|| output.in_workspace(path).into())
}

/// What the files of the answer put at a path.
fn in_answer(path: &InnerPath, output: &Output<'_>) -> Option<Found> {
    let mut found = None;
    for (file, _) in output.inline_files() {
        if file == *path {
            return Some(Found::File);
        }
        if file.is_below(path) {
            found = Some(Found::Directory);
        }
    }
    found
}

fn missing(name: &str, expected: &str, path: &InnerPath, found: &Found) -> Check {
    let message = match found {
        Found::Nothing => format!("there is no {path}"),
        found => format!("{path} is {}, not {expected}", found.words()),
    };
    fails(name, message, format!("{expected} {path}"), found.words())
}

fn contains(path: &InnerPath, pattern: &Pattern<'_>, output: &Output<'_>) -> Check {
    const NAME: &str = "file_contains";
    let expected = || format!("{path} with {pattern}");
    match output.file(path) {
        Ok(content) if pattern.occurs_in(&content.bytes) => {
            holds(NAME, format!("{pattern} occurs in {path}"))
        }
        Ok(content) => {
            let message = format!("{pattern} does not occur in {path}{}", content.caveat());
            fails(NAME, message.clone(), expected(), message)
        }
        Err(message) => fails(NAME, message.clone(), expected(), message),
    }
}

fn counted(
    directory: &InnerPath,
    comparison: Comparison,
    wanted: u64,
    output: &Output<'_>,
) -> Check {
    const NAME: &str = "file_count";
    let words = comparison.words();
    let expected = format!("{words} {} in {directory}", count(wanted, "file", "files"));
    match files(directory, output) {
        Ok(files) => {
            let found = count(files, "file", "files");
            let message = format!("{found} in {directory}, {words} {wanted} wanted");
            if comparison.counts(files, wanted) {
                holds(NAME, message)
            } else {
                fails(NAME, message, expected, found)
            }
        }
        Err(message) => fails(NAME, message.clone(), expected, message),
    }
}

/// How many files stand in a directory itself.
fn files(directory: &InnerPath, output: &Output<'_>) -> Result<u64, String> {
    let entry = output.in_workspace(directory);
    let in_workspace = match (&entry, &output.workspace) {
        (Entry::Directory(real), Some(workspace)) => match workspace.count_files(real) {
            Ok(Tally::Done(files)) => Some(files),
            Ok(Tally::TooLarge) => {
                return Err(format!("{directory} has more than {DIRECTORY_ENTRIES} entries"));
            }
            Err(error) => return Err(format!("{directory} cannot be read: {error}")),
        },
        _ => None,
    };
    let mut is_directory = in_workspace.is_some() || directory.as_str().is_empty();
    let mut names = HashSet::new();
    for (file, _) in output.inline_files() {
        is_directory |= file.is_below(directory);
        let is_new =
            file.is_directly_in(directory) && !matches!(output.in_workspace(&file), Entry::File(_));
        if is_new {
            names.insert(file.as_str().to_owned());
        }
    }
    match Found::from(entry) {
        _ if is_directory => Ok(in_workspace.unwrap_or(0) + names.len() as u64),
        Found::Nothing => Err(format!("there is no {directory}")),
        found => Err(format!("{directory} is {}, not a directory", found.words())),
    }
}

impl From<Entry> for Found {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::File(_) => Self::File,
            Entry::Directory(_) => Self::Directory,
            Entry::Nothing => Self::Nothing,
            other => Self::Other(other.words()),
        }
    }
}

impl Found {
    fn words(&self) -> &str {
        match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Nothing => "nothing",
            Self::Other(words) => words,
        }
    }
}
