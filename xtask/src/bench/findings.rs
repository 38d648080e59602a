//! What a comparison of two builds found.

use super::{
    machine::Machine,
    output::{End, Grid, Section, percent},
};
use atp_bench::{Comparison, Verdict};
use atp_table::nanos;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Instructions that a benchmark may gain before it is mentioned, and before it fails.
const INSTRUCTIONS_WARN: f64 = 1.01;
const INSTRUCTIONS_FAIL: f64 = 1.03;
/// Instructions that the loop around a call may gain when other code changes: no regression.
const LOOP_INSTRUCTIONS: f64 = 4.0;

#[derive(Debug, Serialize)]
pub(super) struct Findings {
    /// Where they stand in the JSON of a run that compares twice.
    #[serde(skip)]
    pub(super) key: &'static str,
    /// What the candidate was compared with.
    pub(super) against: String,
    pub(super) machine: Machine,
    pub(super) benchmarks: Vec<Finding>,
    /// What the reader must know to judge the figures.
    pub(super) notes: Vec<String>,
    /// Set where the two sides were measured under conditions that do not compare.
    pub(super) incomparable: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) presence: Presence,
    pub(super) time: Option<Time>,
    pub(super) allocations: Option<Change>,
    pub(super) allocated_bytes: Option<Change>,
    pub(super) instructions: Option<Change>,
}

/// On which sides a benchmark exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Presence {
    Both,
    New,
    Missing,
}

#[derive(Debug, Serialize)]
pub(super) struct Time {
    pub(super) baseline_ns: f64,
    pub(super) candidate_ns: f64,
    pub(super) floor: f64,
    pub(super) comparison: Comparison,
    pub(super) canary: Comparison,
}

/// A count for one call on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) baseline: f64,
    pub(super) candidate: f64,
    pub(super) grade: Grade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Grade {
    Fine,
    Warning,
    Failed,
}

impl Change {
    /// Compares counts that are the same in every run: more than the slack is a failure.
    pub(super) fn exact(baseline: f64, candidate: f64, slack: f64) -> Self {
        let grade = if candidate > baseline + slack { Grade::Failed } else { Grade::Fine };
        Self { baseline, candidate, grade }
    }

    /// Compares instructions, which differ by traces between runs.
    pub(super) fn instructions(baseline: f64, candidate: f64) -> Self {
        let least = candidate - LOOP_INSTRUCTIONS;
        let grade = if least > baseline * INSTRUCTIONS_FAIL {
            Grade::Failed
        } else if least > baseline * INSTRUCTIONS_WARN {
            Grade::Warning
        } else {
            Grade::Fine
        };
        Self { baseline, candidate, grade }
    }

    fn shown(&self) -> String {
        let number = |n: f64| if n.fract() == 0.0 { format!("{n:.0}") } else { format!("{n:.1}") };
        let mark = match self.grade {
            Grade::Fine => "",
            Grade::Warning => " ?",
            Grade::Failed => " !",
        };
        if self.baseline == self.candidate {
            return number(self.candidate);
        }
        format!("{} -> {}{mark}", number(self.baseline), number(self.candidate))
    }
}

impl Finding {
    /// Creates what is known of a benchmark that one side lacks.
    pub(super) fn one_sided(name: &str, presence: Presence) -> Self {
        Self {
            name: name.to_owned(),
            presence,
            time: None,
            allocations: None,
            allocated_bytes: None,
            instructions: None,
        }
    }

    fn counts_failed(&self) -> bool {
        let counts = [self.allocations, self.allocated_bytes, self.instructions];
        counts.iter().flatten().any(|change| change.grade == Grade::Failed)
    }

    fn verdict(&self) -> Option<Verdict> {
        self.time.as_ref().map(|time| time.comparison.verdict)
    }

    fn canary_is_flagged(&self) -> bool {
        let canary = self.time.as_ref().map(|time| time.canary.verdict);
        matches!(canary, Some(Verdict::Slower | Verdict::Faster))
    }

