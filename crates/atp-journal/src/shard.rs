//! Which part of a run a journal holds, where several machines share the run.

use crate::{MergeError, Recording};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Which part of a run a recording is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShardRecord {
    /// Which of the parts, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// Digest of the plan, which is the same for all parts.
    pub plan: String,
    /// Where each planned test stands in the order of the whole run, from 0.
    pub places: Vec<u32>,
}

impl ShardRecord {
    /// Creates the record of the part `index` of `count`, whose tests stand at `places`.
    pub fn new(index: u32, count: u32, plan: impl Into<String>, places: Vec<u32>) -> Self {
        Self { index, count, plan: plan.into(), places }
    }

    /// Whether both are parts of the same plan.
    fn is_of_plan(&self, other: &Self) -> bool {
        (self.count, &self.plan) == (other.count, &other.plan)
    }
}

/// Fails unless the recordings are all the shards of one plan, each once, or no shards at all.
pub(crate) fn check_whole(parts: &[Recording]) -> Result<(), MergeError> {
    let shards: Vec<_> = parts.iter().map(|part| part.header.shard.as_ref()).collect();
    let Some((&first, others)) = shards.split_first() else { return Ok(()) };
    for (&shard, part) in others.iter().zip(2..) {
        let is_of_plan = match (first, shard) {
            (Some(first), Some(shard)) => first.is_of_plan(shard),
            (None, None) => true,
            _ => false,
        };
        if !is_of_plan {
            let (expected, found) = (plan(first), plan(shard));
            return Err(MergeError::OtherPlan { part, expected, found });
        }
    }
    let Some(ShardRecord { count, .. }) = first else { return Ok(()) };
    let mut owners = HashMap::new();
    for (shard, second) in shards.iter().flatten().zip(1..) {
        if let Some(first) = owners.insert(shard.index, second) {
            return Err(MergeError::Repeated { shard: shard.index, first, second });
        }
    }
    // As many as there are parts are enough to tell of, whatever the count claims to be.
    let missing = (1..=*count).filter(|index| !owners.contains_key(index));
    let missing: Vec<u32> = missing.take(MISSING_TOLD).collect();
    if missing.is_empty() { Ok(()) } else { Err(MergeError::Missing { count: *count, missing }) }
}

/// How many missing shards are told of.
const MISSING_TOLD: usize = 10;

fn plan(shard: Option<&ShardRecord>) -> String {
    shard.map_or("no plan".to_owned(), |shard| format!("plan {} of {}", shard.plan, shard.count))
}
