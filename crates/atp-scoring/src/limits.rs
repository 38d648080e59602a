//! What a run is measured against.

use crate::error::Error;

/// Limits of one test. A limit of 0 counts as not given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    max_steps: Option<u64>,
    optimal_steps: Option<u64>,
    max_tokens: Option<u64>,
    max_cost_usd: Option<f64>,
}

/// Limits that are known to make sense, for tests that give none of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Normalization(Limits);

impl Limits {
    /// Sets how many steps a run may take.
    #[must_use]
    pub fn with_max_steps(mut self, max_steps: u64) -> Self {
        self.max_steps = Some(max_steps);
        self
    }

    /// Sets how many steps a perfect run takes, 1 unless given.
    #[must_use]
    pub fn with_optimal_steps(mut self, optimal_steps: u64) -> Self {
        self.optimal_steps = Some(optimal_steps);
        self
    }

    /// Sets how many tokens a run may use.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: u64) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// Sets what a run may cost in US dollars.
    #[must_use]
    pub fn with_max_cost_usd(mut self, max_cost_usd: f64) -> Self {
        self.max_cost_usd = Some(max_cost_usd);
        self
    }

    /// Returns the steps a run may take.
    pub fn max_steps(&self) -> Option<u64> {
        self.max_steps.filter(|steps| *steps > 0)
    }

    /// Returns the steps a perfect run takes.
    pub fn optimal_steps(&self) -> Option<u64> {
        self.optimal_steps.filter(|steps| *steps > 0)
    }

    /// Returns the tokens a run may use.
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_tokens.filter(|tokens| *tokens > 0)
    }

    /// Returns what a run may cost in US dollars: a finite number above 0.
    pub fn max_cost_usd(&self) -> Option<f64> {
        self.max_cost_usd.filter(|cost| cost.is_finite() && *cost > 0.0)
    }

    /// These limits, with those of `fallback` where one is not given.
    pub(crate) fn or(&self, fallback: &Normalization) -> Self {
        Self {
            max_steps: self.max_steps().or(fallback.0.max_steps),
            optimal_steps: self.optimal_steps().or(fallback.0.optimal_steps),
            max_tokens: self.max_tokens().or(fallback.0.max_tokens),
            max_cost_usd: self.max_cost_usd().or(fallback.0.max_cost_usd),
        }
    }
}

impl Normalization {
    /// Checks limits.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] for one that is given and not above 0, [`Error::OptimumAboveLimit`] if
    /// both numbers of steps are given and the optimum is the larger.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        let counts = [
            ("max_steps", limits.max_steps),
            ("optimal_steps", limits.optimal_steps),
            ("max_tokens", limits.max_tokens),
        ];
        if let Some((limit, _)) = counts.into_iter().find(|(_, count)| *count == Some(0)) {
            return Err(Error::Limit { limit, value: 0.0 });
        }
        if limits.max_cost_usd != limits.max_cost_usd() {
            let value = limits.max_cost_usd.unwrap_or_default();
            return Err(Error::Limit { limit: "max_cost_usd", value });
        }
        match (limits.optimal_steps, limits.max_steps) {
            (Some(optimal_steps), Some(max_steps)) if optimal_steps > max_steps => {
                Err(Error::OptimumAboveLimit { optimal_steps, max_steps })
            }
            _ => Ok(Self(limits)),
        }
    }
}

/// A test's own limits: its steps, its tokens, and its budget as the cost.
impl From<&atp_suite::Constraints> for Limits {
    fn from(constraints: &atp_suite::Constraints) -> Self {
        Self {
            max_steps: constraints.max_steps,
            optimal_steps: None,
            max_tokens: constraints.max_tokens,
            max_cost_usd: constraints.budget_usd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_counts_as_not_given() {
        let zero = Limits::default().with_max_steps(0).with_max_tokens(0).with_max_cost_usd(0.0);
        assert_eq!((zero.max_steps(), zero.max_tokens(), zero.max_cost_usd()), (None, None, None));
        let fallback = Normalization::new(Limits::default().with_max_steps(7)).unwrap();
        assert_eq!(zero.or(&fallback).max_steps(), Some(7));
        assert_eq!(Limits::default().with_max_steps(3).or(&fallback).max_steps(), Some(3));
    }

    #[test]
    fn a_normalization_makes_sense() {
        let limits = Limits::default;
        for (bad, limit) in [
            (limits().with_max_steps(0), "max_steps"),
            (limits().with_optimal_steps(0), "optimal_steps"),
            (limits().with_max_tokens(0), "max_tokens"),
            (limits().with_max_cost_usd(0.0), "max_cost_usd"),
            (limits().with_max_cost_usd(-1.0), "max_cost_usd"),
            (limits().with_max_cost_usd(f64::NAN), "max_cost_usd"),
        ] {
            let error = Normalization::new(bad).unwrap_err();
            assert!(matches!(error, Error::Limit { limit: found, .. } if found == limit));
        }
        assert_eq!(
            Normalization::new(limits().with_max_steps(10).with_optimal_steps(50)),
            Err(Error::OptimumAboveLimit { optimal_steps: 50, max_steps: 10 })
        );
        assert!(Normalization::new(limits().with_max_steps(10).with_optimal_steps(10)).is_ok());
    }
}
