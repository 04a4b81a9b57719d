//! The text of a report: one screen of 100 columns and some fifty lines.

use std::fmt::Write as _;

use super::show::{bytes, digits, figure, grouped, time};
use super::{Bar, Distribution, From, OverSaturation, Process, Report, RunEnd};
use crate::judge::Judged;
use crate::leak::GrowthVerdict;
use crate::metric::{Metric, Unit};
use crate::scenario::{Aggregate, Subject, Threshold};
use crate::support::fewest;

/// Rows of a histogram.
const ROWS: usize = 10;
/// Characters of its longest bar.
const WIDTH: u64 = 30;

/// The text of a report.
pub fn screen(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    metrics(&mut out, report);
    histograms(&mut out, report);
    if let Some(process) = &report.process {
        memory(&mut out, process);
    }
    thresholds(&mut out, report);
    out
}

fn head(out: &mut String, report: &Report) {
    let end = match &report.end {
        RunEnd::Complete => "complete".to_owned(),
        RunEnd::Interrupted => "INCOMPLETE: interrupted".to_owned(),
        RunEnd::Aborted(threshold) => format!("INCOMPLETE: ended by {threshold}"),
    };
    let (elapsed, planned) = (time(report.elapsed_ns as f64), time(report.planned_ns as f64));
    let Report { scenario, model, seed, .. } = report;
    line(out, &format!("{scenario}: {model} model, {elapsed}, starts in {planned}, seed {seed}: {end}"));
    let requests = &report.requests;
    let counts = [
        (requests.started, "started"),
        (requests.succeeded, "succeeded"),
        (requests.failed, "failed"),
        (requests.cancelled, "cancelled"),
        (requests.unfinished, "unfinished"),
        (requests.skipped, "skipped"),
    ];
    let shown: Vec<String> = counts
        .into_iter()
        .enumerate()
        .filter(|(index, (count, _))| *index < 3 || *count > 0)
        .map(|(_, (count, name))| format!("{} {name}", grouped(count as f64)))
        .collect();
    line(out, &format!("  requests  {}", shown.join(", ")));
    let rate = digits(report.throughput_per_second);
    let saturated = match report.over_saturation {
        OverSaturation::Yes => "; OVER-SATURATED: both requests in flight and times grow",
        OverSaturation::No | OverSaturation::TooShort => "",
    };
    line(
        out,
        &format!(
            "  rate      {rate}/s succeed, at most {} in flight{saturated}",
            grouped(report.peak_in_flight as f64)
        ),
    );
    if let Some(rate) = report.requests.error_rate().filter(|_| !report.errors.is_empty()) {
        line(out, &format!("  errors    {} %: {}", digits(rate * 100.0), kinds(&report.errors)));
    }
    if !report.warnings.is_empty() {
        line(out, &format!("  survived  {}", kinds(&report.warnings)));
    }
    if requests.succeeded > 0 {
        let right = requests.succeeded - requests.unchecked.min(requests.succeeded);
        let unchecked = match requests.unchecked {
            0 => String::new(),
            unchecked => format!(", {} not compared with anything", grouped(unchecked as f64)),
        };
        line(out, &format!("  answers   {} right{unchecked}", grouped(right as f64)));
    }
    for goodput in &report.goodput {
        let share = if goodput.of == 0 { 0.0 } else { goodput.good as f64 / goodput.of as f64 * 100.0 };
        let (good, of) = (grouped(goodput.good as f64), grouped(goodput.of as f64));
        let (name, rate) = (&goodput.objective, digits(goodput.per_second));
        line(out, &format!("  goodput   {name}: {} %, {good} of {of}, {rate}/s", digits(share)));
    }
}

fn kinds(counts: &std::collections::BTreeMap<String, u64>) -> String {
    let mut kinds: Vec<_> = counts.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown: Vec<String> =
        kinds.iter().take(5).map(|(kind, count)| format!("{kind} {}", grouped(**count as f64))).collect();
    let more = if kinds.len() > 5 { format!(", {} more kinds", kinds.len() - 5) } else { String::new() };
    shown.join(", ") + &more
}

fn metrics(out: &mut String, report: &Report) {
    let mut marked = false;
    line(out, "");
    line(out, &format!("{:<23}{:<45}{}", "", "from intended start", "from actual start"));
    let mut head = format!("{:<12}{:>7}", "", "n");
    for name in ["p50", "p90", "p95", "p99", "max", "p50", "p95", "p99", "max"] {
        let _ = write!(head, "{name:>9}");
    }
    line(out, &head);
    for metric in Metric::ALL {
        let from = if metric.has_start() { From::Intended } else { From::Neither };
        let Some(distribution) = report.distribution(metric, from) else { continue };
        let mut row = format!("{:<12}{:>7}", metric.name(), grouped(distribution.n as f64));
        let mut cells = |distribution: &Distribution, percents: &[f64]| {
            for percent in percents {
                let cell = distribution.percentiles.iter().find(|one| one.percent == *percent).map(|one| {
                    let value = figure(one.value as f64, distribution.unit);
                    if one.at_most.is_some() {
                        value
                    } else {
                        marked = true;
                        format!("{value}?")
                    }
                });
                let _ = write!(row, "{:>9}", cell.unwrap_or_default());
            }
            let _ = write!(row, "{:>9}", figure(distribution.max as f64, distribution.unit));
        };
        cells(distribution, &[50.0, 90.0, 95.0, 99.0]);
        if let Some(actual) = report.distribution(metric, From::Actual) {
            cells(actual, &[50.0, 95.0, 99.0]);
        }
        line(out, &row);
    }
    if marked {
        let needed =
            [50.0, 90.0, 95.0, 99.0].map(|percent| format!("p{percent} {}", fewest(percent, report.confidence)));
        let percent = report.confidence * 100.0;
        line(
            out,
            &format!("  ? fewer values than this percentile needs at {percent:.0} % confidence: {}", needed.join(", ")),
        );
    }
}

