//! One lookup: is there a value that is true to the file, and if not, why.

use super::{Entry, Inner};
use crate::explanation::Explanation;
use crate::place::Place;
use crate::proof::Verdict;
use crate::store::{Found, Slot};
use std::path::Path;
use std::sync::Arc;

/// Why a lookup found nothing to serve, and the entry that is not true any more.
struct Refusal<T> {
    why: Explanation,
    stale: Option<Arc<Slot<Entry<T>>>>,
}

impl<T: Send + Sync + 'static> Inner<T> {
    /// Gives the value that is true to `path` now to `take`, or returns the place that a load has
    /// to fill.
    pub(super) fn look_up<R>(
        &self,
        path: &Path,
        take: impl Fn(&Arc<T>) -> R,
    ) -> Result<R, Arc<Place>> {
        let recalled = self.places.recall(path);
        let recalled = recalled.map(|place| (self.examine(&place, path, &take), place));
        let (refusal, place) = match recalled {
            Some((Ok(value), _)) => return Ok(value),
            refused => {
                let place = self.places.resolve(path, &*self.source);
                match refused {
                    Some((Err(refusal), recalled)) if recalled == place => (refusal, place),
                    // Not looked up before, or now it leads somewhere else.
                    _ => match self.examine(&place, path, &take) {
                        Ok(value) => return Ok(value),
                        Err(refusal) => (refusal, place),
                    },
                }
            }
        };
        self.store.counters().misses.add_one();
        if let Some(stale) = &refusal.stale {
            self.store.counters().stale.add_one();
            self.store.forget(&*place, stale);
            place.note_absence(refusal.why.clone());
        }
        place.note(refusal.why);
        Err(place)
    }

    /// Gives the value at `place`, found by way of `path`, to `take` if it is true.
    fn examine<R>(
        &self,
        place: &Place,
        path: &Path,
        take: impl Fn(&Arc<T>) -> R,
    ) -> Result<R, Refusal<T>> {
        let why = match self.store.find(place) {
            Found::Kept(slot) => match slot.value.proof.check(&*self.source, path) {
                verdict if verdict.holds() => {
                    self.store.used(&slot);
                    match verdict {
                        Verdict::Unchanged => place.note_hit(),
                        young => place.note(young.into()),
                    }
                    return Ok(take(&slot.value.value));
                }
                verdict => return Err(Refusal { why: verdict.into(), stale: Some(slot) }),
            },
            Found::Expired => Explanation::Expired,
            Found::Idle => Explanation::Idle,
            Found::Absent => place.absence(),
        };
        Err(Refusal { why, stale: None })
    }
}
