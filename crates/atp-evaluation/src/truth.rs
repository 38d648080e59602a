//! Whether a condition holds, where some of what it is made of is not evaluated.

use crate::comparison::Comparison;
use atp_scoring::{Check, Score};

/// Most parts that a finding repeats the messages of.
const SHOWN: usize = 5;

/// Whether a condition holds, if that can be told, and between what its score lies.
#[derive(Clone, Copy)]
pub(crate) struct Truth {
    holds: Option<bool>,
    lowest: f64,
    highest: f64,
}

impl Truth {
    /// Of what is not evaluated: anything may be.
    pub(crate) const UNTOLD: Self = Self { holds: None, lowest: 0.0, highest: 1.0 };

    /// Whether it holds, if that can be told.
    pub(crate) fn holds(self) -> Option<bool> {
        self.holds
    }

    pub(crate) fn of_checks(checks: &[Check], remarks: &mut Remarks) -> Self {
        let total: f64 = checks.iter().map(|check| check.score.value()).sum();
        let score = if checks.is_empty() { 1.0 } else { total / checks.len() as f64 };
        let holds = checks.iter().all(|check| check.passed);
        for check in checks {
            let said = if check.passed { &mut remarks.held } else { &mut remarks.failed };
            said.extend(check.message.clone());
        }
        Self { holds: Some(holds), lowest: score, highest: score }
    }

    /// Of all: the mean score. One that is false decides.
    pub(crate) fn all(parts: &[Self]) -> Self {
        let mean = |score: fn(&Self) -> f64| {
            parts.iter().map(score).sum::<f64>() / parts.len().max(1) as f64
        };
        let holds = if parts.iter().any(|part| part.holds == Some(false)) {
            Some(false)
        } else {
            parts.iter().all(|part| part.holds == Some(true)).then_some(true)
        };
        Self { holds, lowest: mean(|part| part.lowest), highest: mean(|part| part.highest) }
    }

    /// Of any: the best score. One that is true decides.
    pub(crate) fn any(parts: &[Self]) -> Self {
        let best = |score: fn(&Self) -> f64| parts.iter().map(score).fold(0.0, f64::max);
        let holds = if parts.iter().any(|part| part.holds == Some(true)) {
            Some(true)
        } else {
            parts.iter().all(|part| part.holds == Some(false)).then_some(false)
        };
        Self { holds, lowest: best(|part| part.lowest), highest: best(|part| part.highest) }
    }

    pub(crate) fn not(self) -> Self {
        Self {
            holds: self.holds.map(|holds| !holds),
            lowest: 1.0 - self.highest,
            highest: 1.0 - self.lowest,
        }
    }

    /// Decided where both ends of the score are on the same side.
    pub(crate) fn compared(self, comparison: Comparison, limit: f64) -> Self {
        let ends = [self.lowest, self.highest].map(|score| comparison.scores(score, limit));
        let same_side = match comparison {
            // A score in between may be equal where neither end is.
            Comparison::Equal | Comparison::NotEqual => self.lowest == self.highest,
            _ => ends[0] == ends[1],
        };
        Self { holds: same_side.then_some(ends[0]), ..self }
    }

    /// The score, or that of the verdict where a part was not evaluated.
    pub(crate) fn score(&self) -> Option<Score> {
        if self.lowest == self.highest { Score::new(self.lowest).ok() } else { None }
    }
}

/// What the parts said.
#[derive(Default)]
pub(crate) struct Remarks {
    failed: Vec<String>,
    held: Vec<String>,
    pub(crate) undecided: Vec<String>,
}

impl Remarks {
    /// Why the whole does not hold: what failed or, if nothing did, what should not have held.
    pub(crate) fn words(&self) -> String {
        let decisive = if self.failed.is_empty() { &self.held } else { &self.failed };
        joined(decisive.iter().chain(&self.undecided))
    }

    /// What would have to be evaluated to tell.
    pub(crate) fn missing(&self) -> String {
        joined(self.undecided.iter())
    }
}

fn joined<'r>(mut remarks: impl Iterator<Item = &'r String>) -> String {
    let shown: Vec<_> = remarks.by_ref().take(SHOWN).map(String::as_str).collect();
    match remarks.count() {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