/// The histograms of the first text and of the whole time, beside each other.
fn histograms(out: &mut String, report: &Report) {
    let columns: Vec<Vec<String>> = [Metric::Ttft, Metric::E2e]
        .into_iter()
        .filter_map(|metric| report.distribution(metric, From::Intended))
        .map(|distribution| {
            let bars = merged(&distribution.bars);
            let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1);
            let head = format!("{} from intended start, up to", distribution.metric.name());
            let row = |bar: &Bar| {
                let bar_text = "█".repeat((bar.count * WIDTH).div_ceil(most) as usize);
                let up_to = figure(bar.up_to as f64, distribution.unit);
                format!("{up_to:>8} {bar_text} {}", grouped(bar.count as f64))
            };
            std::iter::once(head).chain(bars.iter().map(row)).collect()
        })
        .collect();
    if columns.is_empty() {
        return;
    }
    line(out, "");
    for row in 0..columns.iter().map(Vec::len).max().unwrap_or_default() {
        let cells = columns.iter().map(|column| format!("{:<50}", column.get(row).map_or("", String::as_str)));
        line(out, &format!("  {}", cells.collect::<String>()));
    }
}

/// At most ten bars; neighbours are merged until there are no more.
fn merged(bars: &[Bar]) -> Vec<Bar> {
    let mut bars = bars.to_vec();
    while bars.len() > ROWS {
        bars = bars
            .chunks(2)
            .map(|pair| Bar { up_to: pair[pair.len() - 1].up_to, count: pair.iter().map(|bar| bar.count).sum() })
            .collect();
    }
    bars
}

fn memory(out: &mut String, process: &Process) {
    let memory = &process.memory;
    let show = |value: u64| bytes(value as f64);
    line(out, "");
    line(
        out,
        &format!(
            "  memory    base {}, plateau {}, peak {}, after the end {}",
            show(memory.base_bytes),
            show(memory.plateau_bytes),
            show(memory.peak_bytes),
            show(memory.end_bytes)
        ),
    );
    let (retained, user) = (show(memory.retained_bytes), show(memory.per_user_bytes));
    line(out, &format!("  retained  {retained}; at most {user} for each request in flight"));
    let growth = &memory.growth;
    let range =
        format!("{} a request ({} to {})", bytes(growth.bytes_per_request), bytes(growth.low), bytes(growth.high));
    let smallest = growth.smallest_seen.map(bytes).unwrap_or_default();
    line(
        out,
        &match growth.verdict {
            GrowthVerdict::Leaking => format!("  LEAKS     {range}"),
            GrowthVerdict::NotSeen => format!("  growth    {range}: none seen, of {smallest} it would be"),
            GrowthVerdict::TooShort => {
                format!("  growth    not judged: {} samples are too few for their noise", memory.samples)
            }
        },
    );
    line(out, &format!("  processor {} of one, {}", digits(process.processors), time(process.processor_ns as f64)));
}

fn thresholds(out: &mut String, report: &Report) {
    if report.thresholds.is_empty() {
        return;
    }
    line(out, "");
    for judged in &report.thresholds {
        let Judged { threshold, verdict, figure, n, reason } = judged;
        let objectives: Vec<&str> = report.goodput.iter().map(|goodput| goodput.objective.as_str()).collect();
        let seen = match (figure, Threshold::parse(threshold, &objectives)) {
            (Some(figure), Ok(parsed)) => show_figure(*figure, &parsed),
            _ => "nothing measured".to_owned(),
        };
        let reason = if reason.is_empty() { String::new() } else { format!("; {reason}") };
        line(out, &format!("  {verdict:<12}  {threshold:<28}  {seen}, n {}{reason}", grouped(*n as f64)));
    }
}

/// A figure in the unit of its threshold.
fn show_figure(value: f64, threshold: &Threshold) -> String {
    match (&threshold.subject, threshold.aggregate) {
        (Subject::Metric { metric, .. }, _) => figure(value, metric.unit()),
        (Subject::Memory, _) => bytes(value),
        (Subject::Throughput, _) => format!("{}/s", digits(value)),
        (_, Aggregate::Rate) => format!("{} %", digits(value * 100.0)),
        _ => figure(value, Unit::Count),
    }
}

/// Adds a line without blanks at its end.
fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}
