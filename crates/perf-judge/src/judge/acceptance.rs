//! Regressions that are accepted up to a value, until a date, for a reason.

use jiff::civil::Date;
use perf_gate::{Baseline, Record};

use super::regressed;
use crate::row::Row;
use crate::thresholds::parse_date;
use crate::verdict::Verdict;

/// Judges a record that is worse than its stored value: ACCEPTED while an acceptance covers it, else REGRESSED. `tolerated`
/// returns whether an accepted value covers the measured one.
pub fn apply(
    row: impl Fn(Verdict) -> Row,
    record: &Record,
    change: &str,
    baseline: Option<&Baseline>,
    today: Date,
    tolerated: impl Fn(u64) -> bool,
) -> Row {
    let entries = baseline.into_iter().flat_map(|baseline| &baseline.accepted);
    let mut entries = entries.filter(|entry| entry.case == *record.case() && entry.metric == record.metric().name());
    let Some(entry) = entries.next() else { return regressed(row(Verdict::Regressed), change) };
    // An invalid date is refused when its file is read; here it would count as expired.
    let in_time = parse_date(&entry.expires).is_some_and(|last| today <= last);
    match (tolerated(entry.value), in_time) {
        (true, true) => row(Verdict::Accepted).with_reason(format!("until {}: {}", entry.expires, entry.reason)),
        (true, false) => regressed(
            row(Verdict::Regressed),
            &format!("its acceptance expired on {} ({})", entry.expires, entry.reason),
        ),
        (false, _) => regressed(row(Verdict::Regressed), &format!("{change}, and beyond the accepted {}", entry.value)),
    }
}
