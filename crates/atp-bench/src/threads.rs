//! The same operation on several threads at once.

use crate::{
    operation::{Operation, Sampling, Shape, call_many},
    stopwatch::Timing,
};
use std::{
    any::Any,
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Barrier, mpsc},
    thread::{self, Scope},
};

/// What one thread answers to an order: its timing, or the panic that ended it.
type Answer = Result<Timing, Box<dyn Any + Send>>;

/// Threads that wait for the number of calls to make, all starting at one time.
pub(crate) struct Team {
    orders: Vec<mpsc::Sender<u64>>,
    answers: mpsc::Receiver<Answer>,
}

impl Team {
    /// Starts `threads` threads in `scope`. They end when the team is dropped.
    ///
    /// # Panics
    ///
    /// If the system refuses a thread.
    pub(crate) fn start<'scope, 'env, T>(
        scope: &'scope Scope<'scope, 'env>,
        threads: usize,
        start_line: &'scope Barrier,
        call: &'scope (impl Fn() -> T + Sync),
    ) -> Self {
        let (answer, answers) = mpsc::channel();
        let orders = (0..threads)
            .map(|_| {
                let (order, orders) = mpsc::channel();
                let answer = answer.clone();
                scope.spawn(move || work(&orders, &answer, start_line, call));
                order
            })
            .collect();
        Self { orders, answers }
    }
}

fn work<T>(
    orders: &mpsc::Receiver<u64>,
    answer: &mpsc::Sender<Answer>,
    start_line: &Barrier,
    call: &impl Fn() -> T,
) {
    for iterations in orders {
        start_line.wait();
        let timing = catch_unwind(AssertUnwindSafe(|| call_many(&mut || call(), iterations)));
        if answer.send(timing).is_err() {
            return;
        }
    }
}

impl Operation for Team {
    /// The sample lasts as long as its slowest thread, and allocates what all of them do.
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        for order in &self.orders {
            order.send(iterations).expect("a thread waits for orders until the team is dropped");
        }
        let answers: Vec<Answer> = self.answers.iter().take(self.orders.len()).collect();
        let mut sample = Timing::default();
        for answer in answers {
            let timing = answer.unwrap_or_else(|panic| resume_unwind(panic));
            sample.elapsed = sample.elapsed.max(timing.elapsed);
            if let Some(more) = timing.allocations {
                *sample.allocations.get_or_insert_default() += more;
            }
        }
        Box::pin(ready(sample))
    }

    fn shape(&self) -> Shape {
        Shape::Plain
    }

    fn threads(&self) -> usize {
        self.orders.len()
    }
}

/// Runs `body` with a team of `threads` threads around `call`.
pub(crate) fn with_team<T, R>(
    threads: usize,
    call: impl Fn() -> T + Sync,
    body: impl FnOnce(&mut Team) -> R,
) -> R {
    let start_line = Barrier::new(threads);
    thread::scope(|scope| body(&mut Team::start(scope, threads, &start_line, &call)))
}
