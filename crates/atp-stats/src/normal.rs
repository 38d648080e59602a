//! The quantile of the normal distribution.

/// Returns z with P(Z <= z) = `p`, for 0 < `p` < 1.
///
/// Algorithm AS 241, PPND16 (M. J. Wichura, Applied Statistics 37, 1988): rational approximations
/// on three ranges, good to about one part in 1e16.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRE_UP, r) / polynomial(&CENTRE_DOWN, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-tail.ln()).sqrt();
    let z = if r <= 5.0 {
        polynomial(&MIDDLE_UP, r - 1.6) / polynomial(&MIDDLE_DOWN, r - 1.6)
    } else {
        polynomial(&FAR_UP, r - 5.0) / polynomial(&FAR_DOWN, r - 5.0)
    };
    z.copysign(q)
}

/// Horner's scheme, constant term first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// Numerator for probabilities from 0.075 to 0.925.
const CENTRE_UP: [f64; 8] = [
    3.3871328727963665,
    133.14166789178438,
    1971.5909503065513,
    13731.69376550946,
    45921.95393154987,
    67265.7709270087,
    33430.57558358813,
    2509.0809287301227,
];

/// Denominator for probabilities from 0.075 to 0.925.
const CENTRE_DOWN: [f64; 8] = [
    1.0,
    42.31333070160091,
    687.1870074920579,
    5394.196021424751,
    21213.794301586597,
    39307.89580009271,
    28729.085735721943,
    5226.495278852854,
];

/// Numerator for tails down to about 1e-11.
const MIDDLE_UP: [f64; 8] = [
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414,
];

/// Denominator for tails down to about 1e-11.
const MIDDLE_DOWN: [f64; 8] = [
    1.0,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-09,
];

/// Numerator for tails beyond.
const FAR_UP: [f64; 8] = [
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-05,
    2.0103343992922881e-07,
];

/// Denominator for tails beyond.
const FAR_DOWN: [f64; 8] = [
    1.0,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-05,
    1.421511758316446e-07,
    2.0442631033899397e-15,
];

#[cfg(test)]
mod tests {
    use super::normal_quantile;

    #[test]
    fn agrees_with_published_values_on_all_three_ranges() {
        for (p, z) in [
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.975, 1.959_963_984_540_054),
            (0.999, 3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!(
                (normal_quantile(p) - z).abs() < 1e-14 * z.abs().max(1.0),
                "{p}: {}",
                normal_quantile(p)
            );
        }
    }

    #[test]
    fn is_odd_around_one_half() {
        assert_eq!(normal_quantile(0.25), -normal_quantile(0.75));
    }
}
