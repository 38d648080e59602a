//! The heap's peak during any span of time, however spans nest or overlap.

mod highest;

use crate::allocator::census;
use crate::allocator::level::Peak;
use highest::Highest;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

static WINDOWS: Mutex<Windows> = Mutex::new(Windows::new());

struct Windows {
    open: BTreeSet<u64>,
    next: u64,
    /// The peak of each segment, under the youngest window that was open then.
    bytes: Highest,
    error_bytes: Highest,
}

/// A span that has begun.
#[derive(Debug)]
#[must_use = "a window that is dropped at once sees no peak"]
pub(crate) struct PeakWindow(u64);

impl PeakWindow {
    /// Opens a window that ends when it is closed or dropped.
    pub(crate) fn open() -> Self {
        with_windows(|windows| {
            windows.end_segment();
            let id = windows.next;
            windows.next += 1;
            windows.open.insert(id);
            Self(id)
        })
    }

    /// Returns the peak since the window was opened or renewed, and lets it go on from here.
    pub(crate) fn renew(&mut self) -> Peak {
        let next = Self::open();
        std::mem::replace(self, next).close()
    }

    /// Returns the peak since the window was opened.
    pub(crate) fn close(self) -> Peak {
        let peak = with_windows(|windows| windows.close(self.0));
        std::mem::forget(self);
        peak
    }
}

impl Drop for PeakWindow {
    fn drop(&mut self) {
        with_windows(|windows| windows.close(self.0));
    }
}

/// Runs bookkeeping under the lock. Allocations never wait for it.
fn with_windows<T>(work: impl FnOnce(&mut Windows) -> T) -> T {
    census::uncounted(|| work(&mut WINDOWS.lock().unwrap_or_else(PoisonError::into_inner)))
}

impl Windows {
    const fn new() -> Self {
        Self { open: BTreeSet::new(), next: 0, bytes: Highest::new(), error_bytes: Highest::new() }
    }

    /// Notes the peak since the last call as part of all windows that are open.
    fn end_segment(&mut self) {
        let peak = census::restart_peak();
        if let Some(youngest) = self.open.last() {
            self.bytes.add(*youngest, peak.bytes);
            self.error_bytes.add(*youngest, peak.error_bytes);
        }
    }

    fn close(&mut self, id: u64) -> Peak {
        self.end_segment();
        if !self.open.remove(&id) {
            return Peak::default();
        }
        let peak = Peak { bytes: self.bytes.since(id), error_bytes: self.error_bytes.since(id) };
        let older = self.open.range(..id).next_back().copied();
        let younger = self.open.range(id..).next().copied().unwrap_or(u64::MAX);
        for highest in [&mut self.bytes, &mut self.error_bytes] {
            highest.hand_down(id..younger, older);
        }
        peak
    }
}
