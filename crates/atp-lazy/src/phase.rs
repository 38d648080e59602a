//! Stretches of start-up that are not lazy, marked by hand.

use crate::context::{Entered, Need, Node};
use crate::record::{self, Record, StartupKind, StartupOutcome};
use std::borrow::Cow;
use std::thread;

/// A stretch of code that a [`StartupAnalyzer`](crate::StartupAnalyzer) shows, until this is
/// dropped.
///
/// It belongs to the thread that marked it. Bind it to a name: `let _ = phase(..)` ends at once.
#[must_use = "the phase ends when this is dropped"]
#[derive(Debug)]
pub struct Phase {
    // In the order in which they go.
    _entered: Option<Entered>,
    _need: Option<Need>,
    record: Option<Record>,
}

/// Marks the code from here to the end of the returned guard as a phase of the start-up.
///
/// What is initialised meanwhile on this thread is shown inside of it. Without an analyzer it
/// costs one relaxed load.
///
/// ```
/// use atp_lazy::{StartupAnalyzer, phase};
///
/// let analyzer = StartupAnalyzer::start();
/// {
///     let _phase = phase("parse_config");
///     // … parse it …
/// }
/// assert!(analyzer.stop().timings().iter().any(|timing| timing.name == "parse_config"));
/// ```
pub fn phase(name: impl Into<Cow<'static, str>>) -> Phase {
    if !record::listening() {
        return Phase { _entered: None, _need: None, record: None };
    }
    let node = Node::phase(name.into());
    let record = Record::begin(&node, StartupKind::Phase);
    // What a phase needs, the initialisation around it needs: cycles are seen through it. The
    // node is new, so there is none yet.
    let need = Need::of_current(&node).ok().flatten();
    Phase { _entered: Some(node.enter()), _need: need, record: Some(record) }
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(record) = &self.record {
            record.end(|| match thread::panicking() {
                true => StartupOutcome::Failed("panicked".to_owned()),
                false => StartupOutcome::Completed,
            });
        }
    }
}
