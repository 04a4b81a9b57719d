//! Commands that repeat rows, made from names whose grammar a shell takes as they are.

use std::collections::BTreeSet;

use perf_judge::report::summary::Summary;
use perf_judge::row::{Group, Row};
use perf_judge::verdict::Verdict;

/// Maximum number of commands.
const MAX_COMMANDS: usize = 10;

/// Commands for the first cases that fail or were not judged, each once.
pub fn commands(summary: &Summary, gate: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = summary.rows.iter().filter_map(|row| command(summary, row, gate));
    all.filter(|command| seen.insert(command.clone())).take(MAX_COMMANDS).collect()
}

/// The command for one row; `None` if there is nothing to repeat.
pub fn command(summary: &Summary, row: &Row, gate: &str) -> Option<String> {
    match row.verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Inconclusive => {}
        // What is missing cannot be measured, and what is unstable is a fault of the machine.
        _ => return None,
    }
    let against = match row.group.is_wall_time() {
        false => String::new(),
        true => format!(" --against {}", base(summary, row)?),
    };
    Some(match row.group {
        Group::Together => format!("{gate} perf{against}"),
        _ => format!("{gate} perf{against} --only '{}'", row.case),
    })
}

/// The commit that the row was compared with.
fn base<'a>(summary: &'a Summary, row: &Row) -> Option<&'a str> {
    let is_its = |package: &str| row.harness.as_deref().is_none_or(|harness| harness == package);
    let harnesses = summary.harnesses.iter().filter(|harness| harness.measured && is_its(harness.package.as_str()));
    harnesses.filter_map(|harness| harness.base.as_ref()).map(|base| base.short()).next()
}
