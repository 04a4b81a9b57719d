//! A judged run, and what all forms of it say.

use perf_gate::{Class, Key, Provenance, Tools};

use super::comparison::Comparison;
use crate::exit_status;
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::rules::RuleChange;
use crate::run::{Instructions, Unusable};
use crate::slack::Slack;
use crate::text::{self, counted};
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
    pub tools: Result<Tools, Unusable>,
    /// What wall time was compared with.
    pub comparison: Comparison,
}

impl HarnessRun {
    /// Whether there was something to measure: something differs from the base, or there is none.
    pub fn was_due(&self) -> bool {
        !matches!(self.comparison, Comparison::Same(_)) && !self.was_left_out()
    }

    /// Whether it was not measured, because none of its packages differs and others do.
    fn was_left_out(&self) -> bool {
        matches!(self.comparison, Comparison::Elsewhere { .. })
    }

    /// The line that stands for a class that is not there.
    pub(super) fn not_measured(&self) -> Option<String> {
        // That nothing of it was measured is said by what it was compared with.
        let reason = self.tools.as_ref().err().filter(|_| !self.was_left_out())?;
        Some(text::visible(&Instructions::not_measured(reason)))
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

impl Report {
    /// How many rows there are of each verdict, worst first.
    pub(super) fn summary(&self) -> String {
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, count(verdict))).filter(|&(_, count)| count > 0);
        let counts: Vec<_> = counts.map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let only = self.only.as_ref().map(|only| format!(" of the cases that match '{}'", text::visible(only)));
        format!("{}{}: {}", counted(self.rows.len(), "row"), only.unwrap_or_default(), counts.join(", "))
    }

    /// The verdict of the run. Green says what it is not about, too.
    pub(super) fn meaning(&self) -> String {
        if self.rules_forbidden && self.rules.as_ref().is_some_and(|rules| !rules.is_empty()) {
            return exit_status::RULES_CHANGED.to_owned();
        }
        if self.exit_code != exit_status::GREEN {
            return exit_status::meaning(self.exit_code).to_owned();
        }
        let count = |verdict: Verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let not_judged = |group: Group| {
            let is_one =
                |row: &&Row| row.group == group && matches!(row.verdict, Verdict::Inconclusive | Verdict::Unfit);
            match self.rows.iter().filter(is_one).count() {
                0 => None,
                some => Some(format!("{} of {} could not be", counted(some, "row"), group.name())),
            }
        };
        let not_measured = self
            .harnesses
            .iter()
            .any(|harness| harness.tools.is_err() && harness.was_due())
            .then(|| "instructions were not measured".to_owned());
        let left_out = self.harnesses.iter().filter(|harness| harness.was_left_out());
        let left_out: Vec<&str> = left_out.map(|harness| harness.package.as_str()).collect();
        let left_out = (!left_out.is_empty()).then(|| format!("{} was not measured", left_out.join(", ")));
        let missing: Vec<String> =
            [left_out, not_measured, not_judged(Group::Of(Class::Instructions)), not_judged(Group::Of(Class::Wall))]
                .into_iter()
                .flatten()
                .collect();
        let mut meaning = match missing.is_empty() {
            true => exit_status::meaning(self.exit_code).to_owned(),
            false => format!("{}; {}", exit_status::GREEN_IN_PART, missing.join("; ")),
        };
        if let new @ 1.. = count(Verdict::New) {
            meaning.push_str(&format!("; {} NEW and compared with nothing", counted(new, "row")));
        }
        meaning
    }

    /// What is better than what is stored, as a line.
    pub(super) fn slack_line(&self, slack: &Slack) -> String {
        let Slack { rows, case, metric, percent, days } = slack;
        let since = days.map_or_else(String::new, |days| format!(", written {}", text::days_ago(days)));
        let much = if slack.is_a_warning() { "warning: " } else { "" };
        format!(
            "{much}slack: {} better than stored, by up to {percent:.1} % ({case} {metric}), in which a change can get worse \
             and pass{since}",
            if *rows == 1 { "1 row is".to_owned() } else { format!("{rows} rows are") },
        )
    }

    /// What each harness was compared with, and what was not measured. A line that several have in common is there once;
    /// of several harnesses each of the others says whose it is.
    pub(super) fn lines(&self) -> Vec<String> {
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
