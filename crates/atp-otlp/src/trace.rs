//! A recording as one trace: its spans one after the other, none kept.

use crate::attributes::{Attributes, cut};
use crate::ids::{Ids, Place};
use crate::timeline::{Interval, Timeline};
use crate::tree::{TestNode, Tree};
use atp_journal::{AttemptRecord, Header, Recording, RunRecord};
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, SpanId, TraceFlags};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use opentelemetry_semantic_conventions::SCHEMA_URL;
use std::iter;

/// A recording, looked at as a trace.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    pub(crate) header: &'a Header,
    pub(crate) tree: Tree<'a>,
    pub(crate) timeline: Timeline,
    ids: Ids,
    scope: InstrumentationScope,
}

/// All of a span but its place in the trace.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) interval: Interval,
    pub(crate) status: Status,
    pub(crate) attributes: Attributes,
}

impl<'a> Trace<'a> {
    /// Linear in the recording; keeps what finds the runs of a test, and no span.
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA_URL);
        Self {
            header: &recording.header,
            tree: Tree::new(recording),
            timeline: Timeline::new(recording),
            ids: Ids::new(&recording.header),
            scope: scope.build(),
        }
    }

    /// Parents come before their children.
    pub(crate) fn spans(&self) -> impl Iterator<Item = SpanData> + Send {
        let tests = self.tree.tests.iter().filter(|test| test.is_recorded());
        let suite = self.span(Place::Suite, self.suite());
        iter::once(suite).chain(tests.flat_map(|test| self.spans_of_test(test)))
    }

    fn spans_of_test(&self, test: &'a TestNode<'_>) -> impl Iterator<Item = SpanData> + Send {
        let span = self.span(Place::Test(test.id), self.test(test));
        iter::once(span).chain(test.runs.values().flat_map(|run| self.spans_of_run(run)))
    }

    fn spans_of_run(&self, run: &'a RunRecord) -> impl Iterator<Item = SpanData> + Send {
        let span = self.span(Place::Run(&run.test, run.run), self.run(run));
        let attempts = run.attempts.iter().zip(1..);
        iter::once(span).chain(
            attempts.flat_map(|(attempt, number)| self.spans_of_attempt(run, attempt, number)),
        )
    }

    /// The attempt, and the agent if it came to work.
    fn spans_of_attempt(
        &self,
        run: &RunRecord,
        attempt: &AttemptRecord,
        number: u32,
    ) -> impl Iterator<Item = SpanData> + Send + use<> {
        let place = Place::Attempt(&run.test, run.run, number);
        let span = self.span(place, self.attempt(run, attempt, number));
        let agent = (attempt.agent_seconds > 0.0).then(|| {
            let place = Place::Agent(&run.test, run.run, number);
            self.span(place, self.agent(run, attempt, number))
        });
        iter::once(span).chain(agent)
    }

    fn span(&self, place: Place<'_>, draft: Draft) -> SpanData {
        let id = self.ids.span(place);
        let parent = place.parent().map_or(SpanId::INVALID, |parent| self.ids.span(parent));
        let state = TraceState::default();
        SpanData {
            span_context: SpanContext::new(self.ids.trace(), id, TraceFlags::SAMPLED, false, state),
            parent_span_id: parent,
            parent_span_is_remote: false,
            span_kind: draft.kind,
            name: cut(&draft.name).into(),
            start_time: draft.interval.0,
            end_time: draft.interval.1,
            attributes: draft.attributes.into_vec(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: draft.status,
            instrumentation_scope: self.scope.clone(),
        }
    }
}
