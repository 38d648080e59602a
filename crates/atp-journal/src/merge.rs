//! One recording from those of several machines.

use crate::{Header, Recording};
use std::collections::{HashMap, HashSet};

/// Recordings that are not parts of one run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none.
    #[error("there is nothing to merge")]
    Nothing,
    /// The suite differs.
    #[error("part {part} is of suite {found}, not of {expected} like the first")]
    OtherSuite {
        /// The part, from 1.
        part: usize,
        /// Name and digest of the first part's suite.
        expected: String,
        /// Name and digest of this part's suite.
        found: String,
    },
    /// The agent differs.
    #[error("part {part} is of agent {found:?}, not of {expected:?} like the first")]
    OtherAgent {
        /// The part, from 1.
        part: usize,
        /// The first part's agent.
        expected: String,
        /// This part's agent.
        found: String,
    },
    /// Two parts have results of the same test.
    #[error("test {test:?} is in part {first} and in part {second}")]
    Duplicate {
        /// The test.
        test: String,
        /// The part that has it first, from 1.
        first: usize,
        /// The other part.
        second: usize,
    },
}

impl Recording {
    /// Puts the parts of a run together that several machines made, in the order given.
    ///
    /// The sessions of all parts are numbered anew. The plan is that of all parts together, each
    /// test once; as many runs could be under way as in all of them, and it began when the first
    /// began. Events are not part of a recording and stay where they are. Linear in the records.
    ///
    /// # Errors
    ///
    /// [`MergeError::Nothing`], [`MergeError::OtherSuite`] and [`MergeError::OtherAgent`] if the
    /// parts are not of one run, and [`MergeError::Duplicate`] if they overlap.
    pub fn merge(parts: impl IntoIterator<Item = Self>) -> Result<Self, MergeError> {
        let mut owners = HashMap::new();
        let mut planned = HashSet::new();
        let mut merged: Option<Self> = None;
        let mut sessions = 0;
        for (mut part, number) in parts.into_iter().zip(1..) {
            own_tests(&mut owners, &part, number)?;
            let next_sessions = part.next_session().saturating_add(sessions);
            part.sessions.iter_mut().for_each(|session| session.number += sessions);
            part.runs.iter_mut().for_each(|run| run.session += sessions);
            part.header.tests.retain(|test| planned.insert(test.id.clone()));
            sessions = next_sessions;
            match &mut merged {
                None => merged = Some(part),
                Some(merged) => {
                    join_headers(&mut merged.header, part.header, number)?;
                    merged.sessions.append(&mut part.sessions);
                    merged.runs.append(&mut part.runs);
                    merged.tests.append(&mut part.tests);
                }
            }
        }
        merged.ok_or(MergeError::Nothing)
    }
}

/// Notes whose each test is.
fn own_tests(
    owners: &mut HashMap<String, usize>,
    part: &Recording,
    number: usize,
) -> Result<(), MergeError> {
    let names = part.runs.iter().map(|run| &run.test);
    for test in names.chain(part.tests.iter().map(|test| &test.test)) {
        match owners.get(test) {
            Some(&owner) if owner == number => {}
            Some(&first) => {
                return Err(MergeError::Duplicate { test: test.clone(), first, second: number });
            }
            None => {
                owners.insert(test.clone(), number);
            }
        }
    }
    Ok(())
}

fn join_headers(first: &mut Header, part: Header, number: usize) -> Result<(), MergeError> {
    if first.suite_hash != part.suite_hash {
        let (expected, found) = (first.subject(), part.subject());
        return Err(MergeError::OtherSuite { part: number, expected, found });
    }
    if first.agent != part.agent {
        let expected = first.agent.clone();
        return Err(MergeError::OtherAgent { part: number, expected, found: part.agent });
    }
    first.parallel = first.parallel.saturating_add(part.parallel);
    first.runs_per_test = first.runs_per_test.max(part.runs_per_test);
    first.started_at = first.started_at.min(part.started_at);
    first.tests.extend(part.tests);
    Ok(())
}