    fn cells(&self) -> [String; 9] {
        let blank = String::new;
        let shown = |change: Option<Change>| change.map_or_else(blank, |change| change.shown());
        let (mut baseline, mut candidate, mut change, mut interval) = <(_, _, _, _)>::default();
        if let Some(time) = &self.time {
            (baseline, candidate) = (nanos(time.baseline_ns), nanos(time.candidate_ns));
            change = time.comparison.ratio.map_or_else(blank, percent);
            let ends = time.comparison.lower.zip(time.comparison.upper);
            interval = ends.map_or_else(blank, |(lower, upper)| {
                format!("{} .. {}", percent(lower), percent(upper))
            });
        }
        let word = match (self.presence, self.verdict()) {
            (Presence::New, _) => "new",
            (Presence::Missing, _) => "missing",
            (_, Some(Verdict::Faster)) => "faster",
            (_, Some(Verdict::Slower)) => "SLOWER",
            (_, Some(Verdict::Unreliable)) => "unreliable",
            (_, Some(Verdict::Same) | None) if self.counts_failed() => "COSTS MORE",
            (_, Some(Verdict::Same)) => "same",
            (_, None) => "",
        };
        [
            self.name.clone(),
            baseline,
            candidate,
            change,
            interval,
            shown(self.allocations),
            shown(self.allocated_bytes),
            shown(self.instructions),
            word.into(),
        ]
    }
}

impl Findings {
    fn grid(&self) -> Grid {
        let mut grid = Grid::new([
            "benchmark",
            "baseline",
            "candidate",
            "change",
            "interval",
            "allocs/op",
            "bytes/op",
            "instr/op",
            "verdict",
        ]);
        for finding in &self.benchmarks {
            grid.push(finding.cells());
        }
        grid
    }

    fn is_reliable(&self) -> bool {
        !self.incomparable && !self.benchmarks.iter().any(Finding::canary_is_flagged)
    }

    fn with_verdict(&self, verdict: Verdict) -> bool {
        self.benchmarks.iter().any(|finding| finding.verdict() == Some(verdict))
    }

    /// The last line: what the exit code says.
    fn conclusion(&self) -> String {
        let named = |wanted: &dyn Fn(&Finding) -> bool| {
            let names = self.benchmarks.iter().filter(|finding| wanted(finding));
            names.map(|finding| finding.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut parts = Vec::new();
        let counts = named(&Finding::counts_failed);
        if !counts.is_empty() {
            parts.push(format!("costs more: {counts}"));
        }
        if self.is_reliable() {
            let slower = named(&|finding| finding.verdict() == Some(Verdict::Slower));
            let unclear = named(&|finding| finding.verdict() == Some(Verdict::Unreliable));
            if !slower.is_empty() {
                parts.push(format!("slower: {slower}"));
            }
            if !unclear.is_empty() {
                parts.push(format!("no verdict, the figures scatter too much: {unclear}"));
            }
        } else if self.incomparable {
            parts.push("the times say nothing: they are those of two machines".to_owned());
        } else {
            let canaries = named(&Finding::canary_is_flagged);
            parts.push(format!(
                "the times say nothing: a binary differs from its copy in {canaries}"
            ));
        }
        if parts.is_empty() { "no regression".to_owned() } else { parts.join("; ") }
    }

    fn closing(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("note: {note}\n"));
        notes.collect::<String>() + &self.conclusion() + "\n"
    }
}

impl Section for Findings {
    fn key(&self) -> &'static str {
        self.key
    }

    fn text(&self) -> String {
        format!("Against {}\n\n{}\n{}", self.against, self.grid().text(), self.closing())
    }

    fn markdown(&self) -> String {
        let closing = self.closing().replace('\n', "\n\n");
        format!("### Against {}\n\n{}\n{closing}", self.against, self.grid().markdown())
    }

    fn json(&self) -> Value {
        let mut json = json!(self);
        json["reliable"] = self.is_reliable().into();
        json["conclusion"] = self.conclusion().into();
        json
    }

    fn bmf(&self) -> Map<String, Value> {
        let measured = |finding: &Finding| {
            let time = finding.time.as_ref()?;
            let mut measures = json!({ "latency": { "value": time.candidate_ns } });
            let counts = [
                ("allocations", finding.allocations),
                ("allocated-bytes", finding.allocated_bytes),
                ("instructions", finding.instructions),
            ];
            for (measure, change) in counts {
                if let Some(change) = change {
                    measures[measure] = json!({ "value": change.candidate });
                }
            }
            Some((finding.name.clone(), measures))
        };
        self.benchmarks.iter().filter_map(measured).collect()
    }

    /// Counts do not depend on the machine's load, so they fail a run whose times say nothing.
    fn end(&self) -> End {
        if self.benchmarks.iter().any(Finding::counts_failed) {
            End::Failed
        } else if !self.is_reliable() {
            End::Unreliable
        } else if self.with_verdict(Verdict::Slower) {
            End::Failed
        } else if self.with_verdict(Verdict::Unreliable) {
            End::Unreliable
        } else {
            End::Pass
        }
    }
}
