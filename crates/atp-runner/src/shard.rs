//! The tests of a run divided among several machines.

use crate::digest;
use atp_journal::{Recording, RunStatus};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::{self, Write};
use std::str::FromStr;

/// One of the parts into which a run is divided: `2/5` is the second of five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// No such part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no shard {found:?}, expected I/N with I from 1 to N")]
#[non_exhaustive]
pub struct ShardError {
    /// What was asked for.
    pub found: String,
}

impl Shard {
    /// Creates the part `index`, from 1 to `count`.
    ///
    /// # Errors
    ///
    /// [`ShardError`] for any other.
    pub fn new(index: u32, count: u32) -> Result<Self, ShardError> {
        let shard = Self { index, count };
        if (1..=count).contains(&index) {
            return Ok(shard);
        }
        Err(ShardError { found: shard.to_string() })
    }

    /// Returns which part it is, from 1.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Returns how many parts there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let number = |text: &str| text.parse().ok().filter(|_| all_digits(text));
            Some((number(index)?, number(count)?))
        });
        let (index, count) = numbers.ok_or_else(|| ShardError { found: text.to_owned() })?;
        Self::new(index, count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Which test runs in which shard.
///
/// The same tests, times and number of shards make the same plan wherever it is made and in
/// whatever order the tests come; that they were the same is what the [`hash`](Self::hash) shows.
/// Each test is in exactly one shard. Longest processing time first (R. L. Graham, Bounds on
/// Multiprocessing Timing Anomalies, 1969): the tests go from the longest to the shortest to the
/// shard with the least to do, so none has more to do than an even share and its longest test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardPlan {
    /// For as many shards as have tests.
    shards: Vec<Part>,
    hash: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part {
    tests: Vec<String>,
    micros: u64,
}

/// A time of zero would not count as a test.
const SHORTEST_MICROS: u64 = 1;
/// So that the sum of any number of tests there can be is still a number: more than a week.
const LONGEST_MICROS: u64 = 1 << 40;

impl ShardPlan {
    /// Divides the tests with these identifiers among `count` shards, by how long their runs took
    /// in `past`, waits for slots, limits and retries left out. A test that is not there counts as
    /// the median of those that are; without any all count alike.
    pub fn new<'a>(
        tests: impl IntoIterator<Item = &'a str>,
        count: u32,
        past: Option<&Recording>,
    ) -> Self {
        let past = past.map(mean_micros).unwrap_or_default();
        let mut tests: Vec<(&str, Option<u64>)> =
            tests.into_iter().map(|test| (test, past.get(test).copied())).collect();
        let mut known: Vec<u64> = tests.iter().filter_map(|(_, micros)| *micros).collect();
        known.sort_unstable();
        let median = known.get(known.len() / 2).copied().unwrap_or(SHORTEST_MICROS);
        tests.sort_unstable_by_key(|(test, micros)| (Reverse(micros.unwrap_or(median)), *test));

        // More shards than tests stay empty; there is no need to have them.
        let filled = tests.len().min(count as usize);
        let mut shards = vec![Part::default(); filled];
        let mut by_load: BinaryHeap<_> = (0..filled).map(|shard| Reverse((0_u64, shard))).collect();
        let mut written = format!("{count}\n");
        for (test, micros) in tests {
            let Some(Reverse((load, shard))) = by_load.pop() else { break };
            let load = load.saturating_add(micros.unwrap_or(median));
            shards[shard].tests.push(test.to_owned());
            shards[shard].micros = load;
            by_load.push(Reverse((load, shard)));
            // With its length, no identifier can look like the end of one.
            writeln!(written, "{} {test} {shard}", test.len()).expect("text takes everything");
        }
        Self { shards, hash: digest::of(written.as_bytes()) }
    }

    /// Returns the tests of a shard, the longest first. There may be none.
    #[must_use]
    pub fn tests(&self, shard: Shard) -> &[String] {
        self.part(shard).map_or(&[], |part| &part.tests)
    }

    /// Returns how long one run of each test of a shard takes, one after another, if they take as
    /// long as they did.
    #[must_use]
    pub fn expected_seconds(&self, shard: Shard) -> f64 {
        self.part(shard).map_or(0.0, |part| part.micros as f64 / 1e6)
    }

    /// Returns a digest of the whole plan in 16 hexadecimal digits. Shards of one run print the
    /// same.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }

    fn part(&self, shard: Shard) -> Option<&Part> {
        self.shards.get(shard.index as usize - 1)
    }
}

/// Returns how long a run of each test took in the mean.
fn mean_micros(past: &Recording) -> HashMap<&str, u64> {
    let mut sums: HashMap<&str, (u64, u64)> = HashMap::new();
    for run in past.runs.iter().filter(|run| run.status != RunStatus::Skipped) {
        let micros = (run.ledger.total() - run.ledger.waits()) * 1e6;
        // What is no number becomes 0 here.
        let micros = (micros as u64).clamp(SHORTEST_MICROS, LONGEST_MICROS);
        let (sum, runs) = sums.entry(&run.test).or_default();
        *sum = sum.saturating_add(micros);
        *runs += 1;
    }
    sums.into_iter().map(|(test, (sum, runs))| (test, sum / runs)).collect()
}

#[cfg(test)]
mod tests;
