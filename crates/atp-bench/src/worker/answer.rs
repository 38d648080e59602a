//! What a worker says, as types that both ends use.

use serde::{Deserialize, Serialize};

/// The number that answers carry. It changes when an old reader would misread them.
pub const SCHEMA: u64 = 1;

/// One benchmark that a worker has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name, one of a kind in the worker.
    pub name: String,
    /// The set it belongs to.
    pub set: String,
    /// Whether threads or an executor take part.
    pub concurrent: bool,
}

/// How many calls last about a millisecond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calibrated {
    /// [`SCHEMA`].
    pub schema: u64,
    /// The benchmark.
    pub name: String,
    /// Calls in a sample, at least 1.
    pub iterations: u64,
}

/// What samples took, as read: neither the clock's nor the loop's cost is taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// [`SCHEMA`].
    pub schema: u64,
    /// The benchmark.
    pub name: String,
    /// Calls in a sample.
    pub iterations: u64,
    /// Nanoseconds of each sample, in the order in which they were taken.
    pub samples_ns: Vec<u64>,
}

/// What a fixed number of calls allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// [`SCHEMA`].
    pub schema: u64,
    /// The benchmark.
    pub name: String,
    /// Calls that were counted.
    pub iterations: u64,
    /// Allocations of all of them; absent without a counting allocator.
    pub allocations: Option<u64>,
    /// Bytes they asked for; absent without a counting allocator.
    pub allocated_bytes: Option<u64>,
}

pub(super) fn line(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).expect("numbers, strings and lists of them")
}
