//! Attributes allocations to source files, from two runs of `heap` that write dhat's profile. `heap` starts the profile after the
//! set-up of the case, so set-up does not have to be subtracted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use perf_gate::CaseName;
use serde::Deserialize;

use super::contribution::{Contribution, top_increases};
use crate::error::Error;
use crate::measure::programs::BenchPrograms;
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// The used part of dhat's profile, `dhatFileVersion` 2.
#[derive(Deserialize)]
struct Profile {
    /// Program points: the allocation sites.
    pps: Vec<Place>,
    /// The frame table; a frame is `address: function (file:line:column)`.
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Place {
    /// Total number of blocks.
    tbk: u64,
    /// Frames, innermost first, as indices into `ftbl`.
    fs: Vec<usize>,
}

/// The functions in `files` whose allocations increased most; empty if a profile cannot be measured.
///
/// # Errors
/// On an interruption.
pub fn attribute(
    files: &[String],
    base: &BenchPrograms,
    head: &BenchPrograms,
    case: &CaseName,
) -> Result<Vec<Contribution>, Error> {
    let Ok(dir) = tempfile::tempdir() else { return Ok(Vec::new()) };
    let run = |programs: &BenchPrograms| -> Result<Option<BTreeMap<String, u64>>, Error> {
        let file = dir.path().join("sites.json");
        let mut command = programs.command(&programs.heap);
        command.args([case.as_str(), "--sites"]).arg(&file);
        match child::run(&mut command, Limits::default(), StderrMode::Capture) {
            Err(ChildError::Interrupted) => return Err(Error::Interrupted),
            Err(_) => return Ok(None),
            Ok(_) => {}
        }
        Ok(fs::read_to_string(&file).ok().and_then(|text| blocks(&text, files)))
    };
    let (Some(before), Some(now)) = (run(base)?, run(head)?) else { return Ok(Vec::new()) };
    Ok(top_increases(&before, &now))
}

/// The source files of packages, as paths relative to the root of the workspace with `/`. `packages` are folders, also relative
/// to the root.
pub fn source_files(root: &Path, packages: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        collect(&root.join(package), package, &mut found);
    }
    found
}

fn collect(dir: &Path, shown: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
        let path = entry.path();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, &shown, found);
        } else if name.ends_with(".rs") {
            found.push(shown);
        }
    }
}

/// Blocks by the innermost frame in `files`: function and file, without the line number, which changes with each edit.
fn blocks(profile: &str, files: &[String]) -> Option<BTreeMap<String, u64>> {
    let profile: Profile = serde_json::from_str(profile).ok()?;
    let frames: Vec<Option<String>> = profile.ftbl.iter().map(|frame| own_frame(frame, files)).collect();
    let mut blocks = BTreeMap::new();
    for place in profile.pps {
        let name = place.fs.iter().find_map(|&frame| frames.get(frame)?.clone());
        *blocks.entry(name.unwrap_or_else(|| "elsewhere".into())).or_default() += place.tbk;
    }
    Some(blocks)
}

/// Formats a frame `0x55f7: item<T> (mocks/src/model.rs:73:44)` as `item in crates/mocks/src/model.rs`; `None` if its file is
/// not in `files`. dhat shortens paths to their last parts.
fn own_frame(frame: &str, files: &[String]) -> Option<String> {
    let (_, rest) = frame.split_once(": ")?;
    let (function, place) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let file = place.split(':').next()?;
    let end = format!("/{file}");
    let whole = files.iter().find(|path| *path == file || path.ends_with(&end))?;
    let function = function.split('<').next().filter(|name| !name.is_empty()).unwrap_or(function);
    Some(format!("{function} in {whole}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from dhat 0.3.3.
    const PROFILE: &str = r#"{"dhatFileVersion":2,"mode":"rust-heap",
        "pps":[{"tb":902,"tbk":200,"fs":[1,2,3]},{"tb":10,"tbk":7,"fs":[1,3]},{"tb":4,"tbk":2,"fs":[1]},{"tb":4,"tbk":1,"fs":[2]}],
        "ftbl":["[root]","0x55f75a78745f: <alloc::vec::Vec<u8> as core::clone::Clone>::clone (src/vec/mod.rs:3749:9)",
        "0x55f75a6f2302: item<mocks::model::Deltas> (mocks/src/model.rs:73:44)",
        "0x55f75a7208fb: poll (src/answer/mod.rs:84:31)"]}"#;

    #[test]
    fn blocks_belong_to_the_innermost_own_frame() {
        let files = ["crates/mocks/src/model.rs", "crates/engine/src/answer/mod.rs"];
        let found = blocks(PROFILE, &files.map(str::to_owned)).unwrap();
        let expected = [
            ("elsewhere", 2),
            ("item in crates/mocks/src/model.rs", 201),
            ("poll in crates/engine/src/answer/mod.rs", 7),
        ];
        assert_eq!(found, expected.map(|(name, blocks)| (name.to_owned(), blocks)).into());
        assert_eq!(blocks("{}", &[]), None);
    }

    #[test]
    fn the_files_of_packages_are_found() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = source_files(manifest.parent().unwrap(), &["perf-runner".into(), "no-such-package".into()]);
        assert!(found.contains(&"perf-runner/src/attribution/allocations.rs".to_owned()), "{found:?}");
        assert!(found.iter().all(|path| path.starts_with("perf-runner/")));
        // A package may be the workspace itself.
        assert!(source_files(manifest, &[String::new()]).contains(&"src/lib.rs".to_owned()));
    }
}
