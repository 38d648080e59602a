//! What is called, how often and in which order.

use atp_bench::{Benchmark, Throughput};
use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Waker},
    time::Duration,
};

const SHORT: Duration = Duration::from_millis(2);

fn exactly(iterations: u64) -> Benchmark {
    Benchmark::new()
        .with_warmup_iterations(1)
        .with_min_iterations(iterations)
        .with_max_iterations(iterations)
}

#[test]
fn be_06_limits_are_kept_as_given() {
    let benchmark = Benchmark::new()
        .with_warmup_iterations(5)
        .with_min_iterations(20)
        .with_max_iterations(50)
        .with_target_time(Duration::from_secs(2));
    assert_eq!(benchmark.warmup_iterations(), 5);
    assert_eq!((benchmark.min_iterations(), benchmark.max_iterations()), (20, Some(50)));
    assert_eq!(benchmark.target_time(), Duration::from_secs(2));
}

#[test]
fn defaults_are_three_calls_ten_samples_and_a_second() {
    let benchmark = Benchmark::default();
    assert_eq!((benchmark.warmup_iterations(), benchmark.min_iterations()), (3, 10));
    assert_eq!(
        (benchmark.max_iterations(), benchmark.target_time()),
        (None, Duration::from_secs(1))
    );
}

#[test]
fn be_07_be_11_a_run_makes_the_calls_it_reports() {
    let calls = Cell::new(0);
    let result = exactly(10).with_target_time(Duration::from_secs(10)).run("op", || {
        calls.set(calls.get() + 1);
    });
    assert_eq!((result.iterations, calls.get(), result.batch), (10, 11, 1));
    assert!(result.min_seconds > 0.0 && result.min_seconds <= result.mean_seconds);
    assert!(result.mean_seconds <= result.max_seconds && result.std_seconds >= 0.0);
    assert!(result.throughput > 0.0 && result.throughput.is_finite());
}

#[test]
fn be_08_hooks_surround_every_iteration_warm_up_included() {
    let log = RefCell::new(String::new());
    let note = |c| log.borrow_mut().push(c);
    let case = exactly(3).case("op").setup(|| note('(')).teardown(|| note(')'));
    assert_eq!(case.run(|| note('.')).iterations, 3);
    assert_eq!(log.into_inner(), "(.)(.)(.)(.)");
}

#[test]
fn hooks_switch_batching_off() {
    let benchmark = Benchmark::new().with_target_time(SHORT);
    let result = benchmark.case("op").setup(|| {}).run(|| 1);
    assert_eq!(result.batch, 1);
    assert!(result.percentiles.is_some());
}

