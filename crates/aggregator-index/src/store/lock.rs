//! The lock of an index: one update at a time.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crate::error::IndexError;

/// The lock; the operating system releases it when the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock. While another process holds it, `waiting` is called every 50 ms and returns whether to go on waiting.
    pub(crate) fn take(root: &Path, mut waiting: impl FnMut() -> ControlFlow<()>) -> Result<Self, IndexError> {
        let open = || OpenOptions::new().create(true).truncate(false).write(true).open(root.join("lock"));
        let file = open().map_err(IndexError::storage(root, "locked"))?;
        loop {
            if try_lock(&file).map_err(IndexError::storage(root, "locked"))? {
                return Ok(Self { _file: file });
            }
            if waiting().is_break() {
                return Err(IndexError::Busy { path: root.into() });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_or_gives_up() {
        let root = tempfile::tempdir().unwrap();
        let first = Lock::take(root.path(), || ControlFlow::Break(())).unwrap();
        let busy = Lock::take(root.path(), || ControlFlow::Break(())).unwrap_err();
        assert!(matches!(busy, IndexError::Busy { .. }), "{busy}");
        let mut first = Some(first);
        let second = Lock::take(root.path(), || {
            first = None;
            ControlFlow::Continue(())
        });
        assert!(second.is_ok());
    }
}
