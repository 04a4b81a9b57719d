//! Options that several commands have: where baselines are, and how the measuring programs are built.

use std::path::{Path, PathBuf};

use perf_runner::error::Error;
use perf_runner::workspace::{Harness, Workspace};

/// The options.
#[derive(Debug, Default, clap::Args)]
pub struct Places {
    /// Directory of the baselines [default: baselines in the data folder]
    #[arg(long, value_name = "DIR")]
    baselines: Option<PathBuf>,
    /// Build with planted faults, of which the variable SEEDED_FAULT picks one (for tests of the gate)
    #[arg(long, hide = true, requires = "baselines")]
    seeded_faults: bool,
}

impl Places {
    /// Directory of the baselines, where it is not the ordinary one.
    pub fn baselines(&self) -> Option<&Path> {
        self.baselines.as_deref()
    }

    /// Whether the measuring programs are not those of the work tree, so that there is nothing to compare them with.
    pub fn is_for_tests(&self) -> bool {
        self.seeded_faults
    }

    /// The harnesses that are measured. With planted faults they are those that have some.
    pub fn harnesses<'a>(&self, workspace: &'a Workspace) -> Vec<&'a Harness> {
        let feature = workspace.config.faults_feature.as_deref().filter(|_| self.seeded_faults);
        let is_one = |harness: &&Harness| feature.is_none_or(|feature| harness.has_feature(feature));
        workspace.harnesses.iter().filter(is_one).collect()
    }

    /// Arguments of cargo that choose features; part of what makes values comparable.
    pub fn features(&self, workspace: &Workspace) -> Result<Vec<String>, Error> {
        match (self.seeded_faults, &workspace.config.faults_feature) {
            (false, _) => Ok(Vec::new()),
            // Without one there would be nothing to measure, and that is green.
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
