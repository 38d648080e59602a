//! Which initialisation the current code belongs to, and which one waits for which.
//!
//! Every initialisation in progress is a [`Node`]. A thread keeps the stack of the nodes it is
//! inside of; a future enters its node for each poll. When code inside one node comes to need
//! another, that is an edge of the process-wide graph for as long as it needs it. An edge that
//! would close a ring is refused, whatever mixture of threads and tasks the ring runs through.

use crate::error::CyclePath;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// One initialisation in progress.
#[derive(Debug)]
pub(crate) struct Node {
    id: u64,
    name: Cow<'static, str>,
    /// Whether what happens inside happens to the node around it: so it is with phases.
    transparent: bool,
    /// The cycle that code inside this node panicked with, if it did.
    raised: OnceLock<CyclePath>,
}

/// The current code is inside a node until this is dropped, on the thread that entered it.
#[derive(Debug)]
#[must_use = "the node is left again when this is dropped"]
pub(crate) struct Entered {
    id: u64,
    /// The stack belongs to one thread.
    not_send: PhantomData<*const ()>,
}

/// One node needs another until this is dropped.
#[derive(Debug)]
#[must_use = "the edge is taken back when this is dropped"]
pub(crate) struct Need {
    from: u64,
    to: u64,
}

thread_local! {
    static STACK: RefCell<Vec<Arc<Node>>> = const { RefCell::new(Vec::new()) };
}

/// What each node needs, by its id. Empty unless initialisations nest.
static NEEDS: Mutex<BTreeMap<u64, Vec<Arc<Node>>>> = Mutex::new(BTreeMap::new());

impl Node {
    pub(crate) fn new(name: Cow<'static, str>) -> Arc<Self> {
        Self::with(name, false)
    }

    pub(crate) fn phase(name: Cow<'static, str>) -> Arc<Self> {
        Self::with(name, true)
    }

    fn with(name: Cow<'static, str>, transparent: bool) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Relaxed);
        Arc::new(Self { id, name, transparent, raised: OnceLock::new() })
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cycle that code inside this node panicked with.
    pub(crate) fn raised(&self) -> Option<&CyclePath> {
        self.raised.get()
    }

    /// Makes the current code of this thread part of this node.
    ///
    /// During the destruction of the thread's locals there is no stack any more, so cycles that
    /// only close there are not seen.
    pub(crate) fn enter(self: &Arc<Self>) -> Entered {
        // A stack that is gone is left as well, so there is nothing to do.
        let _gone = STACK.try_with(|stack| stack.borrow_mut().push(Arc::clone(self)));
        Entered { id: self.id, not_send: PhantomData }
    }
}

/// Returns the innermost node that the current code is part of.
pub(crate) fn current() -> Option<Arc<Node>> {
    STACK.try_with(|stack| stack.borrow().last().cloned()).ok().flatten()
}

/// Returns the ids of all nodes that the current code is part of, the innermost first.
pub(crate) fn enclosing() -> Vec<u64> {
    let ids = STACK.try_with(|stack| stack.borrow().iter().rev().map(|node| node.id).collect());
    ids.unwrap_or_default()
}

/// Notes on the current initialisation that its code is about to panic with this cycle, so that
/// the panic is told as the cycle that it is.
pub(crate) fn note_raised(path: &CyclePath) {
    let _gone = STACK.try_with(|stack| {
        let stack = stack.borrow();
        if let Some(node) = stack.iter().rev().find(|node| !node.transparent) {
            // The first one is as good as any later one.
            node.raised.get_or_init(|| path.clone());
        }
    });
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _gone = STACK.try_with(|stack| {
            let mut stack = stack.borrow_mut();
            // By id and not by position: guards may be dropped out of order.
            if let Some(at) = stack.iter().rposition(|node| node.id == self.id) {
                stack.remove(at);
            }
        });
    }
}

impl Need {
    /// Notes that the current code needs `to`; code outside every initialisation needs no note.
    ///
    /// # Errors
    ///
    /// The ring that this would close.
    pub(crate) fn of_current(to: &Arc<Node>) -> Result<Option<Self>, CyclePath> {
        let Some(from) = current() else { return Ok(None) };
        let mut needs = needs();
        if let Some(ring) = ring(&needs, &from, to) {
            return Err(ring);
        }
        needs.entry(from.id).or_default().push(Arc::clone(to));
        Ok(Some(Self { from: from.id, to: to.id }))
    }
}

impl Drop for Need {
    fn drop(&mut self) {
        let mut needs = needs();
        if let Some(targets) = needs.get_mut(&self.from) {
            if let Some(at) = targets.iter().position(|node| node.id == self.to) {
                targets.swap_remove(at);
            }
            if targets.is_empty() {
                needs.remove(&self.from);
            }
        }
    }
}

fn needs() -> MutexGuard<'static, BTreeMap<u64, Vec<Arc<Node>>>> {
    NEEDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the shortest ring that an edge from `from` to `to` would close.
fn ring(
    needs: &BTreeMap<u64, Vec<Arc<Node>>>,
    from: &Arc<Node>,
    to: &Arc<Node>,
) -> Option<CyclePath> {
    // Breadth first: each node reached, and the index of the one it was reached from.
    let mut reached = vec![(to, 0)];
    let mut seen = BTreeSet::from([to.id]);
    let mut at = 0;
    while let Some(&(node, _)) = reached.get(at) {
        if node.id == from.id {
            return Some(path_back(&reached, at));
        }
        for next in needs.get(&node.id).into_iter().flatten() {
            if seen.insert(next.id) {
                reached.push((next, at));
            }
        }
        at += 1;
    }
    None
}

/// Reads the names from the start of a search to its end, and closes the ring.
fn path_back(reached: &[(&Arc<Node>, usize)], end: usize) -> CyclePath {
    let start = reached[0].0;
    let mut names = vec![start.name().to_owned()];
    let mut at = end;
    while at != 0 {
        names.push(reached[at].0.name().to_owned());
        at = reached[at].1;
    }
    names.push(start.name().to_owned());
    names.reverse();
    CyclePath::new(names)
}
