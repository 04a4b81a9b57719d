//! Compares a change with its base: both sides are built on this machine, and wall time is measured in pairs of processes.
//!
//! - [`revision`]: selects the base commit. [`mod@tree`]: the files of both sides. `inputs`: the measured ones among them.
//! - [`side`]: a built side. [`link`]: relinks its program with another layout.
//! - [`measured_base`]: exact values of the base, if the stored ones are not comparable. [`anchor`]: those of an early commit.
//! - `rules`: baselines, budgets and thresholds of both sides.
//! - [`load_base`]: the program of the base that puts load on a target.
//! - [`pairs`]: the paired measurement. [`store`]: the file of the measured pairs.
//!
//! `perf-judge` decides how many pairs are measured and what they mean.

pub mod anchor;
mod inputs;
pub mod link;
pub mod load_base;
pub mod measured_base;
pub mod pairs;
pub mod revision;
mod rules;
pub mod side;
pub mod store;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use perf_gate::Key;
use perf_judge::report::comparison::Revision;

use crate::error::Error;
use crate::files::bench_data::BenchData;
use crate::git;
use crate::measure::key::{self, PathPackages};
use crate::measure::programs::{self, BenchPrograms};
use crate::process::child::StderrMode;
use crate::process::parallel;
use crate::progress::Progress;
use crate::workspace::{HISTORY, Harness, Workspace};
use revision::{BaseRevision, NoBaseReason};
use side::{BuildError, BuildSpec, BuiltSide};
use tree::Tree;

/// The checked-out base of a change.
#[derive(Debug)]
pub struct BaseCheckout {
    /// The base commit.
    pub revision: Revision,
    /// The workspace at the base commit.
    pub workspace: Workspace,
    /// Folders of the workspace packages that each harness of the change is built from, by the package of the harness.
    packages: BTreeMap<String, Vec<String>>,
    base: Tree,
    head: Tree,
}

/// The result of the search for a base.
#[derive(Debug)]
pub enum BaseSearch {
    /// There is no base, with the reason.
    NoBase(NoBaseReason),
    /// The base.
    Found(Box<BaseCheckout>),
}

/// Finds and checks out the base of the work tree. `against` is the revision that the user named, and `features` are arguments
/// of cargo.
///
/// # Errors
/// If git or cargo fails, or the named revision does not exist.
pub fn find_base(workspace: &Workspace, against: Option<&str>, features: &[String]) -> Result<BaseSearch, Error> {
    checkout(workspace, against, features, "base")
}

/// Checks out the anchor `commit`.
///
/// # Errors
/// If git or cargo fails, or there is no such commit.
pub fn find_anchor(workspace: &Workspace, commit: &str, features: &[String]) -> Result<BaseSearch, Error> {
    checkout(workspace, Some(commit), features, "anchor")
}

