//! Options of several commands: the directory of the baselines, and the build of the measuring programs.

use std::path::{Path, PathBuf};

use perf_runner::error::Error;
use perf_runner::workspace::{Harness, Workspace};

/// Options of every command that measures or reads baselines.
#[derive(Debug, Default, clap::Args)]
pub struct SharedOptions {
    /// Directory of the stored baselines [default: `baselines` in the data folder]
    #[arg(long, value_name = "DIR")]
    baselines: Option<PathBuf>,
    /// Build with planted faults; the variable SEEDED_FAULT selects one (for tests of the gate)
    #[arg(long, hide = true, requires = "baselines")]
    seeded_faults: bool,
}

impl SharedOptions {
    /// The directory of `--baselines`.
    pub fn baselines(&self) -> Option<&Path> {
        self.baselines.as_deref()
    }

    /// Whether the measuring programs have planted faults, so that no base is comparable.
    pub fn is_for_tests(&self) -> bool {
        self.seeded_faults
    }

    /// The harnesses to measure: all, or with planted faults those that have the feature.
    pub fn harnesses<'a>(&self, workspace: &'a Workspace) -> Vec<&'a Harness> {
        let feature = workspace.config.faults_feature.as_deref().filter(|_| self.seeded_faults);
        let is_one = |harness: &&Harness| feature.is_none_or(|feature| harness.has_feature(feature));
        workspace.harnesses.iter().filter(is_one).collect()
    }

    /// Arguments of cargo that select features. They are part of the key.
    ///
    /// # Errors
    /// If faults are to be planted and no harness has the feature.
    pub fn features(&self, workspace: &Workspace) -> Result<Vec<String>, Error> {
        match (self.seeded_faults, &workspace.config.faults_feature) {
            (false, _) => Ok(Vec::new()),
            // Otherwise nothing would be measured, and the run would pass.
            (true, Some(feature)) if self.harnesses(workspace).is_empty() => Err(Error::environment(
                format!("no harness has the feature `{feature}` that plants faults"),
                "add it to [features] of one: `faults-feature` in [workspace.metadata.perf] names it",
            )),
            (true, Some(feature)) => Ok(vec!["--features".into(), feature.clone()]),
            (true, None) => Err(Error::environment(
                "no feature plants faults in this workspace",
                "name one: `faults-feature` in [workspace.metadata.perf]",
            )),
        }
    }
}
