//! The files of a profile, and what opens each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use perf_gate::CaseName;

use super::report::CaseProfile;
use super::side::SideProfile;
use crate::error::Error;
use crate::files::atomic_write;
use crate::workspace::Workspace;

/// A file of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileFile {
    /// The name in the directory of the profile.
    pub name: &'static str,
    /// What it has, and how to open it.
    pub about: &'static str,
}

const fn file(name: &'static str, about: &'static str) -> ProfileFile {
    ProfileFile { name, about }
}

/// The tables.
const TABLES: ProfileFile = file("top.txt", "the tables; read it in any pager");
/// The picture of the difference in instructions.
const DIFFERENCE: ProfileFile =
    file("difference.svg", "instructions, base and change in one flame graph; open it in a browser");
const FLAME: ProfileFile = file("flame.svg", "instructions of the change as a flame graph; open it in a browser");
const ALLOCATIONS_DIFFERENCE: ProfileFile =
    file("allocations-difference.svg", "blocks and bytes, base and change in one flame graph; open it in a browser");
const ALLOCATIONS: ProfileFile =
    file("allocations.svg", "blocks and bytes of the change as flame graphs; open it in a browser");
const CALLGRIND: ProfileFile =
    file("callgrind.out", "open it with `kcachegrind`, or `callgrind_annotate`; numbers of calls include set-up");
const CALLGRIND_BASE: ProfileFile = file("callgrind-base.out", "the same of the base");
const DHAT: ProfileFile =
    file("dhat.json", "load it in dh_view.html, of valgrind or https://nnethercote.github.io/dh_view/dh_view.html");
const DHAT_BASE: ProfileFile = file("dhat-base.json", "the same of the base");

const ALL: [ProfileFile; 9] =
    [TABLES, FLAME, DIFFERENCE, ALLOCATIONS, ALLOCATIONS_DIFFERENCE, CALLGRIND, CALLGRIND_BASE, DHAT, DHAT_BASE];

/// The directory of the profile of a case, in `target/perf/profile`.
pub fn directory(workspace: &Workspace, case: &CaseName) -> PathBuf {
    // No name of a case has this character.
    workspace.perf_dir().join("profile").join(case.as_str().replace('/', "_"))
}

/// Writes the files of a profile, and returns which. Files of an earlier profile are removed first: what is there after an
/// interruption is of one profile, and each file is complete. `lines` is the number of lines of a table.
///
/// # Errors
/// If the directory or a file cannot be written, or on an interruption.
pub fn write(profile: &CaseProfile, lines: usize, dir: &Path) -> Result<Vec<ProfileFile>, Error> {
    let (flame, difference) = profile.instruction_graphs();
    let (allocations, allocations_difference) = profile.allocation_graphs();
    let callgrind = |side: &SideProfile| side.instructions.as_ref().ok().map(|it| it.text.clone());
    let dhat = |side: &SideProfile| side.allocations.as_ref().ok().map(|it| it.text.clone());
    let base = profile.base.as_ref().map(|base| &base.profile);
    let texts = [
        (TABLES, Some(profile.tables(lines))),
        (FLAME, flame),
        (DIFFERENCE, difference),
        (ALLOCATIONS, allocations),
        (ALLOCATIONS_DIFFERENCE, allocations_difference),
        (CALLGRIND, callgrind(&profile.head)),
        (CALLGRIND_BASE, base.and_then(callgrind)),
        (DHAT, dhat(&profile.head)),
        (DHAT_BASE, base.and_then(dhat)),
    ];
    fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
    for ProfileFile { name, .. } in ALL {
        let old = dir.join(name);
        match fs::remove_file(&old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::path("remove the old", &old, &error));
            }
            _ => {}
        }
    }
    let mut written = Vec::new();
    for (file, text) in texts {
        let Some(text) = text else { continue };
        atomic_write::write(&dir.join(file.name), &text, |_| true)?;
        written.push(file);
    }
    Ok(written)
}
