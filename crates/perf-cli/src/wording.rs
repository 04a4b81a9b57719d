//! What can be done about a row, in the words of this command line.

use perf_judge::next_step::NextStep;
use perf_runner::config::Config;

/// A step as a line to read and to copy; `harness` is the package of the harness that the row is of.
pub fn wording(config: &Config, step: &NextStep, harness: Option<&str>) -> String {
    let Config { command, data, .. } = config;
    let bench = |bench: &str| {
        let package = harness.or(config.harness.first().map(|harness| harness.package.as_str()));
        format!("cargo bench -p {} --bench {bench}", package.unwrap_or_default())
    };
    match step {
        NextStep::Reproduce(case) => format!("reproduce: {command} perf --only '{case}'"),
        NextStep::Repeat { case, against, quick } => {
            let quick = if *quick { " --quick" } else { "" };
            let against = against.as_ref().map(|(base, seed)| match seed {
                1 => format!(" --against {base}"),
                seed => format!(" --against {base} --seed {seed}"),
            });
            format!("measure it again: {command} perf{quick}{} --only '{case}'", against.unwrap_or_default())
        }
        NextStep::ReproduceInPairs { case, against } => {
            format!("reproduce with other layouts: {command} perf --against {against} --only '{case}' --seed 2")
        }
        NextStep::Profile { case, against } => {
            let against = against.as_ref().map_or_else(String::new, |against| format!(" --against {against}"));
            format!("see where it is spent: {command} perf profile '{case}'{against}")
        }
        NextStep::RunCount(case) => format!("run it alone: {} -- {case} (or --bench heap)", bench("count")),
        NextStep::RunOperations(case) => format!("run it alone: {} -- {case} --ops 20", bench("count")),
        NextStep::RunTime => format!("run it alone: {}", bench("time")),
        NextStep::Store => format!("store it: {command} baseline update"),
        NextStep::StoreImprovement => format!("store the improvement: {command} baseline update"),
        NextStep::ReplaceBaseline => format!("measure a comparable baseline: {command} baseline update"),
        NextStep::ReplaceInstructions => {
            format!("install the versions of the baseline, or replace all its instructions: {command} baseline update")
        }
        NextStep::Restore => "restore it".into(),
        NextStep::AcceptRemoval(case) => {
            format!("if the removal is intended: {command} baseline update --accept '{case}' --reason '…'")
        }
        NextStep::Accept(case) => {
            format!("if it is intended: {command} baseline update --accept '{case}' --reason '…'")
        }
        NextStep::AllowOverAnchor { case, metric } => format!(
            "if it is intended: add `{metric}` of `{case}` to `allowed` in {data}/anchor.toml with a reason, or pin a newer anchor"
        ),
        NextStep::ChangeBudget => format!("if the limit is to change: edit {data}/budgets.toml and give a reason"),
        NextStep::CorrectBudget { case, metric } => format!(
            "`{metric}` of `{case}` is not measured: correct the names in {data}/budgets.toml, or restore the case or the metric"
        ),
        NextStep::WidenMargin => {
            format!("if it is intended: raise its margin in {data}/thresholds.toml, with a reason and an expiry date")
        }
        NextStep::MeasureAnyway => format!("the values are the stored ones; to measure: {command} perf --only '**'"),
        NextStep::RecordHistory => format!("keep the values of a run: {command} perf --record"),
        NextStep::MeasureQuietly { against } => {
            format!("rerun on a quieter machine: {command} perf --against {against} --seed 2")
        }
        NextStep::MorePairs { against } => {
            format!("or double the sample, at a stricter level: {command} perf --against {against} --more-pairs")
        }
        NextStep::UseOtherMachine => "stop other programs, or use another machine".into(),
    }
}
