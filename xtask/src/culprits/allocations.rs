//! Allocations by place in the engine, from two runs of `heap` that write where one operation allocates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use perf_gate::CaseName;
use serde::Deserialize;

use super::{Culprit, grown};
use crate::child::{self, ChildError, Limits, Messages};
use crate::executables::Executables;
use crate::failure::Failure;

/// What dhat writes, as far as it is read here: its `dhatFileVersion` 2.
#[derive(Deserialize)]
struct Profile {
    /// Program points: places where something was allocated.
    pps: Vec<Place>,
    /// Frames, as `address: function (file:line:column)`.
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Place {
    /// Blocks in total.
    tbk: u64,
    /// Its frames, innermost first, as indices of the table.
    fs: Vec<usize>,
}

/// The places whose allocations grew most; none where it cannot be told.
pub fn of(
    files: &[String],
    base: &Executables,
    head: &Executables,
    case: &CaseName,
    limits: Limits,
) -> Result<Vec<Culprit>, Failure> {
    let Ok(dir) = tempfile::tempdir() else { return Ok(Vec::new()) };
    let run = |executables: &Executables| -> Result<Option<BTreeMap<String, u64>>, Failure> {
        let file = dir.path().join("sites.json");
        let mut command = executables.command(&executables.heap);
        command.args([case.as_str(), "--sites"]).arg(&file);
        match child::run(&mut command, limits, Messages::Kept) {
            Err(ChildError::Interrupted) => return Err(Failure::Interrupted),
            Err(_) => return Ok(None),
            Ok(_) => {}
        }
        Ok(fs::read_to_string(&file).ok().and_then(|text| blocks(&text, files)))
    };
    let (Some(before), Some(now)) = (run(base)?, run(head)?) else { return Ok(Vec::new()) };
    Ok(grown(&before, &now, 1))
}

/// The source files below a directory, as paths with `/`: only frames in one of them are ours.
pub fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

/// Blocks by the innermost frame that is ours: its function and file, without the line, which moves with every edit.
fn blocks(profile: &str, files: &[String]) -> Option<BTreeMap<String, u64>> {
    let profile: Profile = serde_json::from_str(profile).ok()?;
    let frames: Vec<Option<String>> = profile.ftbl.iter().map(|frame| ours(frame, files)).collect();
    let mut blocks = BTreeMap::new();
    for place in profile.pps {
        let name = place.fs.iter().find_map(|&frame| frames.get(frame)?.clone());
        *blocks.entry(name.unwrap_or_else(|| "elsewhere".into())).or_default() += place.tbk;
    }
    Some(blocks)
}

/// `0x55f7: item<T> (aggregator-mocks/src/model.rs:73:44)` as `item in aggregator-mocks/src/model.rs`. dhat shortens paths to
/// their last parts.
fn ours(frame: &str, files: &[String]) -> Option<String> {
    let (_, rest) = frame.split_once(": ")?;
    let (function, place) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let file = place.split(':').next()?;
    let end = format!("/{file}");
    let whole = files.iter().find(|path| path.ends_with(&end))?;
    let shown = whole.rsplit_once("/crates/").map_or(whole.as_str(), |(_, path)| path);
    let function = function.split('<').next().filter(|name| !name.is_empty()).unwrap_or(function);
    Some(format!("{function} in {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from dhat 0.3.3.
    const PROFILE: &str = r#"{"dhatFileVersion":2,"mode":"rust-heap",
        "pps":[{"tb":902,"tbk":200,"fs":[1,2,3]},{"tb":10,"tbk":7,"fs":[1,3]},{"tb":4,"tbk":2,"fs":[1]},{"tb":4,"tbk":1,"fs":[2]}],
        "ftbl":["[root]","0x55f75a78745f: <alloc::vec::Vec<u8> as core::clone::Clone>::clone (src/vec/mod.rs:3749:9)",
        "0x55f75a6f2302: item<aggregator_mocks::model::Deltas> (aggregator-mocks/src/model.rs:73:44)",
        "0x55f75a7208fb: poll (src/answer/mod.rs:84:31)"]}"#;

    #[test]
    fn blocks_belong_to_the_innermost_frame_of_ours() {
        let files = ["/x/crates/aggregator-mocks/src/model.rs", "/x/crates/aggregator-core/src/answer/mod.rs"];
        let found = blocks(PROFILE, &files.map(str::to_owned)).unwrap();
        let expected = [
            ("elsewhere", 2),
            ("item in aggregator-mocks/src/model.rs", 201),
            ("poll in aggregator-core/src/answer/mod.rs", 7),
        ];
        assert_eq!(found, expected.map(|(name, blocks)| (name.to_owned(), blocks)).into());
        assert_eq!(blocks("{}", &[]), None);
    }

    #[test]
    fn the_files_of_the_engine_are_found() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        assert!(files(&manifest).iter().any(|path| path.ends_with("aggregator-core/src/answer/mod.rs")));
        assert!(files(Path::new("/no/such/place")).is_empty());
    }
}
