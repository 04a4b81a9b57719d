//! Atomic replacement of a file: a reader sees the complete old content or the complete new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::process::interrupt;

/// Replaces a file by `text`, atomically. `check` receives the text as it reads back from the disk, and returns whether it is
/// valid.
///
/// # Errors
/// If the file cannot be written, reads back differently, or on an interruption. The old file is then unchanged.
pub fn write(path: &Path, text: &str, check: impl FnOnce(&str) -> bool) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::path("write", path, &error);
    if path.is_symlink() {
        return Err(Error::environment(
            format!("{} is a symbolic link; replacing it would leave its target unchanged", path.display()),
            "remove the link, or name its target",
        ));
    }
    if path.is_dir() {
        return Err(Error::environment(
            format!("{} is a directory, but a file must be written there", path.display()),
            "move it away",
        ));
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    // In the same directory, because a rename works only within one file system.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".perf-").suffix(".tmp");
    // The mode of an ordinary new file; that of a temporary file is readable for its owner only.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let back = fs::read_to_string(file.path()).map_err(failed)?;
    if back != text || !check(&back) {
        return Err(Error::environment(
            format!("the new content of {} reads back differently; the old file is unchanged", path.display()),
            "check the disk, then try again",
        ));
    }
    interrupt::check()?;
    file.persist(path).map_err(|error| failed(error.error))?;
    sync_dir(dir).map_err(failed)
}

/// Syncs a directory, because a rename is durable only when the directory is on disk.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// An exclusive lock of a directory, held until it is dropped. The system releases it when the process ends, so a killed
/// process leaves no stale lock.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Acquires the lock without waiting; `what` names the command that uses it.
    ///
    /// # Errors
    /// If another process holds the lock, or the directory cannot be used.
    pub fn acquire(dir: &Path, what: &str) -> Result<Self, Error> {
        Self::try_acquire(dir)?.ok_or_else(|| {
            Error::environment(
                format!("another {what} is running in {}", dir.display()),
                "wait until it ends, then run this again",
            )
        })
    }

    /// Acquires the lock, and waits until it is free; prints one line while it waits.
    ///
    /// # Errors
    /// On an interruption, or if the directory cannot be used.
    pub fn wait(dir: &Path, what: &str) -> Result<Self, Error> {
        let mut announced = false;
        loop {
            if let Some(lock) = Self::try_acquire(dir)? {
                return Ok(lock);
            }
            if !announced {
                anstream::eprintln!("waiting for another {what} to finish");
                announced = true;
            }
            interrupt::check()?;
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns `None` if another process holds the lock.
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
