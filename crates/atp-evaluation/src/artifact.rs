//! Assertions about artifacts: that they exist, and what they hold.

use crate::config::{ConfigProblem, Settings};
use crate::content::Content;
use crate::finding::{fails, holds, listed, shown};
use crate::inner_path::InnerPath;
use crate::output::Output;
use crate::pattern::Pattern;
use crate::resolve::Entry;
use crate::schema::Schema;
use crate::sections::has_section;
use crate::workspace::Tally;
use atp_scoring::Check;
use glob::MatchOptions;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The keys of a JSON object.
type Keys = BTreeMap<String, IgnoredAny>;

/// What is asserted.
pub(crate) enum ArtifactRule<'a> {
    Exists(&'a str),
    Matches(glob::Pattern),
    Contains(Option<&'a str>, Pattern<'a>),
    Schema(Option<&'a str>, Box<Schema>),
    Sections(Option<&'a str>, Vec<&'a str>),
}

impl<'a> ArtifactRule<'a> {
    /// Reads the settings of a rule of this family.
    pub(crate) fn parse(
        kind: &str,
        settings: &Settings<'a>,
    ) -> Result<Option<Self>, ConfigProblem> {
        Ok(Some(match kind {
            "artifact_exists" => Self::parse_existence(settings)?,
            "contains" => {
                settings.only(&["path", "pattern", "regex"])?;
                Self::Contains(settings.text("path")?, Pattern::parse(settings)?)
            }
            "schema" => {
                settings.only(&["path", "schema"])?;
                Self::Schema(settings.text("path")?, Box::new(Schema::parse(settings)?))
            }
            "sections" => {
                settings.only(&["path", "sections"])?;
                let expected = "a list of titles";
                let titles = settings.texts("sections")?;
                let titles = titles.filter(|titles| !titles.is_empty());
                let titles = titles.ok_or_else(|| settings.missing("sections", expected))?;
                Self::Sections(settings.text("path")?, titles)
            }
            _ => return Ok(None),
        }))
    }

    fn parse_existence(settings: &Settings<'a>) -> Result<Self, ConfigProblem> {
        settings.only(&["path", "pattern"])?;
        match (settings.text("path")?, settings.text("pattern")?) {
            (Some(path), None) => Ok(Self::Exists(path)),
            (None, Some(pattern)) => match glob::Pattern::new(pattern) {
                Ok(pattern) => Ok(Self::Matches(pattern)),
                Err(error) => {
                    Err(settings.problem("pattern", format!("not a file pattern: {error}")))
                }
            },
            (None, None) => Err(settings.missing("path", "a path, or a file pattern as `pattern`")),
            (Some(_), Some(_)) => {
                Err(settings.problem("pattern", "expected either this or `path`"))
            }
        }
    }

    /// Checks it.
    pub(crate) fn check(&self, output: &Output<'_>) -> Check {
        match self {
            Self::Exists(path) => exists(path, output),
            Self::Matches(pattern) => matches(pattern, output),
            Self::Contains(path, pattern) => {
                let expected = format!("content with {pattern}");
                let holds = |content: &Content<'_>| {
                    if pattern.occurs_in(&content.bytes) {
                        Ok(format!("{pattern} occurs"))
                    } else {
                        Err(format!("{pattern} does not occur"))
                    }
                };
                content("contains", *path, expected, output, holds)
            }
            Self::Schema(path, schema) => {
                let holds = |content: &Content<'_>| valid(schema, content);
                content("schema", *path, "data that the schema allows".into(), output, holds)
            }
            Self::Sections(path, titles) => {
                let expected = format!("the sections {}", listed(titles.iter().copied()));
                content("sections", *path, expected, output, |content| complete(titles, content))
            }
        }
    }
}

fn exists(path: &str, output: &Output<'_>) -> Check {
    const NAME: &str = "artifact_exists";
    if output.lists(path) {
        return holds(NAME, format!("the answer lists {}", shown(path)));
    }
    let entry = InnerPath::new(path).map_or(Entry::Nothing, |path| output.in_workspace(&path));
    match entry {
        Entry::File(_) => holds(NAME, format!("{} is in the workspace", shown(path))),
        Entry::Nothing => fails(NAME, output.absent(path), path, listed(output.names())),
        other => {
            let message = format!("{} is {}", shown(path), other.words());
            fails(NAME, message, path, other.words())
        }
    }
}

/// A pattern without a separator is about names, one with it about whole paths.
fn matches(pattern: &glob::Pattern, output: &Output<'_>) -> Check {
    const NAME: &str = "artifact_exists";
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let about_names = !pattern.as_str().contains('/');
    let wanted = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        pattern.matches_with(if about_names { name } else { path }, options)
    };
    if let Some(found) = output.names().find(|name| wanted(name)) {
        return holds(NAME, format!("the answer lists {}", shown(found)));
    }
    let found = output.workspace.as_ref().map(|workspace| workspace.find(wanted));
    let message = match found {
        Some(Ok(Tally::Done(Some(found)))) => {
            return holds(NAME, format!("{} is in the workspace", shown(&found)));
        }
        Some(Ok(Tally::TooLarge)) => "the workspace has too many entries to search".into(),
        Some(Err(error)) => format!("the workspace cannot be searched: {error}"),
        Some(Ok(Tally::Done(None))) | None => output.absent(pattern.as_str()),
    };
    fails(NAME, message, pattern.as_str(), listed(output.names()))
}

/// Applies a check to the artifact of a path, or to each until it holds for one. It says in a
/// sentence what it found, and so does this.
fn content(
    name: &str,
    path: Option<&str>,
    expected: String,
    output: &Output<'_>,
    check: impl Fn(&Content<'_>) -> Result<String, String>,
) -> Check {
    let check = |path: &str, content: &Content<'_>| match check(content) {
        Ok(found) => Ok(format!("{}: {found}", shown(path))),
        Err(missing) => Err(format!("{}: {missing}{}", shown(path), content.caveat())),
    };
    let outcome = match path {
        Some(path) => output.artifact(path).and_then(|content| check(path, &content)),
        None => {
            let mut problem = "the answer holds no content".to_owned();
            let found = output.artifacts().find_map(|artifact| {
                let outcome = artifact.and_then(|(path, content)| check(path, &content));
                outcome.map_err(|error| problem = error).ok()
            });
            found.ok_or(problem)
        }
    };
    match outcome {
        Ok(found) => holds(name, found),
        Err(found) => fails(name, found.clone(), expected, found),
    }
}

fn valid(schema: &Schema, content: &Content<'_>) -> Result<String, String> {
    let value = serde_json::from_slice(&content.bytes)
        .map_err(|error| format!("it is not JSON: {error}"))?;
    schema.validate(&value).map(|()| "the schema allows it".into())
}

/// Looks for titles among the headings of a document, or among the keys of JSON.
fn complete(titles: &[&str], content: &Content<'_>) -> Result<String, String> {
    let document = String::from_utf8_lossy(&content.bytes);
    let keys: Keys = serde_json::from_str(&document).unwrap_or_default();
    let is_key = |title: &str| keys.keys().any(|key| key.to_lowercase() == title.to_lowercase());
    let missing = titles.iter().filter(|title| !is_key(title) && !has_section(&document, title));
    let missing = listed(missing.copied());
    if missing.is_empty() {
        Ok("all sections are there".into())
    } else {
        Err(format!("there is no section {missing}"))
    }
}