#[test]
fn be_09_metadata_comes_back_unchanged() {
    let result = exactly(1).case("op").metadata("param", "value").metadata("n", 3).run(|| 1);
    assert_eq!(result.metadata["param"], "value");
    assert_eq!(result.metadata["n"], 3);
    assert_eq!(result.metadata.len(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn be_10_an_asynchronous_run() {
    let benchmark = Benchmark::new()
        .with_warmup_iterations(1)
        .with_min_iterations(3)
        .with_max_iterations(5)
        .with_target_time(Duration::ZERO);
    let calls = Cell::new(0);
    let result = benchmark
        .run_async("async_op", async || {
            tokio::task::yield_now().await;
            calls.set(calls.get() + 1);
        })
        .await;
    assert_eq!((result.name.as_str(), result.iterations, calls.get()), ("async_op", 3, 4));
    assert!(result.mean_seconds > 0.0);
}

#[tokio::test(flavor = "current_thread")]
async fn b8_asynchronous_set_up_and_tear_down_are_awaited() {
    let log = RefCell::new(String::new());
    let note = async |c| {
        tokio::task::yield_now().await;
        log.borrow_mut().push(c);
    };
    let case = exactly(2)
        .case("op")
        .setup_async(async || note('(').await)
        .teardown_async(async || note(')').await);
    case.run_async(async || note('.').await).await;
    assert_eq!(log.into_inner(), "(.)(.)(.)");
}

#[tokio::test(flavor = "current_thread")]
async fn inputs_can_be_made_asynchronously() {
    let made = Cell::new(0);
    let input = async || {
        tokio::task::yield_now().await;
        made.set(made.get() + 1);
        made.get()
    };
    let mut seen = Vec::new();
    exactly(3).case("op").run_batched_async(input, async |n| seen.push(n)).await;
    assert_eq!(seen, [1, 2, 3, 4]);
}

#[test]
fn each_input_is_used_once_and_outputs_outlive_the_timed_region() {
    let (made, alive) = (Cell::new(0_u64), Cell::new(0_u64));
    struct Output<'a>(&'a Cell<u64>);
    impl Drop for Output<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let most = Cell::new(0);
    let result = Benchmark::new().with_target_time(SHORT).case("op").run_batched(
        || made.set(made.get() + 1),
        |()| {
            alive.set(alive.get() + 1);
            most.set(most.get().max(alive.get()));
            Output(&alive)
        },
    );
    assert_eq!(alive.get(), 0);
    assert!(made.get() >= result.iterations);
    // Nothing was dropped while a batch was being timed, and no batch holds more than 256.
    assert!(most.get() >= result.batch && most.get() <= 256, "{} {}", most.get(), result.batch);
}

#[test]
fn b1_b6_a_short_operation_is_batched_and_never_prints_as_zero() {
    let result = Benchmark::new().with_target_time(SHORT).run("op", || 40_u64.wrapping_mul(3));
    assert!(result.batch > 1_000 && result.iterations >= 10 * result.batch);
    assert_eq!(result.percentiles, None);
    assert!(result.mean_seconds > 0.0);
}

#[test]
fn threads_call_at_once_and_all_calls_count() {
    let calls = AtomicU64::new(0);
    let result = exactly(5).case("op").threads(3).run(|| calls.fetch_add(1, Relaxed));
    assert_eq!((result.iterations, result.threads), (15, 3));
    assert_eq!(calls.into_inner(), 3 * 6);
    assert_eq!(exactly(2).case("op").threads(0).run(|| ()).threads, 1);
}

#[test]
fn a_panic_on_one_thread_ends_the_run() {
    let calls = AtomicU64::new(0);
    let run = || {
        exactly(50)
            .case("op")
            .threads(4)
            .run(|| assert!(calls.fetch_add(1, Relaxed) != 20, "the 21st"))
    };
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the 21st"));
}

#[test]
fn b7_tear_down_runs_when_the_operation_panics() {
    let open = Cell::new(0);
    let run = || {
        exactly(3)
            .case("op")
            .setup(|| open.set(open.get() + 1))
            .teardown(|| open.set(open.get() - 1))
            .run(|| panic!("broken"))
    };
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert_eq!(open.get(), 0);
}

#[test]
fn b7_tear_down_runs_when_an_asynchronous_run_is_dropped() {
    let open = Cell::new(0);
    {
        let case = exactly(3)
            .case("op")
            .setup(|| open.set(open.get() + 1))
            .teardown(|| open.set(open.get() - 1));
        let mut run = pin!(case.run_async(std::future::pending::<()>));
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(open.get(), 1);
    }
    assert_eq!(open.get(), 0);
}

#[test]
fn b4_a_maximum_of_zero_still_measures_once() {
    let result = Benchmark::new().with_min_iterations(0).with_max_iterations(0).run("op", || 1);
    assert_eq!(result.iterations, 1);
    assert!(result.throughput.is_finite());
}

#[test]
fn work_gives_units_per_second() {
    let result = exactly(2).case("op").throughput(Throughput::Bytes(1_000)).run(|| 1);
    assert_eq!(result.units_per_second(), Some(result.throughput * 1_000.0));
    assert_eq!(exactly(2).run("op", || 1).units_per_second(), None);
}
