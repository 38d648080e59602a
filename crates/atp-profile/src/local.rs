//! Finds the state of the calling thread for a session.

use crate::session::Session;
use crate::thread::Thread;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The thread's states: that of the session used last, and of other sessions that go on.
#[derive(Debug)]
struct Local {
    current: Option<(u64, Rc<Thread>)>,
    others: Vec<Rc<Thread>>,
}

thread_local! {
    static LOCAL: RefCell<Local> = const { RefCell::new(Local { current: None, others: Vec::new() }) };
}

/// Returns the thread's state for the session of that number, which `session` looks up if it is
/// not the one used last. `None` while the thread's locals are being destroyed, or if there is no
/// such session any more.
#[inline(always)]
pub(crate) fn thread(
    id: u64,
    session: impl FnOnce() -> Option<Arc<Session>>,
) -> Option<Rc<Thread>> {
    let current = LOCAL.try_with(|local| {
        let local = local.try_borrow().ok()?;
        let (current, thread) = local.current.as_ref()?;
        (*current == id).then(|| Rc::clone(thread))
    });
    match current {
        Ok(Some(thread)) => Some(thread),
        _ => switch(&session()?),
    }
}

/// Calls `use_it` with the thread's state for the session of that number, found as [`thread`] finds
/// it. What it calls must not come back here: it is for code that knows all that it calls.
#[cfg(feature = "tracing")]
#[inline(always)]
pub(crate) fn with_thread<R>(
    id: u64,
    session: impl Fn() -> Option<Arc<Session>>,
    use_it: impl FnOnce(&Thread) -> R,
) -> Option<R> {
    let used = LOCAL.try_with(|local| {
        let mut borrowed = local.try_borrow().ok()?;
        if borrowed.current.as_ref().is_none_or(|(current, _)| *current != id) {
            drop(borrowed);
            drop(switch(&session()?)?);
            borrowed = local.try_borrow().ok()?;
        }
        let (current, thread) = borrowed.current.as_ref()?;
        (*current == id).then(|| use_it(thread))
    });
    used.unwrap_or_else(|_| {
        session()?.counters().lost.fetch_add(1, Relaxed);
        None
    })
}

/// Makes `session` the one used last, and forgets those that are over.
#[cold]
fn switch(session: &Arc<Session>) -> Option<Rc<Thread>> {
    if session.is_over() {
        return None;
    }
    let is = |thread: &Rc<Thread>| Arc::ptr_eq(thread.session(), session);
    let switched = LOCAL.try_with(|local| {
        let mut local = local.try_borrow_mut().ok()?;
        let previous = local.current.take();
        local.others.extend(previous.map(|(_, thread)| thread));
        let (over, mut going) =
            local.others.drain(..).partition::<Vec<_>, _>(|thread| thread.session().is_over());
        let thread = match going.iter().position(is) {
            Some(place) => going.swap_remove(place),
            None => Thread::new(Arc::clone(session)),
        };
        local.others = going;
        local.current = Some((session.id(), Rc::clone(&thread)));
        Some((thread, over))
    });
    let Ok(Some((thread, forgotten))) = switched else {
        session.counters().lost.fetch_add(1, Relaxed);
        return None;
    };
    drop(forgotten);
    Some(thread)
}
