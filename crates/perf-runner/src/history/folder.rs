//! The folder of recorded runs.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use perf_history::file;
use perf_history::run::RecordedRun;

use crate::error::Error;
use crate::files::atomic_write::{self, Disk, RealDisk};
use crate::files::checked_read::InvalidFile;
use crate::workspace::{HISTORY, Workspace};

/// The folder of a workspace's recorded runs.
#[derive(Debug)]
pub struct HistoryFolder {
    dir: PathBuf,
    /// How the folder is called in messages.
    shown: String,
}

/// End of the names of run files.
const SUFFIX: &str = ".json.gz";

/// Number of characters of a commit in the name of a file.
const COMMIT_CHARS: usize = 12;

impl HistoryFolder {
    /// The folder of a workspace, whether it exists or not.
    pub fn of(workspace: &Workspace) -> Self {
        let dir = workspace.data_dir().join(HISTORY);
        let shown = workspace.display_path(&dir);
        Self::at(dir, shown)
    }

    /// The folder at a path; `shown` is how messages call it.
    pub fn at(dir: PathBuf, shown: String) -> Self {
        Self { dir, shown }
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Adds a run, and returns the name of its file: `2026-11/20261130T010547.123456789-0123456789ab.json.gz`, the time in UTC
    /// and the commit. The file is complete or does not exist; no other file is changed.
    ///
    /// # Errors
    /// If the run has an impossible value, or the file cannot be written.
    pub fn append(&self, run: &RecordedRun) -> Result<String, Error> {
        self.append_on(&RealDisk, run, Timestamp::now())
    }

    fn append_on(&self, disk: &impl Disk, run: &RecordedRun, mut now: Timestamp) -> Result<String, Error> {
        let bytes = file::to_bytes(run)
            .map_err(|error| Error::environment(format!("the run cannot be recorded: {error}"), "report this bug"))?;
        loop {
            let name = format!(
                "{}-{}{SUFFIX}",
                now.strftime("%Y-%m/%Y%m%dT%H%M%S%.9f"),
                run.commit.get(..COMMIT_CHARS).unwrap_or(&run.commit)
            );
            if self.add(disk, &name, &bytes)? {
                return Ok(name);
            }
            // Another process recorded the same commit in the same nanosecond.
            let next = now.as_nanosecond() + 1;
            now = Timestamp::from_nanosecond(next).unwrap_or(now);
        }
    }

    /// Adds the bytes of a run under a name. Returns false if there is a file of that name.
    fn add(&self, disk: &impl Disk, name: &str, bytes: &[u8]) -> Result<bool, Error> {
        let path = self.dir.join(name);
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent).map_err(|error| Error::path("create", parent, &error))?;
        self.ignore_in_git(disk)?;
        atomic_write::write_bytes(disk, &path, bytes, false, |back| file::from_bytes(back).is_ok())
    }

    /// Adds the bytes of a run that another machine recorded. Returns false if it is there.
    ///
    /// # Errors
    /// If the bytes are not a run, the name is not one of a run, or the file cannot be written.
    pub fn import(&self, name: &str, bytes: &[u8]) -> Result<bool, Error> {
        if !is_run_name(name) {
            return Err(Error::environment(format!("`{name}` is not the name of a recorded run"), "remove it there"));
        }
        file::from_bytes(bytes).map_err(|error| {
            Error::environment(
                format!("`{name}` is not a recorded run: {error}"),
                "remove it there, or record it again",
            )
        })?;
        self.add(&RealDisk, name, bytes)
    }

    /// Keeps git from seeing the folder, in any workspace: the folder ignores itself.
    fn ignore_in_git(&self, disk: &impl Disk) -> Result<(), Error> {
        let path = self.dir.join(".gitignore");
        if path.is_file() {
            return Ok(());
        }
        let text = "# Runs of the performance gate; they are shared on a branch of their own.\n*\n";
        atomic_write::write_bytes(disk, &path, text.as_bytes(), false, |_| true).map(drop)
    }

    /// The names of the run files, oldest first. Other files are no runs: of an interrupted process, or of the index.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for month in list(&self.dir)? {
            if is_month(&month) {
                let files = list(&self.dir.join(&month))?.into_iter().map(|file| format!("{month}/{file}"));
                names.extend(files.filter(|name| is_run_name(name)));
            }
        }
        names.sort();
        Ok(names)
    }

    /// The bytes of a run file.
    ///
    /// # Errors
    /// If the file cannot be read, or is larger than a run can be.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.dir.join(name);
        let failed = |error: std::io::Error| Error::path("read", &path, &error);
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).map_err(failed)?;
        file.take(file::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Reads a run.
    ///
    /// # Errors
    /// If the file cannot be read, or is no valid run.
    pub fn read(&self, name: &str) -> Result<RecordedRun, Error> {
        file::from_bytes(&self.bytes(name)?).map_err(|error| {
            let hint = "remove it; `perf history pull` fetches it again if the branch has it";
            Error::InvalidFile(InvalidFile::new(&format!("{}/{name}", self.shown), error.to_string(), hint))
        })
    }
}

/// Whether a name of a file may be of a run of this commit.
pub fn is_of_commit(name: &str, commit: &str) -> bool {
    let short = commit.get(..COMMIT_CHARS).unwrap_or(commit);
    name.strip_suffix(SUFFIX).and_then(|name| name.rsplit_once('-')).is_some_and(|(_, of)| of == short)
}

/// Whether a name is that of a run file: month, time and commit, and nothing else, so that no name leads out of the folder.
pub fn is_run_name(name: &str) -> bool {
    let Some((month, file)) = name.split_once('/') else { return false };
    let Some((time, commit)) = file.strip_suffix(SUFFIX).and_then(|file| file.split_once('-')) else { return false };
    let is_time = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'T' | b'.');
    is_month(month)
        && time.len() == "20261130T010547.123456789".len()
        && time.bytes().all(is_time)
        && commit.len() == COMMIT_CHARS
        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_month(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 7
        && bytes.iter().enumerate().all(|(at, byte)| if at == 4 { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// The names in a folder; empty if it does not exist.
fn list(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| Error::path("list", dir, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::path("list", dir, &error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

#[cfg(test)]
pub(super) mod tests;
