//! The history of a metric: the recorded values as a line with their intervals, and where it changed.

use std::fmt::{Display, Write as _};

use perf_judge::statistics::percent;

use super::axis::Axis;
use super::{dots, figure, line, number, stretched, text};
use crate::html::Html;
use crate::input::{Trend, TrendPoint};
use crate::label;

/// The largest number of values that are drawn: the newest ones.
pub const MAX_VALUES: usize = 200;

/// Pixels from the top and to the bottom of the values.
const PLOT: [f64; 2] = [20.0, 110.0];

/// Percent of the width to the left of the values, for the labels of the axis.
const LEFT: f64 = 15.0;

/// The smallest range of the values, in percent. One more of a million instructions must not look like a slope.
const MIN_RANGE: f64 = 0.2;

/// The values that are drawn.
pub fn newest(trend: &Trend) -> &[TrendPoint] {
    trend.points.get(trend.points.len().saturating_sub(MAX_VALUES)..).unwrap_or_default()
}

/// Draws a history; nothing if it has no finite value.
pub fn draw(html: &mut Html, trend: &Trend) {
    let skipped = trend.points.len().saturating_sub(MAX_VALUES);
    let shown: Vec<(usize, &TrendPoint)> =
        trend.points.iter().enumerate().skip(skipped).filter(|(_, point)| point.value.is_finite()).collect();
    let (Some((_, first)), Some((_, last))) = (shown.first(), shown.last()) else { return };
    let bounds = |point: &TrendPoint| point.interval.into_iter().flatten().map(percent).collect::<Vec<_>>();
    let values: Vec<f64> = shown.iter().map(|(_, point)| percent(point.value)).collect();
    let all: Vec<f64> = values.iter().copied().chain(shown.iter().flat_map(|(_, point)| bounds(point))).collect();
    let Some(axis) = Axis::of(&all, &values) else { return };
    let axis = axis.at_least(MIN_RANGE);

    let across = |index: usize| {
        LEFT + (97.0 - LEFT) * (index - skipped) as f64 / (trend.points.len() - skipped - 1).max(1) as f64
    };
    // The axis leads upwards here; it has its padding for both directions.
    let height = |value: f64| PLOT[1] - (PLOT[1] - PLOT[0]) * axis.place(value) / 100.0;
    let changes: Vec<usize> =
        trend.changes.iter().copied().filter(|index| (skipped..trend.points.len()).contains(index)).collect();
    let words = in_words(&shown, changes.len(), [first, last]);
    figure(html, &words, PLOT[1] + 34.0, |html| {
        let (ticks, decimals) = axis.ticks();
        for tick in ticks {
            line(html, "grid", [[0.0, height(tick)], [100.0, height(tick)]]);
            text(html, [0.0, height(tick) - 2.0], label::signed_percent(Some(tick), decimals));
        }
        for &index in &changes {
            line(html, "change", [[across(index), PLOT[0] - 6.0], [across(index), PLOT[1]]]);
            text(html, [across(index), 12.0], "changed");
        }
        stretched(html, PLOT[1], |html| {
            let (mut path, mut whiskers) = (String::new(), String::new());
            for ((index, point), value) in shown.iter().zip(&values) {
                let (x, letter) = (number(across(*index) * 10.0), if path.is_empty() { 'M' } else { 'L' });
                let _ = write!(path, "{letter}{x} {}", number(height(*value)));
                if let [lower, upper] = bounds(point)[..]
                    && lower.is_finite()
                    && upper.is_finite()
                {
                    let _ = write!(whiskers, "M{x} {}V{}", number(height(lower)), number(height(upper)));
                }
            }
            let classes: [(&dyn Display, &dyn Display); 2] = [(&"whiskers", &whiskers), (&"line", &path)];
            for (class, path) in classes {
                html.empty("path", &[("class", class), ("d", path)]);
            }
            dots(
                html,
                "dot head",
                shown.iter().zip(&values).map(|((index, _), value)| [across(*index), height(*value)]),
            );
        });
        // Below each other, so that both commits fit on a narrow screen.
        let mut name = |x: f64, point: &TrendPoint| {
            text(html, [x, PLOT[1] + 14.0], &point.date);
            text(html, [x, PLOT[1] + 29.0], point.commit.chars().take(12).collect::<String>());
        };
        name(0.0, first);
        if shown.len() > 1 {
            name(100.0, last);
        }
    });
}

fn in_words(shown: &[(usize, &TrendPoint)], changes: usize, [first, last]: [&TrendPoint; 2]) -> String {
    let now = label::signed_percent(Some(percent(last.value) - percent(first.value)), 1);
    format!(
        "History of {} values from {} to {}: {now} in all, changed {changes} times.",
        shown.len(),
        first.date,
        last.date
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests_of_svg::Svg;

    fn point(day: usize, value: f64, interval: Option<[f64; 2]>) -> TrendPoint {
        TrendPoint { commit: format!("{day:012x}ffff"), date: format!("2026-01-{day:02}"), value, interval }
    }

    #[test]
    fn values_are_placed_by_order_and_change() {
        let percent = |percent: f64| (percent / 100.0).ln_1p();
        let points = vec![
            point(1, 0.0, None),
            point(2, percent(5.0), Some([0.0, percent(10.0)])),
            point(3, percent(10.0), None),
        ];
        let svg = Svg::of(|html| draw(html, &Trend { points, changes: vec![1, 99] }));
        // Zero is at 3 % of the height from the bottom, ten percent at 97 %.
        assert_eq!(svg.dots("dot head"), [[150.0, 107.3], [560.0, 65.0], [970.0, 22.7]]);
        assert_eq!(svg.values("path", "line", "d"), ["M150 107.3L560 65L970 22.7"]);
        assert_eq!(svg.values("path", "whiskers", "d"), ["M560 107.3V22.7"]);
        assert_eq!(svg.values("line", "change", "x1"), ["56%"], "the other one is beyond the values");
        assert!(
            svg.text.contains("2026-01-01000000000001") && svg.text.contains("2026-01-03000000000003"),
            "{}",
            svg.text
        );
        assert!(
            svg.label().contains("3 values from 2026-01-01 to 2026-01-03: +10.0 % in all, changed 1 times"),
            "{}",
            svg.label()
        );
    }

    #[test]
    fn a_change_that_is_too_small_to_matter_is_no_slope() {
        let points = vec![point(1, 0.0, None), point(2, 0.000_001, None)];
        let svg = Svg::of(|html| draw(html, &Trend { points, changes: vec![] }));
        let heights: Vec<f64> = svg.dots("dot head").iter().map(|[_, y]| *y).collect();
        assert_eq!(heights, [65.0, 65.0]);
    }

    #[test]
    fn the_newest_values_are_drawn_and_none_that_is_no_number() {
        let mut points: Vec<TrendPoint> = (0..500).map(|day| point(day, 0.001 * day as f64, None)).collect();
        points[499].value = f64::NAN;
        let svg = Svg::of(|html| draw(html, &Trend { points, changes: vec![0, 400] }));
        assert_eq!(svg.dots("dot head").len(), MAX_VALUES - 1);
        assert_eq!(svg.values("line", "change", "x1").len(), 1);
        let one = Trend { points: vec![point(1, 0.0, None)], changes: vec![0] };
        assert_eq!(Svg::of(|html| draw(html, &one)).dots("dot head"), [[150.0, 65.0]]);
        let none = Trend { points: vec![point(1, f64::NAN, None)], changes: vec![] };
        assert!(Svg::of(|html| draw(html, &none)).text.is_empty());
    }
}
