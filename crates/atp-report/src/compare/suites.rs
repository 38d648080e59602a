//! The reports of several suites held against each other, suite by suite.

use super::{Comparison, ComparisonVerdict};
use crate::report::Report;
use crate::text::one_line;
use serde::Serialize;
use std::io::{self, Write};

/// Two runs of several suites, those of the same suite and agent compared with each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SuitesComparison {
    /// All suites in one word: those that cannot be compared count only where none can.
    pub verdict: ComparisonVerdict,
    /// Suites that both sides have, in the order of the first.
    pub suites: Vec<SuiteComparison>,
    /// Suites, with their agents, that only the first side has.
    pub only_in_base: Vec<String>,
    /// Suites, with their agents, that only the second side has.
    pub only_in_candidate: Vec<String>,
}

/// One suite of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SuiteComparison {
    /// The suite's name.
    pub suite: String,
    /// The agent's name.
    pub agent: String,
    /// What changed in it.
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl SuitesComparison {
    /// Compares each report with the first one of the same suite and agent that has no partner.
    pub fn new(base: &[Report], candidate: &[Report]) -> Self {
        let mut left: Vec<&Report> = candidate.iter().collect();
        let (mut suites, mut only_in_base) = (Vec::new(), Vec::new());
        for report in base {
            let is_same = |other: &&Report| subject(other) == subject(report);
            match left.iter().position(is_same) {
                Some(place) => suites.push(SuiteComparison {
                    suite: report.suite.clone(),
                    agent: report.agent.clone(),
                    comparison: Comparison::new(report, left.remove(place)),
                }),
                None => only_in_base.push(name(report)),
            }
        }
        let verdict = of_all(suites.iter().map(|suite| suite.comparison.verdict));
        let only_in_candidate = left.into_iter().map(name).collect();
        Self { verdict, suites, only_in_base, only_in_candidate }
    }

    /// Writes the verdict, then each suite as [`Comparison::text`] does.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let verdict = self.verdict.as_str().to_uppercase();
        writeln!(out, "{verdict}: {} suites compared", self.suites.len())?;
        for (names, side) in [(&self.only_in_base, "before"), (&self.only_in_candidate, "after")] {
            for name in names {
                writeln!(out, "only {side}: {}", one_line(name, 100))?;
            }
        }
        for SuiteComparison { suite, agent, comparison } in &self.suites {
            writeln!(out, "\n{} with {}", one_line(suite, 60), one_line(agent, 40))?;
            comparison.text(out)?;
        }
        Ok(())
    }
}

fn subject(report: &Report) -> (&str, &str) {
    (&report.suite, &report.agent)
}

fn name(report: &Report) -> String {
    format!("{} with {}", report.suite, report.agent)
}

fn of_all(verdicts: impl Iterator<Item = ComparisonVerdict>) -> ComparisonVerdict {
    use ComparisonVerdict::{Better, Incomparable, Mixed, Same, Worse};
    verdicts.fold(Incomparable, |all, verdict| match (all, verdict) {
        (Incomparable, other) | (other, Incomparable) | (Same, other) | (other, Same) => other,
        (Better, Better) => Better,
        (Worse, Worse) => Worse,
        (Mixed, _) | (_, Mixed) | (Better, Worse) | (Worse, Better) => Mixed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComparisonVerdict::{Better, Incomparable, Mixed, Same, Worse};

    #[test]
    fn one_suite_that_got_worse_is_enough() {
        for (verdicts, all) in [
            (&[][..], Incomparable),
            (&[Incomparable, Same], Same),
            (&[Same, Better, Same], Better),
            (&[Better, Worse], Mixed),
            (&[Worse, Incomparable, Same], Worse),
            (&[Mixed, Better], Mixed),
        ] {
            assert_eq!(of_all(verdicts.iter().copied()), all, "{verdicts:?}");
        }
    }
}
