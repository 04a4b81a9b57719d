//! Numbers in sentences, as people write them.

use super::words::is_minus;

/// A number in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number<'a> {
    /// As it is written.
    pub(super) given: &'a str,
    /// In millionths.
    pub(super) value: i128,
    /// To what it is rounded, in millionths: 100 for `1300`, a tenth for `4.1`.
    pub(super) step: i128,
    /// The sign of a currency before it, if any.
    pub(super) currency: &'a str,
    /// The two words or signs behind it, in lower case.
    pub(super) behind: Vec<String>,
    /// Whether it belongs to a name, as that of a model or of a street.
    pub(super) is_in_name: bool,
}

/// The value and the step of a number, in millionths: `1,234.5`, `82`, `3,5`. None of more than twelve digits, none with letters,
/// and not `1.500`, which is another number in Berlin than in London.
pub(super) fn read(text: &str) -> Option<(i128, i128)> {
    if let Some(digits) = text.strip_prefix(is_minus) {
        return read(digits).map(|(value, step)| (-value, step));
    }
    let is_mark = |c: char| c == '.' || c == ',';
    let groups = |whole: &str| whole.split(is_mark).skip(1).all(|group| group.len() == 3);
    let (whole, part) = match text.rsplit_once(is_mark) {
        // Three digits behind a comma are a group of an English number, and three behind a full stop may be either.
        Some((whole, part)) if part.len() == 3 && whole.len() <= 3 && text.contains('.') => return None,
        Some((_, part)) if part.len() == 3 => (text, ""),
        Some((whole, part)) if part.len() <= 6 => (whole, part),
        Some(_) => return None,
        None => (text, ""),
    };
    let digits: String = whole.chars().filter(|&c| !is_mark(c)).collect();
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || digits.len() > 12 || !groups(whole) || !plain(&digits) || !plain(part) {
        return None;
    }
    let fraction: i128 = format!("{part:0<6}").parse().ok()?;
    let value = digits.parse::<i128>().ok()? * 1_000_000 + fraction;
    let zeros = match part.len() {
        0 => 6 + digits.bytes().rev().take_while(|&digit| digit == b'0').count().min(digits.len() - 1),
        decimals => 6 - decimals,
    };
    Some((value, 10_i128.pow(zeros as u32)))
}

impl Number<'_> {
    /// What both are of: the first word behind one that is the first or the second behind the other, as in `146 moons` and
    /// `82 known moons`; empty where nothing is behind both.
    pub(super) fn common_unit<'b>(&'b self, other: &'b Self) -> Option<&'b str> {
        match (&self.behind[..], &other.behind[..]) {
            ([], []) => Some(""),
            ([a, ..], [b, ..]) if a != b && (is_scale(a) || is_scale(b)) => None,
            ([unit, ..], others) if others.contains(unit) => Some(unit),
            (own, [unit, ..]) if own.contains(unit) => Some(unit),
            _ => None,
        }
    }

    /// Whether one may be the other, rounded, or both about the same if the sentences say that they are not exact.
    pub(super) fn may_be(&self, other: &Self, is_hedged: bool) -> bool {
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::EqualNumbers) {
            return true;
        }
        let apart = (self.value - other.value).abs();
        let is_rounded = self.step != other.step && 2 * apart <= self.step.max(other.step);
        // 15 %.
        let is_near = is_hedged && 20 * apart < 3 * self.value.abs().max(other.value.abs());
        apart == 0 || is_rounded || is_near
    }
}

/// A word that makes another number of the one before it.
fn is_scale(word: &str) -> bool {
    const SCALES: [&str; 9] = ["hundred", "thousand", "mio", "mrd", "mil", "mille", "bn", "m", "k"];
    const BEGINNINGS: [&str; 15] = [
        "million", "billion", "trillion", "milliard", "millón", "millones", "milhã", "milhõ", "milion", "miliard",
        "miljoen", "miljard", "tausend", "duizend", "bilh",
    ];
    SCALES.contains(&word) || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let of = |text| read(text).map(|(value, step)| (value as f64 / 1e6, step as f64 / 1e6));
        assert_eq!(["82", "1,234.5", "3.5"].map(of), [Some((82.0, 1.0)), Some((1_234.5, 0.1)), Some((3.5, 0.1))]);
        assert_eq!(["-5", "−0.5", "--5"].map(of), [Some((-5.0, 1.0)), Some((-0.5, 0.1)), Some((5.0, 1.0))]);
        assert_eq!(["0.25", "3,5", "1300"].map(of), [Some((0.25, 0.01)), Some((3.5, 0.1)), Some((1_300.0, 100.0))]);
        assert_eq!(
            ["1,280", "1.280.000", "0"].map(of),
            [Some((1_280.0, 10.0)), Some((1_280_000.0, 10_000.0)), Some((0.0, 1.0))]
        );
        assert_eq!(["", "1.500", "1.2.3", "1234567890123", ".", "5bn", "3.1234567", "2-3"].map(of), [None; 8]);
    }
}
