//! A trend as characters: time from left to right, values from bottom to top.

use crate::series::Scale;
use crate::trend::Trend;
use perf_statistics::change_points::ChangeKind;

/// Rows of the plot.
const HEIGHT: usize = 9;

/// Columns of the plot. With the labels of the axis a line has at most 100.
const WIDTH: usize = 84;

/// Draws a trend. A column is one run; where there are more runs than columns it is the median of several. A dotted column
/// separates values that are not comparable. A number below the axis is that of a change in the list; `+` means several.
pub fn draw(trend: &Trend) -> String {
    let runs: usize = trend.series.parts.iter().map(|part| part.points.len()).sum();
    let gaps = trend.series.parts.len().saturating_sub(1).min(WIDTH / 2);
    let per_column = runs.div_ceil(WIDTH - gaps).max(1);
    let mut columns: Vec<Option<f64>> = Vec::new();
    let mut marks: Vec<String> = Vec::new();
    let mut number = 0;
    for (index, part) in trend.series.parts.iter().enumerate() {
        if index > 0 {
            columns.push(None);
            marks.push(String::new());
        }
        let values: Vec<f64> = part.points.iter().map(|point| point.value).collect();
        for (column, several) in values.chunks(per_column).enumerate() {
            columns.push(Some(median(several)));
            let here = trend.changes.iter().filter(|change| change.part == index && change.at / per_column == column);
            let here: Vec<String> = here
                .map(|_| {
                    number += 1;
                    number.to_string()
                })
                .collect();
            marks.push(if here.len() > 1 { "+".into() } else { here.concat() });
        }
    }
    let values = columns.iter().flatten().copied();
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let missing = (least_range(low.abs().max(high.abs()), trend.series.scale) - (high - low)).max(0.0);
    let (low, high) = (low - missing / 2.0, high + missing / 2.0);
    let row_of = |value: f64| (((value - low) / (high - low)) * (HEIGHT - 1) as f64).round() as usize;
    let mut out = String::new();
    for row in (0..HEIGHT).rev() {
        let label = match row {
            0 => axis(low, trend.series.scale),
            row if row == HEIGHT - 1 => axis(high, trend.series.scale),
            _ => String::new(),
        };
        let cell = |column: &Option<f64>| match column {
            None => '┊',
            Some(value) if row_of(*value) == row => '●',
            Some(_) => ' ',
        };
        let cells: String = columns.iter().map(cell).collect();
        out += &format!("{label:>12} ┤{}\n", cells.trim_end());
    }
    out += &format!("{:>12} └{}\n", "", "─".repeat(columns.len()));
    let mut line = String::new();
    for (column, mark) in marks.iter().enumerate().filter(|(_, mark)| !mark.is_empty()) {
        let used = line.chars().count();
        // Two numbers next to each other would read as one.
        if column > used || used == 0 {
            line += &" ".repeat(column - used);
            line += mark;
        }
    }
    if !line.is_empty() {
        out += &format!("{:>12}  {line}\n", "");
    }
    out
}

/// The smallest range that is drawn. A series that does not change is a line in the middle, and one more of a million instructions
/// must not look like a step.
fn least_range(largest: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Metric(..) => (largest * 0.002).max(2.0),
        Scale::SinceAnchor | Scale::Accumulated => 0.2,
    }
}

/// A value of the axis, at most 12 characters.
fn axis(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Metric(..) if value.abs() >= 1e15 => format!("{value:.2e}"),
        Scale::Metric(..) => grouped(value),
        Scale::SinceAnchor | Scale::Accumulated => format!("{value:+.2} %"),
    }
}

/// A whole number with its digits in groups of three, or with one decimal where it is not whole.
pub(crate) fn grouped(value: f64) -> String {
    if value.fract() != 0.0 && value.abs() < 1e6 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0.0 { format!("-{out}") } else { out }
}

/// The name of a kind of change.
pub(crate) fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Step => "step",
        ChangeKind::Drift { .. } => "drift",
        ChangeKind::Spike => "spike",
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use perf_gate::{Class, Unit};

    use super::*;
    use crate::trend::tests::a_series;

    #[test]
    fn a_step_and_a_new_key_are_seen() {
        let first: Vec<f64> = (0..40).map(|n| if n < 25 { 4_200_000.0 } else { 4_260_000.0 }).collect();
        let blocks = Scale::Metric(Unit::Instr, Class::Instructions);
        let trend = Trend::new(a_series(blocks, &[&first, &[4_100_000.0; 12]]));
        insta::assert_snapshot!(draw(&trend));
    }

    #[test]
    fn many_runs_share_a_column_and_nothing_is_wider_than_100() {
        let values: Vec<f64> = (0..2_000).map(|n| 100.0 + f64::from(n / 400) * 10.0).collect();
        let trend = Trend::new(a_series(Scale::Metric(Unit::Blocks, Class::Heap), &[&values]));
        let drawn = draw(&trend);
        assert!(drawn.lines().all(|line| line.chars().count() <= 100), "{drawn}");
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn a_change_that_is_too_small_to_matter_is_no_step() {
        let rows = |scale, values: &[f64]| {
            let drawn = draw(&Trend::new(a_series(scale, &[values])));
            drawn.lines().filter(|line| line.contains('●')).count()
        };
        let instructions = Scale::Metric(Unit::Instr, Class::Instructions);
        assert_eq!(rows(instructions, &[1_149_008.0, 1_149_009.0]), 1);
        assert_eq!(rows(instructions, &[1_149_008.0, 1_159_009.0]), 2);
        assert_eq!(rows(Scale::SinceAnchor, &[0.001, 0.002]), 1);
        assert_eq!(rows(Scale::Metric(Unit::Blocks, Class::Heap), &[56.0, 58.0]), 2);
    }

    #[test]
    fn one_run_and_many_parts_are_drawn() {
        let one = Trend::new(a_series(Scale::SinceAnchor, &[&[1.25]]));
        assert!(draw(&one).contains('●'));
        let parts: Vec<&[f64]> = vec![&[1.0]; 300];
        assert!(!draw(&Trend::new(a_series(Scale::SinceAnchor, &parts))).is_empty());
    }

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in
            [(0.0, "0"), (999.0, "999"), (1_000.0, "1,000"), (-1_234_567.0, "-1,234,567"), (2.5, "2.5")]
        {
            assert_eq!(grouped(value), text);
        }
    }
}
