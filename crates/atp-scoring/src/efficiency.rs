//! How few steps were taken.

use crate::component::Component;
use crate::limits::Limits;
use atp_protocol::Metrics;
use serde::Serialize;

/// How an efficiency came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EfficiencyDetails {
    /// Steps were measured against a limit.
    Limited {
        /// Steps taken.
        actual_steps: u64,
        /// Steps that were allowed.
        max_steps: u64,
        /// Steps that a perfect run takes.
        optimal_steps: u64,
    },
    /// Steps were counted, but there is no limit.
    Unlimited {
        /// Steps taken.
        actual_steps: u64,
        /// Says so.
        note: &'static str,
    },
    /// Steps were not counted.
    Unknown {
        /// Says so.
        note: &'static str,
    },
}

pub(crate) fn efficiency(
    metrics: Option<&Metrics>,
    limits: &Limits,
    weight: f64,
) -> Component<EfficiencyDetails> {
    let unknown =
        |note| Component::new("efficiency", weight, 1.0, None, EfficiencyDetails::Unknown { note });
    let Some(metrics) = metrics else {
        return unknown("No metrics available, assuming optimal efficiency");
    };
    let Some(actual_steps) = metrics.total_steps else {
        return unknown("No step count in metrics");
    };
    let (value, details) = match limits.max_steps() {
        Some(max_steps) => {
            let optimal_steps = limits.optimal_steps().unwrap_or(1);
            let details = EfficiencyDetails::Limited { actual_steps, max_steps, optimal_steps };
            (share_saved(actual_steps, optimal_steps, max_steps), details)
        }
        None => {
            let note = "No max_steps configured, using heuristic";
            let value = if actual_steps <= 1 { 1.0 } else { 0.5 };
            (value, EfficiencyDetails::Unlimited { actual_steps, note })
        }
    };
    Component::new("efficiency", weight, value, Some(actual_steps as f64), details)
}

/// 1 up to the optimum, then falling to 0 at the limit.
fn share_saved(actual: u64, optimal: u64, max: u64) -> f64 {
    if actual <= optimal {
        1.0
    } else if actual >= max {
        // Also where the limit is not above the optimum and there is nothing to fall along.
        0.0
    } else {
        1.0 - (actual - optimal) as f64 / (max - optimal) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::share_saved;

    #[test]
    fn points_along_the_line() {
        assert!((share_saved(25, 1, 50) - 0.510_204_081_632_653_1).abs() < 1e-15);
        assert_eq!(share_saved(0, 1, 50), 1.0);
        assert_eq!(share_saved(50, 1, 50), 0.0);
        assert_eq!(share_saved(u64::MAX, 1, 50), 0.0);
    }

    #[test]
    fn a_limit_at_or_below_the_optimum() {
        assert_eq!(share_saved(5, 5, 5), 1.0);
        assert_eq!(share_saved(6, 5, 5), 0.0);
        assert_eq!(share_saved(4, 5, 3), 1.0);
        assert_eq!(share_saved(9, 5, 3), 0.0);
    }
}
