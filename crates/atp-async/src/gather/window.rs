//! The rolling window below `gather_with_limit`: slots that are used again, and who woke.

use crate::sync::lock;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Polls in a row after which the window lets the caller's runtime do something else.
const POLLS_PER_TURN: u32 = 256;

/// At most `limit` futures of `source`, polled only when they were woken.
///
/// A slot keeps its allocation and its waker from one future to the next, so a future that is
/// ready at once costs neither an allocation nor a lock.
pub(super) struct Window<I, F> {
    /// None once exhausted, so that the iterator is not advanced past its end.
    source: Option<I>,
    limit: usize,
    started: usize,
    slots: Vec<Slot<F>>,
    free: Vec<usize>,
    woken: Arc<Woken>,
    /// Slots taken from `woken` and not polled yet.
    turn: Vec<usize>,
    polls: u32,
}

struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    waker: Waker,
    index: usize,
}

/// The slots that were woken, shared with the wakers.
#[derive(Debug, Default)]
struct Woken(Mutex<WokenState>);

#[derive(Debug, Default)]
struct WokenState {
    slots: Vec<usize>,
    /// By slot: already in `slots`.
    queued: Vec<bool>,
    caller: Option<Waker>,
}

struct SlotWaker {
    slot: usize,
    woken: Arc<Woken>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = lock(&self.woken.0);
        if std::mem::replace(&mut state.queued[self.slot], true) {
            return;
        }
        state.slots.push(self.slot);
        let caller = state.caller.take();
        drop(state);
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

impl<I: Iterator<Item = F>, F: Future> Window<I, F> {
    pub(super) fn new(source: impl IntoIterator<IntoIter = I>, limit: usize) -> Self {
        Self {
            source: Some(source.into_iter()),
            limit,
            started: 0,
            slots: Vec::new(),
            free: Vec::new(),
            woken: Arc::default(),
            turn: Vec::new(),
            polls: 0,
        }
    }

    /// Returns the next output with its place in the input, `None` after the last.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        loop {
            if self.polls == POLLS_PER_TURN {
                self.polls = 0;
                // Those woken meanwhile come before anything new is started.
                self.collect_woken(None);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let slot = if let Some(slot) = self.turn.pop() {
                slot
            } else if let Some(slot) = self.start_one() {
                slot
            } else if self.free.len() == self.slots.len() {
                return Poll::Ready(None);
            } else if self.collect_woken(Some(cx)) {
                continue;
            } else {
                self.polls = 0;
                return Poll::Pending;
            };
            if let Poll::Ready(output) = self.poll_slot(slot) {
                return Poll::Ready(Some(output));
            }
        }
    }

    /// Puts the next future of the source into a slot, if there is one and room for it.
    fn start_one(&mut self) -> Option<usize> {
        if self.slots.len() - self.free.len() == self.limit {
            return None;
        }
        let Some(future) = self.source.as_mut()?.next() else {
            self.source = None;
            return None;
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot].future.set(Some(future));
                slot
            }
            None => self.add_slot(future),
        };
        self.slots[slot].index = self.started;
        self.started += 1;
        Some(slot)
    }

    fn add_slot(&mut self, future: F) -> usize {
        let slot = self.slots.len();
        lock(&self.woken.0).queued.push(false);
        let waker = Waker::from(Arc::new(SlotWaker { slot, woken: Arc::clone(&self.woken) }));
        self.slots.push(Slot { future: Box::pin(Some(future)), waker, index: 0 });
        slot
    }

    fn poll_slot(&mut self, at: usize) -> Poll<(usize, F::Output)> {
        let slot = &mut self.slots[at];
        // A wake that came after the future was done finds the slot empty or used again: then
        // this is one poll too many, which every future has to bear.
        let Some(future) = slot.future.as_mut().as_pin_mut() else { return Poll::Pending };
        self.polls += 1;
        let output = std::task::ready!(future.poll(&mut Context::from_waker(&slot.waker)));
        slot.future.set(None);
        self.free.push(at);
        Poll::Ready((slot.index, output))
    }

    /// Takes the slots woken since the last time. With none, keeps the caller's waker.
    fn collect_woken(&mut self, cx: Option<&mut Context<'_>>) -> bool {
        let mut state = lock(&self.woken.0);
        let state = &mut *state;
        for slot in &state.slots {
            state.queued[*slot] = false;
        }
        // Popped from the back, so the first woken is polled first.
        self.turn.extend(state.slots.drain(..).rev());
        if self.turn.is_empty()
            && let Some(cx) = cx
        {
            state.caller = Some(cx.waker().clone());
        }
        !self.turn.is_empty()
    }
}
