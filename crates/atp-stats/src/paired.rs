//! Two samples read in pairs: how much slower or larger the second is.

use crate::error::{Error, check};

/// Returns ln(candidate / base) of each pair.
///
/// A ratio and its inverse lie at the same distance from 0, so that the median or mean of these
/// logarithms favours neither side; the ratio is `exp` of it.
///
/// # Errors
///
/// [`Error::Unpaired`] for two lengths, [`Error::Empty`], [`Error::NotFinite`], and
/// [`Error::NotPositive`] for a value that is not above zero. Where both samples are at fault the
/// one about `base` is returned.
pub fn paired_log_ratios(base: &[f64], candidate: &[f64]) -> Result<Vec<f64>, Error> {
    if base.len() != candidate.len() {
        return Err(Error::Unpaired { left: base.len(), right: candidate.len() });
    }
    check_positive(base)?;
    check_positive(candidate)?;
    // Two logarithms rather than one of a quotient, which could leave the range of f64.
    Ok(base.iter().zip(candidate).map(|(base, candidate)| candidate.ln() - base.ln()).collect())
}

fn check_positive(values: &[f64]) -> Result<(), Error> {
    check(values)?;
    match values.iter().position(|value| *value <= 0.0) {
        Some(index) => Err(Error::NotPositive { index, value: values[index] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_and_half_cancel() {
        let ratios = paired_log_ratios(&[1.0, 2.0], &[2.0, 1.0]).unwrap();
        assert_eq!(ratios[0], -ratios[1]);
        assert!((ratios[0].exp() - 2.0).abs() < 1e-15);
    }

    #[test]
    fn extreme_pairs_stay_finite() {
        let ratios = paired_log_ratios(&[f64::MIN_POSITIVE], &[f64::MAX]).unwrap();
        assert!(ratios[0].is_finite());
    }

    #[test]
    fn pairs_that_have_no_ratio_are_refused() {
        assert_eq!(paired_log_ratios(&[1.0], &[]), Err(Error::Unpaired { left: 1, right: 0 }));
        assert_eq!(paired_log_ratios(&[], &[]), Err(Error::Empty));
        assert_eq!(
            paired_log_ratios(&[1.0, 1.0], &[1.0, 0.0]),
            Err(Error::NotPositive { index: 1, value: 0.0 })
        );
        assert!(matches!(paired_log_ratios(&[f64::NAN], &[1.0]), Err(Error::NotFinite { .. })));
    }
}
