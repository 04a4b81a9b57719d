//! A judged run, and the lines that its text reports share.

use perf_gate::{Class, Key, Provenance, Tools};

use super::comparison::Comparison;
use crate::exit_status;
use crate::judge::anchor::AnchorState;
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::rules::RuleChange;
use crate::run::{Instructions, MissingReason};
use crate::slack::Slack;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

/// Formats a next step in the words of a command line. The second argument is the package of the harness of the row, if it
/// has one.
pub type Wording<'a> = &'a dyn Fn(&NextStep, Option<&str>) -> String;

/// The run of one harness.
#[derive(Debug)]
pub struct HarnessRun {
    /// The package of the harness.
    pub package: String,
    /// The key that makes its values comparable.
    pub key: Key,
    /// The tools that counted its instructions, or the reason why none were counted.
    pub tools: Result<Tools, MissingReason>,
    /// The base of wall time.
    pub comparison: Comparison,
    /// The comparison with the anchor.
    pub anchor: AnchorState,
}

impl HarnessRun {
    /// Whether the harness had to be measured: something that it measures differs from the base, or there is no base.
    pub fn was_due(&self) -> bool {
        !matches!(self.comparison, Comparison::Unchanged(_)) && !self.was_skipped()
    }

    /// Whether the harness was not measured, because the change touches none of its packages.
    fn was_skipped(&self) -> bool {
        matches!(self.comparison, Comparison::Unaffected { .. })
    }

    /// The line about instructions that were not measured.
    pub fn not_measured(&self) -> Option<String> {
        // For a skipped harness the line of its comparison says that nothing was measured.
        let reason = self.tools.as_ref().err().filter(|_| !self.was_skipped())?;
        Some(text::sanitize(&Instructions::not_measured(reason)))
    }
}

/// A judged run of all harnesses, as the reports print it.
#[derive(Debug)]
pub struct Report {
    /// Commit and machine.
    pub provenance: Provenance,
    /// The harnesses, in the order in which they were measured.
    pub harnesses: Vec<HarnessRun>,
    /// The rules that the change loosens; `None` without a base.
    pub rules: Option<Vec<RuleChange>>,
    /// Improvements that the baseline does not have yet.
    pub slack: Option<Slack>,
    /// Whether loosened rules fail the run.
    pub rules_forbidden: bool,
    /// Whether fewer repetitions were measured (`--quick`).
    pub quick: bool,
    /// The pattern of `--only`, if it was given.
    pub only: Option<String>,
    /// The exit code of the run.
    pub exit_code: u8,
    /// All rows, in the order of the table.
    pub rows: Vec<Row>,
}

/// Name of the report for programs in the output directory.
pub const JSON_FILE: &str = "report.json";
/// Name of the report for a step summary in the output directory.
pub const MARKDOWN_FILE: &str = "report.md";

/// The verb of a count.
fn is_or_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

impl Report {
    /// The line with the number of rows of each verdict, worst first.
    pub fn summary(&self) -> String {
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, count(verdict))).filter(|&(_, count)| count > 0);
        let counts: Vec<_> = counts.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let only = self.only.as_ref().map(|only| format!(" of the cases that match '{}'", text::sanitize(only)));
        format!("{}{}: {}", pluralize(self.rows.len(), "row"), only.unwrap_or_default(), counts.join(", "))
    }

    /// The verdict of the run as one line; a pass and an inconclusive run also name what was not judged.
    pub fn verdict_line(&self) -> String {
        if self.rules_forbidden && self.rules.as_ref().is_some_and(|rules| !rules.is_empty()) {
            return exit_status::RULES_CHANGED.to_owned();
        }
        if !matches!(self.exit_code, exit_status::PASS | exit_status::INCONCLUSIVE) {
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
        let left_out = match left_out[..] {
            [] => None,
            [one] => Some(format!("{one} was not measured")),
            [ref others @ .., last] => Some(format!("{} and {last} were not measured", others.join(", "))),
        };
        let is_partial = self.exit_code == exit_status::PASS && (left_out.is_some() || not_measured.is_some());
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

    /// The line about slack.
    pub fn slack_line(&self, slack: &Slack) -> String {
        let Slack { rows, case, metric, percent, days } = slack;
        let since = days.map_or_else(String::new, |days| format!("; baseline written {}", text::days_ago(days)));
        let prefix = if slack.is_warning() { "warning: " } else { "" };
        format!(
            "{prefix}slack: {} {} better than the baseline by up to {percent:.1} % ({case} {metric}), so a regression by as \
             much passes{since}",
            pluralize(*rows, "row"),
            is_or_are(*rows),
        )
    }

    /// The lines about bases and unmeasured instructions of all harnesses. A line that all harnesses share appears once; any
    /// other line starts with the package of its harness.
    pub fn context_lines(&self) -> Vec<String> {
        let of = |harness: &HarnessRun| {
            let mut lines = harness.comparison.lines();
            lines.extend(harness.not_measured());
            lines.extend(harness.anchor.line());
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
