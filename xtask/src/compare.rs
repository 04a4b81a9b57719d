//! Wall time of two sides, measured beside each other on this machine: the base of a change, and the change.
//!
//! - [`revision`]: which commit is the base; [`mod@tree`]: the files of both sides; [`git`]: what git is asked.
//! - [`side`]: a built side; [`link`]: its program linked again, with another layout each time.
//! - [`measured_base`]: values of the base that repeat, where the stored ones mean something else.
//! - [`pairs`]: the measuring; [`plan`]: how often; [`store`]: what was measured, kept.
//!
//! What the pairs mean is judged in [`judge::paired`](crate::judge).

pub mod git;
pub mod link;
pub mod measured_base;
pub mod pairs;
pub mod plan;
pub mod revision;
pub mod side;
pub mod store;
pub mod tree;

use std::path::PathBuf;

use perf_gate::Key;

use crate::benches_data::BenchesData;
use crate::executables::{Executables, Source};
use crate::failure::Failure;
use crate::key;
use crate::progress::Progress;
use crate::workspace::Workspace;
use revision::{NoBase, Revision};
use side::{NotBuilt, Recipe, Side};
use tree::Tree;

/// Where comparisons keep what they build and measure.
pub fn dir(workspace: &Workspace) -> PathBuf {
    workspace.target_dir().join("perf")
}

/// How the work tree relates to a base.
#[derive(Debug)]
pub enum Relation {
    /// There is no base, with the reason.
    Alone(NoBase),
    /// Whatever the measuring programs are made of and read is the same.
    SameInputs {
        /// The base.
        revision: Revision,
        /// Baselines, budgets and thresholds are the same too.
        same_rules: bool,
    },
    /// It is not.
    Differs(Box<Difference>),
}

/// Both sides of a change, not yet built.
#[derive(Debug)]
pub struct Difference {
    /// The base.
    pub revision: Revision,
    base: Tree,
    head: Tree,
    base_key: Key,
    head_key: Key,
    base_packages: Vec<String>,
    head_packages: Vec<String>,
    other_toolchain: bool,
}

/// Finds the base and says whether anything that is measured differs from it.
pub fn relate(
    workspace: &Workspace,
    against: Option<&str>,
    features: &[&str],
    key: &Key,
    data: &BenchesData,
) -> Result<Relation, Failure> {
    let revision = match revision::find(workspace, against)? {
        Ok(revision) => revision,
        Err(reason) => return Ok(Relation::Alone(reason)),
    };
    let head = Tree::of_work_tree(workspace)?;
    let place = base_dir(workspace);
    let base = Tree::of_commit(workspace, &revision.commit, &place)?;
    let head_packages = key::local_packages(workspace, features)?;
    let same = |path: &str| base.agrees_on(&head, path);
    let other_toolchain = !same("rust-toolchain.toml");
    let (base_key, base_packages) = if same("Cargo.toml") && same("Cargo.lock") && same("crates/perf-gate/Cargo.toml") {
        (key.clone(), head_packages.clone())
    } else {
        let there = Workspace::at(place);
        // Where cargo cannot even read the base, it will not build either, which is reported then.
        let packages = key::local_packages(&there, features).unwrap_or_else(|_| head_packages.clone());
        (key::of(&there, features, &data.inputs).unwrap_or_else(|_| key.clone()), packages)
    };
    let same_key = base_key.packages == key.packages && base_key.profile == key.profile;
    if same_key && base.inputs(&base_packages) == head.inputs(&head_packages) {
        let same_rules = base.rules() == head.rules();
        return Ok(Relation::SameInputs { revision, same_rules });
    }
    let head_key = key.clone();
    let difference =
        Difference { revision, base, head, base_key, head_key, base_packages, head_packages, other_toolchain };
    Ok(Relation::Differs(Box::new(difference)))
}

/// What the work tree is compared with, ready to be measured.
#[derive(Debug)]
pub enum Against {
    /// Nothing, with the reason.
    Nothing(NoBase),
    /// A commit from which nothing that is measured differs, or whose programs have the same bytes.
    Same(Revision),
    /// A commit that was built, as the work tree was.
    Base(Box<Sides>),
}

impl Relation {
    /// Builds what there is to build; also the programs that measure the work tree, whose values are not compared.
    pub fn build(self, workspace: &Workspace, source: &Source) -> Result<(Executables, Against), Failure> {
        let difference = match self {
            Self::Alone(reason) => return Ok((source.prepare(workspace)?, Against::Nothing(reason))),
            Self::SameInputs { revision, .. } => return Ok((source.prepare(workspace)?, Against::Same(revision))),
            Self::Differs(difference) => difference,
        };
        let head = difference.head(workspace, source.features())?;
        let executables = head.executables.clone();
        let against = match difference.base(workspace, source.features())? {
            Err(reason) => {
                let base = difference.revision.short();
                Against::Nothing(format!("the base {base} does not build here: cargo {reason}"))
            }
            Ok((base, None)) if head.is_identical(&base)? => Against::Same(difference.revision),
            Ok((base, own_cases)) => {
                Against::Base(Box::new(Sides { revision: difference.revision, base, head, own_cases }))
            }
        };
        Ok((executables, against))
    }
}

/// Both sides, built.
#[derive(Debug)]
pub struct Sides {
    /// The commit that the base is.
    pub revision: Revision,
    /// The base.
    pub base: Side,
    /// The change.
    pub head: Side,
    /// The base could not be built with the cases of the change, so it has its own; with the reason.
    pub own_cases: Option<NotBuilt>,
}

impl Difference {
    /// Builds the change.
    fn head(&self, workspace: &Workspace, features: &[&str]) -> Result<Side, Failure> {
        let Self { head: tree, head_packages: packages, head_key: key, .. } = self;
        let recipe = Recipe { tree, packages, features, circumstances: circumstances(key), own_toolchain: false };
        Side::build(workspace, "the change", &recipe)?.map_err(|reason| {
            Failure::environment(
                format!("the measuring programs do not build: cargo {reason}"),
                "see what is wrong with `cargo bench -p perf-gate --no-run`",
            )
        })
    }

    /// Builds the base in the same place, so that only their content differs: with the cases, mocks and inputs of the
    /// change, or with its own where those do not build with it, which is then the second value.
    fn base(
        &self,
        workspace: &Workspace,
        features: &[&str],
    ) -> Result<Result<(Side, Option<NotBuilt>), NotBuilt>, Failure> {
        let Self { base_packages: packages, base_key: key, other_toolchain, .. } = self;
        let build = |tree: &Tree| {
            let circumstances = circumstances(key);
            let recipe = Recipe { tree, packages, features, circumstances, own_toolchain: *other_toolchain };
            Side::build(workspace, "its base", &recipe)
        };
        let reason = match build(&self.base.with_harness_of(&self.head))? {
            Ok(base) => return Ok(Ok((base, None))),
            Err(reason) => reason,
        };
        Progress::announce("build", "its base does not build with the cases of the change; with its own then");
        Ok(build(&self.base)?.map(|base| (base, Some(reason))))
    }
}

/// Where the files of the base were laid by [`relate`].
fn base_dir(workspace: &Workspace) -> PathBuf {
    dir(workspace).join("base")
}

/// What reaches a side beside its files.
pub fn circumstances(key: &Key) -> Vec<String> {
    let Key { rustc, target, profile, rustflags, packages, inputs: _ } = key;
    [rustc, target, profile, rustflags, packages].into_iter().cloned().collect()
}
