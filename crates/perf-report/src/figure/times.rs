//! The times of the processes of base and head: a dot for each process, the quartiles as an area, the median as a line.

use perf_judge::report::number::NONE;
use perf_judge::statistics::quantile;

use super::axis::Axis;
use super::{area, dots, figure, line, stretched, text, thinned, ticks};
use crate::html::Html;
use crate::label;

/// Pixels from the top of one side to the top of the other: a line of text, and a strip with dots.
const SIDE: f64 = 52.0;
const STRIP: [f64; 2] = [18.0, 44.0];

/// Draws the times of both sides in nanoseconds, `base` first; nothing if none is finite. `statistic` names what of a
/// process they are.
pub fn draw(html: &mut Html, statistic: &str, sides: [&[f64]; 2]) {
    let all: Vec<f64> = sides.into_iter().flatten().copied().collect();
    let Some(axis) = Axis::of(&all, &[]) else { return };
    let names = ["base", "head"];
    let captions: Vec<String> = names.iter().zip(sides).map(|(name, times)| caption(name, times, &axis)).collect();
    let bottom = 2.0 * SIDE;
    let shown = format!("Times of the processes, {statistic}. {}", captions.join(". "));
    figure(html, &shown, bottom + 20.0, |html| {
        for (side, (times, caption)) in sides.into_iter().zip(&captions).enumerate() {
            let top = side as f64 * SIDE;
            let [upper, lower] = STRIP.map(|y| top + y);
            if let Some([first, median, third]) = quartiles(times) {
                area(html, "quartiles", [axis.place(first), axis.place(third)], [upper, lower]);
                let x = axis.place(median);
                line(html, "median", [[x, upper], [x, lower]]);
            }
            text(html, [0.0, top + 12.0], caption);
        }
        stretched(html, bottom, |html| {
            for (side, (times, class)) in sides.into_iter().zip(["dot base", "dot head"]).enumerate() {
                let [upper, lower] = STRIP.map(|y| side as f64 * SIDE + y);
                let drawn = thinned(times);
                // The golden ratio spreads neighbours in time over the whole height.
                let height = |n: usize| upper + 4.0 + (n as f64 * 0.618_034).fract() * (lower - upper - 8.0);
                let places = drawn.iter().enumerate().filter(|(_, time)| time.is_finite());
                dots(html, class, places.map(|(n, time)| [axis.place(*time), height(n)]));
            }
        });
        let (scale, unit) = label::unit_of(axis.ticks().0.last().copied().unwrap_or_default());
        let ticks_in_unit = Axis::of(&all.iter().map(|ns| ns / scale).collect::<Vec<_>>(), &[]);
        if let Some(axis) = ticks_in_unit {
            ticks(html, &axis, bottom - 4.0, |value, decimals| format!("{value:.decimals$} {unit}"));
        }
    });
}

/// The quartiles of the values that are finite.
fn quartiles(times: &[f64]) -> Option<[f64; 3]> {
    let mut sorted: Vec<f64> = times.iter().copied().filter(|time| time.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| [0.25, 0.5, 0.75].map(|part| quantile(&sorted, part)))
}

fn caption(name: &str, times: &[f64], axis: &Axis) -> String {
    let median = quartiles(times).map_or_else(|| NONE.to_owned(), |[_, median, _]| label::duration(median));
    let beyond = times.iter().filter(|time| time.is_finite() && !axis.contains(**time)).count();
    let beyond = if beyond == 0 { String::new() } else { format!(", {beyond} beyond the edge") };
    format!("{name}: {median}, {} processes{beyond}", times.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests_of_svg::Svg;

    fn drawn(base: &[f64], head: &[f64]) -> Svg {
        Svg::of(|html| draw(html, "median", [base, head]))
    }

    #[test]
    fn each_process_is_a_dot_of_its_side_and_the_median_a_line() {
        let svg = drawn(&[1000.0, 1100.0, 1200.0], &[1300.0, 1400.0]);
        // 1,000 to 1,400 ns are 3 % to 97 % of the width.
        assert_eq!(svg.dots("dot base").iter().map(|dot| dot[0]).collect::<Vec<_>>(), [30.0, 265.0, 500.0]);
        assert_eq!(svg.dots("dot head").iter().map(|dot| dot[0]).collect::<Vec<_>>(), [735.0, 970.0]);
        assert!(svg.dots("dot base").iter().all(|dot| (18.0..=44.0).contains(&dot[1])));
        assert!(svg.dots("dot head").iter().all(|dot| (70.0..=96.0).contains(&dot[1])));
        assert_eq!(svg.values("line", "median", "x1"), ["26.5%", "85.3%"]);
        assert_eq!(svg.values("rect", "quartiles", "x"), ["14.8%", "79.4%"]);
        assert!(svg.text.contains("base: 1.100 µs, 3 processes") && svg.text.contains("1.2 µs"), "{}", svg.text);
    }

    #[test]
    fn values_far_away_are_at_the_edge_and_counted() {
        let mut head: Vec<f64> = (0..40).map(|n| 1000.0 + f64::from(n)).collect();
        head.push(9e9);
        let svg = drawn(&[1000.0, 1020.0, 1030.0], &head);
        assert_eq!(svg.dots("dot head").last().unwrap()[0], 970.0);
        assert!(svg.text.contains("41 processes, 1 beyond the edge"), "{}", svg.text);
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let svg = drawn(&[f64::NAN, 5.0], &[f64::INFINITY]);
        assert_eq!((svg.dots("dot base").len(), svg.dots("dot head").len()), (1, 0));
        assert!(svg.text.contains("head: —, 1 processes"), "{}", svg.text);
        assert!(drawn(&[f64::NAN], &[]).text.is_empty());
    }
}
