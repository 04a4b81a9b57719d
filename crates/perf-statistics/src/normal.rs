//! The standard normal distribution.

/// The quantile of the standard normal distribution; infinite at 0 and 1, NaN outside 0..=1.
///
/// Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37(3), 1988, the
/// routine PPND16: quotients of polynomials, one for the middle and two for the tails, with a relative
/// error of about 10^-16.
pub fn quantile(probability: f64) -> f64 {
    let from_half = probability - 0.5;
    if from_half.abs() <= 0.425 {
        let r = 0.425 * 0.425 - from_half * from_half;
        return from_half * polynomial(&MIDDLE.0, r) / polynomial(&MIDDLE.1, r);
    }
    let tail = if from_half < 0.0 { probability } else { 1.0 - probability };
    if tail.is_nan() || tail < 0.0 {
        return f64::NAN;
    }
    let r = (-tail.ln()).sqrt();
    let distance = if r.is_infinite() {
        r
    } else if r <= 5.0 {
        polynomial(&TAIL.0, r - 1.6) / polynomial(&TAIL.1, r - 1.6)
    } else {
        polynomial(&FAR_TAIL.0, r - 5.0) / polynomial(&FAR_TAIL.1, r - 5.0)
    };
    distance.copysign(from_half)
}

/// Evaluates a polynomial; the coefficients start with the constant.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// Coefficients of numerator and denominator.
type Quotient = ([f64; 8], [f64; 8]);

/// For probabilities within 0.425 of one half; the variable is 0.425² - distance².
#[expect(clippy::excessive_precision, reason = "as published")]
const MIDDLE: Quotient = (
    [
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ],
    [
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ],
);

/// For √(-ln(tail)) of at most 5; the variable is that root less 1.6.
#[expect(clippy::excessive_precision, reason = "as published")]
const TAIL: Quotient = (
    [
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ],
    [
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ],
);

/// For √(-ln(tail)) above 5; the variable is that root less 5.
#[expect(clippy::excessive_precision, reason = "as published")]
const FAR_TAIL: Quotient = (
    [
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ],
    [
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::super::vectors::{close, vectors};
    use super::*;

    #[test]
    fn agrees_with_scipy_in_the_middle_and_in_both_tails() {
        for vector in &vectors().normal {
            close(quantile(vector.probability), vector.quantile, 1e-14);
        }
    }

    #[test]
    fn symmetric_and_infinite_at_the_ends() {
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!(quantile(0.25), -quantile(0.75));
        assert_eq!([0.0, 1.0].map(quantile), [f64::NEG_INFINITY, f64::INFINITY]);
        assert!([-0.1, 1.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].iter().all(|&p| quantile(p).is_nan()));
    }
}
