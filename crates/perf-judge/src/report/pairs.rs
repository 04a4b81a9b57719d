//! Rows of wall time in pairs, and the lines about their base.

use perf_gate::{CaseName, Class};

use crate::judge::first_sample::{DecisionRule, MARGIN};
use crate::row::{Group, PairedStats, Row, Value};
use crate::statistics;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

use super::comparison::{Comparison, LayoutMethod, Pairing};
use super::number::{self, NONE};

/// Columns of the histogram, and its range in percent on either side of zero; the outer columns include values beyond it.
const BINS: usize = 11;
const HISTOGRAM_RANGE: f64 = 5.5;

/// The column headings of wall rows that were measured in pairs.
pub fn header(group: Group) -> String {
    let case = "  positive = slower";
    let change = if group == Group::Together { " change (99 % bounds)" } else { " change (99.5 % bounds)" };
    format!("{case:<29}  {:>8}  {change:<24}  {:>6}  {:<11}", "head", "MDE", "-5 % 0 +5 %")
}

/// The text of a row: time of head, change with its bounds, minimum detectable effect, and a histogram of the pairs.
pub fn line(row: &Row, paired: &PairedStats) -> String {
    let now = match row.head {
        Some(Value::Number(ns)) => number::rounded_duration(ns),
        _ => NONE.into(),
    };
    let decimals = paired.decimals();
    let change = paired.change_percent.map_or_else(|| NONE.into(), |percent| format!("{percent:+.decimals$} %"));
    let bounds = number::bounds(paired).unwrap_or_default();
    let mde = paired.mde_percent.map_or_else(|| NONE.into(), |percent| format!("{percent:.decimals$} %"));
    let drawn = histogram(&paired.differences_percent);
    let case = row.case.to_string();
    // A case name of more than 27 characters shifts the rest of its line.
    format!("  {case:<27}  {now:>8}  {change:>7} {bounds:<16}  {mde:>6}  {drawn}")
}

/// The slowdowns that the pairs of the rows would have shown.
pub struct Detectable<'a> {
    /// Minimum detectable effect of the median case, in percent.
    pub median_percent: f64,
    /// The largest minimum detectable effect, in percent.
    pub worst_percent: f64,
    /// The case of the largest one.
    pub worst_case: &'a CaseName,
    /// Number of judged cases whose minimum detectable effect is not known.
    pub unknown: usize,
}

/// The slowdowns that the pairs of the rows would have shown; `None` if no row was judged in pairs.
pub fn detectable_effects(rows: &[Row]) -> Option<Detectable<'_>> {
    // An unstable or a new row would not have shown any slowdown.
    let is_judged =
        |row: &&Row| row.group == Group::Class(Class::Wall) && !matches!(row.verdict, Verdict::Unstable | Verdict::New);
    let judged: Vec<(&Row, &PairedStats)> =
        rows.iter().filter(is_judged).filter_map(|row| Some((row, row.paired.as_ref()?))).collect();
    let mde = |paired: &PairedStats| paired.mde_percent.filter(|mde| mde.is_finite());
    let mdes: Vec<(f64, &Row)> = judged.iter().filter_map(|(row, paired)| Some((mde(paired)?, *row))).collect();
    let median_percent = statistics::median(&mdes.iter().map(|&(mde, _)| mde).collect::<Vec<_>>())?;
    let (worst_percent, row) = mdes.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let unknown = judged.len() - mdes.len();
    Some(Detectable { median_percent, worst_percent, worst_case: &row.case, unknown })
}

/// The line about the slowdowns that the pairs would have shown; `None` if no row was judged in pairs.
pub fn detectable(rows: &[Row]) -> Option<String> {
    let Detectable { median_percent, worst_percent, worst_case, unknown } = detectable_effects(rows)?;
    let unknown = match unknown {
        0 => String::new(),
        count => format!("; not known for {}", pluralize(count, "case")),
    };
    Some(format!(
        "would have found: {median_percent:.1} % in the median case, {worst_percent:.1} % in the worst \
         ({worst_case}){unknown}"
    ))
}

/// A remark on the margin of the row, if it is not the default.
pub fn other_margin(row: &Row, paired: &PairedStats) -> Option<String> {
    let ordinary = MARGIN * 100.0;
    let other = row.group == Group::Class(Class::Wall) && (paired.margin_percent - ordinary).abs() > 1e-9;
    other.then(|| format!("margin {:.0} % instead of {ordinary:.0} % (thresholds.toml)", paired.margin_percent))
}

/// A histogram of differences in percent, as one line of bars with zero in the middle.
pub fn histogram(differences: &[f64]) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut bins = [0_usize; BINS];
    for difference in differences.iter().filter(|difference| difference.is_finite()) {
        let place = (difference + HISTOGRAM_RANGE) / (2.0 * HISTOGRAM_RANGE) * BINS as f64;
        bins[(place.max(0.0) as usize).min(BINS - 1)] += 1;
    }
    let highest = bins.iter().copied().max().unwrap_or(0).max(1);
    // Rounded up, so that a single pair is visible.
    bins.iter().map(|&count| BARS[(count * (BARS.len() - 1)).div_ceil(highest)]).collect()
}

