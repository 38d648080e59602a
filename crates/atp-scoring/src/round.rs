//! Rounding to decimals the way a reader would.

/// Rounds to the nearest number with `decimals` digits; a tie that is exact in binary goes to the
/// even digit, as IEEE 754 and Python's `round` have it.
pub(crate) fn rounded(value: f64, decimals: u8) -> f64 {
    let power = 10_f64.powi(i32::from(decimals));
    let scaled = value * power;
    // The product has a rounding error of its own, which only matters next to a tie.
    if scaled.abs() < 1e15 && ((scaled - scaled.floor()) - 0.5).abs() > 1e-4 {
        return scaled.round() / power;
    }
    // Formatting rounds the exact binary value.
    format!("{value:.*}", usize::from(decimals)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn next_to_ties_the_exact_value_decides() {
        // Python: round(2.675, 2), round(1.005, 2), round(8.345, 2), round(0.125, 2), round(0.375, 2)
        for (value, expected) in
            [(2.675, 2.67), (1.005, 1.0), (8.345, 8.35), (0.125, 0.12), (0.375, 0.38)]
        {
            assert_eq!(rounded(value, 2), expected);
            assert_eq!(rounded(-value, 2), -expected);
        }
    }

    #[test]
    fn what_has_no_decimals_stays() {
        for value in [0.0, 1e300, -1e300, f64::INFINITY, 9_007_199_254_740_993.0] {
            assert_eq!(rounded(value, 4), value);
        }
        assert!(rounded(f64::NAN, 4).is_nan());
    }
}