/// As [`find_base`], into the folder `dir` below `target/perf`.
fn checkout(workspace: &Workspace, against: Option<&str>, features: &[String], dir: &str) -> Result<BaseSearch, Error> {
    let mut measured: BTreeSet<String> =
        ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo"].map(str::to_owned).into();
    let mut packages = BTreeMap::new();
    let found = parallel::map(&workspace.harnesses, |harness| key::path_packages(workspace, harness, features))?;
    for (harness, PathPackages { local, outside }) in workspace.harnesses.iter().zip(found) {
        if let Some(reason) = outside {
            return Ok(BaseSearch::NoBase(reason));
        }
        measured.extend(local.iter().cloned());
        packages.insert(harness.package.clone(), local);
    }
    measured.insert(workspace.config.data.clone());
    // Git accepts only `.` for the top itself, and no path inside a submodule.
    let submodules = match git::locate(workspace.root())? {
        git::Location::InWorkTree(_) => git::submodules(workspace.root())?,
        // `revision::find` reports that there is no repository.
        git::Location::Elsewhere(_) => Vec::new(),
    };
    let outside = |path: String| {
        let inside_of =
            |submodule: &&String| path.strip_prefix(submodule.as_str()).is_some_and(|rest| rest.starts_with('/'));
        submodules.iter().find(inside_of).cloned().unwrap_or(if path.is_empty() { ".".to_owned() } else { path })
    };
    let measured: BTreeSet<String> = measured.into_iter().map(outside).collect();
    // The folder ignores itself; but a recorded run must not change the base where it does not.
    let history = format!(":(exclude){}/{HISTORY}", workspace.config.data);
    let measured: Vec<String> = measured.into_iter().chain([history]).collect();
    let revision = match revision::find(workspace, against, &measured)? {
        BaseRevision::Commit(revision) => revision,
        BaseRevision::NoBase(reason) => return Ok(BaseSearch::NoBase(reason)),
    };
    let head = Tree::from_work_tree(workspace)?;
    let (mut base, root) = match Tree::from_commit(workspace, &revision.commit, &workspace.perf_dir().join(dir)) {
        // Without --against a base is optional.
        Err(Error::Environment { message, hint }) if against.is_none() => {
            return Ok(BaseSearch::NoBase(format!("the base {} cannot be read: {message}: {hint}", revision.short())));
        }
        other => other?,
    };
    base.reuse_content_of(&head);
    let workspace = workspace.with_root(root);
    Ok(BaseSearch::Found(Box::new(BaseCheckout { revision, workspace, packages, base, head })))
}

/// How the measured sources of a harness relate to its base.
#[derive(Debug)]
pub enum BaseRelation<'a> {
    /// There is no base, with the reason.
    NoBase(NoBaseReason),
    /// Sources and inputs of the measuring programs are equal.
    SameInputs {
        /// The base.
        checkout: &'a BaseCheckout,
        /// Whether baselines, budgets and thresholds of its cases are equal too.
        same_rules: bool,
    },
    /// Sources or inputs differ.
    Changed(Box<UnbuiltSides<'a>>),
}

/// Both sides of a change, before they are built.
#[derive(Debug)]
pub struct UnbuiltSides<'a> {
    /// The base.
    pub checkout: &'a BaseCheckout,
    base_key: Key,
    head_key: Key,
    base_packages: Vec<String>,
    head_packages: Vec<String>,
    other_toolchain: bool,
    is_elsewhere: bool,
}

impl BaseCheckout {
    /// Compares the sources, inputs and rules of a harness with the base.
    ///
    /// # Errors
    /// If cargo fails on the change, or a file cannot be read.
    pub fn relate(
        &self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
        key: &Key,
        data: &BenchData,
    ) -> Result<BaseRelation<'_>, Error> {
        let head_packages = match self.packages.get(&harness.package) {
            Some(packages) => packages.clone(),
            None => key::local_packages(workspace, harness, features)?,
        };
        let same_file = |path: &str| self.base.same_file(&self.head, path);
        let other_toolchain = !same_file("rust-toolchain.toml");
        let manifest = match harness.dir.as_str() {
            "" => "Cargo.toml".to_owned(),
            dir => format!("{dir}/Cargo.toml"),
        };
        let (base_key, base_packages) = if same_file("Cargo.toml") && same_file("Cargo.lock") && same_file(&manifest) {
            (key.clone(), head_packages.clone())
        } else {
            let there = &self.workspace;
            // If cargo cannot read the base, the build of the base reports it later.
            let packages = key::local_packages(there, harness, features).unwrap_or_else(|_| head_packages.clone());
            (key::detect(there, harness, features, data.inputs(harness)).unwrap_or_else(|_| key.clone()), packages)
        };
        for (tree, packages) in [(&self.head, &head_packages), (&self.base, &base_packages)] {
            if let Some((link, to)) = tree.link_out(workspace, harness, packages)? {
                let to = to.display();
                return Ok(BaseRelation::NoBase(format!(
                    "{link} links to {to}, outside the workspace, and no commit records its content"
                )));
            }
        }
        // Both sides are built inside the workspace, so cargo reads the workspace's configuration for both.
        if let Some(file) = key::workspace_config_files(workspace)?.iter().find(|file| !same_file(file)) {
            return Ok(BaseRelation::NoBase(format!(
                "{file} differs in the base, but cargo would use the version of the work tree for both sides"
            )));
        }
        let same_key = base_key.packages == key.packages && base_key.profile == key.profile;
        let (base, head) = (&self.base, &self.head);
        let same_inputs = |of_base: &[String], of_head: &[String]| -> Result<bool, Error> {
            Ok(base.inputs(workspace, harness, of_base)? == head.inputs(workspace, harness, of_head)?)
        };
        if same_key && same_inputs(&base_packages, &head_packages)? {
            let same_rules = self.has_same_rules(workspace, harness, data);
            return Ok(BaseRelation::SameInputs { checkout: self, same_rules });
        }
        let is_elsewhere = match harness.watched_dirs() {
            Some(watched) if same_key => {
                same_inputs(&watched, &watched)? && self.has_same_rules(workspace, harness, data)
            }
            _ => false,
        };
        let head_key = key.clone();
        let unbuilt = UnbuiltSides {
            checkout: self,
            base_key,
            head_key,
            base_packages,
            head_packages,
            other_toolchain,
            is_elsewhere,
        };
        Ok(BaseRelation::Changed(Box::new(unbuilt)))
    }
}

