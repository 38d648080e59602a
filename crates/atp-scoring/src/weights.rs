//! How much each component counts.

use crate::error::Error;

/// How far from 1 the sum of the weights may be.
const TOLERANCE: f64 = 0.001;

/// The weights of the four components: 0.4, 0.3, 0.2 and 0.1 unless a suite says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    quality: f64,
    completeness: f64,
    efficiency: f64,
    cost: f64,
}

impl Weights {
    /// Creates weights.
    ///
    /// # Errors
    ///
    /// [`Error::Weight`] for one that is not from 0 to 1, [`Error::WeightSum`] if they do not sum
    /// to 1 within 0.001.
    pub fn new(quality: f64, completeness: f64, efficiency: f64, cost: f64) -> Result<Self, Error> {
        let weights = [
            ("quality", quality),
            ("completeness", completeness),
            ("efficiency", efficiency),
            ("cost", cost),
        ];
        if let Some((component, weight)) =
            weights.into_iter().find(|(_, weight)| !(0.0..=1.0).contains(weight))
        {
            return Err(Error::Weight { component, weight });
        }
        let sum = quality + completeness + efficiency + cost;
        if (sum - 1.0).abs() > TOLERANCE {
            return Err(Error::WeightSum(sum));
        }
        Ok(Self { quality, completeness, efficiency, cost })
    }

    /// Returns the weight of the quality.
    pub fn quality(&self) -> f64 {
        self.quality
    }

    /// Returns the weight of the completeness.
    pub fn completeness(&self) -> f64 {
        self.completeness
    }

    /// Returns the weight of the efficiency.
    pub fn efficiency(&self) -> f64 {
        self.efficiency
    }

    /// Returns the weight of the cost.
    pub fn cost(&self) -> f64 {
        self.cost
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self { quality: 0.4, completeness: 0.3, efficiency: 0.2, cost: 0.1 }
    }
}

/// A suite's weights, which need not sum to 1 where a file gives only some of them.
impl TryFrom<&atp_suite::ScoringWeights> for Weights {
    type Error = Error;

    fn try_from(weights: &atp_suite::ScoringWeights) -> Result<Self, Error> {
        Self::new(weights.quality, weights.completeness, weights.efficiency, weights.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x1_weights_that_do_not_sum_to_one_are_an_error() {
        assert_eq!(Weights::new(1.0, 0.3, 0.2, 0.1), Err(Error::WeightSum(1.6)));
        assert!(matches!(Weights::new(0.405, 0.3, 0.2, 0.1), Err(Error::WeightSum(_))));
        assert!(Weights::new(0.4009, 0.3, 0.2, 0.1).is_ok());
    }

    #[test]
    fn weights_outside_their_range_are_an_error() {
        for weight in [-0.1, 1.1, f64::NAN] {
            let error = Weights::new(0.4, weight, 0.2, 0.1).unwrap_err();
            assert!(matches!(error, Error::Weight { component: "completeness", .. }), "{weight}");
        }
    }
}
