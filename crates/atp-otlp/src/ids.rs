//! Ids that follow from what they stand for.

use atp_journal::Header;
use opentelemetry::{SpanId, TraceId};
use uuid::Uuid;

/// What our names are names in. A random number, drawn once.
const NAMESPACE: Uuid = Uuid::from_u128(0x1c3d_8b0e_57f4_4a6d_9a52_e0c7_41b6_f839);

/// The ids of a trace: UUIDs made from names (RFC 9562, version 5), and so SHA-1 underneath.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    trace: Uuid,
}

/// What a span stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Suite,
    Test(&'a str),
    Run(&'a str, u32),
    Attempt(&'a str, u32, u32),
    Agent(&'a str, u32, u32),
}

impl Place<'_> {
    pub(crate) fn parent(self) -> Option<Self> {
        match self {
            Self::Suite => None,
            Self::Test(_) => Some(Self::Suite),
            Self::Run(test, _) => Some(Self::Test(test)),
            Self::Attempt(test, run, _) => Some(Self::Run(test, run)),
            Self::Agent(test, run, attempt) => Some(Self::Attempt(test, run, attempt)),
        }
    }
}

impl Ids {
    /// Nothing of the header that a resumed or merged run may change counts, such as its plan.
    pub(crate) fn new(header: &Header) -> Self {
        let mut name = Vec::new();
        for field in [&header.suite, &header.suite_hash, &header.agent, &header.adapter] {
            // With their lengths, so that no two lists of fields make the same name.
            name.extend((field.len() as u64).to_le_bytes());
            name.extend(field.as_bytes());
        }
        name.extend(header.started_at.as_micros().to_le_bytes());
        if let Some(shard) = &header.shard {
            // Machines that start at the same time each have a trace of their own.
            name.extend(shard.index.to_le_bytes());
            name.extend(shard.count.to_le_bytes());
        }
        Self { trace: Uuid::new_v5(&NAMESPACE, &name) }
    }

    pub(crate) fn trace(self) -> TraceId {
        TraceId::from_bytes(self.trace.into_bytes())
    }

    /// Never the invalid id: the version of the UUID is among the eight bytes that are taken.
    pub(crate) fn span(self, place: Place<'_>) -> SpanId {
        let (kind, test, run, attempt) = match place {
            Place::Suite => (0, "", 0, 0),
            Place::Test(test) => (1, test, 0, 0),
            Place::Run(test, run) => (2, test, run, 0),
            Place::Attempt(test, run, attempt) => (3, test, run, attempt),
            Place::Agent(test, run, attempt) => (4, test, run, attempt),
        };
        let mut name = vec![kind];
        name.extend(run.to_le_bytes());
        name.extend(attempt.to_le_bytes());
        name.extend(test.as_bytes());
        let [id @ .., _, _, _, _, _, _, _, _] = Uuid::new_v5(&self.trace, &name).into_bytes();
        SpanId::from_bytes(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_journal::ShardRecord;
    use atp_protocol::Timestamp;
    use std::collections::HashSet;

    fn header(micros: i64) -> Header {
        let mut header = Header::new("suite", "hash", "agent", "cli");
        header.started_at = Timestamp::from_micros(micros);
        header
    }

    #[test]
    fn the_same_run_is_the_same_trace_and_another_is_not() {
        let trace = Ids::new(&header(1)).trace();
        assert_eq!(trace, Ids::new(&header(1)).trace());
        assert_ne!(trace, Ids::new(&header(2)).trace());
        let mut shifted = header(1);
        (shifted.suite, shifted.suite_hash) = ("suiteh".into(), "ash".into());
        assert_ne!(trace, Ids::new(&shifted).trace());
        let mut resumed = header(1);
        (resumed.parallel, resumed.runs_per_test) = (7, 9);
        assert_eq!(trace, Ids::new(&resumed).trace());
    }

    #[test]
    fn shards_are_traces_of_their_own() {
        let shards = [None, Some((1, 2)), Some((2, 2)), Some((1, 3))];
        let traces: HashSet<_> = shards
            .map(|shard| {
                let mut header = header(1);
                header.shard =
                    shard.map(|(index, count)| ShardRecord::new(index, count, "p", vec![]));
                Ids::new(&header).trace()
            })
            .into();
        assert_eq!(traces.len(), shards.len());
    }

    /// A change of these breaks the promise that a later export extends an earlier trace.
    #[test]
    fn ids_stay_as_they_are_from_version_to_version() {
        let ids = Ids::new(&header(1_767_323_045_678_000));
        assert_eq!(ids.trace().to_string(), "f5a84be474a750e7aefe925c21eb226b");
        assert_eq!(ids.span(Place::Run("t-1", 2)).to_string(), "a601d6fa624f5ed0");
    }

    #[test]
    fn no_two_places_share_an_id() {
        let ids = Ids::new(&header(1));
        let mut seen = HashSet::from([ids.span(Place::Suite)]);
        for test in ["", "a", "b"] {
            assert!(seen.insert(ids.span(Place::Test(test))));
            for run in 0..20 {
                assert!(seen.insert(ids.span(Place::Run(test, run))));
                for attempt in 0..20 {
                    assert!(seen.insert(ids.span(Place::Attempt(test, run, attempt))));
                    assert!(seen.insert(ids.span(Place::Agent(test, run, attempt))));
                }
            }
        }
        assert!(!seen.contains(&SpanId::INVALID));
    }
}
