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
        NextStep::ReproduceInPairs { case, against } => {
            format!("reproduce, with other layouts: {command} perf --against {against} --only '{case}' --seed 2")
        }
        NextStep::RunCount(case) => format!("see it run: {} -- {case} (or --bench heap)", bench("count")),
        NextStep::RunOperations(case) => format!("see it run: {} -- {case} --ops 20", bench("count")),
        NextStep::RunTime => format!("see it run: {}", bench("time")),
        NextStep::Store => format!("store it: {command} baseline update"),
        NextStep::KeepImprovement => format!("keep it so: {command} baseline update"),
        NextStep::ReplaceBaseline => format!("measure a baseline that is comparable: {command} baseline update"),
        NextStep::ReplaceInstructions => format!(
            "use the versions of the baseline, or replace all its instructions by yours: {command} baseline update"
        ),
        NextStep::BringBack => "bring it back".into(),
        NextStep::AcceptRemoval(case) => {
            format!("if it was removed on purpose: {command} baseline update --accept '{case}' --reason '…'")
        }
        NextStep::Accept(case) => {
            format!("if it is intended: {command} baseline update --accept '{case}' --reason '…'")
        }
        NextStep::ChangeBudget => format!("a promise is changed in {data}/budgets.toml, with a reason"),
        NextStep::CorrectBudget { case, metric } => format!(
            "is the name right? `{case}` or its `{metric}` is not measured: correct {data}/budgets.toml or bring it back"
        ),
        NextStep::WidenMargin => {
            format!("if it is intended: raise its margin in {data}/thresholds.toml, with a reason and a day")
        }
        NextStep::MeasureQuietly { against } => {
            format!("measure when less else runs: {command} perf --against {against} --seed 2")
        }
        NextStep::MorePairs { against } => {
            format!("or add as many pairs, judged more strictly: {command} perf --against {against} --more-pairs")
        }
        NextStep::OtherMachine => "end other programs, or use another machine".into(),
    }
}
