//! Rows of wall time in pairs, and the lines about their base.

use crate::judge::paired::{DecisionRule, MARGIN};
use crate::row::{PairedStats, Row, Value};
use crate::text::{self, pluralize};

use super::comparison::{Comparison, LayoutMethod, Pairing};
use super::number::{self, NONE};

/// Columns of the histogram, and its range in percent on either side of zero; the outer columns include values beyond it.
const BINS: usize = 11;
const HISTOGRAM_RANGE: f64 = 5.5;

/// The column headings.
pub fn header() -> String {
    format!("{:<25}  {:>8}  {:>7}  {:>6}  {:<11}", "  positive = slower", "head", "change", "MDE", "-5 % 0 +5 %")
}

/// The text of a row: time of head, change, minimum detectable effect, and a histogram of the pairs.
pub fn line(row: &Row, paired: &PairedStats) -> String {
    let now = match row.head {
        Some(Value::Number(ns)) => number::rounded_duration(ns),
        _ => NONE.into(),
    };
    let change = paired.change_percent.map_or_else(|| NONE.into(), |percent| format!("{percent:+.1} %"));
    let mde = paired.mde_percent.map_or_else(|| NONE.into(), |percent| format!("{percent:.1} %"));
    let drawn = histogram(&paired.differences_percent);
    let case = row.case.to_string();
    // A case name of more than 23 characters shifts the rest of its line.
    format!("  {case:<23}  {now:>8}  {change:>7}  {mde:>6}  {drawn}")
}

/// A remark on the margin of the row, if it is not the default.
pub fn other_margin(paired: &PairedStats) -> Option<String> {
    let ordinary = MARGIN * 100.0;
    let other = (paired.margin_percent - ordinary).abs() > 1e-9;
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
                "building took {:.0} s, measuring {:.0} s, waiting for the linker {:.0} s",
                self.building_seconds, self.measuring_seconds, self.linking_seconds
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
    use super::*;

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
