//! `#[profiled]` beside other attributes, and where names mean something else.

use super::{block_on, counts, with_global};
use atp_profile::{profile, profiled};

/// A type of the program's own that is called as the standard one is.
mod own {
    #[derive(Debug, PartialEq)]
    pub(super) enum Result {
        Good,
        Bad,
    }
}

#[profiled]
fn own_result(good: bool) -> own::Result {
    if good {
        return own::Result::Good;
    }
    own::Result::Bad
}

macro_rules! refuse {
    ($why:expr) => {
        return Err($why)
    };
}

#[profiled]
fn refused_by_macro(refuse: bool) -> Result<u8, &'static str> {
    if refuse {
        refuse!("asked to");
    }
    Ok(1)
}

#[profiled]
fn r#move() {}

#[test]
fn what_is_called_result_may_be_anything_and_a_macro_may_return() {
    with_global(|profiler, _| {
        assert_eq!((own_result(true), own_result(false)), (own::Result::Good, own::Result::Bad));
        assert!(refused_by_macro(false).is_ok() && refused_by_macro(true).is_err());
        r#move();
        let stats = profiler.stats();
        assert_eq!((stats["own_result"].count, stats["own_result"].failed), (2, 0));
        assert_eq!((stats["refused_by_macro"].count, stats["refused_by_macro"].failed), (2, 1));
        assert_eq!(stats["move"].count, 1, "without the mark of a raw identifier");
    });
}

#[profiled]
#[tokio::main(flavor = "current_thread")]
async fn main_below() -> Result<(), String> {
    drop(profile("inside"));
    tokio::task::yield_now().await;
    Err("no".to_owned())
}

#[profiled("instrumented")]
#[tracing::instrument]
#[inline]
async fn instrumented(value: u32) -> u32 {
    tokio::task::yield_now().await;
    value
}

/// An attribute that wants an `async fn` gets the one that was written, in either order.
#[test]
fn other_attributes_see_the_function_as_it_was_written() {
    with_global(|profiler, _| {
        assert!(main_below().is_err());
        assert_eq!(block_on(instrumented(3)), 3);
        let counts = counts(&profiler.snapshot());
        assert_eq!(counts["main_below;inside"], 1);
        let stats = profiler.stats();
        assert_eq!((stats["main_below"].failed, stats["instrumented"].tasks), (1, 1));
    });
}

#[profiled]
async fn attributes_on_arguments(
    #[cfg(any())] _left_out: u32,
    #[expect(unused_variables, reason = "tests that this reaches what the argument becomes")]
    unused: u32,
    #[cfg(not(any()))] (left, right): (u32, u32),
) -> u32 {
    left + right
}

#[test]
fn arguments_keep_their_attributes() {
    with_global(|_, _| assert_eq!(block_on(attributes_on_arguments(0, (1, 2))), 3));
}

#[profiled]
fn both_ends() -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
    [1, 2, 3].into_iter()
}

#[profiled]
fn fused() -> impl std::iter::FusedIterator<Item = u32> {
    [1, 2, 3].into_iter()
}

#[profiled]
fn fused_stream() -> impl futures::stream::FusedStream<Item = u32> {
    futures::StreamExt::fuse(futures::stream::iter([1, 2, 3]))
}

#[profiled]
fn fused_future() -> impl futures::future::FusedFuture<Output = u32> {
    futures::FutureExt::fuse(async { 1 })
}

#[test]
fn what_is_wrapped_can_what_it_could() {
    use futures::future::FusedFuture;
    use futures::stream::{FusedStream, StreamExt};
    with_global(|profiler, _| {
        let mut ends = both_ends();
        assert_eq!(
            (ends.len(), ends.next_back(), ends.next(), ends.len()),
            (3, Some(3), Some(1), 1)
        );
        assert_eq!((ends.next_back(), ends.next_back()), (Some(2), None));
        assert_eq!(fused().sum::<u32>(), 6);
        block_on(async {
            let mut stream = fused_stream();
            assert_eq!(stream.next().await, Some(1));
            assert!(!stream.is_terminated());
            let mut future = Box::pin(fused_future());
            assert_eq!(future.as_mut().await, 1);
            assert!(future.is_terminated());
        });
        for (name, stats) in profiler.stats() {
            assert_eq!((stats.tasks, stats.count), (1, 1), "{name} is measured while it is used");
        }
        assert_eq!(profiler.stats().len(), 4);
    });
}