impl Comparison {
    /// The lines of a report about the base and the pairs.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::None(reason) => vec![text::sanitize(&format!("wall time: not compared: {reason}"))],
            Self::Unchanged(revision) => {
                let (base, chosen) = (revision.short(), &revision.chosen);
                vec![format!("base: {base}, {chosen}; nothing measured differs")]
            }
            Self::Unaffected { revision, packages } => {
                let (base, chosen, packages) = (revision.short(), &revision.chosen, packages.join(", "));
                vec![format!("base: {base}, {chosen}; not measured: the change touches none of {packages}")]
            }
            Self::Pairs(pairing) => pairing.lines(),
        }
    }
}

impl Pairing {
    fn lines(&self) -> Vec<String> {
        let (base, chosen) = (self.revision.short(), &self.revision.chosen);
        let earlier = match self.earlier_pairs {
            0 => String::new(),
            earlier => format!(", {earlier} of them by an earlier run"),
        };
        let looks = match self.looks {
            0 => String::new(),
            looks => format!(
                ", alpha {:.2} % after {}",
                100.0 * DecisionRule::after_looks(looks, MARGIN).alpha,
                pluralize(looks as usize, "look")
            ),
        };
        let mut lines = vec![
            format!(
                "base: {base}, {chosen}; {}{earlier}{looks}; seed {}; control: {}",
                pluralize(self.pairs, "pair"),
                self.seed,
                self.control
            ),
            format!(
                "building took {}, measuring {}, waiting for the linker {}",
                number::seconds(self.building_seconds),
                number::seconds(self.measuring_seconds),
                number::seconds(self.linking_seconds)
            ),
        ];
        if self.layouts == LayoutMethod::Padded {
            lines.push(
                "layouts: the linker cannot shuffle sections (lld can); only a function of random size precedes the \
                 others, so a difference of some percent may be an effect of the layout"
                    .into(),
            );
        }
        if let Some(reason) = &self.own_cases {
            let reason = text::sanitize(reason);
            lines.push(format!(
                "cases: the base does not build with those of the change and is measured with its own ({reason})"
            ));
        }
        if let Some(reason) = &self.baseline_not_comparable {
            lines.push(format!(
                "counted values: compared with the base as measured here, because the baseline is {reason}"
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use perf_gate::{CaseName, Class, Metric};

    use super::*;
    use crate::pairs::Statistic;
    use crate::row::Group;

    fn row(case: &str, verdict: Verdict, mde_percent: Option<f64>) -> Row {
        let paired = PairedStats {
            statistic: Some(Statistic::Median),
            change_percent: Some(-0.34),
            lower_percent: Some(-1.2),
            upper_percent: Some(0.04),
            mde_percent,
            margin_percent: 1.0,
            pairs: 20,
            confirming: 0,
            mild_outliers: 0,
            severe_outliers: 0,
            differences_percent: vec![0.0; 20],
        };
        let case = CaseName::new(case).unwrap();
        Row { paired: Some(paired), ..Row::new(Group::Class(Class::Wall), &case, Metric::TIME, verdict) }
    }

    #[test]
    fn the_change_is_shown_with_both_bounds() {
        let mut row = row("a/b/1", Verdict::Pass, None);
        let paired = row.paired.as_mut().unwrap();
        assert_eq!(number::paired_change(paired).as_deref(), Some("-0.3 % (-1.2 to +0.0)"));
        paired.lower_percent = None;
        assert_eq!(number::paired_change(paired), None);
        let longest = self::row("labels/queries-held-out/202", Verdict::Pass, Some(13.3));
        let line = line(&longest, longest.paired.as_ref().unwrap());
        assert_eq!(line.chars().count(), header(longest.group).chars().count(), "{line}");
    }

    #[test]
    fn the_detectable_slowdown_is_that_of_the_judged_rows() {
        let mut rows = vec![
            row("a/b/1", Verdict::Pass, Some(2.0)),
            row("a/b/2", Verdict::Inconclusive, Some(9.1)),
            row("a/b/3", Verdict::Regressed, Some(3.12)),
            row("a/b/4", Verdict::New, Some(50.0)),
        ];
        let line = "would have found: 3.1 % in the median case, 9.1 % in the worst (a/b/2)";
        assert_eq!(detectable(&rows).as_deref(), Some(line));
        rows.push(row("a/b/5", Verdict::Inconclusive, None));
        assert_eq!(detectable(&rows), Some(format!("{line}; not known for 1 case")));
        for row in &mut rows {
            row.verdict = Verdict::Unstable;
        }
        assert_eq!(detectable(&rows), None, "the machine cannot judge");
        assert_eq!(detectable(&[]), None);
    }

    #[test]
    fn differences_are_drawn_around_zero_and_none_is_lost() {
        assert_eq!(histogram(&[0.0; 4]), "     █     ");
        assert_eq!(histogram(&[-0.4, 0.4, 1.2, 1.3, 1.1, 1.0]), "     ▄█    ");
        assert_eq!(histogram(&[-80.0, 300.0]), "█         █");
        let mut many = vec![0.0; 100];
        many.push(40.0);
        assert_eq!(histogram(&many), "     █    ▁", "one of a hundred");
        assert_eq!(histogram(&[]), " ".repeat(BINS));
        assert_eq!(histogram(&[f64::NAN]), " ".repeat(BINS));
    }
}