impl UnbuiltSides<'_> {
    /// Whether the harness has [named packages](crate::config::OnlyIfChanged::Packages) and the difference is in none of them.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }
}

/// The base after the build.
#[derive(Debug)]
pub enum BuiltBase {
    /// There is no base, with the reason.
    NoBase(NoBaseReason),
    /// The inputs, or the bytes of the built programs, are identical to those of this commit.
    Identical(Revision),
    /// Both sides were built.
    Built(Box<Sides>),
}

/// Both sides of a change, built.
#[derive(Debug)]
pub struct Sides {
    /// The base commit.
    pub revision: Revision,
    /// The base.
    pub base: BuiltSide,
    /// The change.
    pub head: BuiltSide,
    /// Folders of the workspace packages that the programs of the change are built from, relative to the root.
    pub packages: Vec<String>,
    /// Why the base was built with its own cases, if it does not build with those of the change.
    pub own_cases: Option<String>,
    /// The workspace at the base commit.
    pub base_workspace: Workspace,
}

/// The programs of the work tree, and the base that is still to be built if it differs.
#[derive(Debug)]
pub enum BuiltChange<'a> {
    /// There is no other base to build.
    Alone(BenchPrograms, BuiltBase),
    /// The base differs.
    Differs(BuiltSide, Box<UnbuiltSides<'a>>),
}

impl<'a> BaseRelation<'a> {
    /// Builds the programs of the work tree.
    ///
    /// Both sides are built in one directory, where harnesses share what they are compiled from. So with several harnesses this
    /// comes first for all of them, and [`BuiltChange::build_base`] then: in turns, each side would be compiled again.
    ///
    /// # Errors
    /// If the work tree does not build, or on an interruption.
    pub fn build_change(
        self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
    ) -> Result<BuiltChange<'a>, Error> {
        let programs = || programs::build(workspace, harness, features);
        Ok(match self {
            Self::NoBase(reason) => BuiltChange::Alone(programs()?, BuiltBase::NoBase(reason)),
            Self::SameInputs { checkout, .. } => {
                BuiltChange::Alone(programs()?, BuiltBase::Identical(checkout.revision.clone()))
            }
            Self::Changed(unbuilt) => BuiltChange::Differs(unbuilt.head(workspace, harness, features)?, unbuilt),
        })
    }

    /// Builds the programs of the work tree, and the base if it differs.
    ///
    /// # Errors
    /// If the work tree does not build, or on an interruption.
    pub fn build(
        self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
    ) -> Result<(BenchPrograms, BuiltBase), Error> {
        self.build_change(workspace, harness, features)?.build_base(workspace, harness, features)
    }
}

