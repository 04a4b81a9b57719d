//! The pairs of a case: their differences, the times of both sides, and the numbers.

use std::fmt::Write as _;

use perf_gate::Class;
use perf_judge::pairs::{Pair, Stage, Statistic};
use perf_judge::row::{Group, PairedStats, Row};

use super::parts;
use crate::figure::differences::{self, Differences};
use crate::figure::{MAX_POINTS, thinned, times};
use crate::html::Html;
use crate::input::Page;
use crate::label;

/// Writes the pairs of a row, with the times of both sides for the wall time of a case.
pub fn write(html: &mut Html, page: &Page<'_>, row: &Row, paired: &PairedStats) {
    let what = match row.group {
        Group::Together => "Change of each case".to_owned(),
        group => {
            let statistic = paired.statistic.map_or_else(String::new, |statistic| format!(" by the {statistic}"));
            format!(
                "Difference of each pair in {}{statistic}",
                if group == Group::Mean { "mean time" } else { "wall time" }
            )
        }
    };
    html.element("p", &[("class", &"caption")], |html| {
        html.leaf("b", &[], what);
        html.text(format_args!(": {}. ", parts::change(paired)));
        html.text(statistics(paired));
        html.text(" The band is the margin.");
        if paired.pairs > MAX_POINTS {
            html.text(format_args!(" At most {MAX_POINTS} of a sample are drawn, at equal steps."));
        }
    });
    let confirming =
        if row.group == Group::Together { 0 } else { paired.confirming.min(paired.differences_percent.len()) };
    let (first, confirming) = paired.differences_percent.split_at(paired.differences_percent.len() - confirming);
    let drawn = Differences {
        first,
        confirming,
        estimate: paired.change_percent,
        bounds: [paired.lower_percent, paired.upper_percent],
        margin: paired.margin_percent,
    };
    differences::draw(html, if row.group == Group::Together { "case" } else { "pair" }, drawn);
    if row.group == Group::Class(Class::Wall) {
        write_times(html, page, row, paired.statistic.unwrap_or(Statistic::Median));
    }
}

/// What the pairs of a row are judged by, in words.
fn statistics(paired: &PairedStats) -> String {
    let count = match (paired.pairs, paired.confirming) {
        (pairs, 0) => format!("{pairs} pairs"),
        (pairs, confirming) => format!("{pairs} pairs, {confirming} of them confirm"),
    };
    format!(
        "{count}; minimum detectable effect {}; margin {}; outliers: {} mild, {} severe, none removed.",
        label::percent(paired.mde_percent, paired.decimals()),
        label::percent(Some(paired.margin_percent), paired.decimals()),
        paired.mild_outliers,
        paired.severe_outliers,
    )
}

/// Writes the times of the processes of a case, as a figure and as numbers.
fn write_times(html: &mut Html, page: &Page<'_>, row: &Row, statistic: Statistic) {
    let Some(pairing) = page.pairing_of(row) else { return };
    let stages = [Stage::First, Stage::Extension, Stage::Confirm];
    let pairs: Vec<&Pair> = stages.into_iter().flat_map(|stage| pairing.measured.select(stage, &row.case)).collect();
    if pairs.is_empty() {
        return;
    }
    let of = |side: fn(&Pair) -> f64| pairs.iter().map(|pair| side(pair)).collect::<Vec<f64>>();
    let what = if statistic == Statistic::Median { "median" } else { "minimum" };
    html.element("p", &[("class", &"caption")], |html| {
        html.leaf("b", &[], "Distribution of base and head");
        html.text(format_args!(": the {what} of each process, with the quartiles and the median of all."));
    });
    match statistic {
        Statistic::Median => times::draw(html, what, [&of(|pair| pair.base.median), &of(|pair| pair.head.median)]),
        _ => times::draw(html, what, [&of(|pair| pair.base.minimum), &of(|pair| pair.head.minimum)]),
    }
    html.element("details", &[], |html| {
        let listed = thinned(&pairs);
        match pairs.len() {
            0..=MAX_POINTS => html.leaf("summary", &[], format_args!("the {} pairs as numbers", pairs.len())),
            all => html.leaf("summary", &[], format_args!("{} of {all} pairs as numbers", listed.len())),
        }
        html.preformatted(numbers(&listed, statistic));
    });
}

/// One line for each pair: sample, first side, both times and the difference.
fn numbers(pairs: &[&Pair], statistic: Statistic) -> String {
    let mut out = format!("{:<10} {:<5} {:>10} {:>10} {:>9}\n", "sample", "first", "base", "head", "change");
    for pair in pairs {
        let sample = match pair.stage {
            Stage::First => "first",
            Stage::Confirm => "confirming",
            Stage::Extension => "extension",
            Stage::Control => "control",
            Stage::ConfirmTogether => "together",
        };
        let order = if pair.head_first { "head" } else { "base" };
        let [base, head] = [pair.base, pair.head].map(|times| times.get(statistic));
        let change = label::signed_percent(Some((head / base - 1.0) * 100.0), 2);
        let [base, head] = [base, head].map(label::duration);
        let _ = writeln!(out, "{sample:<10} {order:<5} {base:>10} {head:>10} {change:>9}");
    }
    out
}
