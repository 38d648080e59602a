//! Records the spans of `tracing`.

mod slots;

use crate::emit::TARGET;
use crate::local;
use crate::paths::{RECURSIVE, ROOT, SAMPLED};
use crate::profiler::Profiler;
use crate::ring::Call;
use crate::tally::Outcome;
use crate::thread::{Thread, UNTIMED};
use slots::{Slot, Slots};
use std::sync::atomic::Ordering::Relaxed;
use tracing::span::{Attributes, Id};
use tracing::subscriber::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// A layer that records every span of `tracing`, such as those of `#[instrument]`, in a profiler.
///
/// A span may be entered many times and on several threads, as an instrumented future is: its
/// time is the wall time from first enter to last exit, its busy time what it was entered. The
/// parent is the one that `tracing` gives it: explicit, or what is open where the span is made,
/// spans of this crate included. Fields are not recorded, and single calls are listed when they
/// have ended. At most [`ProfilerLayer::MAX_SPANS`] spans at a time are followed; what comes
/// beyond is counted as lost.
///
/// # Examples
///
/// ```
/// use atp_profile::{Profiler, ProfilerLayer};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// #[tracing::instrument]
/// fn load() {}
///
/// let profiler = Profiler::new();
/// let subscriber = tracing_subscriber::registry().with(ProfilerLayer::new(profiler.clone()));
/// tracing::subscriber::with_default(subscriber, load);
/// assert_eq!(profiler.stats()["load"].count, 1);
/// ```
#[derive(Debug)]
pub struct ProfilerLayer {
    profiler: Profiler,
    slots: Slots,
}

/// Where a new span goes: the call above it, its path, and whether that is timed.
type Parent = (u64, u32, u32);

impl ProfilerLayer {
    /// How many spans may exist at one time.
    pub const MAX_SPANS: usize = slots::SLOTS / 2;

    /// Creates a layer that records in `profiler`, while that is enabled.
    #[must_use]
    pub fn new(profiler: Profiler) -> Self {
        Self { profiler, slots: Slots::new() }
    }

    /// Returns the parent that a span asks for by name, if that is followed.
    fn explicit(&self, parent: &Id, session: u64) -> Parent {
        let slot = self.slots.find(parent.into_u64());
        let slot = slot.filter(|slot| slot.session.load(Relaxed) == session);
        slot.map_or((0, ROOT, 0), |slot| {
            let (path, flags) = slot.path_flags();
            (slot.call.load(Relaxed), path, flags & UNTIMED)
        })
    }
}

impl<S: Subscriber> Layer<S> for ProfilerLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == TARGET {
            return;
        }
        self.profiler.with_thread(|thread| {
            let session = thread.session();
            let (parent, from, untimed) = match attributes.parent() {
                Some(parent) => self.explicit(parent, session.id()),
                None if attributes.is_root() => (0, ROOT, 0),
                None => thread.parent(),
            };
            let step = thread.step(from, metadata.name());
            let mut flags = step.flags | untimed;
            if flags & (SAMPLED | UNTIMED) != 0 {
                flags = thread.sample(step, flags);
            }
            match self.slots.claim(id.into_u64()) {
                Some(slot) => slot.fill(session.id(), thread.next_id(), parent, step.path, flags),
                None => {
                    session.counters().lost.fetch_add(1, Relaxed);
                }
            }
        });
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        let Some(slot) = self.slots.find(id.into_u64()) else { return };
        self.with_thread_of(slot, |thread| {
            let (path, flags) = slot.path_flags();
            let call = slot.call.load(Relaxed);
            let Some(entered) = thread.enter_poll(call, path, flags & UNTIMED) else { return };
            if flags & UNTIMED == 0 {
                slot.entered(thread.start_poll(entered));
            }
        });
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let Some(slot) = self.slots.find(id.into_u64()) else { return };
        self.with_thread_of(slot, |thread| {
            let (path, flags) = slot.path_flags();
            let ended = thread.end_poll_of(slot.call.load(Relaxed));
            let Some((end, busy, own)) = ended else { return };
            if std::thread::panicking() {
                slot.panicked();
            }
            if flags & UNTIMED == 0 {
                let busy = if flags & RECURSIVE == 0 { busy } else { 0 };
                thread.cells().tallies.of(path).record_part(busy, own);
                slot.end.store(end, Relaxed);
            }
        });
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let Some(slot) = self.slots.find(id.into_u64()) else { return };
        self.with_thread_of(slot, |thread| {
            let (path, flags) = slot.path_flags();
            let outcome = if slot.has_panicked() { Outcome::Panicked } else { Outcome::Completed };
            let tally = thread.cells().tallies.of(path);
            tally.mark(outcome);
            match slot.times() {
                Some((start, end)) if flags & UNTIMED == 0 => {
                    if flags & RECURSIVE == 0 {
                        tally.record_whole(end.saturating_sub(start));
                    } else {
                        tally.record_recursive(0);
                    }
                    let (id, parent) = (slot.call.load(Relaxed), slot.parent.load(Relaxed));
                    thread.record_call(&Call { id, parent, path, outcome, start, end });
                }
                _ => tally.record_untimed(),
            }
        });
        slot.release();
    }
}

impl ProfilerLayer {
    /// Calls `use_it` with this thread's part in the session of the span, if that goes on.
    #[inline]
    fn with_thread_of(&self, slot: &Slot, use_it: impl FnOnce(&Thread)) {
        let session = slot.session.load(Relaxed);
        let same = || self.profiler.session().filter(|going_on| going_on.id() == session);
        local::with_thread(session, same, use_it);
    }
}
