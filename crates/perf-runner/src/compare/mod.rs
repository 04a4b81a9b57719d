//! Wall time of two sides, measured beside each other on this machine: the base of a change, and the change.
//!
//! - [`revision`]: which commit is the base; [`mod@tree`]: the files of both sides; `inputs`: those that are measured.
//! - [`side`]: a built side; [`link`]: its program linked again, with another layout each time.
//! - [`measured_base`]: values of the base that repeat, where the stored ones mean something else.
//! - `rules`: what both sides are judged by.
//! - [`pairs`]: the measuring; [`store`]: what was measured, kept.
//!
//! How often is measured, and what the pairs mean, is decided in `perf-judge`.

mod inputs;
pub mod link;
pub mod measured_base;
pub mod pairs;
pub mod revision;
mod rules;
pub mod side;
pub mod store;
pub mod tree;

use std::collections::BTreeSet;

use perf_gate::Key;
use perf_judge::report::comparison::Revision;

use crate::error::Error;
use crate::files::bench_data::BenchData;
use crate::git;
use crate::measure::key;
use crate::measure::programs::{self, Executables};
use crate::process::child::Messages;
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};
use revision::{Base, NoBase};
use side::{BuildError, Recipe, Side};
use tree::Tree;

/// The base of a change, its files laid out to be built.
#[derive(Debug)]
pub struct Origin {
    /// The commit.
    pub revision: Revision,
    /// The workspace as it is there.
    pub workspace: Workspace,
    base: Tree,
    head: Tree,
}

/// What the work tree can be compared with.
#[derive(Debug)]
pub enum Found {
    /// Nothing, with the reason.
    Nothing(NoBase),
    /// A commit.
    Origin(Box<Origin>),
}

/// Finds the base of what some harnesses measure.
pub fn find(workspace: &Workspace, against: Option<&str>, features: &[String]) -> Result<Found, Error> {
    if let Some(reason) = key::package_outside(workspace, features)? {
        return Ok(Found::Nothing(reason));
    }
    let mut measured: BTreeSet<String> =
        ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo"].map(str::to_owned).into();
    for harness in &workspace.harnesses {
        measured.extend(key::local_packages(workspace, harness, features)?);
    }
    measured.insert(workspace.config.data.clone());
    // Git takes no path for the top itself but this one, and none inside of a submodule.
    let submodules = match git::place(workspace.root())? {
        git::Place::InWorkTree(_) => git::submodules(workspace.root())?,
        // That there is no repository is said below.
        git::Place::Elsewhere(_) => Vec::new(),
    };
    let outside = |path: String| {
        let inside_of =
            |submodule: &&String| path.strip_prefix(submodule.as_str()).is_some_and(|rest| rest.starts_with('/'));
        submodules.iter().find(inside_of).cloned().unwrap_or(if path.is_empty() { ".".to_owned() } else { path })
    };
    let measured: BTreeSet<String> = measured.into_iter().map(outside).collect();
    let revision = match revision::find(workspace, against, &measured.into_iter().collect::<Vec<_>>())? {
        Base::Commit(revision) => revision,
        Base::Nothing(reason) => return Ok(Found::Nothing(reason)),
    };
    let head = Tree::of_work_tree(workspace)?;
    let (mut base, root) = match Tree::of_commit(workspace, &revision.commit, &workspace.perf_dir().join("base")) {
        // Who did not ask for a base can do without.
        Err(Error::Environment { message, hint }) if against.is_none() => {
            return Ok(Found::Nothing(format!("the base {} cannot be read: {message}: {hint}", revision.short())));
        }
        other => other?,
    };
    base.as_laid_in(&head);
    Ok(Found::Origin(Box::new(Origin { revision, workspace: workspace.moved_to(root), base, head })))
}

/// How what a harness measures relates to a base.
#[derive(Debug)]
pub enum Relation<'a> {
    /// There is no base, with the reason.
    Alone(NoBase),
    /// Whatever the measuring programs are made of and read is the same.
    SameInputs {
        /// The base.
        origin: &'a Origin,
        /// Its baselines are the same too, and the budgets and thresholds of its cases.
        same_rules: bool,
    },
    /// It is not.
    Differs(Box<Difference<'a>>),
}

/// Both sides of a change, not yet built.
#[derive(Debug)]
pub struct Difference<'a> {
    /// The base.
    pub origin: &'a Origin,
    base_key: Key,
    head_key: Key,
    base_packages: Vec<String>,
    head_packages: Vec<String>,
    other_toolchain: bool,
    is_elsewhere: bool,
}

