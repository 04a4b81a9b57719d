//! Figures for people.

use crate::metric::Unit;

/// A figure in its unit, with three significant digits.
pub(crate) fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => time(value),
        Unit::Bytes => bytes(value),
        Unit::PerMillion => format!("{} %", digits(value / 1e4)),
        Unit::Count if value.fract() == 0.0 => grouped(value),
        Unit::Count => digits(value),
    }
}

/// A time in nanoseconds.
pub(crate) fn time(nanos: f64) -> String {
    for (limit, factor, unit) in [(999.5, 1.0, "ns"), (999.5e3, 1e3, "µs"), (999.5e6, 1e6, "ms"), (59.95e9, 1e9, "s")]
    {
        if nanos < limit {
            return format!("{} {unit}", digits(nanos / factor));
        }
    }
    let seconds = nanos / 1e9;
    if seconds < 3_600.0 {
        format!("{} min", digits(seconds / 60.0))
    } else {
        format!("{} h", digits(seconds / 3_600.0))
    }
}

/// A number of bytes.
pub(crate) fn bytes(bytes: f64) -> String {
    for (limit, factor, unit) in
        [(1024.0, 1.0, "B"), (1_048_576.0, 1024.0, "KiB"), (1_073_741_824.0, 1_048_576.0, "MiB")]
    {
        if bytes.abs() < limit {
            return format!("{} {unit}", digits(bytes / factor));
        }
    }
    format!("{} GiB", digits(bytes / 1_073_741_824.0))
}

/// Three significant digits, without zeros at the end.
pub(crate) fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        below if below < 9.995 => 2,
        below if below < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number with its digits in groups of three.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        let shown = [0.0, 950.0, 1_234.0, 999_700.0, 81_200_000.0, 1e9, 61e9, 7.2e12].map(time);
        assert_eq!(shown, ["0 ns", "950 ns", "1.23 µs", "1 ms", "81.2 ms", "1 s", "1.02 min", "2 h"]);
        assert_eq!([0.0, 1536.0, 5e7, 3e9].map(bytes), ["0 B", "1.5 KiB", "47.7 MiB", "2.79 GiB"]);
        assert_eq!([0.0, 999.0, 1_000.0, 1_234_567.0].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(figure(516_666.0, Unit::PerMillion), "51.7 %");
    }
}
