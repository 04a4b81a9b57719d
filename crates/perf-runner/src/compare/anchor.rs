//! The values of the anchor: those of a run of the history, of an earlier measurement here, or measured now.

use std::fs;
use std::path::PathBuf;

use perf_gate::{Baseline, CaseName, Key, Provenance, Tools};
use perf_history::anchor as recorded;
use perf_judge::text;

use super::{BaseRelation, BaseSearch, build_environment, find_anchor, measured_base, revision};
use crate::compare::side::BuildError;
use crate::error::Error;
use crate::files::atomic_write;
use crate::files::bench_data::BenchData;
use crate::history::folder::{HistoryFolder, is_of_commit};
use crate::measure::callgrind::InstructionCounter;
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};

/// Whose anchor is wanted.
#[derive(Debug)]
pub struct AnchorRequest<'a> {
    /// The workspace under test.
    pub workspace: &'a Workspace,
    /// The content of the data folder.
    pub data: &'a BenchData,
    /// Arguments of cargo that select features.
    pub features: &'a [String],
    /// The harness.
    pub harness: &'a Harness,
    /// Its key in the work tree.
    pub key: &'a Key,
    /// The counter of instructions.
    pub counter: &'a InstructionCounter,
    /// The cases to compare.
    pub cases: &'a [CaseName],
    /// Whether these are all cases, so that a measurement can serve later runs.
    pub all_cases: bool,
}

/// The values of the anchor.
#[derive(Debug)]
pub enum AnchorValues {
    /// No commit is pinned, and no run of the history is comparable.
    None,
    /// A commit is pinned, and its values cannot be had, with the reason and what can be done.
    NotAvailable(String),
    /// Nothing that is measured differs from this commit.
    Unchanged(String),
    /// The values, and where they are from.
    Found {
        /// The values; its provenance has the commit.
        values: Box<Baseline>,
        /// Where they are from, as text.
        origin: &'static str,
    },
}

/// The commit that is pinned, as a full hash.
///
/// # Errors
/// If git fails.
pub fn pinned_commit(workspace: &Workspace, data: &BenchData) -> Result<Option<Result<String, String>>, Error> {
    let Some(name) = &data.anchor.revision else { return Ok(None) };
    let name = text::sanitize_line(name);
    Ok(Some(match revision::resolve(workspace, &name) {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Ok(Some(commit)) => Ok(commit),
        Ok(None) | Err(_) => Err(format!("this clone has no `{name}`: git fetch --depth 1 origin {name}")),
    }))
}

