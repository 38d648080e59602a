//! Names for what belongs to one run.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns text of letters, digits and `-` that no other run on this machine has.
pub(crate) fn new_token() -> String {
    static TOKENS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (pid, count) = (std::process::id(), TOKENS.fetch_add(1, Relaxed));
    format!("{pid:x}-{count:x}-{:x}", now.as_nanos())
}
