//! The parts that a score is made of.

use crate::completeness::CompletenessDetails;
use crate::cost::CostDetails;
use crate::efficiency::EfficiencyDetails;
use crate::quality::QualityDetails;
use crate::round::rounded;
use serde::Serialize;

/// One part of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Component<D> {
    /// Its name.
    pub name: &'static str,
    /// Its value from 0 to 1.
    pub normalized_value: f64,
    /// The figure that the value was made of, if there was one.
    pub raw_value: Option<f64>,
    /// How much it counts.
    pub weight: f64,
    /// The value times the weight.
    pub weighted_value: f64,
    /// How the value came about.
    pub details: D,
}

/// All parts of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Breakdown {
    /// How good the checks were.
    pub quality: Component<QualityDetails>,
    /// How many checks passed.
    pub completeness: Component<CompletenessDetails>,
    /// How few steps were taken.
    pub efficiency: Component<EfficiencyDetails>,
    /// How little was spent.
    pub cost: Component<CostDetails>,
}

/// A breakdown in the form of JSON reports.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreReport<'a> {
    final_score: f64,
    components: Components<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Components<'a> {
    quality: Line<'a, QualityDetails>,
    completeness: Line<'a, CompletenessDetails>,
    efficiency: Line<'a, EfficiencyDetails>,
    cost: Line<'a, CostDetails>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Line<'a, D> {
    normalized: f64,
    weight: f64,
    weighted: f64,
    details: &'a D,
}

impl<D> Component<D> {
    pub(crate) fn new(
        name: &'static str,
        weight: f64,
        normalized_value: f64,
        raw_value: Option<f64>,
        details: D,
    ) -> Self {
        let weighted_value = normalized_value * weight;
        Self { name, normalized_value, raw_value, weight, weighted_value, details }
    }

    fn line(&self) -> Line<'_, D> {
        Line {
            normalized: self.normalized_value,
            weight: self.weight,
            weighted: self.weighted_value,
            details: &self.details,
        }
    }
}

impl Breakdown {
    /// Returns 100 times the sum of the weighted values, to two decimals and at most 100: weights
    /// may sum to a little more than 1.
    pub fn final_score(&self) -> f64 {
        let sum = self.quality.weighted_value
            + self.completeness.weighted_value
            + self.efficiency.weighted_value
            + self.cost.weighted_value;
        rounded(sum * 100.0, 2).min(100.0)
    }

    /// Returns the form that JSON reports show: `final_score` and `components`.
    pub fn report(&self) -> ScoreReport<'_> {
        ScoreReport {
            final_score: self.final_score(),
            components: Components {
                quality: self.quality.line(),
                completeness: self.completeness.line(),
                efficiency: self.efficiency.line(),
                cost: self.cost.line(),
            },
        }
    }
}
