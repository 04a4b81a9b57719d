//! Atomic replacement of a file: a reader sees the complete old content or the complete new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::error::Error;
use crate::process::interrupt;

/// The steps of writing a file, each of which can fail. Tests let one after the other fail.
pub trait Disk {
    /// Creates a new file in `dir`.
    fn create(&self, dir: &Path) -> io::Result<NamedTempFile>;
    /// Writes all bytes.
    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()>;
    /// Waits until the content is on disk.
    fn sync(&self, file: &NamedTempFile) -> io::Result<()>;
    /// Reads the content.
    fn read_back(&self, file: &NamedTempFile) -> io::Result<Vec<u8>>;
    /// Gives the file its name: that of another file too, if `replaces` is set.
    fn rename(&self, file: NamedTempFile, path: &Path, replaces: bool) -> io::Result<()>;
    /// Waits until the names in `dir` are on disk.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, dir: &Path) -> io::Result<NamedTempFile> {
        // In the same directory, because a rename works only within one file system.
        let mut builder = tempfile::Builder::new();
        builder.prefix(".perf-").suffix(".tmp");
        // The mode of an ordinary new file; that of a temporary file is readable for its owner only.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(dir)
    }

    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }

    fn read_back(&self, file: &NamedTempFile) -> io::Result<Vec<u8>> {
        fs::read(file.path())
    }

    fn rename(&self, file: NamedTempFile, path: &Path, replaces: bool) -> io::Result<()> {
        let renamed = if replaces { file.persist(path) } else { file.persist_noclobber(path) };
        renamed.map(drop).map_err(|error| error.error)
    }

    #[cfg(unix)]
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Replaces a file by `text`, atomically. `check` receives the text as it reads back from the disk, and returns whether it is
/// valid.
///
/// # Errors
/// If the file cannot be written, reads back differently, or on an interruption. The old file is then unchanged, except if only
/// the last step failed, which waits for the disk: then the new file is there.
pub fn write(path: &Path, text: &str, check: impl FnOnce(&str) -> bool) -> Result<(), Error> {
    let check = |back: &[u8]| std::str::from_utf8(back).is_ok_and(check);
    write_bytes(&RealDisk, path, text.as_bytes(), true, check).map(drop)
}

/// Writes bytes as [`write()`] does; `replaces` says whether another file may have the name. Returns whether the file was written:
/// without `replaces` it is not if there is one.
///
/// # Errors
/// As [`write()`].
pub fn write_bytes(
    disk: &impl Disk,
    path: &Path,
    bytes: &[u8],
    replaces: bool,
    check: impl FnOnce(&[u8]) -> bool,
) -> Result<bool, Error> {
    let failed = |error: io::Error| Error::path("write", path, &error);
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
    let mut file = disk.create(dir).map_err(failed)?;
    disk.write(&mut file, bytes).map_err(failed)?;
    disk.sync(&file).map_err(failed)?;
    let back = disk.read_back(&file).map_err(failed)?;
    if back != bytes || !check(&back) {
        return Err(Error::environment(
            format!("the new content of {} reads back differently; the old file is unchanged", path.display()),
            "check the disk, then try again",
        ));
    }
    interrupt::check()?;
    match disk.rename(file, path, replaces) {
        Err(error) if !replaces && error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        renamed => renamed.map_err(failed)?,
    }
    // A rename is durable only when the directory is on disk.
    disk.sync_dir(dir).map_err(failed)?;
    Ok(true)
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

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    /// A disk on which one operation fails; a write that fails has written half.
    pub struct FailingDisk {
        /// The number of the operation that fails, from 0.
        pub fails_at: usize,
        /// The number of operations so far.
        pub done: Cell<usize>,
    }

    impl FailingDisk {
        pub fn new(fails_at: usize) -> Self {
            Self { fails_at, done: Cell::new(0) }
        }

        fn step(&self) -> io::Result<()> {
            let step = self.done.replace(self.done.get() + 1);
            if step == self.fails_at { Err(io::Error::new(io::ErrorKind::StorageFull, "planted")) } else { Ok(()) }
        }
    }

    impl Disk for FailingDisk {
        fn create(&self, dir: &Path) -> io::Result<NamedTempFile> {
            self.step()?;
            RealDisk.create(dir)
        }

        fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
            let failed = self.step();
            RealDisk.write(file, if failed.is_err() { &bytes[..bytes.len() / 2] } else { bytes })?;
            failed
        }

        fn sync(&self, file: &NamedTempFile) -> io::Result<()> {
            self.step()?;
            RealDisk.sync(file)
        }

        fn read_back(&self, file: &NamedTempFile) -> io::Result<Vec<u8>> {
            self.step()?;
            RealDisk.read_back(file)
        }

        fn rename(&self, file: NamedTempFile, path: &Path, replaces: bool) -> io::Result<()> {
            self.step()?;
            RealDisk.rename(file, path, replaces)
        }

        fn sync_dir(&self, dir: &Path) -> io::Result<()> {
            self.step()?;
            RealDisk.sync_dir(dir)
        }
    }

    /// Whatever fails, the file is the old one or the new one, and nothing else stays in the folder.
    #[test]
    fn each_step_may_fail() {
        for fails_at in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("baseline.toml");
            fs::write(&path, "old").unwrap();
            let disk = FailingDisk::new(fails_at);
            let written = write_bytes(&disk, &path, b"new content", true, |back| back == b"new content");
            let found = fs::read_to_string(&path).unwrap();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a temporary file is left after step {fails_at}");
            match written {
                Ok(_) => {
                    assert_eq!((found.as_str(), fails_at), ("new content", 6), "all six steps failed once");
                    break;
                }
                Err(Error::Environment { message, .. }) => assert!(message.contains("planted"), "{message}"),
                Err(other) => panic!("{other:?}"),
            }
            // After the rename only the wait for the disk failed.
            assert_eq!(found, if fails_at < 5 { "old" } else { "new content" });
        }
    }

    #[test]
    fn a_name_that_is_taken_is_kept_unless_it_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        assert!(write_bytes(&RealDisk, &path, b"one", false, |_| true).unwrap());
        assert!(!write_bytes(&RealDisk, &path, b"two", false, |_| true).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert!(write_bytes(&RealDisk, &path, b"two", true, |_| true).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(write_bytes(&RealDisk, &path, b"bad", true, |_| false).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
