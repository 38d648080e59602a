//! The slope of a line through points: by least squares, and one that outliers do not bend.

use crate::error::{Error, check};
use crate::moments::mean_of;
use crate::order::median_in_place;

/// Returns the slope of the least-squares line through points (x, y).
///
/// # Errors
///
/// [`Error::Empty`], [`Error::NotFinite`] (its index is that of the point) and
/// [`Error::NoSlope`] if all points share one x.
pub fn least_squares_slope(points: &[(f64, f64)]) -> Result<f64, Error> {
    let (mut xs, mut ys) = columns(points)?;
    if xs.iter().all(|x| *x == xs[0]) {
        return Err(Error::NoSlope { points: points.len() });
    }
    // Within -1 and 1 no square leaves the range of f64.
    let (unit_x, unit_y) = (scale_down(&mut xs), scale_down(&mut ys));
    let (mean_x, mean_y) = (mean_of(&xs), mean_of(&ys));
    let (mut across, mut along) = (0.0, 0.0);
    for (x, y) in xs.iter().zip(&ys) {
        let distance = x - mean_x;
        across += distance * (y - mean_y);
        along += distance * distance;
    }
    Ok(across / along * unit_y / unit_x)
}

/// Divides by the largest magnitude, which is returned; 1 if all values are zero.
fn scale_down(values: &mut [f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    for value in values {
        *value /= unit;
    }
    unit
}

/// Returns the median of the slopes between all pairs of points with different x.
///
/// Up to 29 % of the points may be arbitrarily wrong (P. K. Sen, JASA 63, 1968). Time and memory
/// are quadratic: 1,000 points take 4 MB.
///
/// # Errors
///
/// [`Error::Empty`], [`Error::NotFinite`] (its index is that of the point) and
/// [`Error::NoSlope`] if all points share one x.
///
/// # Examples
///
/// ```
/// use atp_stats::{least_squares_slope, theil_sen_slope};
///
/// // Five points on a line, and one that is far off.
/// let points = [(0.0, 0.0), (1.0, 2.0), (2.0, 4.0), (3.0, 6.0), (4.0, 8.0), (5.0, 90.0)];
/// assert_eq!(theil_sen_slope(&points)?, 2.0);
/// assert!(least_squares_slope(&points)? > 10.0);
/// # Ok::<(), atp_stats::Error>(())
/// ```
pub fn theil_sen_slope(points: &[(f64, f64)]) -> Result<f64, Error> {
    columns(points)?;
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (index, left) in points.iter().enumerate() {
        for right in &points[index + 1..] {
            if left.0 != right.0 {
                slopes.push(slope(*left, *right));
            }
        }
    }
    if slopes.is_empty() {
        return Err(Error::NoSlope { points: points.len() });
    }
    Ok(median_in_place(&mut slopes))
}

/// The slope between two points of different x.
fn slope(left: (f64, f64), right: (f64, f64)) -> f64 {
    let (run, rise) = (right.0 - left.0, right.1 - left.1);
    if run.is_finite() && rise.is_finite() {
        return rise / run;
    }
    // Halves of finite numbers have a finite difference.
    (right.1 / 2.0 - left.1 / 2.0) / (right.0 / 2.0 - left.0 / 2.0)
}

fn columns(points: &[(f64, f64)]) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    check(&xs)?;
    check(&ys)?;
    Ok((xs, ys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_find_the_slope_of_a_line() {
        let line: Vec<(f64, f64)> =
            (0..20).map(|x| (f64::from(x), 3.0 * f64::from(x) - 7.0)).collect();
        assert!((least_squares_slope(&line).unwrap() - 3.0).abs() < 1e-12);
        assert_eq!(theil_sen_slope(&line).unwrap(), 3.0);
    }

    #[test]
    fn one_wild_point_bends_only_the_least_squares() {
        let mut points: Vec<(f64, f64)> = (0..10).map(|x| (f64::from(x), f64::from(x))).collect();
        points[9].1 = 1e6;
        assert!(least_squares_slope(&points).unwrap() > 1e4);
        assert_eq!(theil_sen_slope(&points).unwrap(), 1.0);
    }

    #[test]
    fn points_at_the_ends_of_the_range_have_a_slope() {
        let points = [(-f64::MAX, -f64::MAX), (0.0, 0.0), (f64::MAX, f64::MAX)];
        assert!((least_squares_slope(&points).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(theil_sen_slope(&points).unwrap(), 1.0);
        let flat = [(0.0, 1e308), (1e-300, 1e308)];
        assert_eq!(least_squares_slope(&flat).unwrap(), 0.0);
        let small = [(0.0, 0.0), (1e-300, 2e-300)];
        assert!((least_squares_slope(&small).unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn rounding_of_the_mean_makes_no_slope() {
        let points = [(0.1, 1.0), (0.1, 2.0), (0.1, 9.0)];
        assert_eq!(least_squares_slope(&points), Err(Error::NoSlope { points: 3 }));
    }

    #[test]
    fn points_above_each_other_have_no_slope() {
        for points in [&[(1.0, 2.0)][..], &[(1.0, 2.0), (1.0, 5.0)]] {
            assert_eq!(least_squares_slope(points), Err(Error::NoSlope { points: points.len() }));
            assert_eq!(theil_sen_slope(points), Err(Error::NoSlope { points: points.len() }));
        }
        assert_eq!(theil_sen_slope(&[]), Err(Error::Empty));
        assert_eq!(least_squares_slope(&[]), Err(Error::Empty));
    }
}
