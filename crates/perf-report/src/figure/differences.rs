//! The differences of the pairs of a case: a dot for each pair, the first one at the top, and the estimate with its
//! bounds below.

use super::axis::Axis;
use super::{area, dots, figure, line, stretched, text, thinned, ticks};
use crate::html::Html;
use crate::label;

/// Differences and what follows from them, in percent; positive is slower.
#[derive(Debug, Clone, Copy)]
pub struct Differences<'a> {
    /// Those of the first sample, in the order of measuring.
    pub first: &'a [f64],
    /// Those of the confirming sample, in the order of measuring.
    pub confirming: &'a [f64],
    /// The estimate of the change.
    pub estimate: Option<f64>,
    /// Its lower and upper bound.
    pub bounds: [Option<f64>; 2],
    /// The largest slowdown that passes.
    pub margin: f64,
}

/// The height of a sample with many pairs, in pixels.
const TALLEST: f64 = 120.0;

/// Pixels of a row of text.
const TEXT: f64 = 16.0;

/// Draws differences; nothing if none is finite. `of` is what each of them is of: `pair` or `case`.
pub fn draw(html: &mut Html, of: &str, drawn: Differences<'_>) {
    let Differences { first, confirming, estimate, bounds, margin } = drawn;
    let all: Vec<f64> = first.iter().chain(confirming).copied().collect();
    if !all.iter().any(|difference| difference.is_finite()) {
        return;
    }
    let always: Vec<f64> =
        [0.0, margin, -margin].into_iter().chain(estimate).chain(bounds.into_iter().flatten()).collect();
    let Some(axis) = Axis::of(&all, &always) else { return };

    let height = |count: usize| (count as f64 * 3.0).clamp(12.0, TALLEST);
    let confirm_top = TEXT + height(first.len());
    let confirm_height = if confirming.is_empty() { 0.0 } else { TEXT + height(confirming.len()) };
    let interval = confirm_top + confirm_height + 12.0;
    let bottom = interval + 12.0;
    figure(html, &in_words(of, drawn, &axis), bottom + 20.0, |html| {
        area(html, "margin", [axis.place(-margin), axis.place(margin)], [0.0, bottom]);
        let zero = axis.place(0.0);
        line(html, "zero", [[zero, 0.0], [zero, bottom]]);
        text(html, [0.0, 12.0], "faster");
        text(html, [100.0, 12.0], "slower");
        if !confirming.is_empty() {
            line(html, "axis", [[0.0, confirm_top + 2.0], [100.0, confirm_top + 2.0]]);
            text(html, [0.0, confirm_top + 14.0], "confirming sample");
        }
        stretched(html, bottom, |html| {
            for (differences, class, top) in
                [(first, "dot first", TEXT), (confirming, "dot confirming", confirm_top + TEXT)]
            {
                let shown: Vec<f64> = thinned(differences);
                let step = height(differences.len()) / shown.len().max(1) as f64;
                let places = shown.iter().enumerate().filter(|(_, difference)| difference.is_finite());
                dots(html, class, places.map(|(n, value)| [axis.place(*value), top + (n as f64 + 0.5) * step]));
            }
        });
        if let [Some(lower), Some(upper)] = bounds.map(|bound| bound.filter(|bound| bound.is_finite())) {
            line(html, "interval", [[axis.place(lower), interval], [axis.place(upper), interval]]);
            for x in [lower, upper].map(|bound| axis.place(bound)) {
                line(html, "interval", [[x, interval - 5.0], [x, interval + 5.0]]);
            }
        }
        if let Some(estimate) = estimate.filter(|estimate| estimate.is_finite()) {
            let x = axis.place(estimate);
            line(html, "estimate", [[x, interval - 7.0], [x, interval + 7.0]]);
        }
        ticks(html, &axis, bottom, |value, decimals| label::signed_percent(Some(value), decimals));
    });
}

fn in_words(of: &str, drawn: Differences<'_>, axis: &Axis) -> String {
    let Differences { first, confirming, estimate, bounds: [lower, upper], margin } = drawn;
    let count = first.len() + confirming.len();
    let percent = |value| label::signed_percent(value, 2);
    let beyond = first.iter().chain(confirming).filter(|value| value.is_finite() && !axis.contains(**value)).count();
    let beyond = if beyond == 0 { String::new() } else { format!(" {beyond} are beyond the edges.") };
    format!(
        "Difference of each {of}, in the order of measuring from top to bottom: {count}, of which {} confirm. \
         Estimate {}, bounds {} and {}, margin {}.{beyond}",
        confirming.len(),
        percent(estimate),
        percent(lower),
        percent(upper),
        label::percent(Some(margin), 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests_of_svg::Svg;

    const FIRST: [f64; 4] = [-1.0, 0.0, 1.0, 2.0];

    fn drawn(first: &[f64], confirming: &[f64], estimate: f64, bounds: [f64; 2]) -> Svg {
        let bounds = bounds.map(Some);
        Svg::of(|html| {
            draw(html, "pair", Differences { first, confirming, estimate: Some(estimate), bounds, margin: 1.0 });
        })
    }

    #[test]
    fn pairs_are_placed_by_difference_and_order() {
        let svg = drawn(&FIRST, &[3.0], 0.5, [-1.0, 2.5]);
        // -1 % to 3 % are 30 to 970 units.
        assert_eq!(svg.dots("dot first"), [[30.0, 17.5], [265.0, 20.5], [500.0, 23.5], [735.0, 26.5]]);
        assert_eq!(svg.dots("dot confirming"), [[970.0, 50.0]], "below the first sample");
        assert_eq!(svg.values("line", "zero", "x1"), ["26.5%"]);
        assert_eq!(svg.values("line", "estimate", "x1"), ["38.3%"]);
        assert_eq!(svg.values("line", "interval", "x1"), ["3%", "3%", "85.3%"]);
        assert_eq!(svg.values("line", "interval", "x2"), ["85.3%", "3%", "85.3%"]);
        assert_eq!(svg.values("rect", "margin", "x"), ["3%"]);
        assert_eq!(svg.values("rect", "margin", "width"), ["47%"], "from -1 % to +1 %");
        assert!(svg.label().contains("5, of which 1 confirm. Estimate +0.50 %, bounds -1.00 % and +2.50 %"));
    }

    #[test]
    fn without_a_confirming_sample_there_is_no_place_for_it() {
        let svg = drawn(&FIRST, &[], 0.5, [-1.0, 2.5]);
        assert!(svg.dots("dot confirming").is_empty() && !svg.text.contains("confirming sample"));
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let svg = drawn(&[f64::NAN, 1.0], &[], f64::NAN, [f64::NEG_INFINITY, 1.0]);
        assert_eq!(svg.dots("dot first").len(), 1);
        assert!(svg.values("line", "estimate", "x1").is_empty() && svg.values("line", "interval", "x1").is_empty());
        assert!(svg.label().contains("Estimate —, bounds — and +1.00 %"), "{}", svg.label());
        assert!(drawn(&[f64::NAN; 9], &[], 0.0, [0.0; 2]).text.is_empty());
    }

    #[test]
    fn many_pairs_are_thinned() {
        let many: Vec<f64> = (0..5_000).map(|n| f64::from(n % 100) / 50.0 - 1.0).collect();
        assert_eq!(drawn(&many, &[], 0.0, [-0.1, 0.1]).dots("dot first").len(), crate::figure::MAX_POINTS);
    }
}
