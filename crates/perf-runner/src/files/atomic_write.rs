//! Writes a file so that whoever looks sees the complete old one or the complete new one, at any moment.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::process::interrupt;

/// Replaces a file by a text. `check` is given what was read back and says whether it is what was meant.
pub fn write(path: &Path, text: &str, check: impl FnOnce(&str) -> bool) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::path("write", path, &error);
    if path.is_symlink() {
        return Err(Error::environment(
            format!("{} is a symbolic link; replacing it would leave what it leads to unchanged", path.display()),
            "remove the link, or name the file it leads to",
        ));
    }
    if path.is_dir() {
        return Err(Error::environment(
            format!("{} is a directory, where a file has to be written", path.display()),
            "move it away",
        ));
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    // In the same directory, because a file can be renamed only within one file system.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".perf-").suffix(".tmp");
    // As any new file: readable for whom the user's mask allows, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let back = fs::read_to_string(file.path()).map_err(failed)?;
    if back != text || !check(&back) {
        return Err(Error::environment(
            format!("what was written for {} reads back differently; the old file is unchanged", path.display()),
            "check the disk, then try again",
        ));
    }
    interrupt::check()?;
    file.persist(path).map_err(|error| failed(error.error))?;
    sync_dir(dir).map_err(failed)
}

/// The new name is on disk only when its directory is.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Keeps other writers out of a directory while it lives. The system gives the lock back when the process ends, however
/// it ends, so there is no stale lock to remove.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock, or fails at once when another process has it.
    ///
    /// `what` is at work where the lock is taken already.
    pub fn acquire(dir: &Path, what: &str) -> Result<Self, Error> {
        Self::try_acquire(dir)?.ok_or_else(|| {
            Error::environment(
                format!("another {what} is at work in {}", dir.display()),
                "wait until it has ended, then run this again",
            )
        })
    }

    /// Takes the lock when nobody has it any more; says once that it waits.
    pub fn wait(dir: &Path, what: &str) -> Result<Self, Error> {
        let mut said = false;
        loop {
            if let Some(lock) = Self::try_acquire(dir)? {
                return Ok(lock);
            }
            if !said {
                anstream::eprintln!("wait: until another {what} has ended");
                said = true;
            }
            interrupt::check()?;
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// None where another process has it.
    fn try_acquire(dir: &Path) -> Result<Option<Self>, Error> {
        fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
        let path = dir.join(".lock");
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(|error| Error::path("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::path("lock", dir, &error)),
        }
    }
}
