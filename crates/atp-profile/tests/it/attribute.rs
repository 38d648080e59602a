//! `#[profiled]` on all that it may stand before.

use super::{block_on, counts, ms, with_global};
use atp_profile::{profile, profiled};
use futures::{Stream, StreamExt};
use std::fmt::Display;
use std::pin::Pin;

#[profiled("decorated_sync")]
fn decorated_sync(a: u32, b: u32) -> u32 {
    a + b
}

#[profiled]
fn own_name() {}

#[profiled("decorated_async")]
async fn decorated_async(text: &str) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

/// PR-23, PR-24, PR-25.
#[test]
fn pr_23_24_25_values_are_kept_and_names_are_taken() {
    with_global(|profiler, _| {
        assert_eq!(decorated_sync(2, 3), 5);
        own_name();
        assert_eq!(block_on(decorated_async("four")), 4);
        let names: Vec<_> = profiler.stats().into_keys().collect();
        assert_eq!(names, ["decorated_async", "decorated_sync", "own_name"]);
    });
}

/// A name under which the crate could be known.
mod elsewhere {
    pub(super) use atp_profile as profiling;
}

#[profiled(crate = "crate::attribute::elsewhere::profiling")]
fn by_path() {}

#[profiled("named", crate = "crate::attribute::elsewhere::profiling")]
async fn named_by_path() {}

#[test]
fn another_path_to_the_crate_may_be_given() {
    with_global(|profiler, _| {
        by_path();
        block_on(named_by_path());
        assert_eq!(profiler.stats().len(), 2);
    });
}

#[profiled]
fn early(fail: bool) -> Result<u8, std::num::ParseIntError> {
    if !fail {
        return Ok(0);
    }
    let number: u8 = "x".parse()?;
    Ok(number)
}

#[profiled]
async fn early_async(fail: bool) -> Result<u8, std::num::ParseIntError> {
    if !fail {
        return Ok(0);
    }
    tokio::task::yield_now().await;
    let number: u8 = "x".parse()?;
    Ok(number)
}

#[test]
fn p8_early_returns_and_question_marks_end_the_span_and_mark_it() {
    with_global(|profiler, _| {
        assert!(early(false).is_ok() && early(true).is_err());
        assert!(block_on(early_async(false)).is_ok() && block_on(early_async(true)).is_err());
        for name in ["early", "early_async"] {
            let stats = &profiler.stats()[name];
            assert_eq!((stats.count, stats.failed), (2, 1), "{name}");
        }
    });
}

struct Service {
    calls: u32,
}

impl Service {
    #[profiled]
    fn by_ref(&self) -> &u32 {
        &self.calls
    }

    #[profiled]
    fn by_mut(&mut self, (add, _): (u32, u32)) -> Result<&mut u32, String> {
        self.calls += add;
        Ok(&mut self.calls)
    }

    #[profiled]
    async fn async_by_mut(&mut self, mut add: u32, _: &str) -> &u32 {
        add += 1;
        tokio::task::yield_now().await;
        self.calls += add;
        &self.calls
    }

    #[profiled]
    async fn by_value(mut self) -> u32 {
        self.calls += 1;
        self.calls
    }

    #[profiled]
    async fn unused(self, _guard: DropOrder<'_>) {}

    #[profiled]
    fn generic<T, const N: usize>(&self, value: &T) -> [String; N]
    where
        T: Display + ?Sized,
    {
        std::array::from_fn(|_| value.to_string())
    }

    #[profiled]
    async fn async_generic<'a, T>(&self, left: &'a T, right: impl Fn(&T) -> &T) -> &'a T
    where
        T: PartialOrd,
    {
        let _seen = right(left) >= left;
        left
    }
}

struct DropOrder<'a>(&'a std::cell::Cell<bool>);

impl Drop for DropOrder<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn methods_and_generics_of_all_shapes() {
    with_global(|profiler, _| {
        let mut service = Service { calls: 1 };
        assert_eq!(*service.by_ref(), 1);
        *service.by_mut((2, 0)).unwrap() += 1;
        assert_eq!(*block_on(service.async_by_mut(1, "x")), 6);
        assert_eq!(service.generic::<str, 2>("x"), ["x", "x"]);
        assert_eq!(*block_on(service.async_generic(&5, |n| n)), 5);
        assert_eq!(block_on(service.by_value()), 7);
        assert_eq!(profiler.stats().len(), 6);
    });
}

#[test]
fn arguments_live_as_long_as_the_future_as_those_of_an_async_fn_do() {
    with_global(|_, _| {
        let dropped = std::cell::Cell::new(false);
        let future = Service { calls: 0 }.unused(DropOrder(&dropped));
        assert!(!dropped.get());
        block_on(future);
        assert!(dropped.get());
    });
}

#[profiled]
fn squares(limit: u32) -> impl Iterator<Item = u32> {
    (0..limit).map(|n| n * n)
}

