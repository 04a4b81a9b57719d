//! What is asked for.

use std::path::PathBuf;

use perf_runner::workspace::Workspace;

use crate::arms::Arm;

/// Measure how often this gate is wrong, and publish it: false alarms, and what it sees by size
#[derive(Debug, clap::Parser)]
pub struct Options {
    /// Suites of each arm
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub suites: u64,
    /// Only these arms, like 'same,wall-5' [default: all]
    #[arg(long, value_name = "ARMS", value_delimiter = ',')]
    pub arms: Vec<Arm>,
    /// Add to the recorded suites of these arms instead of replacing them; also goes on after an interruption
    #[arg(long)]
    pub append: bool,
    /// Suites at once, each on a processor of its own and each the other's noise
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
    /// Measure nothing: judge what is recorded, and write the results anew
    #[arg(long, conflicts_with_all = ["suites", "append", "jobs"])]
    pub judge_only: bool,
    /// Show what the rules of other tools would have said to the same pairs
    #[arg(long)]
    pub compare_rules: bool,
    /// Where suites and results are kept, for machines that are not published [default: benches-data, and the README]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Options {
    /// Where suites and results are kept.
    pub fn dir(&self, workspace: &Workspace) -> PathBuf {
        self.out.clone().unwrap_or_else(|| workspace.data_dir())
    }
}
