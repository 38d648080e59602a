//! The guard of a synchronous span.

use crate::emit::Emitted;
use crate::metadata::Metadata;
use crate::thread::{Entered, Thread};
use std::rc::Rc;

/// A span that is open; dropping it ends and records it.
///
/// It stays on its thread (`!Send`), so a future that holds one across an await cannot be
/// spawned on several threads: wrap the future with
/// [`profiled`](crate::ProfileFutureExt::profiled) instead. Where the compiler cannot see it, as
/// in `block_on`, the span ends with the poll, and the report counts it as out of order. Guards
/// may be dropped in any order. Dropping never panics, not even while the thread ends.
///
/// `span = profile("next")` opens the next span before it drops the last one, so the next stands
/// inside of the last in the tree; `drop(span)` first makes them siblings. A guard that is
/// forgotten (`mem::forget`) leaves its span open until the poll around it ends, or for ever.
#[must_use = "a span lasts as long as its guard: bind it to `_span`, `_` drops it at once"]
#[derive(Debug)]
pub struct Span {
    /// `None` is one word, so a span that is off costs next to nothing to make and to drop.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    thread: Rc<Thread>,
    entered: Entered,
    _emitted: Emitted,
}

impl Span {
    #[inline]
    pub(crate) fn open(thread: Option<Rc<Thread>>, name: &'static str) -> Self {
        let Some(thread) = thread else { return Self::off() };
        let emitted = Emitted::new(&thread, name, None);
        let entered = thread.enter(name);
        Self { open: entered.map(|entered| Open { thread, entered, _emitted: emitted }) }
    }

    #[inline]
    pub(crate) fn open_with(
        thread: Option<Rc<Thread>>,
        name: &'static str,
        metadata: impl FnOnce() -> Metadata,
    ) -> Self {
        let Some(thread) = thread else { return Self::off() };
        let metadata = metadata();
        let emitted = Emitted::new(&thread, name, Some(&metadata));
        let Some(entered) = thread.enter(name) else { return Self::off() };
        thread.describe(entered, metadata);
        Self { open: Some(Open { thread, entered, _emitted: emitted }) }
    }

    #[inline]
    pub(crate) fn off() -> Self {
        Self { open: None }
    }

    /// Returns whether the span is recorded: profiling was on when it was opened, and there was
    /// room for it.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.open.is_some()
    }

    /// Marks what the span measures as failed. A panic is marked by itself.
    pub fn fail(&self) {
        if let Some(open) = &self.open {
            open.thread.fail(open.entered);
        }
    }
}

impl Drop for Span {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            close(open);
        }
    }
}

/// Out of line, so that a disabled span leaves next to nothing in the caller.
#[inline(never)]
fn close(open: Open) {
    open.thread.exit(open.entered);
}
