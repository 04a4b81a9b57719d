//! The verdict with its rows, as the comment and the check show it.

use std::fmt::Write as _;

use perf_judge::report::number;
use perf_judge::report::summary::{HarnessSummary, Summary};
use perf_judge::row::{Group, Row, Value};
use perf_judge::text::pluralize;
use perf_judge::verdict::Verdict;

use super::context::Context;
use super::markdown::{code, plain};
use super::reproduce;
use crate::outcome::Outcome;

/// Maximum size of a body in bytes. The API takes 65,535 characters for a comment and as many for a check.
const MAX_BYTES: usize = 60_000;

/// The text of an outcome.
pub fn body(outcome: &Outcome, context: &Context<'_>) -> String {
    let mut out = format!("### Performance: {}\n\n", outcome.headline());
    let report = format!("[the report of the run]({})", context.address());
    let head = code(context.head());
    let _ = match outcome {
        Outcome::Passed(summary) => writeln!(out, "{head} has no regressions: {}. See {report}.", counts(summary)),
        Outcome::Failed(summary) => writeln!(out, "{head} fails: {}. See {report}.", counts(summary)),
        Outcome::Inconclusive(summary) => {
            writeln!(out, "Required rows of {head} could not be judged: {}. See {report}.", counts(summary))
        }
        Outcome::Contradicted(summary) => writeln!(
            out,
            "The summary of {head} has no regressions ({}), but its run failed: see {report}.",
            counts(summary)
        ),
        Outcome::Unknown(why) => writeln!(out, "There is no verdict for {head}: {why}. See {report}."),
    };
    let Some(summary) = outcome.summary() else { return out };
    rules(&mut out, summary);
    let tail = tail(summary, context);
    table(&mut out, summary, MAX_BYTES.saturating_sub(tail.len()));
    out + &tail
}

/// The number of rows of each verdict, worst first: `2 REGRESSED, 740 PASS`.
pub fn counts(summary: &Summary) -> String {
    let counts = Verdict::ALL.into_iter().map(|verdict| (verdict, summary.count(verdict)));
    let counts: Vec<String> =
        counts.filter(|&(_, count)| count > 0).map(|(verdict, count)| format!("{count} {verdict}")).collect();
    if counts.is_empty() { "no rows".to_owned() } else { counts.join(", ") }
}

/// The values of a row and its change, as text without markup.
pub fn values(row: &Row) -> [String; 3] {
    [number::base(row), number::head(row), number::change(row)]
}

fn rules(out: &mut String, summary: &Summary) {
    let Some(count @ 1..) = summary.rules_loosened else { return };
    let rules = pluralize(usize::try_from(count).unwrap_or(usize::MAX), "rule");
    let fails = if summary.rules_forbidden { ", which fails the run" } else { "" };
    let _ = writeln!(out, "\nThe change loosens {rules} that judge it{fails}; the report lists them.");
}

/// Writes the rows while the text has at most `limit` bytes.
fn table(out: &mut String, summary: &Summary, limit: usize) {
    const HEAD: &str = "\n| verdict | case | metric | base | head | change |\n|---|---|---|---:|---:|---:|\n";
    const MORE: usize = 100;
    let mut shown = 0;
    for row in &summary.rows {
        let line = line(row);
        if out.len() + HEAD.len() + line.len() + MORE > limit {
            break;
        }
        if shown == 0 {
            out.push_str(HEAD);
        }
        out.push_str(&line);
        shown += 1;
    }
    let more = summary.left_out() + (summary.rows.len() - shown) as u64;
    if more > 0 {
        let rows = pluralize(usize::try_from(more).unwrap_or(usize::MAX), "more row");
        let _ = writeln!(out, "\n{rows} in the report.");
    }
}

fn line(row: &Row) -> String {
    let verdict = match row.verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => format!("**{}**", row.verdict),
        _ => row.verdict.to_string(),
    };
    // The same metric may have a limit besides a stored value.
    let limit = if row.group == Group::Budget { " (limit)" } else { "" };
    let cell = |value: Option<Value>, text: &str| match value {
        Some(Value::Checksum(_)) => code(text),
        _ => plain(text),
    };
    let [base, head, change] = values(row);
    let (base, head, change) = (cell(row.base, &base), cell(row.head, &head), plain(&change));
    let (case, metric) = (code(row.case.as_str()), code(&row.subject.to_string()));
    format!("| {verdict} | {case} | {metric}{limit} | {base} | {head} | {change} |\n")
}

/// What stands below the rows.
fn tail(summary: &Summary, context: &Context<'_>) -> String {
    let mut out = String::new();
    let commands = reproduce::commands(summary, context.command);
    if !commands.is_empty() {
        // GitHub renders Markdown inside HTML only below a blank line.
        let _ = writeln!(
            out,
            "\n<details><summary>Reproduce</summary>\n\n```sh\n{}\n```\n\n</details>",
            commands.join("\n")
        );
    }
    if let Some(found) = summary.detectable {
        let (median, worst) = (found.median_percent.get(), found.worst_percent.get());
        let unknown = match found.unknown {
            0 => String::new(),
            count => format!("; not known for {}", pluralize(usize::try_from(count).unwrap_or(usize::MAX), "case")),
        };
        let _ = writeln!(
            out,
            "\nWould have found: a slowdown of {median:.1} % in the median case, of {worst:.1} % in the worst{unknown}."
        );
    }
    let mut remarks: Vec<String> = summary.harnesses.iter().map(harness).collect();
    if summary.only {
        remarks.push("only some cases were measured (`--only`)".to_owned());
    }
    if summary.quick {
        remarks.push("with fewer repetitions (`--quick`)".to_owned());
    }
    if let Some(commit) = &summary.commit {
        remarks.push(format!("measured as {}", code(commit.short())));
    }
    let _ = writeln!(out, "\n<sub>{}</sub>", remarks.join("; "));
    out
}

fn harness(harness: &HarnessSummary) -> String {
    let package = code(harness.package.as_str());
    let instructions = if harness.measured && !harness.instructions { ", without instructions" } else { "" };
    match (&harness.base, harness.measured) {
        (Some(base), true) => format!("{package} against {}{instructions}", code(base.short())),
        (None, true) => format!("{package} without a base{instructions}"),
        (_, false) => format!("{package} not measured, because nothing of it differs"),
    }
}