impl Origin {
    /// Says whether anything that a harness measures differs from the base.
    pub fn relate(
        &self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
        key: &Key,
        data: &BenchData,
    ) -> Result<Relation<'_>, Error> {
        let head_packages = key::local_packages(workspace, harness, features)?;
        let same = |path: &str| self.base.agrees_on(&self.head, path);
        let other_toolchain = !same("rust-toolchain.toml");
        let manifest = match harness.dir.as_str() {
            "" => "Cargo.toml".to_owned(),
            dir => format!("{dir}/Cargo.toml"),
        };
        let (base_key, base_packages) = if same("Cargo.toml") && same("Cargo.lock") && same(&manifest) {
            (key.clone(), head_packages.clone())
        } else {
            let there = &self.workspace;
            // Where cargo cannot even read the base, it will not build either, which is reported then.
            let packages = key::local_packages(there, harness, features).unwrap_or_else(|_| head_packages.clone());
            (key::of(there, harness, features, data.inputs(harness)).unwrap_or_else(|_| key.clone()), packages)
        };
        for (tree, packages) in [(&self.head, &head_packages), (&self.base, &base_packages)] {
            if let Some((link, to)) = tree.link_out(workspace, harness, packages)? {
                let to = to.display();
                return Ok(Relation::Alone(format!(
                    "{link} is a link to {to}, out of the workspace: no commit says what is there"
                )));
            }
        }
        // Both sides are built in a folder of the workspace, so cargo reads its configuration for both.
        if let Some(file) = key::configs_inside(workspace)?.iter().find(|file| !same(file)) {
            return Ok(Relation::Alone(format!(
                "{file} is another in the base, and cargo would use that of the work tree for both"
            )));
        }
        let same_key = base_key.packages == key.packages && base_key.profile == key.profile;
        let (base, head) = (&self.base, &self.head);
        let same_inputs = |of_base: &[String], of_head: &[String]| -> Result<bool, Error> {
            Ok(base.inputs(workspace, harness, of_base)? == head.inputs(workspace, harness, of_head)?)
        };
        if same_key && same_inputs(&base_packages, &head_packages)? {
            let same_rules = self.has_same_rules(workspace, harness, data);
            return Ok(Relation::SameInputs { origin: self, same_rules });
        }
        let is_elsewhere = match harness.watched() {
            Some(watched) if same_key => {
                same_inputs(&watched, &watched)? && self.has_same_rules(workspace, harness, data)
            }
            _ => false,
        };
        let head_key = key.clone();
        let difference = Difference {
            origin: self,
            base_key,
            head_key,
            base_packages,
            head_packages,
            other_toolchain,
            is_elsewhere,
        };
        Ok(Relation::Differs(Box::new(difference)))
    }
}

impl Difference<'_> {
    /// Whether the harness has [named packages](crate::config::OnlyIfChanged::Packages), and none of them differs.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }
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

/// Both sides, built.
#[derive(Debug)]
pub struct Sides {
    /// The commit that the base is.
    pub revision: Revision,
    /// The base.
    pub base: Side,
    /// The change.
    pub head: Side,
    /// Folders of the workspace's packages that the programs of the change are made of.
    pub packages: Vec<String>,
    /// The base could not be built with the cases of the change, so it has its own; with the reason.
    pub own_cases: Option<String>,
    /// The workspace as it is in the base.
    pub base_workspace: Workspace,
}

impl Relation<'_> {
    /// Builds what there is to build; also the programs that measure the work tree, whose values are not compared.
    pub fn build(
        self,
        workspace: &Workspace,
        harness: &Harness,
        features: &[String],
    ) -> Result<(Executables, Against), Error> {
        let programs = || programs::build(workspace, harness, features);
        let difference = match self {
            Self::Alone(reason) => return Ok((programs()?, Against::Nothing(reason))),
            Self::SameInputs { origin, .. } => return Ok((programs()?, Against::Same(origin.revision.clone()))),
            Self::Differs(difference) => difference,
        };
        let head = difference.head(workspace, harness, features)?;
        let executables = head.executables.clone();
        let revision = difference.origin.revision.clone();
        let against = match difference.base(workspace, harness, features) {
            Err(BuildError::DoesNotBuild(reason)) => {
                Against::Nothing(format!("the base {} does not build here: cargo {reason}", revision.short()))
            }
            Err(BuildError::Stopped(error)) => return Err(error),
            Ok(Built { side: base, own_cases: None }) if head.is_identical(&base)? => Against::Same(revision),
            Ok(Built { side: base, own_cases }) => {
                let (packages, base_workspace) = (difference.head_packages, difference.origin.workspace.clone());
                Against::Base(Box::new(Sides { revision, base, head, packages, own_cases, base_workspace }))
            }
        };
        Ok((executables, against))
    }
}

/// The base, built.
struct Built {
    side: Side,
    /// Why it has cases of its own, if it has.
    own_cases: Option<String>,
}

impl Difference<'_> {
    /// Builds the change.
    fn head(&self, workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<Side, Error> {
        let Self { origin, head_packages: packages, head_key: key, .. } = self;
        let recipe = Recipe {
            harness,
            tree: &origin.head,
            packages,
            features,
            circumstances: circumstances(key),
            own_toolchain: false,
            messages: Messages::Shown,
        };
        Side::build(workspace, "the change", &recipe).map_err(|error| match error {
            BuildError::Stopped(error) => error,
            BuildError::DoesNotBuild(reason) => Error::environment(
                format!("the measuring programs do not build: cargo {reason}"),
                "cargo's own messages are above; fix what they say and run this again",
            ),
        })
    }

    /// Builds the base in the same place, so that only their content differs: with the cases, mocks and inputs of the
    /// change, or with its own where those do not build with it.
    fn base(&self, workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<Built, BuildError> {
        let Self { origin, base_packages: packages, base_key: key, other_toolchain, .. } = self;
        let build = |tree: &Tree| {
            let circumstances = circumstances(key);
            let own_toolchain = *other_toolchain;
            let messages = Messages::Kept;
            let recipe = Recipe { harness, tree, packages, features, circumstances, own_toolchain, messages };
            Side::build(workspace, "its base", &recipe)
        };
        match build(&origin.base.with_harness_of(&origin.head, workspace, harness)) {
            Ok(side) => Ok(Built { side, own_cases: None }),
            Err(BuildError::DoesNotBuild(reason)) => {
                Progress::announce("build", "its base does not build with the cases of the change; with its own then");
                Ok(Built { side: build(&origin.base)?, own_cases: Some(reason) })
            }
            Err(stopped) => Err(stopped),
        }
    }
}

/// What reaches a side beside its files.
pub fn circumstances(key: &Key) -> Vec<String> {
    let Key { rustc, target, profile, rustflags, packages, inputs: _ } = key;
    [rustc, target, profile, rustflags, packages].into_iter().cloned().collect()
}
