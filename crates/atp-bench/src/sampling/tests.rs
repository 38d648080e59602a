//! The loop against operations that only claim to take time.

use super::*;
use crate::{operation::Sampling, poll, stopwatch::Timing};
use std::{cell::Cell, future::ready, rc::Rc};

/// Advances a clock of its own by the same amount a call.
struct Scripted {
    now: Rc<Cell<Duration>>,
    each: Duration,
    calls: Rc<Cell<u64>>,
    shape: Shape,
}

impl Scripted {
    fn new(each: Duration) -> Self {
        Self { now: Rc::default(), each, calls: Rc::default(), shape: Shape::Plain }
    }
}

impl Operation for Scripted {
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        let nanos = self.each.as_nanos() as u64 * iterations;
        let elapsed = Duration::from_nanos(nanos);
        self.now.set(self.now.get() + elapsed);
        self.calls.set(self.calls.get() + iterations);
        Box::pin(ready(Timing { elapsed, allocations: None }))
    }

    fn shape(&self) -> Shape {
        self.shape
    }
}

fn measure(mut operation: Scripted, plan: Plan) -> Samples {
    let now = Rc::clone(&operation.now);
    poll::ready(collect(&plan, &mut Hooks::default(), &mut operation, &|| now.get()))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn be_11_equal_limits_give_exactly_that_many_iterations() {
    let plan = Plan::new(3, Some(10), Some(10), seconds(10));
    let samples = measure(Scripted::new(Duration::from_nanos(30)), plan);
    assert_eq!((samples.nanos.len(), samples.batch), (10, 1));
}

#[test]
fn be_07_the_target_ends_the_run_once_the_minimum_is_there() {
    let plan = Plan::new(1, Some(5), Some(10), Duration::from_millis(7));
    let samples = measure(Scripted::new(Duration::from_millis(1)), plan);
    assert_eq!(samples.nanos.len(), 7);
    let plan = Plan::new(1, Some(5), Some(10), Duration::ZERO);
    assert_eq!(measure(Scripted::new(Duration::from_millis(1)), plan).nanos.len(), 5);
}

#[test]
fn b3_without_limits_the_target_time_is_used_up() {
    let plan = Plan::new(3, None, None, seconds(1));
    let samples = measure(Scripted::new(Duration::from_micros(2)), plan);
    assert_eq!((samples.nanos.len(), samples.batch), (500_000, 1));
}

#[test]
fn b4_the_minimum_wins_over_a_smaller_maximum() {
    let plan = Plan::new(0, Some(50), Some(10), Duration::ZERO);
    assert_eq!((plan.min, plan.max), (50, 50));
    let nothing = Plan::new(0, Some(0), Some(0), Duration::ZERO);
    assert_eq!((nothing.min, nothing.max), (1, 1));
    let only_max = Plan::new(0, None, Some(4), Duration::ZERO);
    assert_eq!((only_max.min, only_max.max), (4, 4));
}

#[test]
fn b1_short_operations_fill_a_sample_of_a_millisecond() {
    let plan = Plan::new(3, None, None, seconds(1));
    let samples = measure(Scripted::new(Duration::from_nanos(32)), plan);
    assert_eq!(samples.batch, 31_250);
    assert_eq!(samples.nanos.len(), 1_000);
}

#[test]
fn an_operation_without_duration_ends_at_the_limits() {
    let plan = Plan::new(3, None, None, seconds(1));
    let mut operation = Scripted::new(Duration::ZERO);
    operation.shape = Shape::Batched;
    let samples = measure(operation, plan);
    assert_eq!((samples.batch, samples.nanos.len() as u64), (MAX_INPUTS, MAX_SAMPLES));
}

#[test]
fn a_slow_operation_is_not_repeated_to_find_its_batch() {
    let operation = Scripted::new(seconds(2));
    let calls = Rc::clone(&operation.calls);
    let plan = Plan::new(0, None, Some(1), seconds(1));
    assert_eq!(measure(operation, plan).nanos.len(), 1);
    assert_eq!(calls.get(), 1);
    let mut operation = Scripted::new(seconds(2));
    assert_eq!(poll::ready(batch_of(&mut operation, SHORT)), 1);
    assert_eq!(operation.calls.get(), 1);
}
