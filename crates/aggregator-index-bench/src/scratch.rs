//! A folder of its own for each process, whose path has the same length everywhere.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// Bytes of the path. Folders for temporary files have shorter ones.
const LENGTH: usize = 160;

/// A folder that is removed with this.
#[derive(Debug)]
pub struct Scratch {
    _dir: TempDir,
    path: PathBuf,
}

impl Scratch {
    /// Makes it.
    ///
    /// # Panics
    /// When there is no folder for temporary files, or the path of it is too long.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder for temporary files can be made");
        let top = fs::canonicalize(dir.path()).expect("a folder that was just made is there");
        let used = top.as_os_str().len() + 1;
        let missing = LENGTH.checked_sub(used).filter(|missing| *missing > 0);
        let missing = missing.unwrap_or_else(|| panic!("TMPDIR has a path that is too long: {}", top.display()));
        let path = top.join("-".repeat(missing));
        fs::create_dir(&path).expect("a folder can be made in one that was just made");
        Self { _dir: dir, path }
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}
