//! The two stages of a decision, for many benchmarks at once.

use super::{
    Failure,
    rounds::{Figures, Seat, measure},
};
use atp_bench::{CONFIRM_ROUNDS, Comparison, Gate, SCREEN_ROUNDS, Verdict};
use fastrand::Rng;

/// A benchmark to decide about.
#[derive(Debug)]
pub(super) struct Contest<'a> {
    pub(super) gate: Gate,
    /// Baseline, its copy, candidate; or, where the baseline was measured earlier, candidate and
    /// its copy.
    pub(super) seats: Vec<Seat<'a>>,
    /// Figures of a baseline that is not there any more: those of both stages, one after the
    /// other.
    pub(super) earlier: Option<&'a [f64]>,
}

/// What was decided about a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    pub(super) comparison: Comparison,
    /// The same binary against its copy: anything but "same" says that the machine is too noisy.
    pub(super) canary: Comparison,
    /// Nanoseconds a call, the median of the figures that decided.
    pub(super) baseline_nanos: f64,
    pub(super) candidate_nanos: f64,
}

/// Screens all, then confirms those that are suspected, with fresh rounds.
pub(super) fn decide(contests: &[Contest<'_>], random: &mut Rng) -> Result<Vec<Decision>, Failure> {
    eprintln!("{SCREEN_ROUNDS} rounds of {} benchmarks", contests.len());
    let seats: Vec<_> = contests.iter().map(|contest| contest.seats.clone()).collect();
    let figures = measure(&seats, SCREEN_ROUNDS, random)?;
    let look = |(contest, figures): (&Contest<'_>, &Figures)| {
        let earlier = contest.earlier.map(|all| &all[..SCREEN_ROUNDS.min(all.len())]);
        contest.decision(figures, earlier, Gate::screen)
    };
    let mut decisions: Vec<Decision> = contests.iter().zip(&figures).map(look).collect();
    let suspects: Vec<usize> = (0..decisions.len())
        .filter(|&at| {
            let Decision { comparison, canary, .. } = &decisions[at];
            comparison.verdict != Verdict::Same || canary.verdict != Verdict::Same
        })
        .collect();
    if suspects.is_empty() {
        return Ok(decisions);
    }
    eprintln!("{CONFIRM_ROUNDS} fresh rounds of {} that may differ", suspects.len());
    let seats: Vec<_> = suspects.iter().map(|&at| contests[at].seats.clone()).collect();
    let figures = measure(&seats, CONFIRM_ROUNDS, random)?;
    for (at, figures) in suspects.into_iter().zip(&figures) {
        let contest = &contests[at];
        let earlier = contest.earlier.map(|all| &all[SCREEN_ROUNDS.min(all.len())..]);
        decisions[at] = contest.decision(figures, earlier, Gate::confirm);
    }
    Ok(decisions)
}

impl Contest<'_> {
    fn decision(
        &self,
        figures: &Figures,
        earlier: Option<&[f64]>,
        compare: fn(&Gate, &[f64], &[f64]) -> Comparison,
    ) -> Decision {
        let (baseline, candidate, canary) = match earlier {
            Some(earlier) => (earlier, &figures[0], (&figures[0], &figures[1])),
            None => (figures[0].as_slice(), &figures[2], (&figures[0], &figures[1])),
        };
        let median = |nanos: &[f64]| atp_stats::median(nanos).unwrap_or(f64::NAN);
        Decision {
            comparison: compare(&self.gate, baseline, candidate),
            canary: compare(&self.gate, canary.0, canary.1),
            baseline_nanos: median(baseline),
            candidate_nanos: median(candidate),
        }
    }
}
