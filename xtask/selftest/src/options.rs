//! Command line of the self-test.

use std::path::PathBuf;

use perf_runner::workspace::Workspace;

use crate::arms::Arm;

const AFTER: &str = "\
Exit codes:
    0  all targets are met
    1  a target is not met: false positive rate or power, as selftest.toml lists
    2  usage or environment: options, build, machine, or no recorded pairs
    3  a file in the data folder is not valid
  130  interrupted; suites that were complete are kept

Examples:
  {command} --judge-only                judge the recorded pairs again, in seconds
  {command} --suites 20                 measure all arms, for hours
  {command} --suites 2 --arms same,wall-5 --out selftest";

/// Measure false positive rate and power of the gate with known changes, and publish them
///
/// A suite is one run of the gate over all cases. Suites of null arms (same, neutral, neutral-one-layout, busy) have no
/// regression, so each one that fails is a false positive. The other arms plant a slowdown or a fault of known size. Raw
/// pairs are kept in selftest/ of the data folder. The results go to selftest.toml, selftest.svg and selftest/README.md.
#[derive(Debug, clap::Parser)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Number of suites to measure in each arm
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub suites: u64,
    /// Measure only these arms, separated by commas, like 'same,wall-5' [default: all arms]
    #[arg(long, value_name = "ARMS", value_delimiter = ',')]
    pub arms: Vec<Arm>,
    /// Add to the recorded suites of these arms [default: replace them]
    #[arg(long)]
    pub append: bool,
    /// Number of suites measured in parallel, each pinned to its own processor; they disturb each other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
    /// Measure nothing; judge the recorded pairs again and write the results
    #[arg(long, conflicts_with_all = ["suites", "append", "jobs"])]
    pub judge_only: bool,
    /// Directory for pairs and results, for machines whose results are not published [default: the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Options {
    /// Directory of pairs and results.
    pub fn dir(&self, workspace: &Workspace) -> PathBuf {
        self.out.clone().unwrap_or_else(|| workspace.data_dir())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_help_has_exit_codes_and_an_example_and_fits() {
        let mut command = perf_cli::help::complete(Options::command(), "cargo xtask perf selftest").term_width(100);
        let long = command.render_long_help().to_string();
        insta::assert_snapshot!("help", long);
        assert!(long.contains("\nExit codes") && long.contains("\nExample") && !long.contains("{command}"), "{long}");
        assert!(long.lines().all(|line| line.chars().count() <= 100), "{long}");
        assert!(!command.render_help().to_string().contains("Exit codes"));
    }
}
