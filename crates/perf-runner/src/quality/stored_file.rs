//! The stored results in the data folder, `quality/stored.jsonl`.

use std::path::{Path, PathBuf};

use perf_judge::quality::lines::MAX_BYTES;
use perf_judge::quality::stored::Stored;

use crate::error::Error;
use crate::files::atomic_write;
use crate::files::checked_read::{self, InvalidFile};
use crate::workspace::{QUALITY_RESULTS, Workspace};

/// The path of the file.
pub fn path(workspace: &Workspace) -> PathBuf {
    workspace.data_dir().join(QUALITY_RESULTS)
}

/// Reads and checks the file; `None` if there is none.
///
/// # Errors
/// If it is not a regular file of at most 64 MiB, or a line of it is not valid.
pub fn read(workspace: &Workspace) -> Result<Option<Stored>, InvalidFile> {
    let path = path(workspace);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let shown = workspace.display_path(&path);
    let hint = repair_hint(workspace, &shown);
    let text = checked_read::read_at_most(&path, &shown, &hint, MAX_BYTES)?;
    match Stored::parse(&text) {
        Ok(stored) => Ok(Some(stored)),
        Err(error) => {
            let start = text.split_inclusive('\n').take(error.line - 1).map(str::len).sum::<usize>();
            Err(InvalidFile::new(&shown, &error.what, hint).at(&text, Some(start..start)))
        }
    }
}

fn repair_hint(workspace: &Workspace, shown: &str) -> String {
    format!("`git restore {shown}`, or delete it and run `{}`", workspace.gate_command("perf quality --update"))
}

/// Replaces the file, atomically.
///
/// # Errors
/// If it cannot be written, or on an interruption. The old file is then unchanged.
pub fn write(workspace: &Workspace, stored: &Stored) -> Result<(), Error> {
    let path = path(workspace);
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
    let text = stored.to_text();
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::refused(
            format!("the results have {} bytes; the limit is {MAX_BYTES}", text.len()),
            "print fewer answers or rows",
        ));
    }
    atomic_write::write(&path, &text, |back| Stored::parse(back).is_ok())
}
