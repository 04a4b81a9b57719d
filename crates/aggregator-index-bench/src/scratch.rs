//! A temporary folder whose path has the same length on every machine.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// Length of the path in bytes; the path of the system's temporary folder is shorter.
const PATH_LEN: usize = 160;

/// A temporary folder, removed on drop.
#[derive(Debug)]
pub struct ScratchDir {
    _dir: TempDir,
    path: PathBuf,
}

impl ScratchDir {
    /// Creates the folder.
    ///
    /// # Panics
    /// When the system has no temporary folder, or its path is too long.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder for temporary files can be made");
        let top = fs::canonicalize(dir.path()).expect("a folder that was just made is there");
        let used = top.as_os_str().len() + 1;
        let missing = PATH_LEN.checked_sub(used).filter(|missing| *missing > 0);
        let missing = missing.unwrap_or_else(|| panic!("TMPDIR has a path that is too long: {}", top.display()));
        let path = top.join("-".repeat(missing));
        fs::create_dir(&path).expect("a folder can be made in one that was just made");
        Self { _dir: dir, path }
    }

    /// Path of `name` in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}
