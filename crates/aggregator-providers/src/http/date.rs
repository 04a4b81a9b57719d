//! Dates of HTTP: the form that is sent today, and the two older ones that a recipient has to read.

/// Seconds since 1970 of a date such as `1994-11-06T08:49:37Z` (RFC 3339), in UTC only; fractions of a second are not looked at.
pub(super) fn rfc3339_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix(['Z', 'z'])?.split_once(['T', 't'])?;
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let valid = (1..=12).contains(&month) && parts.next().is_none();
    let time = time_of_day(time.split('.').next()?)?;
    (valid && (1..=31).contains(&day)).then(|| days(year, month, day) * 86_400 + time)
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
/// `Sun Nov  6 08:49:37 1994`. The day of the week is not looked at.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (day, month, year, time) = match words[..] {
        [_, day, month, year, time, "GMT"] => (day, month, number(year, 4)?, time),
        [_, date, time, "GMT"] => {
            let mut parts = date.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, number(parts.next()?, 2)?);
            // The form is from before 2000.
            (day, month, if year < 70 { 2000 + year } else { 1900 + year }, time)
        }
        [_, month, day, time, year] => (day, month, number(year, 4)?, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (day, month) = (number(day, 2)?, i64::try_from(month).ok()? + 1);
    let time = time_of_day(time)?;
    (1..=31).contains(&day).then(|| days(year, month, day) * 86_400 + time)
}

/// Seconds since midnight.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    // A leap second is the 60th.
    let valid = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    valid.then_some(hour * 3_600 + minute * 60 + second)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A number of at most `digits` digits and nothing else.
fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `month` from 1 to 12, `year` from 0.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March end with the leap day, so months before it have fixed lengths: 153 days in five months.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // Year 0 began on 1 March, 719,468 days before 1970.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked with `date -u -d @SECONDS`.
    #[test]
    fn the_three_forms_are_the_same_second() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
        assert_eq!(rfc3339_seconds("1994-11-06T08:49:37Z"), Some(784_111_777));
        assert_eq!(rfc3339_seconds("1994-11-06T08:49:37.123456Z"), Some(784_111_777));
        for other in
            ["1994-11-06", "1994-11-06T08:49:37+01:00", "1994-13-06T08:49:37Z", "1994-11-06T8:49Z", "T", "Z", ""]
        {
            assert_eq!(rfc3339_seconds(other), None, "{other:?}");
        }
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Thu, 29 Feb 2024 23:59:60 GMT"), Some(1_709_251_200));
        assert_eq!(seconds("Mon, 30 Nov 2026 00:00:00 GMT"), Some(1_795_996_800));
        assert_eq!(seconds("Wed, 31 Dec 1969 23:59:59 GMT"), Some(-1));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
