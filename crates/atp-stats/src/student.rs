//! How many standard errors wide a confidence interval of a mean is.

use crate::error::{Error, check_confidence};
use crate::normal::normal_quantile;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom, as printed in tables.
const TABLE_95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, // 1 to 10
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, // 11 to 20
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, // 21 to 30
];

/// The table's continuation: the normal distribution's point.
const BEYOND_TABLE: f64 = 1.96;

/// From here on the expansion around the normal quantile is exact to about 1e-12.
const EXPANSION_FROM: u64 = 1_000;

/// Where the two-sided points of Student's t distribution come from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum TQuantile {
    /// The 95 % table with three decimals up to 30 degrees of freedom, and 1.96 above.
    ///
    /// The step from 2.042 to 1.96 narrows intervals by 4 % between 31 and 32 values. It is the
    /// default so that intervals compare with those of the Agent Test Platform.
    #[default]
    Table95,
    /// The true quantile at any confidence level.
    Exact {
        /// The share of intervals that hold the true mean, above 0 and below 1.
        confidence: f64,
    },
}

impl TQuantile {
    /// Returns t with P(|T| <= t) equal to the confidence level, and infinity for 0 degrees.
    ///
    /// The exact quantile inverts the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4,
    /// and is their expansion 26.7.5 above 1,000 degrees of freedom.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for a confidence level outside its range.
    pub fn value(self, degrees_of_freedom: u64) -> Result<f64, Error> {
        match self {
            Self::Table95 => Ok(from_table(degrees_of_freedom)),
            Self::Exact { confidence } => {
                check_confidence(confidence)?;
                Ok(exact(confidence, degrees_of_freedom))
            }
        }
    }
}

fn from_table(degrees_of_freedom: u64) -> f64 {
    let Some(row) = degrees_of_freedom.checked_sub(1) else { return f64::INFINITY };
    let row = usize::try_from(row).unwrap_or(usize::MAX);
    TABLE_95.get(row).copied().unwrap_or(BEYOND_TABLE)
}

fn exact(confidence: f64, degrees_of_freedom: u64) -> f64 {
    match degrees_of_freedom {
        0 => f64::INFINITY,
        1 => (FRAC_PI_2 * confidence).tan(),
        2 => confidence * (2.0 / ((1.0 - confidence) * (1.0 + confidence))).sqrt(),
        3..EXPANSION_FROM => inverted(confidence, degrees_of_freedom),
        _ => expanded(confidence, degrees_of_freedom as f64),
    }
}

/// Bisects the angle whose tangent is t / sqrt(degrees), over which the series is monotonic.
fn inverted(confidence: f64, degrees_of_freedom: u64) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    loop {
        let angle = f64::midpoint(low, high);
        if angle <= low || angle >= high {
            return (degrees_of_freedom as f64).sqrt() * angle.tan();
        }
        if within(angle, degrees_of_freedom) < confidence {
            low = angle;
        } else {
            high = angle;
        }
    }
}

/// P(|T| <= t) as a finite sum over powers of the angle's cosine; all terms are positive.
fn within(angle: f64, degrees_of_freedom: u64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let odd = degrees_of_freedom % 2;
    let mut term = if odd == 1 { cos } else { 1.0 };
    let mut sum = term;
    let mut step = 2 + odd;
    while step < degrees_of_freedom {
        term *= cos * cos * (step - 1) as f64 / step as f64;
        sum += term;
        step += 2;
    }
    if odd == 1 { FRAC_2_PI * (angle + sin * sum) } else { sin * sum }
}

/// The expansion in powers of 1 / degrees around the normal quantile.
fn expanded(confidence: f64, degrees_of_freedom: f64) -> f64 {
    let z = normal_quantile(f64::midpoint(1.0, confidence));
    let square = z * z;
    let first = (square + 1.0) / 4.0;
    let second = ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    let fourth = ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0)
        / 92_160.0;
    let terms = [first, second, third, fourth];
    let series =
        terms.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) / degrees_of_freedom);
    z * (1.0 + series)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(confidence: f64, degrees_of_freedom: u64) -> f64 {
        TQuantile::Exact { confidence }.value(degrees_of_freedom).unwrap()
    }

    #[test]
    fn the_exact_quantile_rounds_to_every_row_of_the_table() {
        for (row, printed) in TABLE_95.iter().enumerate() {
            let exact = at(0.95, row as u64 + 1);
            assert!((exact - printed).abs() <= 0.0005 + 1e-9, "{} degrees: {exact}", row + 1);
        }
    }

    #[test]
    fn the_exact_quantile_agrees_with_thirty_digits() {
        // The regularised incomplete beta function, inverted with 30 digits by mpmath.
        for (confidence, degrees, expected) in [
            (0.95, 1, 12.706_204_736_174_7),
            (0.95, 2, 4.302_652_729_749_464),
            (0.95, 3, 3.182_446_305_284_71),
            (0.95, 10, 2.228_138_851_986_275),
            (0.95, 30, 2.042_272_456_301_238),
            (0.99, 5, 4.032_142_983_555_228),
            (0.99, 100, 2.625_890_521_438_018),
            (0.999, 1_500, 3.297_024_849_045_952),
            (0.9, 100_000, 1.644_868_864_784_97),
        ] {
            let t = at(confidence, degrees);
            assert!((t / expected - 1.0).abs() < 1e-12, "{confidence} {degrees}: {t}");
        }
    }

    #[test]
    fn series_and_expansion_meet() {
        for confidence in [0.5, 0.9, 0.99, 0.999] {
            let series = inverted(confidence, EXPANSION_FROM);
            let expansion = expanded(confidence, EXPANSION_FROM as f64);
            assert!((series / expansion - 1.0).abs() < 1e-11, "{confidence}");
        }
        assert!((at(0.95, u64::MAX) - 1.959_963_984_540_054).abs() < 1e-12);
    }

    #[test]
    fn x19_the_table_steps_at_thirty_and_the_exact_quantile_does_not() {
        let table = TQuantile::default();
        assert_eq!(table.value(30).unwrap(), 2.042);
        assert_eq!(table.value(31).unwrap(), 1.96);
        assert_eq!(table.value(u64::MAX).unwrap(), 1.96);
        assert!(at(0.95, 30) / at(0.95, 31) < 1.002);
    }

    #[test]
    fn no_degrees_of_freedom_tell_nothing() {
        assert_eq!(TQuantile::Table95.value(0).unwrap(), f64::INFINITY);
        assert_eq!(at(0.95, 0), f64::INFINITY);
    }

    #[test]
    fn confidence_levels_outside_their_range_are_refused() {
        for confidence in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(TQuantile::Exact { confidence }.value(3).is_err(), "{confidence}");
        }
    }
}
