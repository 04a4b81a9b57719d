//! The change and its base in turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use perf_judge::exit_status::FAIL;
use perf_judge::load::LoadReport;
use perf_judge::load::paired::compare;
use perf_judge::report::comparison::Revision;
use perf_judge::rng::SplitMix64;
use perf_runner::error::Error;
use perf_runner::files::atomic_write;
use perf_runner::process::interrupt;
use perf_runner::progress::Progress;
use perf_runner::workspace::Workspace;

use super::report::{REPORT, read};
use crate::{forward, stdout};

/// The file of the comparison.
pub(super) const FILE: &str = "pairs.json";

/// Runs of both sides.
pub(super) struct Paired<'a> {
    /// The scenario of the change, for both.
    pub scenario: &'a Path,
    /// Arguments of both programs.
    pub arguments: &'a [String],
    /// The folder of the reports.
    pub out: &'a Path,
    /// How many pairs.
    pub pairs: u32,
}

impl Paired<'_> {
    /// Runs the programs of the base and of the change in turns, and judges the pairs.
    pub(super) fn run(&self, workspace: &Workspace, programs: &[PathBuf; 2], base: &Revision) -> Result<u8, Error> {
        // Which side is first is drawn, and not alternated: what a machine does every minute would hit one side.
        let mut order = SplitMix64::new(u64::from(self.pairs));
        let mut pairs = Vec::new();
        for pair in 1..=self.pairs {
            let head_first = order.below(2) == 1;
            let mut reports = [None, None];
            for side in if head_first { [1, 0] } else { [0, 1] } {
                let name = ["base", "change"][side];
                Progress::announce("load", &format!("pair {pair} of {}, {name}", self.pairs));
                let out = self.out.join(format!("pair-{pair}-{name}"));
                reports[side] = Some(self.one(&programs[side], name, &out)?);
            }
            if let [Some(base), Some(change)] = reports {
                pairs.push([base, change]);
            }
        }
        let comparison = compare(&pairs);
        let (code, line) = comparison.verdict();
        let json = comparison.json();
        let file = self.out.join(FILE);
        atomic_write::write(&file, &json, |back| back == json)?;
        let table = comparison.table(&format!("{} ({})", base.short(), base.chosen));
        let written = workspace.display_path(&file);
        stdout::print(&format!("{table}reports: {written}, and a folder for each run beside it\n{line}\n"))?;
        Ok(code)
    }

    /// One run. What its program prints is in the folder of its report.
    fn one(&self, program: &Path, name: &str, out: &Path) -> Result<LoadReport, Error> {
        if out.exists() {
            fs::remove_dir_all(out).map_err(|error| Error::path("empty", out, &error))?;
        }
        let mut command = Command::new(program);
        command.arg(self.scenario).arg("--out").arg(out).args(self.arguments).stdout(Stdio::null());
        let status = forward::run_to_completion(&mut command)?;
        interrupt::check()?;
        let file = out.join(REPORT);
        if !file.exists() {
            return Err(Error::environment(
                format!("the program of the {name} ended with {status} and without a report"),
                "what it said is above; run it alone, without --pairs",
            ));
        }
        let report = read(&file)?;
        // A threshold that failed is a result, and one that could not be judged too. Anything else is no run.
        let is_verdict = status.code().is_some_and(|code| [0, 4].contains(&code) || code == i32::from(FAIL));
        if !is_verdict || !report.is_complete() {
            return Err(Error::environment(
                format!("the run of the {name} ended with {status} and is not complete"),
                "a threshold that ends a run (abort_on_fail) ends a comparison, too; run it alone, without --pairs",
            ));
        }
        Ok(report)
    }
}
