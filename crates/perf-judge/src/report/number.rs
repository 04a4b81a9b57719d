//! Values with their units as text.

use perf_gate::{Class, Unit};

use crate::row::{Group, PairedStats, Row, Subject, Value};

/// Text of a missing value.
pub const NONE: &str = "—";

/// The value of the base, or the limit of a budget.
pub fn base(row: &Row) -> String {
    value(row.base, row)
}

/// The value of head.
pub fn head(row: &Row) -> String {
    value(row.head, row)
}

/// The change with its bounds: `-0.3 % (-1.2 to +0.6)`.
pub fn paired_change(paired: &PairedStats) -> Option<String> {
    let (change, bounds) = (paired.change_percent.filter(|change| change.is_finite())?, bounds(paired)?);
    Some(format!("{change:+.*} % {bounds}", paired.decimals()))
}

/// The confidence bounds of the change, in percent.
pub fn bounds(paired: &PairedStats) -> Option<String> {
    let decimals = paired.decimals();
    let [lower, upper] = [paired.lower_percent?, paired.upper_percent?];
    [lower, upper]
        .iter()
        .all(|bound| bound.is_finite())
        .then(|| format!("({lower:+.decimals$} to {upper:+.decimals$})"))
}

/// The change from base to head; for wall time in pairs the estimate with its bounds, for wall time without a base its
/// dispersion, for a budget the used share.
pub fn change(row: &Row) -> String {
    if let Some(paired) = &row.paired {
        return paired_change(paired).unwrap_or_else(|| NONE.into());
    }
    if let Some(spread) = row.spread {
        if !spread.iqr_percent.is_finite() {
            return NONE.into();
        }
        return format!("iqr {:.1} %", spread.iqr_percent);
    }
    if row.limit_used().is_some()
        && let (Some(Value::Number(limit)), Some(Value::Number(used))) = (row.base, row.head)
    {
        // Rounded up, so that a value above the limit never shows as 100 %.
        let percent = (u128::from(used) * 100).div_ceil(u128::from(limit.max(1)));
        return format!("{} % used", grouped(percent));
    }
    if row.group == Group::Budget {
        return NONE.into();
    }
    match (row.base, row.head) {
        (Some(Value::Number(base)), Some(Value::Number(head))) if base == head => "=".into(),
        (Some(Value::Number(base)), Some(Value::Number(head))) => match row.change() {
            // Two digits, because the margin is 1 %.
            Some(change) if row.group == Group::Class(Class::Instructions) && change.abs() >= 0.000_05 => {
                format!("{:+.2} %", change * 100.0)
            }
            Some(change) if change.abs() >= 0.0005 => format!("{:+.1} %", change * 100.0),
            // The percentage would round to 0.0, or the base is 0.
            _ => {
                let sign = if head > base { '+' } else { '-' };
                format!("{sign}{}", number(head.abs_diff(base), row))
            }
        },
        (Some(Value::Checksum(base)), Some(Value::Checksum(head))) => {
            if base == head {
                "=".into()
            } else {
                "differs".into()
            }
        }
        _ => NONE.into(),
    }
}

fn value(value: Option<Value>, row: &Row) -> String {
    match value {
        None => NONE.into(),
        Some(Value::Checksum(checksum)) => checksum.to_string(),
        Some(Value::Number(value)) => number(value, row),
    }
}

fn number(number: u64, row: &Row) -> String {
    match row.subject {
        Subject::Metric { unit, .. } => with_unit(number, unit),
        Subject::Case | Subject::Checksum => grouped(number.into()),
    }
}

/// A number with its unit.
pub fn with_unit(number: u64, unit: Unit) -> String {
    match unit {
        Unit::Ns => duration(number),
        Unit::Bytes => format!("{} B", grouped(number.into())),
        Unit::Blocks | Unit::Polls | Unit::Wakes | Unit::Instr | Unit::Count => grouped(number.into()),
    }
}

/// A duration with all digits, in the unit that leaves at most three digits before the point.
fn duration(ns: u64) -> String {
    let (scale, digits, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1_000, 3, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, 6, "ms"),
        _ => (1_000_000_000, 9, "s"),
    };
    let (whole, rest) = (grouped((ns / scale).into()), format!("{:0digits$}", ns % scale));
    match rest.trim_end_matches('0') {
        "" => format!("{whole} {unit}"),
        rest => format!("{whole}.{rest} {unit}"),
    }
}

/// A duration with four significant digits.
pub fn rounded_duration(ns: u64) -> String {
    let (scale, unit) = match ns {
        0..1_000 => (1.0, "ns"),
        1_000..1_000_000 => (1e3, "µs"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = ns as f64 / scale;
    let digits = match value {
        _ if ns < 1_000 => 0,
        1000.0.. => 0,
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$} {unit}")
}

/// Seconds without decimals.
pub fn seconds(seconds: f64) -> String {
    if seconds.is_finite() { format!("{seconds:.0} s") } else { NONE.into() }
}

fn grouped(number: u128) -> String {
    let digits = number.to_string();
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
    fn every_digit_is_shown_in_a_readable_unit() {
        for (ns, shown) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 µs"),
            (1_234, "1.234 µs"),
            (1_500_000, "1.5 ms"),
            (1_000_001, "1.000001 ms"),
            (12_345_678_901, "12.345678901 s"),
            (u64::MAX, "18,446,744,073.709551615 s"),
        ] {
            assert_eq!(with_unit(ns, Unit::Ns), shown);
        }
        for (ns, shown) in [(112, "112 ns"), (3_745, "3.745 µs"), (99_999, "100.00 µs"), (37_123_456, "37.12 ms")] {
            assert_eq!(rounded_duration(ns), shown);
        }
        assert_eq!(with_unit(12_345, Unit::Bytes), "12,345 B");
        assert_eq!(with_unit(123, Unit::Blocks), "123");
    }
}
