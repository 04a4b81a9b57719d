//! What the screen shows of a history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use perf_gate::CaseName;

use crate::picture::{self, grouped};
use crate::series::{Scale, Series};
use crate::trend::{Trend, TrendChange};
use perf_statistics::change_points::ChangeKind;

/// The day of a time stamp in UTC, `YYYY-MM-DD`.
pub fn day(seconds: i64) -> String {
    let date = Timestamp::from_second(seconds).map(|time| time.to_zoned_datetime(TimeZone::UTC).date().to_string());
    // Only a time beyond the year 9999 is none.
    date.unwrap_or_else(|_| "unknown".into())
}

/// The first 10 characters of a hash.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// The trend of a metric: title, picture, and a line for each change.
pub fn trend(case: &CaseName, trend: &Trend) -> String {
    let Series { metric, scale, parts, left_out } = &trend.series;
    let runs: usize = parts.iter().map(|part| part.points.len()).sum();
    let mut out = format!("{case} {metric}: {}\n", scale_name(*scale));
    if let (Some(first), Some(last)) =
        (parts.first().and_then(|part| part.points.first()), parts.last().and_then(|part| part.points.last()))
    {
        let several = if runs == 1 { "1 commit".to_owned() } else { format!("{runs} commits") };
        out += &format!("{several}, {} to {}", day(first.committed), day(last.committed));
        let last_value = value(last.value, *scale);
        out += &match last.interval {
            Some([lower, upper]) => format!("; last: {last_value} ({lower:+.2} % to {upper:+.2} %)\n"),
            None => format!("; last: {last_value}\n"),
        };
    }
    left_out.iter().for_each(|line| out += &format!("{line}\n"));
    out += "\n";
    out += &picture::draw(trend);
    out += "\n";
    let breaks = parts.iter().filter_map(|part| Some((part.because?, part.points.first()?)));
    for (because, point) in breaks {
        out += &format!(
            "  ┊  {} {}: {because}, so earlier values are not comparable\n",
            day(point.committed),
            short(&point.commit)
        );
    }
    if trend.changes.is_empty() {
        out += "no change of level was found\n";
    }
    for (index, change) in trend.changes.iter().enumerate() {
        out += &format!("{:>3}  {}\n", index + 1, line(trend, change));
    }
    out
}

fn scale_name(scale: Scale) -> String {
    match scale {
        Scale::Metric(unit, class) => format!("{unit}, class {class}"),
        Scale::SinceAnchor => "change of wall time since the anchor, measured in pairs with it".into(),
        Scale::Accumulated => "change of wall time, added up from run to run".into(),
    }
}

fn value(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Metric(..) => grouped(value),
        Scale::SinceAnchor | Scale::Accumulated => format!("{value:+.2} %"),
    }
}

/// A change in one line: since which commit, what, and between which levels.
fn line(trend: &Trend, change: &TrendChange) -> String {
    let scale = trend.series.scale;
    let Some(point) = trend.point(change) else { return String::new() };
    let since = format!("{} {}", day(point.committed), short(&point.commit));
    let percent = trend.percent(change).map_or_else(String::new, |percent| format!(" {percent:+.2} %"));
    let levels = format!("{} → {}", value(change.before, scale), value(change.after, scale));
    let kind = picture::kind(change.kind);
    let until = match change.kind {
        ChangeKind::Drift { until } => {
            let end = trend.series.parts.get(change.part).and_then(|part| part.points.get(until));
            end.map_or_else(String::new, |end| format!(" until {} {}", day(end.committed), short(&end.commit)))
        }
        ChangeKind::Step | ChangeKind::Spike => String::new(),
    };
    // The change is in a commit after the last one that was measured before it.
    let before = trend.point_before(change);
    let after = before.map_or_else(String::new, |before| format!(" (after {})", short(&before.commit)));
    format!("{kind}{percent}  {levels}  since {since}{after}{until}")
}

/// The changes of all cases, newest first, at most `most`.
pub fn overview(trends: &BTreeMap<CaseName, Vec<Trend>>, most: usize) -> String {
    let mut lines: Vec<(i64, String)> = Vec::new();
    let mut series = 0;
    for (case, trends) in trends {
        for trend in trends {
            series += 1;
            for change in &trend.changes {
                if let Some(point) = trend.point(change) {
                    lines.push((point.committed, format!("{case} {}: {}", trend.series.metric, line(trend, change))));
                }
            }
        }
    }
    lines.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    let mut out = format!("{series} series of {} cases; {} changes of level", trends.len(), lines.len());
    out += &if lines.len() > most { format!(", the newest {most}:\n") } else { ":\n".to_owned() };
    if lines.is_empty() {
        out = format!("{series} series of {} cases; no change of level was found\n", trends.len());
    }
    lines.iter().take(most).for_each(|(_, line)| out += &format!("  {line}\n"));
    out
}

#[cfg(test)]
mod tests {
    use perf_gate::{Class, Unit};

    use super::*;
    use crate::trend::tests::a_series;

    fn case() -> CaseName {
        CaseName::new("query/floor/10").unwrap()
    }

    #[test]
    fn a_trend_says_since_which_commit() {
        let first: Vec<f64> = (0..40).map(|n| if n < 25 { 4_200_000.0 } else { 4_260_000.0 }).collect();
        let mut series = a_series(Scale::Metric(Unit::Instr, Class::Instructions), &[&first, &[4_100_000.0; 12]]);
        series.left_out.push("left out: 3 of other tools (valgrind 3.22.0, glibc 2.39)".into());
        insta::assert_snapshot!(trend(&case(), &Trend::new(series)));
    }

    #[test]
    fn wall_time_has_its_interval() {
        let values: Vec<f64> =
            (0..30).map(|n| 0.2 * f64::from((n * 7) % 5) + f64::from((n - 14).clamp(0, 8))).collect();
        insta::assert_snapshot!(trend(&case(), &Trend::new(a_series(Scale::SinceAnchor, &[&values]))));
    }

    #[test]
    fn the_overview_has_the_newest_changes_first() {
        let blocks = |values: &[f64]| Trend::new(a_series(Scale::Metric(Unit::Blocks, Class::Heap), &[values]));
        let one = vec![blocks(&[5.0, 5.0, 6.0, 6.0]), blocks(&[5.0, 7.0, 7.0, 7.0])];
        let two = vec![blocks(&[5.0, 5.0, 5.0, 4.0])];
        let all = BTreeMap::from([(case(), one), (CaseName::new("url/x/1").unwrap(), two)]);
        insta::assert_snapshot!(overview(&all, 2));
        assert!(overview(&BTreeMap::new(), 5).contains("0 series of 0 cases; no change of level was found"));
    }

    #[test]
    fn days_are_in_utc() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(1_796_000_000), "2026-11-30");
        assert_eq!(day(i64::MAX), "unknown");
    }
}
