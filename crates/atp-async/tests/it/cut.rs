//! Drop at every await: each operation is begun, polled a number of times, and dropped.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// When an operation is dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// Right after this many polls.
    AfterPoll(u32),
    /// When it has been woken once more after this many polls, and before it is polled again:
    /// what it waited for may have been handed to it already.
    AfterWake(u32),
}

/// Polls `operation` as often as `cut` says. `None` if it was cut off, its output if it was done.
pub(crate) async fn poll_until<F: Future>(operation: F, cut: Cut) -> Option<F::Output> {
    let mut operation = pin!(operation);
    let mut polls = 0;
    std::future::poll_fn(|cx| poll_once(operation.as_mut(), cut, &mut polls, cx)).await
}

fn poll_once<F: Future>(
    operation: Pin<&mut F>,
    cut: Cut,
    polls: &mut u32,
    cx: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    let (Cut::AfterPoll(last) | Cut::AfterWake(last)) = cut;
    if *polls == last {
        return Poll::Ready(None);
    }
    *polls += 1;
    match operation.poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if *polls == last && matches!(cut, Cut::AfterPoll(_)) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    }
}

/// Runs `scenario` for every cut until it reports that the operation was done before the cut.
///
/// The scenario builds its world, runs the operation through [`poll_until`], asserts that nothing
/// was lost, and returns whether the operation got to its end.
pub(crate) async fn at_every_await(mut scenario: impl AsyncFnMut(Cut) -> bool) {
    for cut in [Cut::AfterPoll as fn(u32) -> Cut, Cut::AfterWake] {
        let mut polls = 0;
        while !scenario(cut(polls)).await {
            polls += 1;
            assert!(polls < 1_000, "the operation never ends");
        }
    }
}
