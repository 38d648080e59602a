//! One call of a task, of which the threads of the blocking pool do all but the waiting.

use super::Inner;
use super::load::{Absent, Landing};
use crate::error::CacheError;
use atp_lazy::{Flight, InitError};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What a pool thread tells the task that it works for.
pub(super) enum Answer<T, L> {
    Done(Result<Arc<T>, CacheError>),
    /// The thread is the one that loads, and goes on to do so.
    Leads(Flight<Landing<T>>),
    /// Another caller loads, and the loader is not used for now.
    Waits(Flight<Landing<T>>, Absent, L),
}

/// What a task came back with after it waited for another caller's load.
pub(super) type Waited<T> = (Absent, Result<Landing<T>, InitError>);

impl<T: Send + Sync + 'static> Inner<T> {
    /// Looks `path` up, or sees what became of the load that was `waited` for; then loads if it is
    /// this thread's turn.
    ///
    /// A load is opened by the thread that runs it. Were it opened first and queued for the pool
    /// then, those who block a thread of the pool to wait for it could hold all that it needs one
    /// of.
    pub(super) fn answer<E, L>(
        &self,
        path: &Path,
        waited: Option<Waited<T>>,
        loader: L,
        answer: oneshot::Sender<Answer<T, L>>,
    ) where
        E: Into<Box<dyn Error + Send + Sync>>,
        L: FnOnce(&[u8]) -> Result<T, E>,
    {
        if answer.is_closed() {
            // Cancelled before anything began.
            return;
        }
        // An answer that cannot be sent is one that nobody waits for.
        let tell = |what| drop(answer.send(what));
        let absent = match waited {
            None => match self.look_up(path, Arc::clone) {
                Ok(value) => return tell(Answer::Done(Ok(value))),
                Err(place) => self.absent(place),
            },
            Some((mut absent, landing)) => match self.accept(&mut absent, path, landing) {
                Some(result) => return tell(Answer::Done(result)),
                None => absent,
            },
        };
        let (flight, leader) = self.flights.join(Arc::clone(&absent.place));
        match leader {
            Some(leader) => {
                // Told before the load runs, so that the task waits for this flight, and a ring
                // of loads that leads through the task is seen.
                tell(Answer::Leads(flight));
                leader.run(|| self.load(&absent, path, loader));
            }
            None => tell(Answer::Waits(flight, absent, loader)),
        }
    }
}
