//! How a run is asked for.

use std::path::PathBuf;
use std::time::Duration;

use perf_judge::pairs::plan::SamplingPlan;
use perf_runner::measure::wall;

use super::format::Format;
use crate::places::Places;

/// Measure the engine, compare it with its baseline and budgets, and fail when it got worse
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Compare wall time with this commit [default: the merge base with the main branch, or the commit before]
    #[arg(long, value_name = "REV")]
    pub against: Option<String>,
    /// Repeat less often (never fewer cases)
    #[arg(long)]
    pub quick: bool,
    /// Only the cases that match, like 'suite/*'
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// How long pairs of base and change may be measured, like '10m' [default: 3m, or 1m with --quick]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub budget: Option<Duration>,
    /// Chooses layouts and orders of the pairs; another number measures others
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Measure as many pairs again, and judge all of them, each time more strictly
    #[arg(long)]
    pub more_pairs: bool,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Where report.json and report.md are written [default: target/perf/latest]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// A row that is not in the baseline is red (for CI)
    #[arg(long)]
    pub require_baseline: bool,
    /// A row of this class that cannot be judged is exit code 4
    #[arg(long, value_enum, value_name = "CLASS")]
    pub require: Vec<RequiredClass>,
    /// A change that loosens the rules it is judged by is red (for CI)
    #[arg(long)]
    pub forbid_rule_changes: bool,
    #[command(flatten)]
    pub places: Places,
}

/// Classes that not every machine can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RequiredClass {
    /// Needs valgrind, and the same valgrind and libc as the baseline, or a base that can be built
    Instructions,
    /// Needs a base that can be built, and a machine that is quiet enough
    Wall,
}

impl Options {
    /// How many pairs are measured, and for how long.
    pub fn sampling_plan(&self) -> SamplingPlan {
        let plan = if self.quick { SamplingPlan::QUICK } else { SamplingPlan::FULL };
        let budget = self.budget.map_or(plan.budget, |budget| budget.as_secs_f64());
        SamplingPlan { budget, ..plan }
    }

    /// How often is measured where there are no pairs.
    pub fn wall_effort(&self) -> wall::TimingEffort {
        let (processes, per_case) = if self.quick { (5, 10) } else { (20, 30) };
        wall::TimingEffort { processes, per_case: Duration::from_millis(per_case) }
    }
}

/// A time as people write it: `3m`, `90s`, `1m 30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let duration = Duration::try_from(parsed).map_err(|_| "it is negative".to_owned())?;
    let allowed = Duration::from_secs(5)..=Duration::from_secs(24 * 3600);
    if allowed.contains(&duration) { Ok(duration) } else { Err("it is not between 5s and 24h".into()) }
}
