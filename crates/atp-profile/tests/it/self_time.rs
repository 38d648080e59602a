//! Each moment on a thread belongs to one span's own time, whatever the program does.

use super::manual;
use atp_profile::{ManualClock, Profiled, Profiler, ProfilerConfig, Span};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// What a program does next; numbers choose among what is there.
#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Open(usize),
    /// Drops any guard, not only the last.
    Close(usize),
    Build(usize),
    /// Polls any task, which then does the rest.
    Poll(usize, Vec<Action>),
    /// Does the rest below a parent that was taken elsewhere.
    Scope(Vec<Action>),
    DropTask(usize),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let leaf = prop_oneof![
        4 => (0..50_u64).prop_map(Action::Wait),
        3 => (0..4_usize).prop_map(Action::Open),
        3 => (0..9_usize).prop_map(Action::Close),
        1 => (0..4_usize).prop_map(Action::Build),
        1 => (0..9_usize).prop_map(Action::DropTask),
    ];
    let action = leaf.prop_recursive(4, 60, 8, |inner| {
        let inner = prop::collection::vec(inner, 0..8);
        prop_oneof![
            (0..9_usize, inner.clone()).prop_map(|(task, inner)| Action::Poll(task, inner)),
            inner.prop_map(Action::Scope),
        ]
    });
    prop::collection::vec(action, 0..30)
}

type Task = (Pin<Box<Profiled<Script>>>, Work);

type Work = Rc<RefCell<Option<Box<dyn FnOnce()>>>>;

/// A future that does at each poll what was put there for it.
struct Script(Work);

impl Future for Script {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if let Some(work) = self.0.take() {
            work();
        }
        Poll::Pending
    }
}

/// A guard, and how many polls and scopes were around it when it was opened.
struct Guard {
    span: Span,
    depth: usize,
}

struct Machine {
    profiler: Profiler,
    clock: ManualClock,
    guards: RefCell<Vec<Guard>>,
    tasks: RefCell<Vec<Task>>,
    depth: Cell<usize>,
    polls: Cell<usize>,
    /// The time during which anything was open on the thread.
    covered: Cell<u64>,
}

impl Machine {
    fn run(self: &Rc<Self>, actions: Vec<Action>) {
        for action in actions {
            self.act(action);
        }
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::Wait(nanos) => {
                self.clock.advance(Duration::from_nanos(nanos));
                if self.polls.get() > 0 || !self.guards.borrow().is_empty() {
                    self.covered.set(self.covered.get() + nanos);
                }
            }
            Action::Open(name) => {
                let span = self.profiler.profile(NAMES[name]);
                self.guards.borrow_mut().push(Guard { span, depth: self.depth.get() });
            }
            Action::Close(which) => {
                let mut guards = self.guards.borrow_mut();
                if !guards.is_empty() {
                    let which = which % guards.len();
                    drop(guards.remove(which).span);
                }
            }
            Action::Build(name) => {
                let work = Work::default();
                let task = self.profiler.profile_async(NAMES[name], Script(Rc::clone(&work)));
                self.tasks.borrow_mut().push((Box::pin(task), work));
            }
            Action::DropTask(which) => drop(self.take_task(which)),
            Action::Poll(which, inner) => {
                let Some((mut task, work)) = self.take_task(which) else { return };
                let machine = Rc::clone(self);
                *work.borrow_mut() = Some(Box::new(move || {
                    machine.polls.set(machine.polls.get() + 1);
                    machine.within(inner);
                    machine.polls.set(machine.polls.get() - 1);
                }));
                assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                self.forget_guards();
                self.tasks.borrow_mut().push((task, work));
            }
            Action::Scope(inner) => {
                self.profiler.context().scope(|| self.within(inner));
                self.forget_guards();
            }
        }
    }

    fn within(self: &Rc<Self>, actions: Vec<Action>) {
        self.depth.set(self.depth.get() + 1);
        self.run(actions);
        self.depth.set(self.depth.get() - 1);
    }

    /// The guards that were left open inside of what has just ended were closed by its end.
    fn forget_guards(&self) {
        let depth = self.depth.get();
        self.guards.borrow_mut().retain(|guard| guard.depth <= depth);
    }

    fn take_task(&self, which: usize) -> Option<Task> {
        let mut tasks = self.tasks.borrow_mut();
        let count = tasks.len();
        (count > 0).then(|| tasks.remove(which % count))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn self_times_sum_up_to_the_time_in_which_anything_was_open(actions in actions()) {
        let (profiler, clock) = manual();
        let machine = Rc::new(Machine {
            profiler: profiler.clone(),
            clock,
            guards: RefCell::default(),
            tasks: RefCell::default(),
            depth: Cell::new(0),
            polls: Cell::new(0),
            covered: Cell::new(0),
        });
        machine.run(actions);
        machine.guards.take().into_iter().for_each(|guard| drop(guard.span));
        machine.tasks.take();
        prop_assert_eq!(profiler.snapshot().total(), Duration::from_nanos(machine.covered.get()));
        prop_assert_eq!(profiler.snapshot().counters.open, 0);

        // Nothing of the disorder is left on the thread.
        profiler.profile_fn("root", || ());
        prop_assert!(profiler.snapshot().find(&["root"]).is_some());
    }
}

const MOST_OPEN: usize = 6;

proptest! {
    /// At most as many guards are open as the stack is deep, and always some: closed frames have to
    /// make room.
    #[test]
    fn disorder_that_fills_the_stack_costs_no_time(
        steps in prop::collection::vec((0..50_u64, 0..4_usize, 0..MOST_OPEN), 0..300),
    ) {
        let clock = ManualClock::new();
        let config = ProfilerConfig::new().with_clock(clock.clone()).with_max_depth(MOST_OPEN + 1);
        let profiler = Profiler::with_config(config).unwrap();
        let mut guards = vec![profiler.profile(NAMES[0])];
        let mut covered = 0;
        for (nanos, name, which) in steps {
            guards.push(profiler.profile(NAMES[name]));
            clock.advance(Duration::from_nanos(nanos));
            covered += nanos;
            if which < guards.len() - 1 || guards.len() > MOST_OPEN {
                drop(guards.swap_remove(which));
            }
        }
        drop(guards);
        let profile = profiler.snapshot();
        prop_assert_eq!(profile.total(), Duration::from_nanos(covered));
        prop_assert_eq!((profile.counters.too_deep, profile.counters.open), (0, 0));
    }
}

#[test]
fn self_time_is_the_busy_time_of_the_roots_without_disorder() {
    let (profiler, clock) = manual();
    let wait = |millis| clock.advance(super::ms(millis));
    profiler.profile_fn("root", || {
        wait(1);
        profiler.profile_fn("left", || wait(10));
        profiler.profile_fn("right", || {
            wait(100);
            profiler.profile_fn("leaf", || wait(1000));
        });
    });
    let profile = profiler.snapshot();
    let own = |path: &[&str]| profile.find(path).unwrap().stats.self_time;
    assert_eq!(own(&["root"]), super::ms(1));
    assert_eq!(own(&["root", "right"]), super::ms(100));
    assert_eq!(profile.total(), profile.find(&["root"]).unwrap().stats.busy);
}
