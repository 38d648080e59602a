//! Places to run in, each with a number, and what has to be waited for before one is entered.

use crate::pace::{Lost, Pace};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The slots of a session, given out first come, first served, the lowest free number first.
#[derive(Debug)]
pub(crate) struct Slots {
    line: Arc<Semaphore>,
    numbers: Mutex<Numbers>,
    pace: Pace,
}

/// Numbers that nobody holds: those that came back, and all from `fresh`. The permits of the line
/// keep `fresh` from growing beyond their number.
#[derive(Debug, Default)]
struct Numbers {
    returned: BinaryHeap<Reverse<u32>>,
    fresh: u32,
}

/// A slot, given back when dropped, and what it had to be waited for.
#[must_use = "a slot that is dropped is free for others"]
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) number: u32,
    pub(crate) queued: Duration,
    pub(crate) limited: Duration,
    slots: Arc<Slots>,
    /// Goes back after the number, so that whoever gets it finds one.
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub(crate) fn new(parallel: u32, pace: Pace) -> Arc<Self> {
        let permits = (parallel as usize).min(Semaphore::MAX_PERMITS);
        let line = Arc::new(Semaphore::new(permits));
        Arc::new(Self { line, numbers: Mutex::default(), pace })
    }

    /// Waits for a slot, then for the rate limit.
    ///
    /// In this order whoever begins does so at the moment that the limit allows it, and a slot
    /// that waits for the limit could not be used by anybody else either.
    pub(crate) async fn enter(self: &Arc<Self>) -> Slot {
        let begun = Instant::now();
        let permit = Arc::clone(&self.line).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let number = self.numbers().take();
        let at = Instant::now();
        let (slots, limited) = (Arc::clone(self), Duration::ZERO);
        let slot = Slot { number, queued: at - begun, limited, slots, _permit: permit };
        slot.limit().await
    }

    /// Returns why no slot can be entered any more, once that is so.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.pace.lost()
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    fn take(&mut self) -> u32 {
        if let Some(Reverse(number)) = self.returned.pop() {
            return number;
        }
        self.fresh += 1;
        self.fresh - 1
    }
}

impl Slot {
    /// Waits for the rate limit once more, without giving up the place.
    pub(crate) async fn again(mut self) -> Self {
        self.queued = Duration::ZERO;
        self.limit().await
    }

    async fn limit(mut self) -> Self {
        let begun = Instant::now();
        self.slots.pace.wait().await;
        self.limited = begun.elapsed();
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.numbers().returned.push(Reverse(self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::Limiter;
    use atp_adapter::CancellationToken;
    use atp_async::{RateConfig, RateLimiter};

    fn unlimited() -> Pace {
        Pace::new(Limiter::Unlimited, CancellationToken::new())
    }

    fn limited(per_second: f64) -> Pace {
        let limiter = RateLimiter::new(RateConfig::per_second(per_second)).unwrap();
        Pace::new(Limiter::Own(limiter), CancellationToken::new())
    }

    #[tokio::test(start_paused = true)]
    async fn the_lowest_free_number_is_given_out() {
        let slots = Slots::new(3, unlimited());
        let (a, b, c) = (slots.enter().await, slots.enter().await, slots.enter().await);
        assert_eq!([a.number, b.number, c.number], [0, 1, 2]);
        drop(c);
        drop(a);
        assert_eq!(slots.enter().await.number, 0);
        drop(b);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_a_slot_and_for_the_limit_are_told_apart() {
        let slots = Slots::new(1, limited(0.5));
        let first = slots.enter().await;
        assert_eq!((first.queued, first.limited), (Duration::ZERO, Duration::ZERO));
        let waiting = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.enter().await }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(first);
        let second = waiting.await.unwrap();
        assert_eq!(second.queued, Duration::from_millis(500));
        assert_eq!(second.limited.as_secs_f64(), 1.5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_dropped_gives_its_slot_back() {
        let slots = Slots::new(1, limited(0.1));
        drop(slots.enter().await);
        let second = tokio::time::timeout(Duration::from_secs(1), slots.enter()).await;
        assert!(second.is_err());
        assert_eq!(slots.line.available_permits(), 1);
        assert_eq!(slots.enter().await.number, 0);
    }
}
