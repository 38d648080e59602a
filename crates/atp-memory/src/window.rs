//! The heap's peak during any span of time, however spans nest or overlap.

use crate::allocator::census;
use crate::allocator::level::Peak;
use std::sync::{Mutex, PoisonError};

static WINDOWS: Mutex<Windows> = Mutex::new(Windows { open: Vec::new(), next: 0 });

struct Windows {
    /// Every open window, oldest first, with the peak from its opening to that of the next one.
    open: Vec<(u64, Peak)>,
    next: u64,
}

/// Room for windows before this crate's list grows.
const ROOM: usize = 64;

/// A span that has begun.
#[derive(Debug)]
#[must_use = "a window that is dropped at once sees no peak"]
pub(crate) struct PeakWindow(u64);

impl PeakWindow {
    /// Opens a window that ends when it is closed or dropped.
    pub(crate) fn open() -> Self {
        with_windows(|windows| {
            windows.end_segment();
            if windows.open.capacity() == 0 {
                windows.open.reserve(ROOM);
            }
            let id = windows.next;
            windows.next += 1;
            windows.open.push((id, Peak::default()));
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
    /// Adds the peak since the last call to the youngest window. Older ones find it there.
    fn end_segment(&mut self) {
        let peak = census::restart_peak();
        if let Some((_, youngest)) = self.open.last_mut() {
            *youngest = youngest.max(peak);
        }
    }

    fn close(&mut self, id: u64) -> Peak {
        self.end_segment();
        let Ok(position) = self.open.binary_search_by_key(&id, |window| window.0) else {
            return Peak::default();
        };
        let peak = self.open[position..].iter().fold(Peak::default(), |sum, w| sum.max(w.1));
        let (_, own) = self.open.remove(position);
        if let Some((_, older)) = self.open[..position].last_mut() {
            *older = older.max(own);
        }
        peak
    }
}
