//! The bucket as one atomic word, so that a check that does not wait takes no lock.

use super::gcra::{Gcra, LAST_TICK, Ticks};
use crate::sync::{AtomicU64, Ordering};

/// Set while the bucket may be changed only under the lock of the queue: somebody waits, a
/// penalty runs, or there is a second budget.
const HELD: u64 = !LAST_TICK;

/// A theoretical arrival time and the [`HELD`] bit.
///
/// Relaxed is enough: the word is all the state of the fast path and guards no other memory.
/// What the holder of the lock reads besides is ordered by that lock. Whoever sets `HELD` gets
/// the last value of the fast path back, and every exchange begun before fails from then on.
#[derive(Debug)]
pub(super) struct Word(AtomicU64);

/// What became of a check without the lock.
#[derive(Debug, PartialEq)]
pub(super) enum Check {
    /// The tokens are taken.
    Taken,
    /// There are not enough tokens.
    Short,
    /// Only the holder of the lock may say.
    Held,
}

impl Word {
    pub(super) fn new(held: bool) -> Self {
        Self(AtomicU64::new(if held { HELD } else { 0 }))
    }

    #[inline]
    pub(super) fn check(&self, gcra: &Gcra, now: Ticks, cost: Ticks) -> Check {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            if word & HELD != 0 {
                return Check::Held;
            }
            let Some(taken) = gcra.take(word, now, cost) else { return Check::Short };
            match self.0.compare_exchange_weak(word, taken, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Check::Taken,
                Err(changed) => word = changed,
            }
        }
    }

    /// Shuts the fast path out and returns the bucket. Under the lock of the queue only.
    pub(super) fn hold(&self) -> Ticks {
        self.0.fetch_or(HELD, Ordering::Relaxed) & LAST_TICK
    }

    /// Puts the bucket back, after [`hold`](Self::hold) and under the same lock.
    pub(super) fn put(&self, tat: Ticks, held: bool) {
        self.0.store(if held { tat | HELD } else { tat }, Ordering::Relaxed);
    }
}

#[cfg(all(test, atp_loom))]
mod loom_tests {
    use super::*;
    use crate::rate::RateConfig;
    use loom::sync::{Arc, Mutex};

    fn gcra(burst: u32) -> Gcra {
        Gcra::new(RateConfig::per_second(1.0).with_burst(burst)).unwrap()
    }

    #[test]
    fn two_checks_never_share_a_token() {
        loom::model(|| {
            let word = Arc::new(Word::new(false));
            let other = Arc::clone(&word);
            let check = |word: &Word| word.check(&gcra(1), 0, gcra(1).cost(1)) == Check::Taken;
            let thread = loom::thread::spawn(move || check(&other));
            let mine = check(&word);
            assert!(mine ^ thread.join().unwrap());
        });
    }

    /// One thread checks, two take under the lock: three tokens wanted, two there.
    #[test]
    fn the_fast_path_and_the_lock_never_lose_or_double_a_token() {
        loom::model(|| {
            let shared = Arc::new((Word::new(false), Mutex::new(())));
            let under_lock = |shared: &(Word, Mutex<()>)| {
                let guard = shared.1.lock().unwrap();
                let tat = shared.0.hold();
                let taken = gcra(2).take(tat, 0, gcra(2).cost(1));
                shared.0.put(taken.unwrap_or(tat), false);
                drop(guard);
                u32::from(taken.is_some())
            };
            let threads = [0, 1].map(|_| {
                let shared = Arc::clone(&shared);
                loom::thread::spawn(move || under_lock(&shared))
            });
            let mine = match shared.0.check(&gcra(2), 0, gcra(2).cost(1)) {
                Check::Taken => 1,
                Check::Short => 0,
                Check::Held => under_lock(&shared),
            };
            let taken = mine + threads.map(|thread| thread.join().unwrap()).iter().sum::<u32>();
            assert_eq!(taken, 2);
        });
    }
}
