//! How much a figure varies from run to run.

use crate::round::rounded;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// How stable a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StabilityLevel {
    /// A deviation below 5 % of the mean.
    Stable,
    /// From 5 %.
    Moderate,
    /// From 15 %.
    Unstable,
    /// From 30 %.
    Critical,
}

/// A level and the number behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// The level.
    pub level: StabilityLevel,
    /// Deviation over mean; infinite around a mean of zero, which is serialised as null because
    /// JSON has no infinity.
    pub coefficient_of_variation: f64,
}

impl StabilityLevel {
    /// Returns the level of a coefficient of variation. The lower bounds belong to their level;
    /// NaN is critical.
    pub fn of(coefficient_of_variation: f64) -> Self {
        match coefficient_of_variation {
            cv if cv < 0.05 => Self::Stable,
            cv if cv < 0.15 => Self::Moderate,
            cv if cv < 0.30 => Self::Unstable,
            _ => Self::Critical,
        }
    }

    /// Returns the level as reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Moderate => "moderate",
            Self::Unstable => "unstable",
            Self::Critical => "critical",
        }
    }
}

impl Stability {
    pub(crate) fn of(coefficient_of_variation: f64) -> Self {
        Self { level: StabilityLevel::of(coefficient_of_variation), coefficient_of_variation }
    }
}

impl Serialize for Stability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut stability = serializer.serialize_struct("Stability", 2)?;
        stability.serialize_field("level", &self.level)?;
        stability.serialize_field(
            "coefficient_of_variation",
            &finite(rounded(self.coefficient_of_variation, 4)),
        )?;
        stability.end()
    }
}

/// The number, or nothing where JSON cannot hold it.
pub(crate) fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_bounds_belong_to_their_level() {
        for (cv, level) in [
            (0.0, StabilityLevel::Stable),
            (0.049_999, StabilityLevel::Stable),
            (0.05, StabilityLevel::Moderate),
            (0.15, StabilityLevel::Unstable),
            (0.30, StabilityLevel::Critical),
            (f64::INFINITY, StabilityLevel::Critical),
            (f64::NAN, StabilityLevel::Critical),
        ] {
            assert_eq!(StabilityLevel::of(cv), level, "{cv}");
        }
    }

    #[test]
    fn names_are_what_is_serialised() {
        for level in [
            StabilityLevel::Stable,
            StabilityLevel::Moderate,
            StabilityLevel::Unstable,
            StabilityLevel::Critical,
        ] {
            assert_eq!(serde_json::to_value(level).unwrap(), level.as_str());
        }
    }
}
