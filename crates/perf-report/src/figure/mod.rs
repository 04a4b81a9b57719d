//! Figures as SVG. They keep the size of their text at any width: places across are percentages of the width, and what
//! has to be a path is drawn in an inner picture of 1,000 units that is stretched, with strokes that are not.
//!
//! - [`axis`]: the range of a figure and its ticks.
//! - [`times`]: the times of the processes of both sides. [`differences`]: the differences of the pairs. [`history`]:
//!   earlier values.

pub mod axis;
pub mod differences;
pub mod history;
#[cfg(test)]
mod tests_of_svg;
pub mod times;

use std::fmt::{Display, Write as _};

use crate::html::Html;
use axis::Axis;

/// The largest number of values that a figure draws of one sample; of more, as many are drawn at equal steps.
pub const MAX_POINTS: usize = 400;

/// At most [`MAX_POINTS`] of the values, at equal steps, with the first and the last.
pub fn thinned<T: Copy>(values: &[T]) -> Vec<T> {
    if values.len() <= MAX_POINTS {
        return values.to_vec();
    }
    (0..MAX_POINTS).filter_map(|n| values.get(n * (values.len() - 1) / (MAX_POINTS - 1)).copied()).collect()
}

/// Writes a figure of this height in pixels; `label` says in words what it shows.
fn figure(html: &mut Html, label: &str, height: f64, content: impl FnOnce(&mut Html)) {
    let attributes: [(_, &dyn Display); 5] =
        [("class", &"figure"), ("role", &"img"), ("aria-label", &label), ("width", &"100%"), ("height", &height)];
    html.element("svg", &attributes, content);
}

/// Writes paths that are stretched to the width of the figure.
fn stretched(html: &mut Html, height: f64, content: impl FnOnce(&mut Html)) {
    let view = format!("0 0 1000 {height}");
    let attributes: [(_, &dyn Display); 4] =
        [("width", &"100%"), ("height", &height), ("viewBox", &view), ("preserveAspectRatio", &"none")];
    html.element("svg", &attributes, content);
}

/// Writes a dot for each place: percent of the width, and pixels from the top.
fn dots(html: &mut Html, class: &str, places: impl Iterator<Item = [f64; 2]>) {
    let mut path = String::new();
    for [x, y] in places {
        // A line of no length with round ends.
        let _ = write!(path, "M{} {}h0", number(x * 10.0), number(y));
    }
    if !path.is_empty() {
        html.empty("path", &[("class", &class), ("d", &path)]);
    }
}

/// Writes a line between two places: percent of the width, and pixels from the top.
fn line(html: &mut Html, class: &str, [from, to]: [[f64; 2]; 2]) {
    let percent = |x: f64| format!("{}%", number(x));
    let (x1, x2, y1, y2) = (percent(from[0]), percent(to[0]), number(from[1]), number(to[1]));
    let attributes: [(_, &dyn Display); 5] = [("class", &class), ("x1", &x1), ("x2", &x2), ("y1", &y1), ("y2", &y2)];
    html.empty("line", &attributes);
}

/// Writes a rectangle: percent of the width from left to right, pixels from top to bottom.
fn area(html: &mut Html, class: &str, [left, right]: [f64; 2], [top, bottom]: [f64; 2]) {
    let percent = |x: f64| format!("{}%", number(x));
    let (x, width, y, height) = (percent(left), percent((right - left).max(0.0)), number(top), number(bottom - top));
    let attributes: [(_, &dyn Display); 5] =
        [("class", &class), ("x", &x), ("width", &width), ("y", &y), ("height", &height)];
    html.empty("rect", &attributes);
}

/// Writes text whose baseline is at `y` pixels; near an edge it does not cross it.
fn text(html: &mut Html, [x, y]: [f64; 2], content: impl Display) {
    let anchor = match x {
        ..12.0 => "start",
        88.0.. => "end",
        _ => "middle",
    };
    let (x, y) = (format!("{}%", number(x)), number(y));
    html.leaf("text", &[("x", &x), ("y", &y), ("text-anchor", &anchor)], content);
}

/// Writes the ticks of an axis across at `y` pixels, with their labels below; it needs 20 pixels.
fn ticks(html: &mut Html, axis: &Axis, y: f64, label: impl Fn(f64, usize) -> String) {
    line(html, "axis", [[0.0, y], [100.0, y]]);
    let (ticks, decimals) = axis.ticks();
    for tick in ticks {
        let x = axis.place(tick);
        line(html, "axis", [[x, y], [x, y + 4.0]]);
        text(html, [x, y + 17.0], label(tick, decimals));
    }
}

/// A coordinate, rounded to a tenth.
fn number(value: f64) -> f64 {
    let rounded = (value * 10.0).round() / 10.0;
    // Neither -0 nor what is no number is a coordinate.
    if rounded.is_finite() && rounded != 0.0 { rounded } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_thinned_at_equal_steps_with_both_ends() {
        let all: Vec<usize> = (0..10_000).collect();
        let thin = thinned(&all);
        assert_eq!((thin.len(), thin[0], thin[MAX_POINTS - 1]), (MAX_POINTS, 0, 9_999));
        assert!(thin.windows(2).all(|pair| (25..=26).contains(&(pair[1] - pair[0]))));
        assert_eq!(thinned(&all[..MAX_POINTS]), &all[..MAX_POINTS]);
        assert!(thinned::<usize>(&[]).is_empty());
    }

    #[test]
    fn coordinates_are_short_and_always_numbers() {
        let shown = [12.345, -0.04, f64::NAN, f64::INFINITY, 7.0].map(|value| number(value).to_string());
        assert_eq!(shown, ["12.3", "0", "0", "0", "7"]);
    }
}
