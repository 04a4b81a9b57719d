//! Numbers as they are shown.

/// A cost of one operation, rounded, with separators: `12,345`.
pub fn cost(value: f64) -> String {
    let sign = if value.round() < 0.0 { "-" } else { "" };
    format!("{sign}{}", grouped(value.abs().round() as u64))
}

/// A difference of costs, rounded, with sign and separators: `+1,234`, `-5`, `0`.
pub fn change(value: f64) -> String {
    if value.round() > 0.0 { format!("+{}", cost(value)) } else { cost(value) }
}

/// A part of a whole in percent, with one decimal: `12.3 %`; `0.0 %` if the whole is 0.
pub fn share(part: f64, whole: f64) -> String {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    format!("{percent:.1} %")
}

/// A relative change in percent, with sign and one decimal: `+12.3 %`; `new` and `gone` where one side is 0.
pub fn relative(base: f64, head: f64) -> String {
    match (base > 0.0, head > 0.0) {
        (true, true) => format!("{:+.1} %", (head - base) / base * 100.0),
        (false, true) => "new".into(),
        (true, false) => "gone".into(),
        (false, false) => "equal".into(),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
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
    fn numbers_have_separators_and_signs() {
        assert_eq!([0.0, 999.5, 1_234_567.4, -1_000.0].map(cost), ["0", "1,000", "1,234,567", "-1,000"]);
        assert_eq!([0.4, -0.4, 12.0, -12.0].map(change), ["0", "0", "+12", "-12"]);
        assert_eq!((share(1.0, 8.0), share(1.0, 0.0)), ("12.5 %".into(), "0.0 %".into()));
        assert_eq!(relative(100.0, 112.0), "+12.0 %");
        assert_eq!([relative(0.0, 1.0), relative(1.0, 0.0), relative(0.0, 0.0)], ["new", "gone", "equal"]);
    }
}
