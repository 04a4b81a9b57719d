//! Numbers as text; a number that is not finite is a dash.

use perf_judge::report::number::NONE;

/// A change in percent with its sign.
pub fn signed_percent(value: Option<f64>, decimals: usize) -> String {
    match finite(value) {
        None => NONE.into(),
        Some(0.0) => "0 %".into(),
        Some(value) => format!("{value:+.decimals$} %"),
    }
}

/// A percentage without a sign.
pub fn percent(value: Option<f64>, decimals: usize) -> String {
    finite(value).map_or_else(|| NONE.into(), |value| format!("{value:.decimals$} %"))
}

/// Nanoseconds as a duration with four significant digits.
pub fn duration(ns: f64) -> String {
    let (scale, unit) = unit_of(ns);
    let value = ns / scale;
    let decimals = match value.abs() {
        _ if !value.is_finite() => return NONE.into(),
        1000.0.. => 0,
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    format!("{value:.decimals$} {unit}")
}

/// The unit that leaves at most three digits before the point: its nanoseconds and its name.
pub fn unit_of(ns: f64) -> (f64, &'static str) {
    match ns.abs() {
        1e9.. => (1e9, "s"),
        1e6.. => (1e6, "ms"),
        1e3.. => (1e3, "µs"),
        _ => (1.0, "ns"),
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_a_dash() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([signed_percent(Some(bad), 1), percent(Some(bad), 1), duration(bad)], [NONE; 3]);
        }
        assert_eq!([signed_percent(None, 1), percent(None, 1)], [NONE; 2]);
        assert_eq!(
            [signed_percent(Some(1.26), 1), percent(Some(1.26), 1), signed_percent(Some(-0.0), 2)],
            ["+1.3 %", "1.3 %", "0 %"]
        );
    }

    #[test]
    fn a_duration_has_four_digits() {
        let shown = [(3.456, "3.456 ns"), (25_230.0, "25.23 µs"), (196_700.0, "196.7 µs"), (2.5e9, "2.500 s")];
        for (ns, text) in shown {
            assert_eq!(duration(ns), text);
        }
    }
}
