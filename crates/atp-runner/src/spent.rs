//! Which part of an agent's call was whose.

use atp_adapter::Measured;
use std::time::Duration;

/// How the time of one call of an adapter divides up. The parts never exceed the call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) spawn: Duration,
    pub(crate) agent: Duration,
    pub(crate) events: Duration,
    pub(crate) cleanup: Duration,
}

impl Spent {
    /// Divides the time of a call, as measured around it, by what its adapter measured inside.
    ///
    /// While an event is handled the adapter waits, so that this time is the platform's and not
    /// the agent's, even if the agent went on with its work. An adapter that measured nothing at
    /// all did what the agent does: the whole call is the agent's.
    pub(crate) fn of(call: Duration, measured: &Measured, events: Duration) -> Self {
        let spawn = measured.spawn.min(call);
        let cleanup = measured.cleanup.min(call - spawn);
        let rest = call - spawn - cleanup;
        let is_measured = !(measured.spawn + measured.agent + measured.cleanup).is_zero();
        let agent = if is_measured { measured.agent.min(rest) } else { rest };
        let events = events.min(rest);
        Self { spawn, agent: agent.min(rest - events), events, cleanup }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn measured(spawn: u64, agent: u64, cleanup: u64) -> Measured {
        let mut measured = Measured::default();
        (measured.spawn, measured.agent, measured.cleanup) = (ms(spawn), ms(agent), ms(cleanup));
        measured
    }

    #[test]
    fn events_are_not_the_agents_time() {
        let spent = Spent::of(ms(100), &measured(10, 80, 5), ms(20));
        let expected = Spent { spawn: ms(10), agent: ms(65), events: ms(20), cleanup: ms(5) };
        assert_eq!(spent, expected);
        let spent = Spent::of(ms(100), &measured(10, 50, 5), ms(20));
        assert_eq!((spent.agent, spent.events), (ms(50), ms(20)));
    }

    #[test]
    fn an_adapter_that_measures_nothing_is_the_agent() {
        let spent = Spent::of(ms(100), &measured(0, 0, 0), ms(30));
        assert_eq!(spent, Spent { agent: ms(70), events: ms(30), ..Spent::default() });
    }

    #[test]
    fn parts_never_exceed_the_call() {
        for (spawn, agent, cleanup, events) in
            [(1000, 0, 0, 0), (0, 1000, 0, 0), (0, 0, 1000, 1000), (60, 60, 60, 60), (0, 0, 0, 999)]
        {
            let spent = Spent::of(ms(100), &measured(spawn, agent, cleanup), ms(events));
            let sum = spent.spawn + spent.agent + spent.events + spent.cleanup;
            assert!(sum <= ms(100), "{spent:?}");
        }
    }
}
