//! Our spans as spans of `tracing`, where the feature is on and the profiler was told to.

use crate::metadata::Metadata;
use crate::thread::Thread;

/// The target of what is emitted, which our own layer passes over.
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "atp_profile::emitted";

/// A span of `tracing` that is entered until this is dropped; boxed, since nearly every guard has
/// none and carries the room for it.
#[derive(Debug)]
pub(crate) struct Emitted {
    #[cfg(feature = "tracing")]
    _span: Option<Box<tracing::span::EnteredSpan>>,
}

/// The span of `tracing` of a task, entered for each poll.
#[derive(Debug)]
pub(crate) struct EmittedTask {
    #[cfg(feature = "tracing")]
    span: Option<tracing::Span>,
}

impl Emitted {
    #[inline]
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "nothing is emitted"))]
    pub(crate) fn new(thread: &Thread, name: &'static str, metadata: Option<&Metadata>) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            _span: is_on(thread).then(|| Box::new(make(name, metadata).entered())),
        }
    }
}

impl EmittedTask {
    #[inline]
    pub(crate) fn none() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: None,
        }
    }

    #[inline]
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "nothing is emitted"))]
    pub(crate) fn new(thread: &Thread, name: &'static str, metadata: Option<&Metadata>) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: is_on(thread).then(|| make(name, metadata)),
        }
    }

    #[inline]
    pub(crate) fn enter(&self) -> Emitted {
        Emitted {
            #[cfg(feature = "tracing")]
            _span: self.span.clone().map(|span| Box::new(span.entered())),
        }
    }
}

#[cfg(feature = "tracing")]
#[inline]
fn is_on(thread: &Thread) -> bool {
    thread.session().config().tracing_spans
}

/// Names are static in `tracing`; the field is the one that OpenTelemetry layers take instead.
#[cfg(feature = "tracing")]
#[cold]
fn make(name: &'static str, metadata: Option<&Metadata>) -> tracing::Span {
    use tracing::field::display;
    let metadata = metadata.filter(|metadata| !metadata.is_empty()).map(display);
    tracing::info_span!(target: TARGET, "profile", otel.name = name, metadata)
}
