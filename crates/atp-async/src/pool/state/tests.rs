//! The pool's decisions against a naive model.

use super::*;
use proptest::prelude::*;

/// What a user of the pool may do next; the numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Acquire,
    CreationEnds { ok: bool },
    Return { which: usize, keep: bool },
    Leave(usize),
    CleanupEnds(usize),
    Operation,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Acquire),
        6 => any::<bool>().prop_map(|ok| Step::CreationEnds { ok }),
        8 => (any::<usize>(), prop::bool::weighted(0.7))
            .prop_map(|(which, keep)| Step::Return { which, keep }),
        2 => any::<usize>().prop_map(Step::Leave),
        4 => any::<usize>().prop_map(Step::CleanupEnds),
        2 => Just(Step::Operation),
        1 => Just(Step::Close),
    ];
    prop::collection::vec(step, 1..200)
}

/// Everybody who holds a slot, kept in plain lists.
#[derive(Default)]
struct Model {
    next: u32,
    leases: Vec<Resource<u32>>,
    creating: usize,
    cleaning: Vec<u32>,
    line: VecDeque<Ticket>,
    closed: bool,
    cleaned: Vec<u32>,
}

impl Model {
    fn hold(&mut self, grant: Grant<u32>) {
        match grant {
            Grant::Ready(resource) => self.leases.push(resource),
            Grant::Create => self.creating += 1,
            Grant::Clean(value) => self.cleaning.push(value),
            Grant::Closed => assert!(self.closed),
        }
    }

    /// Whoever was granted something takes it; grants go out from the front of the line only.
    fn collect(&mut self, state: &mut State<u32>) {
        let mut cx = Context::from_waker(Waker::noop());
        while let Some(&front) = self.line.front()
            && let Poll::Ready(grant) = state.poll(front, &mut cx)
        {
            self.line.pop_front();
            self.hold(grant);
        }
        for &later in &self.line {
            assert!(state.poll(later, &mut cx).is_pending(), "served out of order");
        }
    }
}

fn pick<T>(list: &mut Vec<T>, which: usize) -> Option<T> {
    (!list.is_empty()).then(|| list.swap_remove(which % list.len()))
}

proptest! {
    #[test]
    fn slots_are_conserved_and_lent_in_order(
        max_size in 1usize..5,
        has_cleanup: bool,
        steps in steps(),
    ) {
        let mut state = State::new(PoolConfig::new(max_size), has_cleanup);
        let mut model = Model::default();
        let mut discarded = 0;
        for step in steps {
            let mut after = After::new();
            match step {
                Step::Acquire => match state.checkout(None, &mut after) {
                    Some(grant) => model.hold(grant),
                    None => model.line.push_back(state.join(Waker::noop().clone()).0),
                },
                Step::CreationEnds { ok: true } if model.creating > 0 => {
                    model.creating -= 1;
                    model.next += 1;
                    model.leases.push(state.created(model.next, None));
                }
                Step::CreationEnds { ok: false } if model.creating > 0 => {
                    model.creating -= 1;
                    state.creation_failed(&mut after);
                }
                Step::CreationEnds { .. } => {}
                Step::Return { which, keep } => {
                    if let Some(resource) = pick(&mut model.leases, which) {
                        state.give_back(resource, keep, None, &mut after);
                    }
                }
                Step::Leave(which) if !model.line.is_empty() => {
                    let at = which % model.line.len();
                    let ticket = model.line.remove(at).unwrap();
                    state.leave(ticket, None, &mut after);
                }
                Step::Leave(_) => {}
                Step::CleanupEnds(which) => {
                    if let Some(value) = pick(&mut model.cleaning, which) {
                        model.cleaned.push(value);
                        state.release_slot(&mut after);
                    }
                }
                Step::Operation => model.cleaning.extend(state.take_doomed()),
                Step::Close => {
                    drop(state.close(&mut after));
                    model.closed = true;
                }
            }
            discarded += after.dropped.len();
            prop_assert!(has_cleanup || model.cleaning.is_empty());
            model.collect(&mut state);

            let stats = state.stats();
            let held = model.leases.len() + model.creating + model.cleaning.len();
            prop_assert!(stats.size <= max_size);
            prop_assert_eq!(stats.size, stats.idle + held + state.doomed.len());
            prop_assert_eq!(stats.in_use, model.leases.len());
            prop_assert_eq!(stats.waiting, model.line.len());
            // Nobody waits while there is something for them.
            prop_assert!(model.line.is_empty() || (stats.idle == 0 && stats.size == max_size));
            prop_assert!(!model.closed || (stats.idle == 0 && stats.waiting == 0));
            // Each resource is somewhere, and only there.
            let there = stats.idle + model.leases.len() + state.doomed.len() + model.cleaning.len();
            prop_assert_eq!(model.next as usize, there + model.cleaned.len() + discarded);
        }
    }
}
