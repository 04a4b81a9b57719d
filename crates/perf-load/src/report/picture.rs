//! The picture of a report: latency over time, requests in flight, and a histogram, as one SVG file without scripts.

use std::fmt::{Display, Write as _};

use super::show::{digits, grouped, time};
use super::{Bar, From, Interval, Report, RunEnd};
use crate::metric::Metric;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 640.0;
/// Where plots begin and end across.
const LEFT: f64 = 80.0;
const RIGHT: f64 = WIDTH - 20.0;
/// Top and bottom of the plots.
const LATENCY: [f64; 2] = [70.0, 300.0];
const IN_FLIGHT: [f64; 2] = [335.0, 405.0];
const HISTOGRAM: [f64; 2] = [460.0, 600.0];

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}.axis{stroke:#888}\
.grid{stroke:#e4e4e4}.p50,.p95,.max,.flight{fill:none;stroke-width:1.6;stroke-linejoin:round}.p50{stroke:#1b6ca8}.p95{stroke:#d17a00}\
.max{stroke:#b3261e;stroke-dasharray:4 3}.flight{stroke:#4a7c59}.intended{fill:#1b6ca8}.actual{fill:#d17a00;fill-opacity:.6}\
.incomplete{fill:#b3261e;font-weight:600}.failed{fill:#b3261e}";

/// The picture of a report. Text of the report is escaped.
pub fn picture(report: &Report) -> String {
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">"
    );
    let title = format!("{}: latency over time", report.scenario);
    let _ = writeln!(svg, "<title>{}</title><style>{STYLE}</style>", escaped(&title));
    let _ = writeln!(svg, "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>");
    text(&mut svg, "title", [LEFT, 26.0], "start", &title);
    let what = match &report.end {
        RunEnd::Complete => None,
        RunEnd::Interrupted => Some("INCOMPLETE: interrupted".to_owned()),
        RunEnd::Aborted(threshold) => Some(format!("INCOMPLETE: ended by {threshold}")),
    };
    if let Some(what) = what {
        text(&mut svg, "incomplete", [RIGHT, 26.0], "end", &what);
    }
    latency(&mut svg, report);
    in_flight(&mut svg, report);
    histogram(&mut svg, report);
    svg.push_str("</svg>\n");
    svg
}

/// Takes a value of an interval, if it has one.
type OfInterval = fn(&Interval) -> Option<u64>;

fn latency(svg: &mut String, report: &Report) {
    let intervals = &report.intervals;
    let end = end_ns(report);
    text(svg, "", [LEFT, 52.0], "start", "end to end by intended start:");
    let lines: [(&str, &str, OfInterval); 3] = [
        ("p50", "median", |interval| interval.e2e.map(|spread| spread.p50)),
        ("p95", "p95", |interval| interval.e2e.map(|spread| spread.p95)),
        ("max", "max", |interval| interval.e2e.map(|spread| spread.max)),
    ];
    let values = || intervals.iter().filter_map(|interval| interval.e2e).flat_map(|spread| [spread.p50, spread.max]);
    let (Some(low), Some(high)) = (values().min(), values().max()) else {
        text(svg, "", [LEFT, 120.0], "start", "no request succeeded");
        return;
    };
    // Whole decades, at least one.
    let low = (low.max(1) as f64).log10().floor();
    let high = (high.max(1) as f64).log10().ceil().max(low + 1.0);
    let y = |value: u64| LATENCY[1] - ((value.max(1) as f64).log10() - low) / (high - low) * (LATENCY[1] - LATENCY[0]);
    for decade in low as u32..=high as u32 {
        let value = 10_u64.pow(decade);
        line(svg, "grid", [LEFT, y(value)], [RIGHT, y(value)]);
        text(svg, "", [LEFT - 8.0, y(value) + 4.0], "end", &time(value as f64));
    }
    time_axis(svg, end, LATENCY[1]);
    for (index, (class, name, value)) in lines.into_iter().enumerate() {
        let points = intervals.iter().map(|interval| Some((x_of(middle(interval), end), y(value(interval)?))));
        path(svg, class, points);
        let at = LEFT + 190.0 + 90.0 * index as f64;
        line(svg, class, [at, 48.0], [at + 24.0, 48.0]);
        text(svg, "", [at + 30.0, 52.0], "start", name);
    }
    for interval in intervals.iter().filter(|interval| interval.failed + interval.skipped > 0) {
        let x = x_of(middle(interval), end);
        let _ = writeln!(svg, "<circle class=\"failed\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>", short(x), LATENCY[1] - 4.0);
    }
    if intervals.iter().any(|interval| interval.failed + interval.skipped > 0) {
        let _ = writeln!(svg, "<circle class=\"failed\" cx=\"{}\" cy=\"48\" r=\"2.5\"/>", LEFT + 470.0);
        text(svg, "", [LEFT + 480.0, 52.0], "start", "some failed or were skipped");
    }
}

fn in_flight(svg: &mut String, report: &Report) {
    let end = end_ns(report);
    let most = report.intervals.iter().map(|interval| interval.in_flight).max().unwrap_or_default().max(1);
    let y = |value: u64| IN_FLIGHT[1] - value as f64 / most as f64 * (IN_FLIGHT[1] - IN_FLIGHT[0]);
    text(svg, "", [LEFT - 8.0, IN_FLIGHT[0] + 4.0], "end", &grouped(most as f64));
    text(svg, "", [LEFT - 8.0, IN_FLIGHT[1] + 4.0], "end", "0");
    text(svg, "", [LEFT + 6.0, IN_FLIGHT[0] - 4.0], "start", "in flight");
    line(svg, "grid", [LEFT, IN_FLIGHT[0]], [RIGHT, IN_FLIGHT[0]]);
    line(svg, "axis", [LEFT, IN_FLIGHT[1]], [RIGHT, IN_FLIGHT[1]]);
    path(svg, "flight", report.intervals.iter().map(|one| Some((x_of(middle(one), end), y(one.in_flight)))));
}

/// Both distributions of the whole time, as bars of the same edges.
fn histogram(svg: &mut String, report: &Report) {
    let bars = |from| {
        report.distribution(Metric::E2e, from).map(|distribution| distribution.bars.as_slice()).unwrap_or_default()
    };
    let (intended, actual) = (bars(From::Intended), bars(From::Actual));
    text(svg, "", [LEFT, HISTOGRAM[0] - 20.0], "start", "requests by time end to end, from");
    for (index, name) in ["intended", "actual"].into_iter().enumerate() {
        let x = LEFT + 210.0 + 130.0 * index as f64;
        rectangle(svg, name, [x, HISTOGRAM[0] - 30.0], [12.0, 12.0]);
        text(svg, "", [x + 18.0, HISTOGRAM[0] - 20.0], "start", &format!("{name} start"));
    }
    line(svg, "axis", [LEFT, HISTOGRAM[1]], [RIGHT, HISTOGRAM[1]]);
    let mut edges: Vec<u64> = intended.iter().chain(actual).map(|bar| bar.up_to).collect();
    edges.sort_unstable();
    edges.dedup();
    let most = intended.iter().chain(actual).map(|bar| bar.count).max().unwrap_or_default().max(1);
    text(svg, "", [LEFT - 8.0, HISTOGRAM[0] + 4.0], "end", &grouped(most as f64));
    let width = (RIGHT - LEFT) / edges.len().max(1) as f64;
    let labelled = edges.len().div_ceil(12).max(1);
    for (index, edge) in edges.iter().enumerate() {
        let x = LEFT + width * index as f64;
        let count = |bars: &[Bar]| bars.iter().find(|bar| bar.up_to == *edge).map_or(0, |bar| bar.count);
        for (class, bars, at) in [("intended", intended, 0.1), ("actual", actual, 0.5)] {
            let height = count(bars) as f64 / most as f64 * (HISTOGRAM[1] - HISTOGRAM[0]);
            if height > 0.0 {
                rectangle(svg, class, [x + width * at, HISTOGRAM[1] - height], [width * 0.4, height]);
            }
        }
        if index % labelled == 0 {
            text(svg, "", [x + width / 2.0, HISTOGRAM[1] + 17.0], "middle", &format!("≤ {}", time(*edge as f64)));
        }
    }
}

/// Ticks of whole seconds below a plot.
fn time_axis(svg: &mut String, end_ns: u64, y: f64) {
    line(svg, "axis", [LEFT, y], [RIGHT, y]);
    let seconds = end_ns as f64 / 1e9;
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0];
    let step = steps.into_iter().find(|step| seconds / step <= 12.0).unwrap_or(28_800.0);
    let mut tick = 0.0;
    while tick <= seconds {
        let x = x_of((tick * 1e9) as u64, end_ns);
        line(svg, "axis", [x, y], [x, y + 4.0]);
        text(svg, "", [x, y + 17.0], "middle", &format!("{} s", digits_of_tick(tick)));
        tick += step;
    }
}

fn digits_of_tick(seconds: f64) -> String {
    if seconds < 1_000.0 { digits(seconds) } else { grouped(seconds) }
}

fn end_ns(report: &Report) -> u64 {
    report.intervals.last().map_or(report.elapsed_ns, |last| last.start_ns + last.length_ns).max(1)
}

fn middle(interval: &Interval) -> u64 {
    interval.start_ns + interval.length_ns / 2
}

fn x_of(at_ns: u64, end_ns: u64) -> f64 {
    LEFT + at_ns as f64 / end_ns as f64 * (RIGHT - LEFT)
}

/// A line through points; where there is none it is interrupted, and a point alone is a short line.
fn path(svg: &mut String, class: &str, points: impl Iterator<Item = Option<(f64, f64)>>) {
    let (mut d, mut pen_is_down) = (String::new(), false);
    for point in points {
        if let Some((x, y)) = point {
            let _ = write!(d, "{}{} {}", if pen_is_down { "L" } else { "M" }, short(x), short(y));
            if !pen_is_down {
                d.push_str("h1");
            }
        }
        pen_is_down = point.is_some();
    }
    if !d.is_empty() {
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"{d}\"/>");
    }
}

fn line(svg: &mut String, class: &str, from: [f64; 2], to: [f64; 2]) {
    let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(short);
    let _ = writeln!(svg, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
}

fn rectangle(svg: &mut String, class: &str, at: [f64; 2], size: [f64; 2]) {
    let [x, y, width, height] = [at[0], at[1], size[0], size[1]].map(short);
    let _ = writeln!(svg, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
}

fn text(svg: &mut String, class: &str, at: [f64; 2], anchor: &str, content: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let (x, y) = (short(at[0]), short(at[1]));
    let _ = writeln!(svg, "<text{class} x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", escaped(content));
}

/// A coordinate with one decimal.
fn short(value: f64) -> impl Display {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.is_finite() { rounded } else { 0.0 }
}

/// Text for XML. Control characters are not allowed in it at all.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escaped("</text><script>\"&\u{1b}"), "&lt;/text&gt;&lt;script&gt;&quot;&amp; ");
    }
}
