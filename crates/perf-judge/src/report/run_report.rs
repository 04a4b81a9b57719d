//! A judged run, and what all forms of it say.

use perf_gate::{Class, Key, Provenance, Tools};

use super::comparison::Comparison;
use crate::exit_status;
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::rules::RuleChange;
use crate::run::{Instructions, MissingReason};
use crate::slack::Slack;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

/// Says what can be done next about a row, in the words of a command line; with the package of the harness that the row is
/// of, where it is of one.
pub type Wording<'a> = &'a dyn Fn(&NextStep, Option<&str>) -> String;

/// What one harness measured, and what it was compared with.
#[derive(Debug)]
pub struct HarnessRun {
    /// Its package.
    pub package: String,
    /// What makes its values comparable.
    pub key: Key,
    /// What its instruction counts depend on as well, or why there are none.
    pub tools: Result<Tools, MissingReason>,
    /// What wall time was compared with.
    pub comparison: Comparison,
}

impl HarnessRun {
    /// Whether there was something to measure: something differs from the base, or there is none.
    pub fn was_due(&self) -> bool {
        !matches!(self.comparison, Comparison::Unchanged(_)) && !self.was_skipped()
    }

    /// Whether it was not measured, because none of its packages differs and others do.
    fn was_skipped(&self) -> bool {
        matches!(self.comparison, Comparison::Unaffected { .. })
    }

    /// The line that stands for a class that is not there.
    pub(super) fn not_measured(&self) -> Option<String> {
        // That nothing of it was measured is said by what it was compared with.
        let reason = self.tools.as_ref().err().filter(|_| !self.was_skipped())?;
        Some(text::sanitize(&Instructions::not_measured(reason)))
    }
}

/// A judged run.
#[derive(Debug)]
pub struct Report {
    /// Commit and machine.
    pub provenance: Provenance,
    /// The harnesses, in the order in which they were measured.
    pub harnesses: Vec<HarnessRun>,
    /// What the change does to the rules that it is judged by; None where there is no base to compare them with.
    pub rules: Option<Vec<RuleChange>>,
    /// What is better than what is stored, and how long that was stored.
    pub slack: Option<Slack>,
    /// Whether rules that became looser make the run red.
    pub rules_forbidden: bool,
    /// Fewer repeats were made.
    pub quick: bool,
    /// Only cases that match were measured.
    pub only: Option<String>,
    /// The code the run ends with.
    pub exit_code: u8,
    /// Every row, in the order of the table.
    pub rows: Vec<Row>,
}

/// Names of the files in the output directory.
pub const JSON_FILE: &str = "report.json";
/// The same for a step summary.
pub const MARKDOWN_FILE: &str = "report.md";

/// The verb of a count.
fn is_or_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

impl Report {
    /// How many rows there are of each verdict, worst first.
    pub(super) fn summary(&self) -> String {
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, count(verdict))).filter(|&(_, count)| count > 0);
        let counts: Vec<_> = counts.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let only = self.only.as_ref().map(|only| format!(" of the cases that match '{}'", text::sanitize(only)));
        format!("{}{}: {}", pluralize(self.rows.len(), "row"), only.unwrap_or_default(), counts.join(", "))
    }

    /// The verdict of the run as one line; a pass also names what it does not cover.
    pub(super) fn verdict_line(&self) -> String {
        if self.rules_forbidden && self.rules.as_ref().is_some_and(|rules| !rules.is_empty()) {
            return exit_status::RULES_CHANGED.to_owned();
        }
        if self.exit_code != exit_status::PASS {
            return exit_status::describe(self.exit_code).to_owned();
        }
        let not_judged = |class: Class, verdict: Verdict, word: &str| {
            let rows = self.rows.iter().filter(|row| row.group == Group::Class(class) && row.verdict == verdict);
            match rows.count() {
                0 => None,
                count => {
                    Some(format!("{} {} {word}", pluralize(count, &format!("{} row", class.name())), is_or_are(count)))
                }
            }
        };
        let not_measured = self
            .harnesses
            .iter()
            .any(|harness| harness.tools.is_err() && harness.was_due())
            .then(|| "instructions were not measured".to_owned());
        let left_out = self.harnesses.iter().filter(|harness| harness.was_skipped());
        let left_out: Vec<&str> = left_out.map(|harness| harness.package.as_str()).collect();
        let left_out = (!left_out.is_empty()).then(|| format!("{} was not measured", left_out.join(", ")));
        let is_partial = left_out.is_some() || not_measured.is_some();
        let new = self.rows.iter().filter(|row| row.verdict == Verdict::New).count();
        let new = (new > 0).then(|| format!("{} {} new and not compared", pluralize(new, "row"), is_or_are(new)));
        let meaning = if is_partial { exit_status::PARTIAL_PASS } else { exit_status::describe(self.exit_code) };
        let limits = [
            left_out,
            not_measured,
            not_judged(Class::Instructions, Verdict::Inconclusive, "inconclusive"),
            not_judged(Class::Wall, Verdict::Unstable, "unstable"),
            not_judged(Class::Wall, Verdict::Inconclusive, "inconclusive"),
            new,
        ];
        let parts: Vec<String> = std::iter::once(meaning.to_owned()).chain(limits.into_iter().flatten()).collect();
        parts.join("; ")
    }

    /// What is better than what is stored, as a line.
    pub(super) fn slack_line(&self, slack: &Slack) -> String {
        let Slack { rows, case, metric, percent, days } = slack;
        let since = days.map_or_else(String::new, |days| format!("; baseline written {}", text::days_ago(days)));
        let prefix = if slack.is_warning() { "warning: " } else { "" };
        format!(
            "{prefix}slack: {} better than the baseline by up to {percent:.1} % ({case} {metric}), so a regression by as much \
             passes{since}",
            format!("{} {}", pluralize(*rows, "row"), is_or_are(*rows)),
        )
    }

    /// What each harness was compared with, and what was not measured. A line that several have in common is there once;
    /// of several harnesses each of the others says whose it is.
    pub(super) fn context_lines(&self) -> Vec<String> {
        let of = |harness: &HarnessRun| {
            let mut lines = harness.comparison.lines();
            lines.extend(harness.not_measured());
            lines
        };
        let all: Vec<(&str, Vec<String>)> =
            self.harnesses.iter().map(|harness| (harness.package.as_str(), of(harness))).collect();
        let is_common = |line: &String| all.iter().all(|(_, lines)| lines.contains(line));
        let mut out: Vec<String> = Vec::new();
        for (package, lines) in &all {
            for line in lines {
                let line = if is_common(line) { line.clone() } else { format!("{package}: {line}") };
                if !out.contains(&line) {
                    out.push(line);
                }
            }
        }
        out
    }
}
