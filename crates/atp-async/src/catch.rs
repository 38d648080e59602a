//! A panic of the caller's code as a value, where it must not end what others wait for.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project_lite::pin_project! {
    /// Runs a future, drops it, and returns a panic of either instead of passing it on.
    ///
    /// The future is never polled after a panic, and what it touched is its own: that is what
    /// makes the assertion of unwind safety hold.
    pub(crate) struct CatchPanic<F> {
        // None once it is done.
        #[pin]
        future: Option<F>,
    }
}

pub(crate) fn catch_panic<F: Future>(future: F) -> CatchPanic<F> {
    CatchPanic { future: Some(future) }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, String>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.project().future;
        let Some(future) = slot.as_mut().as_pin_mut() else { return Poll::Pending };
        let polled = catch(|| future.poll(cx));
        if matches!(polled, Ok(Poll::Pending)) {
            return Poll::Pending;
        }
        let dropped = catch(|| slot.set(None));
        match (polled, dropped) {
            (Ok(poll), Ok(())) => poll.map(Ok),
            // The first panic is the cause of the second.
            (Err(message), _) | (_, Err(message)) => Poll::Ready(Err(message)),
        }
    }
}

fn catch<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| panic_message(payload.as_ref()))
}

/// The text of a panic, as far as it has one.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