#[profiled]
fn boxed_squares(limit: u32) -> Box<dyn Iterator<Item = u32>> {
    if limit == 0 {
        return Box::new(std::iter::empty());
    }
    Box::new((0..limit).map(|n| n * n))
}

#[profiled]
fn numbers(limit: u32) -> impl Stream<Item = u32> {
    futures::stream::iter(0..limit).then(|n| async move {
        drop(profile("item"));
        n
    })
}

#[profiled]
fn boxed_numbers(limit: u32) -> futures::stream::BoxStream<'static, u32> {
    futures::stream::iter(0..limit).boxed()
}

#[profiled]
fn desugared(value: u32) -> impl Future<Output = u32> {
    async move { value }
}

#[profiled]
fn boxed(value: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send>> {
    if value == 0 {
        return Box::pin(async { Err("zero".to_owned()) });
    }
    Box::pin(async move { Ok(value) })
}

#[profiled]
async fn opaque(limit: u32) -> impl Iterator<Item = u32> {
    0..limit
}

#[test]
fn p7_what_works_later_is_measured_later() {
    with_global(|profiler, _| {
        assert_eq!(squares(3).sum::<u32>() + boxed_squares(3).sum::<u32>(), 10);
        assert_eq!(boxed_squares(0).count(), 0);
        assert_eq!(block_on(numbers(3).collect::<Vec<_>>()), [0, 1, 2]);
        assert_eq!(block_on(boxed_numbers(2).collect::<Vec<_>>()), [0, 1]);
        assert_eq!(block_on(desugared(3)), 3);
        assert_eq!(block_on(boxed(3)), Ok(3));
        assert!(block_on(boxed(0)).is_err());
        assert_eq!(block_on(opaque(3)).count(), 3);
        let counts = counts(&profiler.snapshot());
        assert_eq!(counts["numbers;item"], 3, "what the stream does is inside of it");
        let stats = profiler.stats();
        for name in ["squares", "boxed_squares", "numbers", "boxed_numbers", "desugared", "boxed"] {
            assert!(stats[name].tasks > 0, "{name}");
        }
        assert_eq!(stats["boxed"].count, 2);
    });
}

#[async_trait::async_trait]
trait Agent: Send + Sync {
    async fn run(&self, input: &str) -> Result<usize, String>;

    #[profiled("default_body")]
    async fn with_default(&self) -> usize {
        tokio::task::yield_now().await;
        7
    }
}

struct Echo;

#[async_trait::async_trait]
impl Agent for Echo {
    #[profiled("agent_run")]
    async fn run(&self, input: &str) -> Result<usize, String> {
        tokio::task::yield_now().await;
        drop(profile("inside"));
        if input.is_empty() {
            return Err("empty".to_owned());
        }
        Ok(input.len())
    }
}

#[test]
fn under_async_trait_the_span_does_not_end_at_the_boxing() {
    with_global(|profiler, clock| {
        let agent: Box<dyn Agent> = Box::new(Echo);
        assert_eq!(block_on(agent.run("four")), Ok(4));
        assert!(block_on(agent.run("")).is_err());
        assert_eq!(block_on(agent.with_default()), 7);
        clock.advance(ms(1));
        let counts = counts(&profiler.snapshot());
        assert_eq!(counts["agent_run;inside"], 2);
        assert_eq!(profiler.stats()["agent_run"].failed, 1);
        assert_eq!(counts["default_body"], 1);
    });
}

trait Native {
    async fn work(&self) -> u32;
}

impl Native for Echo {
    #[profiled]
    async fn work(&self) -> u32 {
        1
    }
}

#[profiled]
async fn child() {}

#[test]
fn the_parent_is_captured_at_the_call() {
    with_global(|profiler, _| {
        let future = {
            let _parent = profile("parent");
            child()
        };
        block_on(future);
        assert_eq!(block_on(Echo.work()), 1);
        let counts = counts(&profiler.snapshot());
        assert_eq!(counts.keys().collect::<Vec<_>>(), ["parent", "parent;child", "work"]);
    });
}

#[test]
fn a_profiled_future_may_be_spawned() {
    #[profiled]
    async fn work(input: String) -> usize {
        tokio::task::yield_now().await;
        input.len()
    }
    with_global(|profiler, _| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let length = runtime.block_on(async { tokio::spawn(work("four".to_owned())).await });
        assert_eq!(length.unwrap(), 4);
        assert_eq!(profiler.stats()["work"].count, 1);
    });
}

#[profiled]
async fn never() -> ! {
    std::future::pending().await
}

#[test]
fn a_function_that_never_returns_may_be_cancelled() {
    with_global(|profiler, _| {
        block_on(async {
            tokio::select! {
                biased;
                _ = never() => {}
                () = tokio::task::yield_now() => {}
            }
        });
        assert_eq!(profiler.stats()["never"].cancelled, 1);
    });
}
