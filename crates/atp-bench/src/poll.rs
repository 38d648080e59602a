//! Futures that never wait.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Returns the output of a future that is ready at its first poll.
///
/// The sampling loop is asynchronous so that it exists once; with an operation and hooks that
/// do not wait it does not either.
///
/// # Panics
///
/// If the future waits.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a call that is not asynchronous waited"),
    }
}
