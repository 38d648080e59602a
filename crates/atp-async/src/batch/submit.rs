//! The always-on form: single items from many tasks, collected into batches.

use super::open::Load;
use super::{BatchError, Shared};
use crate::sync::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

/// Where items are handed in.
pub(super) struct Desk<T, R, E> {
    max_age: Duration,
    /// Room for items whose batch has not begun. Closed with the batcher.
    queue: Arc<Semaphore>,
    state: Mutex<State<T, R, E>>,
    /// A batch has ended.
    ended: Notify,
}

struct State<T, R, E> {
    /// The batches that have not begun, by their age. Items are added to the youngest.
    batches: BTreeMap<u64, Batch<T, R, E>>,
    /// What the next batch or item is called. Ascending, so their maps are in order of arrival.
    next: u64,
    /// Batches whose task has not ended.
    unfinished: usize,
    closed: bool,
}

struct Batch<T, R, E> {
    load: Load,
    entries: BTreeMap<u64, Entry<T, R, E>>,
    /// Tells the task of this batch that nothing more will come.
    full: Arc<Notify>,
}

struct Entry<T, R, E> {
    item: T,
    load: Load,
    reply: oneshot::Sender<Result<R, BatchError<E>>>,
    /// Given back when the batch begins.
    room: OwnedSemaphorePermit,
}

impl<T, R, E> Desk<T, R, E> {
    pub(super) fn new(max_age: Duration, queue: usize) -> Self {
        let state = State { batches: BTreeMap::new(), next: 0, unfinished: 0, closed: false };
        let queue = Arc::new(Semaphore::new(queue));
        Self { max_age, queue, state: Mutex::new(state), ended: Notify::new() }
    }

    pub(super) async fn close(&self) {
        self.queue.close();
        {
            let mut state = lock(&self.state);
            state.closed = true;
            state.batches.values().for_each(|batch| batch.full.notify_one());
        }
        loop {
            // Made before the look, so that no end in between is missed.
            let ended = self.ended.notified();
            if lock(&self.state).unfinished == 0 {
                return;
            }
            ended.await;
        }
    }
}

pub(super) async fn submit<T, R, E>(
    shared: &Arc<Shared<T, R, E>>,
    item: T,
) -> Result<R, BatchError<E>>
where
    T: Send + 'static,
    R: Send + 'static,
    E: Send + Sync + 'static,
{
    let desk = &shared.desk;
    let room = Arc::clone(&desk.queue).acquire_owned().await.map_err(|_| BatchError::Closed)?;
    // Code of the caller, so before the lock.
    let load = shared.cutter.weigh(&item);
    let (reply, result) = oneshot::channel();
    let (mut place, task) = hand_in(shared, Entry { item, load, reply, room })?;
    if let Some(task) = task {
        drop(tokio::spawn(task.run()));
    }
    let result = result.await;
    place.is_left = true;
    result.unwrap_or(Err(BatchError::Lost))
}

/// Where an item stands until its batch begins. Taken out again when its submitter is dropped.
struct Place<'a, T, R, E> {
    desk: &'a Desk<T, R, E>,
    batch: u64,
    entry: u64,
    /// There was a result, so there is nothing to take out.
    is_left: bool,
}

impl<T, R, E> Drop for Place<'_, T, R, E> {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        let mut state = lock(&self.desk.state);
        let entry = state.batches.get_mut(&self.batch).and_then(|batch| {
            let entry = batch.entries.remove(&self.entry)?;
            batch.load = batch.load.without(entry.load);
            Some(entry)
        });
        drop(state);
        // The item and its room in the queue, outside the lock.
        drop(entry);
    }
}

type HandedIn<'a, T, R, E> = (Place<'a, T, R, E>, Option<Task<T, R, E>>);

/// Puts an item into the youngest batch, or into a new one, whose task is returned.
fn hand_in<T, R, E>(
    shared: &Arc<Shared<T, R, E>>,
    entry: Entry<T, R, E>,
) -> Result<HandedIn<'_, T, R, E>, BatchError<E>>
where
    T: Send + 'static,
    R: Send + 'static,
    E: Send + Sync + 'static,
{
    let desk = &shared.desk;
    let mut state = lock(&desk.state);
    if state.closed {
        return Err(BatchError::Closed);
    }
    let (id, load) = (state.next, entry.load);
    state.next += 1;
    // Nothing more can come before something begins.
    let is_last = desk.queue.available_permits() == 0;
    if let Some(mut youngest) = state.batches.last_entry() {
        let (batch_id, batch) = (*youngest.key(), youngest.get_mut());
        if let Some(sum) = shared.cutter.add(batch.load, load) {
            batch.load = sum;
            batch.entries.insert(id, entry);
            if is_last || shared.cutter.is_full(sum) {
                batch.full.notify_one();
            }
            return Ok((Place { desk, batch: batch_id, entry: id, is_left: false }, None));
        }
        batch.full.notify_one();
    }
    let load = shared.cutter.add(Load::default(), load).unwrap_or_default();
    let full = Arc::new(Notify::new());
    if is_last || shared.cutter.is_full(load) {
        full.notify_one();
    }
    state.unfinished += 1;
    let entries = BTreeMap::from([(id, entry)]);
    state.batches.insert(id, Batch { load, entries, full: Arc::clone(&full) });
    let task = Task { shared: Arc::clone(shared), id, full };
    Ok((Place { desk, batch: id, entry: id, is_left: false }, Some(task)))
}

/// The task of one batch, from its first item to its last reply.
struct Task<T: Send + 'static, R: Send + 'static, E: Send + Sync + 'static> {
    shared: Arc<Shared<T, R, E>>,
    id: u64,
    full: Arc<Notify>,
}

impl<T, R, E> Task<T, R, E>
where
    T: Send + 'static,
    R: Send + 'static,
    E: Send + Sync + 'static,
{
    async fn run(self) {
        // Whether it is full, closed or old makes no difference.
        drop(timeout(self.shared.desk.max_age, self.full.notified()).await);
        // While all places are taken the batch still takes items, up to its limits.
        let permit = self.shared.running.acquire().await;
        let entries = self.take();
        let (mut items, mut replies) = (Vec::new(), Vec::new());
        for Entry { item, reply, room, .. } in entries {
            drop(room);
            // Who has stopped waiting wants no work done.
            if !reply.is_closed() {
                items.push(item);
                replies.push(reply);
            }
        }
        if items.is_empty() {
            return;
        }
        let results = self.shared.call(items).await;
        drop(permit);
        match results {
            Ok(results) => replies.into_iter().zip(results).for_each(|(reply, result)| {
                drop(reply.send(Ok(result)));
            }),
            Err(error) => {
                replies.into_iter().for_each(|reply| drop(reply.send(Err(error.clone()))))
            }
        }
    }

    /// Takes the items: from here on the batch has begun.
    fn take(&self) -> impl Iterator<Item = Entry<T, R, E>> + use<T, R, E> {
        let batch = lock(&self.shared.desk.state).batches.remove(&self.id);
        batch.map(|batch| batch.entries).unwrap_or_default().into_values()
    }
}

/// Also when the runtime drops the task: then nobody would run what the batch still holds.
impl<T, R, E> Drop for Task<T, R, E>
where
    T: Send + 'static,
    R: Send + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        drop(self.take());
        lock(&self.shared.desk.state).unfinished -= 1;
        self.shared.desk.ended.notify_waiters();
    }
}
