//! What runs before and after each iteration, outside of the timed region.

use crate::{
    operation::{Operation, Sampling},
    stopwatch::Timing,
};
use std::{
    future::{Future, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    thread,
};

type Done<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Set-up or tear-down.
pub(crate) enum Hook<'a> {
    Plain(Box<dyn FnMut() + 'a>),
    Awaited(Box<dyn AsyncHook + 'a>),
}

/// An `AsyncFnMut()` whose future is boxed, so that it can be kept.
pub(crate) trait AsyncHook {
    fn call(&mut self) -> Done<'_>;
}

impl<F: AsyncFnMut()> AsyncHook for F {
    fn call(&mut self) -> Done<'_> {
        Box::pin(self())
    }
}

impl Hook<'_> {
    fn call(&mut self) -> Done<'_> {
        match self {
            Self::Plain(hook) => {
                hook();
                Box::pin(ready(()))
            }
            Self::Awaited(hook) => hook.call(),
        }
    }
}

/// The set-up and tear-down of one benchmark.
#[derive(Default)]
pub(crate) struct Hooks<'a> {
    pub(crate) set_up: Option<Hook<'a>>,
    pub(crate) tear_down: Option<Hook<'a>>,
}

impl Hooks<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.set_up.is_none() && self.tear_down.is_none()
    }

    /// Samples the operation between set-up and tear-down.
    pub(crate) async fn around(
        &mut self,
        operation: &mut dyn Operation,
        iterations: u64,
    ) -> Timing {
        if let Some(hook) = &mut self.set_up {
            hook.call().await;
        }
        let mut owed = Owed(self.tear_down.as_mut());
        let sampling: Sampling<'_> = operation.sample(iterations);
        let timing = sampling.await;
        if let Some(hook) = owed.0.take() {
            hook.call().await;
        }
        timing
    }
}

/// A tear-down that set-up has made due.
///
/// Dropped by a panic or a cancelled run it still runs, unless it would have to wait: nothing
/// can be awaited in a drop.
struct Owed<'h, 'a>(Option<&'h mut Hook<'a>>);

impl Drop for Owed<'_, '_> {
    fn drop(&mut self) {
        let Some(Hook::Plain(hook)) = self.0.take() else { return };
        if thread::panicking() {
            // A second panic would abort the process and hide the first.
            drop(catch_unwind(AssertUnwindSafe(hook)));
        } else {
            hook();
        }
    }
}
