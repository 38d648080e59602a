//! The guard of a synchronous span.

use crate::metadata::Metadata;
use crate::thread::{Entered, Thread};
use std::cell::Cell;
use std::rc::Rc;

/// A span that is open; dropping it ends and records it.
///
/// It stays on its thread (`!Send`), so a future that holds one across an await cannot be
/// spawned on several threads: wrap the future with
/// [`profiled`](crate::ProfileFutureExt::profiled) instead. Where the compiler cannot see it, as
/// in `block_on`, the span ends with the poll, and the report counts it as out of order. Guards
/// may be dropped in any order. Dropping never panics, not even while the thread ends.
#[must_use = "a span lasts as long as its guard: bind it to `_span`, `_` drops it at once"]
#[derive(Debug)]
pub struct Span {
    open: Option<(Rc<Thread>, Entered)>,
    failed: Cell<bool>,
}

impl Span {
    #[inline]
    pub(crate) fn open(thread: Option<Rc<Thread>>, name: &'static str) -> Self {
        let Some(thread) = thread else { return Self::off() };
        Self { open: thread.enter(name).map(|entered| (thread, entered)), failed: Cell::new(false) }
    }

    #[inline]
    pub(crate) fn open_with(
        thread: Option<Rc<Thread>>,
        name: &'static str,
        metadata: impl FnOnce() -> Metadata,
    ) -> Self {
        let Some(thread) = thread else { return Self::off() };
        let metadata = metadata();
        let entered = thread.enter(name);
        if let Some(entered) = entered {
            thread.describe(entered, metadata);
        }
        Self { open: entered.map(|entered| (thread, entered)), failed: Cell::new(false) }
    }

    #[inline]
    pub(crate) fn off() -> Self {
        Self { open: None, failed: Cell::new(false) }
    }

    /// Returns whether the span is recorded: profiling was on when it was opened, and there was
    /// room for it.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.open.is_some()
    }

    /// Marks what the span measures as failed. A panic is marked by itself.
    pub fn fail(&self) {
        self.failed.set(true);
    }
}

impl Drop for Span {
    #[inline]
    fn drop(&mut self) {
        if let Some((thread, entered)) = self.open.take() {
            close(&thread, entered, self.failed.get());
        }
    }
}

/// Out of line, so that a disabled span leaves next to nothing in the caller.
#[inline(never)]
fn close(thread: &Thread, entered: Entered, failed: bool) {
    thread.exit(entered, failed);
}
