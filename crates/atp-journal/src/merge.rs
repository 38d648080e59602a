//! One recording from those of several machines.

use crate::shard::check_whole;
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
    /// The parts do not belong to the same plan, or only some of them are shards.
    #[error("part {part} is of {found}, not of {expected} like the first")]
    OtherPlan {
        /// The part, from 1.
        part: usize,
        /// The first part's plan and how many shards it has.
        expected: String,
        /// That of this part.
        found: String,
    },
    /// A shard is there twice.
    #[error("part {second} is shard {shard}, as part {first} is")]
    Repeated {
        /// The shard, from 1.
        shard: u32,
        /// The part that was it first, from 1.
        first: usize,
        /// The other part.
        second: usize,
    },
    /// Shards are not there.
    #[error("of {count} shards these are missing: {missing:?}")]
    Missing {
        /// How many shards there are.
        count: u32,
        /// The missing ones, at most ten of them.
        missing: Vec<u32>,
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
    /// test once, for shards in the order of the suite; as many runs could be under way as in all
    /// of them, and it began when the first began. Events are not part of a recording and stay where they are. Linear in the records.
    ///
    /// # Errors
    ///
    /// [`MergeError::Nothing`], [`MergeError::OtherSuite`], [`MergeError::OtherAgent`] and
    /// [`MergeError::OtherPlan`] if the parts are not of one run, [`MergeError::Repeated`] and
    /// [`MergeError::Duplicate`] if they overlap, and [`MergeError::Missing`] if they are shards
    /// and not all of them.
    pub fn merge(parts: impl IntoIterator<Item = Self>) -> Result<Self, MergeError> {
        let parts: Vec<Self> = parts.into_iter().collect();
        same_run(&parts)?;
        check_whole(&parts)?;
        let places = places(&parts);
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
                    join_headers(&mut merged.header, part.header);
                    merged.sessions.append(&mut part.sessions);
                    merged.runs.append(&mut part.runs);
                    merged.tests.append(&mut part.tests);
                }
            }
        }
        let mut merged = merged.ok_or(MergeError::Nothing)?;
        // Stable: tests without a place stay in the order of the parts.
        merged.header.tests.sort_by_key(|test| places.get(&test.id).copied().unwrap_or(u32::MAX));
        merged.header.shard = None;
        Ok(merged)
    }
}

fn same_run(parts: &[Recording]) -> Result<(), MergeError> {
    let Some((Recording { header: first, .. }, others)) = parts.split_first() else {
        return Ok(());
    };
    for (Recording { header: found, .. }, part) in others.iter().zip(2..) {
        if first.suite_hash != found.suite_hash {
            let (expected, found) = (first.subject(), found.subject());
            return Err(MergeError::OtherSuite { part, expected, found });
        }
        if first.agent != found.agent {
            let (expected, found) = (first.agent.clone(), found.agent.clone());
            return Err(MergeError::OtherAgent { part, expected, found });
        }
    }
    Ok(())
}

/// Where the tests of shards stand in the order of the whole run.
fn places(parts: &[Recording]) -> HashMap<String, u32> {
    let headers = parts.iter().map(|part| &part.header);
    let shards = headers.filter_map(|header| Some((&header.tests, header.shard.as_ref()?)));
    let placed = shards.flat_map(|(tests, shard)| tests.iter().zip(&shard.places));
    placed.map(|(test, place)| (test.id.clone(), *place)).collect()
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

fn join_headers(first: &mut Header, part: Header) {
    first.parallel = first.parallel.saturating_add(part.parallel);
    first.runs_per_test = first.runs_per_test.max(part.runs_per_test);
    first.started_at = first.started_at.min(part.started_at);
    first.tests.extend(part.tests);
}