impl AnchorRequest<'_> {
    /// Finds the values. `progress` allows to build and to measure the anchor, which takes about two minutes, where no stored
    /// values are comparable.
    ///
    /// # Errors
    /// If a file of the history is invalid, git fails, or on an interruption.
    pub fn find(&self, progress: Option<&Progress>) -> Result<AnchorValues, Error> {
        let folder = HistoryFolder::of(self.workspace);
        let commit = match pinned_commit(self.workspace, self.data)? {
            None => {
                let oldest = self.oldest_run(&folder)?;
                let found =
                    |values| AnchorValues::Found { values: Box::new(values), origin: "the oldest comparable run" };
                return Ok(oldest.map_or(AnchorValues::None, found));
            }
            Some(Err(why)) => return Ok(AnchorValues::NotAvailable(why)),
            Some(Ok(commit)) => commit,
        };
        let mut partial = None;
        for (values, origin) in
            [(self.recorded(&folder, &commit)?, "recorded"), (self.measured_before(&commit), "measured here")]
        {
            match values {
                Some(values) if values.tools.as_ref() == self.tools() => {
                    return Ok(AnchorValues::Found { values: Box::new(values), origin });
                }
                Some(values) => partial = partial.or(Some((values, origin))),
                None => {}
            }
        }
        if let Some(progress) = progress {
            return self.measure(&commit, progress);
        }
        Ok(match partial {
            // Without instructions, which the report says.
            Some((values, origin)) => AnchorValues::Found { values: Box::new(values), origin },
            None => AnchorValues::NotAvailable(format!(
                "no comparable values of it are stored; {} measures it",
                self.workspace.gate_command("perf --require anchor")
            )),
        })
    }

    fn tools(&self) -> Option<&Tools> {
        self.counter.callgrind().map(|callgrind| &callgrind.tools)
    }

    fn recorded(&self, folder: &HistoryFolder, commit: &str) -> Result<Option<Baseline>, Error> {
        let names = folder.names()?.into_iter().filter(|name| is_of_commit(name, commit));
        let runs = names.map(|name| folder.read(&name)).collect::<Result<Vec<_>, _>>()?;
        Ok(recorded::of_commit(&runs, commit, &self.harness.package, (self.key, self.tools())))
    }

    /// The oldest comparable run; the first one with the same tools ends the search.
    fn oldest_run(&self, folder: &HistoryFolder) -> Result<Option<Baseline>, Error> {
        let (mut found, tools) = (None, self.tools());
        for name in folder.names()? {
            let run = folder.read(&name)?;
            let Some(values) = recorded::oldest([&run], &self.harness.package, self.key, tools) else { continue };
            if values.tools.as_ref() == tools {
                return Ok(Some(values));
            }
            found = found.or(Some(values));
        }
        Ok(found)
    }

    /// The file of an earlier measurement of the anchor with the cases and tools of now.
    fn cache(&self, commit: &str) -> Option<PathBuf> {
        let tree = super::tree::Tree::from_work_tree(self.workspace).ok()?;
        let mut parts = vec![commit.to_owned(), self.harness.package.clone()];
        parts.extend(build_environment(self.key));
        parts.extend(self.features.iter().cloned());
        parts.extend(self.tools().into_iter().flat_map(|tools| [tools.valgrind.clone(), tools.libc.clone()]));
        let files = tree.harness_blobs(self.harness).into_iter().chain(tree.input_blobs(self.workspace, self.harness));
        parts.extend(files.flat_map(|(path, blob)| [path, blob]));
        let digest = perf_digest::compute(parts.iter().map(String::as_str));
        Some(self.workspace.perf_dir().join("anchors").join(format!("{digest}.toml")))
    }

    fn measured_before(&self, commit: &str) -> Option<Baseline> {
        // A file that cannot be read is measured again.
        Baseline::from_toml(&fs::read_to_string(self.cache(commit)?).ok()?).ok()
    }

    /// Builds the anchor with the cases of the change, and measures what repeats.
    fn measure(&self, commit: &str, progress: &Progress) -> Result<AnchorValues, Error> {
        let unavailable = |why: String| Ok(AnchorValues::NotAvailable(why));
        let found = match find_anchor(self.workspace, commit, self.features)? {
            BaseSearch::NoBase(why) => return unavailable(why),
            BaseSearch::Found(found) => found,
        };
        let relation = found.relate(self.workspace, self.harness, self.features, self.key, self.data)?;
        let unbuilt = match relation {
            BaseRelation::NoBase(why) => return unavailable(why),
            BaseRelation::SameInputs { .. } => return Ok(AnchorValues::Unchanged(commit.to_owned())),
            BaseRelation::Changed(unbuilt) => unbuilt,
        };
        let side = match unbuilt.base(self.workspace, self.harness, self.features) {
            Err(BuildError::DoesNotBuild(why)) => return unavailable(format!("it does not build here: cargo {why}")),
            Err(BuildError::Stopped(error)) => return Err(error),
            Ok(side) => side.side,
        };
        let Some(mut values) = measured_base::measure(&side, self.counter, self.key, self.cases, progress)? else {
            return unavailable("it has no case of this run".into());
        };
        values.provenance = Provenance { commit: commit.to_owned(), machine: String::new() };
        if let Some(file) = self.cache(commit).filter(|_| self.all_cases) {
            let dir = file.parent().unwrap_or(&file);
            fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
            let text = values.to_toml(&self.workspace.gate_command("perf"));
            atomic_write::write(&file, &text, |text| Baseline::from_toml(text).is_ok_and(|back| back == values))?;
        }
        Ok(AnchorValues::Found { values: Box::new(values), origin: "measured here" })
    }
}
