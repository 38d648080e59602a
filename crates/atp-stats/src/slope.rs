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
    let (xs, ys) = columns(points)?;
    let (mean_x, mean_y) = (mean_of(&xs), mean_of(&ys));
    let (mut across, mut along) = (0.0, 0.0);
    for (x, y) in points {
        let distance = x - mean_x;
        across += distance * (y - mean_y);
        along += distance * distance;
    }
    if along > 0.0 { Ok(across / along) } else { Err(Error::NoSlope { points: points.len() }) }
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
pub fn theil_sen_slope(points: &[(f64, f64)]) -> Result<f64, Error> {
    columns(points)?;
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (index, left) in points.iter().enumerate() {
        for right in &points[index + 1..] {
            if left.0 != right.0 {
                slopes.push((right.1 - left.1) / (right.0 - left.0));
            }
        }
    }
    if slopes.is_empty() {
        return Err(Error::NoSlope { points: points.len() });
    }
    Ok(median_in_place(&mut slopes))
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
    fn points_above_each_other_have_no_slope() {
        for points in [&[(1.0, 2.0)][..], &[(1.0, 2.0), (1.0, 5.0)]] {
            assert_eq!(least_squares_slope(points), Err(Error::NoSlope { points: points.len() }));
            assert_eq!(theil_sen_slope(points), Err(Error::NoSlope { points: points.len() }));
        }
        assert_eq!(theil_sen_slope(&[]), Err(Error::Empty));
        assert_eq!(least_squares_slope(&[]), Err(Error::Empty));
    }
}
