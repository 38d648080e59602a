//! Whether what was read from a file is still what the file holds.

use crate::source::{Reading, Source};
use crate::stamp::Stamp;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// The state of a file that a value was made from.
///
/// A stamp alone does not tell two states apart that lie within one tick of the file system's
/// clock. So a young proof is *unsettled*: its stamp counts for nothing, and each check reads the
/// file again and compares the contents. The first check that begins a tick after the proof was
/// taken settles it, because a later edit then gets a later stamp.
///
/// The tick is measured on our own clock, from when the stamp was seen, so it does not matter
/// whether the clock of a file server agrees with ours. Only files that have rested for
/// [`RESTED_NS`] by the wall clock are settled from the start.
///
/// A file that states a size of zero is never settled. Files under `/proc` all do, and one that
/// was empty then has contents later under the same stamp; to read nothing again costs little.
#[derive(Debug)]
pub(crate) struct Proof {
    stamp: Stamp,
    /// Present when the proof began unsettled.
    fingerprint: Option<Fingerprint>,
    taken_at: Duration,
    settled: AtomicBool,
}

/// What a [`Proof::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The stamp is the same, and it is settled.
    Unchanged,
    /// The stamp was too young to count, and the contents are the same.
    Rechecked,
    /// These differ.
    Changed(Vec<&'static str>),
    /// There is nothing there to compare with.
    Gone,
}

/// By how much the wall clock of a file server may differ from ours, with room to spare.
const RESTED_NS: i128 = 3600 * 1_000_000_000;

impl Proof {
    /// Takes the proof of a reading, if it held still.
    pub(crate) fn of(reading: &Reading, source: &dyn Source) -> Option<Self> {
        let stamp = reading.stamp()?;
        let rested = source.wall_ns() - stamp.newest_ns() > RESTED_NS;
        let settled = rested && stamp.size > 0;
        let fingerprint = (!settled).then(|| Fingerprint::of(&reading.bytes));
        let taken_at = source.now();
        Some(Self { stamp, fingerprint, taken_at, settled: settled.into() })
    }

    /// Compares with what `path` names now.
    pub(crate) fn check(&self, source: &dyn Source, path: &Path) -> Verdict {
        match source.stamp(path) {
            Err(_) => return Verdict::Gone,
            Ok(now) if now != self.stamp => return Verdict::Changed(self.stamp.differences(&now)),
            Ok(_) => {}
        }
        let Some(fingerprint) = &self.fingerprint else { return Verdict::Unchanged };
        // Relaxed: whoever misses the flag only reads the file once more.
        if self.settled.load(Relaxed) {
            return Verdict::Unchanged;
        }
        let begun_at = source.now();
        let Ok(reading) = source.read(path, u64::MAX) else { return Verdict::Gone };
        if reading.stamp() != Some(self.stamp) || Fingerprint::of(&reading.bytes) != *fingerprint {
            return Verdict::Changed(vec!["contents"]);
        }
        if self.stamp.size > 0 && begun_at >= self.taken_at + self.stamp.tick() {
            self.settled.store(true, Relaxed);
        }
        Verdict::Rechecked
    }
}

impl Verdict {
    /// Returns whether the value is still true.
    pub(crate) fn holds(&self) -> bool {
        matches!(self, Self::Unchanged | Self::Rechecked)
    }
}

/// 128 bits of the contents, under keys that are random for each process.
///
/// Who writes the files does not know the keys, so equal fingerprints of different contents
/// cannot be made on purpose either.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint([u64; 2]);

impl Fingerprint {
    fn of(bytes: &[u8]) -> Self {
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
        Self(KEYS.each_ref().map(|key| key.hash_one(bytes)))
    }
}