impl BuiltChange<'_> {
    /// Builds the base if it differs.
    ///
    /// # Errors
    /// On an interruption, or if files cannot be read or written. A base that does not compile is [`BuiltBase::NoBase`].
    pub fn build_base(
        self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
    ) -> Result<(BenchPrograms, BuiltBase), Error> {
        let (head, unbuilt) = match self {
            Self::Alone(programs, base) => return Ok((programs, base)),
            Self::Differs(head, unbuilt) => (head, unbuilt),
        };
        let programs = head.programs.clone();
        let revision = unbuilt.checkout.revision.clone();
        let base = match unbuilt.base(workspace, harness, features) {
            Err(BuildError::DoesNotBuild(reason)) => {
                BuiltBase::NoBase(format!("the base {} does not build here: cargo {reason}", revision.short()))
            }
            Err(BuildError::Stopped(error)) => return Err(error),
            Ok(BaseSide { side: base, own_cases: None }) if head.is_identical(&base)? => BuiltBase::Identical(revision),
            Ok(BaseSide { side: base, own_cases }) => {
                let (packages, base_workspace) = (unbuilt.head_packages, unbuilt.checkout.workspace.clone());
                BuiltBase::Built(Box::new(Sides { revision, base, head, packages, own_cases, base_workspace }))
            }
        };
        Ok((programs, base))
    }
}

/// The built base.
struct BaseSide {
    side: BuiltSide,
    /// Why the base has its own cases, if it does.
    own_cases: Option<String>,
}

impl UnbuiltSides<'_> {
    /// Builds the change.
    fn head(&self, workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<BuiltSide, Error> {
        let Self { checkout, head_packages: packages, head_key: key, .. } = self;
        let spec = BuildSpec {
            harness,
            tree: &checkout.head,
            packages,
            features,
            build_environment: build_environment(key),
            own_toolchain: false,
            stderr: StderrMode::Inherit,
        };
        BuiltSide::build(workspace, "the change", &spec).map_err(|error| match error {
            BuildError::Stopped(error) => error,
            BuildError::DoesNotBuild(reason) => Error::environment(
                format!("the measuring programs do not build: cargo {reason}"),
                "fix the errors that cargo printed above, then run this again",
            ),
        })
    }

    /// Builds the base in the same directory as the change, so that paths are equal. It uses the cases, mocks and inputs of the
    /// change, or its own if it does not build with those.
    fn base(&self, workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<BaseSide, BuildError> {
        let Self { checkout, base_packages: packages, base_key: key, other_toolchain, .. } = self;
        let build = |tree: &Tree| {
            let build_environment = build_environment(key);
            let own_toolchain = *other_toolchain;
            let stderr = StderrMode::Capture;
            let spec = BuildSpec { harness, tree, packages, features, build_environment, own_toolchain, stderr };
            BuiltSide::build(workspace, "its base", &spec)
        };
        match build(&checkout.base.with_harness_of(&checkout.head, workspace, harness)) {
            Ok(side) => Ok(BaseSide { side, own_cases: None }),
            Err(BuildError::DoesNotBuild(reason)) => {
                Progress::announce(
                    "build",
                    "the base does not build with the cases of the change; building it with its own",
                );
                Ok(BaseSide { side: build(&checkout.base)?, own_cases: Some(reason) })
            }
            Err(stopped) => Err(stopped),
        }
    }
}

/// The parts of a key that affect a build besides the files.
pub fn build_environment(key: &Key) -> Vec<String> {
    let Key { rustc, target, profile, rustflags, packages, inputs: _ } = key;
    [rustc, target, profile, rustflags, packages].into_iter().cloned().collect()
}
