//! Which scopes a thread is in, and what they are charged with.
//!
//! Entering a scope notes the thread's counters, leaving it charges the difference: between the
//! two an allocation costs what it costs anyway.

use super::outlived::Outlived;
use crate::allocator::census::{self, uncounted};
use crate::allocator::sampler::{self, ScopeId};
use crate::heap::HeapCounts;
use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// What a scope has been charged with, shared by all who charge it.
#[derive(Debug, Clone)]
pub(super) struct Attribution(Charged);

/// Frees what it points to as bookkeeping, not as the program's doing.
#[derive(Debug, Clone)]
struct Charged(Option<Arc<Account>>);

#[derive(Debug)]
struct Account {
    /// The scope that this one was opened in.
    outer: Option<Attribution>,
    allocated_bytes: AtomicU64,
    allocations: AtomicU64,
    freed_bytes: AtomicU64,
    frees: AtomicU64,
    /// Set when part of what happened could not be counted.
    incomplete: AtomicBool,
    /// The scope's name among samples, and the session of the sampler in which it was opened.
    id: ScopeId,
    session: Option<u64>,
}

/// The scopes that a thread is in, outermost first.
#[derive(Debug, Default)]
struct Stack {
    entries: Vec<Entry>,
    /// How many have ever been entered.
    serial: u64,
}

#[derive(Debug)]
struct Entry {
    serial: u64,
    scope: Attribution,
    /// The thread's counters up to which the scope has been charged.
    charged_to: Option<HeapCounts>,
}

/// Room for nested scopes before this crate's list grows.
const ROOM: usize = 16;

thread_local! {
    static STACK: RefCell<Stack> = RefCell::new(Stack::default());
}

/// A thread's stay in a scope; dropping it leaves.
#[derive(Debug)]
#[must_use = "leaves the scope at once"]
pub(super) struct Entered {
    /// `None` if the thread is exiting and has no stack any more.
    serial: Option<u64>,
}

impl Attribution {
    /// Opens a scope inside of the one that the thread is in.
    pub(super) fn open() -> Self {
        uncounted(|| {
            let session = sampler::session();
            let id = if session.is_some() { sampler::open_scope() } else { ScopeId::NONE };
            let outer = STACK.try_with(|stack| stack.borrow().innermost().cloned());
            Self(Charged(Some(Arc::new(Account {
                outer: outer.ok().flatten(),
                allocated_bytes: AtomicU64::new(0),
                allocations: AtomicU64::new(0),
                freed_bytes: AtomicU64::new(0),
                frees: AtomicU64::new(0),
                incomplete: AtomicBool::new(!census::is_installed()),
                id,
                session,
            }))))
        })
    }

    pub(super) fn enter(&self) -> Entered {
        let serial = STACK.try_with(|stack| {
            let serial = uncounted(|| stack.borrow_mut().push(self.clone()));
            sampler::enter_scope(self.account().id);
            stack.borrow_mut().start_charging();
            serial
        });
        if serial.is_err() {
            self.account().incomplete.store(true, Relaxed);
        }
        Entered { serial: serial.ok() }
    }

    /// Returns what the scope has been charged with, if all of it could be counted.
    pub(super) fn counts(&self) -> Option<HeapCounts> {
        let account = self.account();
        let counts = HeapCounts {
            allocated_bytes: account.allocated_bytes.load(Relaxed),
            allocations: account.allocations.load(Relaxed),
            freed_bytes: account.freed_bytes.load(Relaxed),
            frees: account.frees.load(Relaxed),
        };
        (!account.incomplete.load(Relaxed)).then_some(counts)
    }

    /// Gives what is alive of the scope's blocks to the scope around it, and returns it.
    pub(super) fn close(&self) -> Option<Outlived> {
        let account = self.account();
        if account.id == ScopeId::NONE {
            return None;
        }
        let heir = account.outer.as_ref().map_or(ScopeId::NONE, |outer| outer.account().id);
        let left = sampler::close_scope(account.id, heir);
        (account.session == sampler::session()).then(|| Outlived::new(left))
    }

    fn account(&self) -> &Account {
        self.0.0.as_ref().expect("an account is only taken on drop")
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.account(), other.account())
    }
}

impl Account {
    fn charge(&self, counts: Option<HeapCounts>) {
        let Some(counts) = counts else {
            self.incomplete.store(true, Relaxed);
            return;
        };
        self.allocated_bytes.fetch_add(counts.allocated_bytes, Relaxed);
        self.allocations.fetch_add(counts.allocations, Relaxed);
        self.freed_bytes.fetch_add(counts.freed_bytes, Relaxed);
        self.frees.fetch_add(counts.frees, Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // A scope that nobody finished, such as one that a panic went through.
        if self.id != ScopeId::NONE {
            let heir = self.outer.as_ref().map_or(ScopeId::NONE, |outer| outer.account().id);
            drop(sampler::close_scope(self.id, heir));
        }
    }
}

impl Drop for Charged {
    fn drop(&mut self) {
        let account = self.0.take();
        uncounted(|| drop(account));
    }
}

impl Stack {
    fn innermost(&self) -> Option<&Attribution> {
        self.entries.last().map(|entry| &entry.scope)
    }

    fn push(&mut self, scope: Attribution) -> u64 {
        if self.entries.capacity() == 0 {
            self.entries.reserve(ROOM);
        }
        self.serial += 1;
        self.entries.push(Entry { serial: self.serial, scope, charged_to: None });
        self.serial
    }

    fn start_charging(&mut self) {
        if let Some(entry) = self.entries.last_mut() {
            entry.charged_to = census::thread();
        }
    }

    /// Charges all scopes down to the one that is left, and takes that one off.
    fn remove(&mut self, serial: u64) -> Option<Entry> {
        let now = census::thread();
        let position = self.entries.iter().rposition(|entry| entry.serial == serial)?;
        for index in (position..self.entries.len()).rev() {
            self.charge(index, now);
        }
        Some(self.entries.remove(position))
    }

    /// Charges the entry's scope, and those around it, with what the thread has done since it was
    /// last charged. A scope that the thread has entered further down is left out, with all around
    /// it: its own entry covers the same time.
    fn charge(&mut self, index: usize, now: Option<HeapCounts>) {
        let (below, rest) = self.entries.split_at_mut(index);
        let entry = &mut rest[0];
        let done = entry.charged_to.zip(now).map(|(since, now)| now.since(&since));
        entry.charged_to = now;
        let mut next = Some(&entry.scope);
        while let Some(scope) = next {
            if below.iter().any(|other| other.scope.is(scope)) {
                return;
            }
            scope.account().charge(done);
            next = scope.account().outer.as_ref();
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let entries = mem::take(&mut self.entries);
        uncounted(|| drop(entries));
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Some(serial) = self.serial else { return };
        // An error is a thread that is exiting: its stack is gone, and the scope stays uncharged.
        let left = STACK.try_with(|stack| {
            let left = stack.borrow_mut().remove(serial);
            let inner =
                stack.borrow().innermost().map_or(ScopeId::NONE, |scope| scope.account().id);
            sampler::enter_scope(inner);
            left
        });
        drop(left);
    }
}
