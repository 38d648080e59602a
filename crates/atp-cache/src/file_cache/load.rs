//! One load: who runs it, and who may share what it gave.

use super::{Entry, Inner};
use crate::error::CacheError;
use crate::explanation::Explanation;
use crate::panic::message;
use crate::place::Place;
use crate::proof::Proof;
use crate::source::Reading;
use crate::store::{Found, Generation};
use atp_lazy::InitError;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// A file of which a caller found no value that is true.
pub(super) struct Absent {
    pub(super) place: Arc<Place>,
    /// That of the file when the caller came.
    generation: Generation,
    /// The caller has waited for a load that did not answer it.
    flown_before: bool,
}

/// What a load gave, and what tells whether it is an answer to a caller who came later.
pub(super) struct Landing<T> {
    generation: Generation,
    /// Of what was read, if it held still; of an error too.
    proof: Option<Arc<Proof>>,
    result: Result<Arc<T>, CacheError>,
}

/// Reads of a file that does not hold still.
const MAX_READS: usize = 3;

impl<T: Send + Sync + 'static> Inner<T> {
    pub(super) fn absent(&self, place: Arc<Place>) -> Absent {
        let generation = self.store.generation(&*place);
        Absent { place, generation, flown_before: false }
    }

    /// Loads what is `absent`, as the one caller that does.
    pub(super) fn load<E>(
        &self,
        absent: &Absent,
        path: &Path,
        loader: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Landing<T>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let Absent { place, generation, .. } = absent;
        let generation = *generation;
        // Another load may have ended between this caller's lookup and its own flight.
        if let Found::Kept(slot) = self.store.find(&**place)
            && slot.value.proof.check(&*self.source, &place.path).holds()
        {
            self.store.counters().coalesced.add_one();
            let Entry { value, proof, .. } = &slot.value;
            let (proof, result) = (Some(Arc::clone(proof)), Ok(Arc::clone(value)));
            return Landing { generation, proof, result };
        }
        let begun_at = self.source.now();
        let landing = match self.read(place) {
            Ok(reading) => {
                let proof = Proof::of(&reading, &*self.source).map(Arc::new);
                let result = run(loader, &reading.bytes, path);
                match (&result, &proof) {
                    (Ok(value), Some(proof)) => {
                        self.keep(place, &reading, proof, value, generation);
                    }
                    (Ok(_), None) => place.note_absence(Explanation::Unstable),
                    (Err(_), _) => place.note_absence(Explanation::Failed),
                }
                Landing { generation, proof, result }
            }
            Err(error) => {
                place.note_absence(Explanation::Gone);
                let result = Err(CacheError::read(path, error));
                Landing { generation, proof: None, result }
            }
        };
        self.store.counters().add_load(self.source.now().saturating_sub(begun_at));
        landing
    }

    /// Returns the outcome of another caller's load if it answers this one.
    ///
    /// A flight that was in the air when this caller came may have read the file before the
    /// caller's last change to it; such an outcome counts only while it is true. A flight that is
    /// joined after another one began later than the call.
    pub(super) fn accept(
        &self,
        absent: &mut Absent,
        path: &Path,
        outcome: Result<Landing<T>, InitError>,
    ) -> Option<Result<Arc<T>, CacheError>> {
        match outcome {
            Ok(landing) if absent.flown_before || self.answers(&landing, absent) => {
                self.store.counters().coalesced.add_one();
                Some(landing.result)
            }
            Ok(_) | Err(InitError::Cancelled { .. }) => {
                absent.flown_before = true;
                None
            }
            Err(_) => Some(landed(path, outcome)),
        }
    }

    fn answers(&self, landing: &Landing<T>, absent: &Absent) -> bool {
        if landing.generation != absent.generation {
            return false;
        }
        let path = &absent.place.path;
        match &landing.proof {
            Some(proof) => proof.check(&*self.source, path).holds(),
            // Neither what a pipe gave nor a torn file is shared; that there is no file may be.
            None => landing.result.is_err() && self.source.stamp(path).is_err(),
        }
    }

    /// Reads the file until it holds still, three times at most; then as it was the last time.
    pub(super) fn read(&self, place: &Place) -> io::Result<Reading> {
        let mut reading = self.source.read(&place.path, self.max_bytes)?;
        for _ in 1..MAX_READS {
            // What has no stamps can be read once only, and what was cut off stays so.
            let cut_off = reading.bytes.len() as u64 >= self.max_bytes;
            if reading.stamps.is_none() || reading.stamp().is_some() || cut_off {
                break;
            }
            reading = self.source.read(&place.path, self.max_bytes)?;
        }
        Ok(reading)
    }

    pub(super) fn keep(
        &self,
        place: &Arc<Place>,
        reading: &Reading,
        proof: &Arc<Proof>,
        value: &Arc<T>,
        generation: Generation,
    ) {
        let file_bytes = reading.bytes.len() as u64;
        let (value, proof) = (Arc::clone(value), Arc::clone(proof));
        // Whatever ends the entry says so, except time.
        place.note_absence(Explanation::Expired);
        let entry = Entry { value, proof, file_bytes };
        if !self.store.keep(Arc::clone(place), entry, file_bytes, generation) {
            place.note_absence(Explanation::Invalidated);
        }
    }
}

/// Returns what a flight of one's own ended with.
pub(super) fn landed<T>(
    path: &Path,
    outcome: Result<Landing<T>, InitError>,
) -> Result<Arc<T>, CacheError> {
    outcome.map_err(|error| CacheError::ended(path.display(), error))?.result
}

/// Runs the loader. A panic becomes an error here, and not in the flight, because it is shared
/// under the same condition as any other outcome: that the file is still what it was.
fn run<T, E>(
    loader: impl FnOnce(&[u8]) -> Result<T, E>,
    bytes: &[u8],
    path: &Path,
) -> Result<Arc<T>, CacheError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    match catch_unwind(AssertUnwindSafe(|| loader(bytes).map_err(Into::into))) {
        Ok(Ok(value)) => Ok(Arc::new(value)),
        Ok(Err(error)) => Err(CacheError::load(path, error)),
        Err(payload) => {
            let (what, message) = (path.display().to_string(), message(&*payload));
            Err(CacheError::Panicked { what, message })
        }
    }
}

impl<T> Clone for Landing<T> {
    fn clone(&self) -> Self {
        let Self { generation, proof, result } = self;
        Self { generation: *generation, proof: proof.clone(), result: result.clone() }
    }
}
