//! How far an update is.

/// How far an update is; given to the caller after each file and each step, so that it can draw a bar.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done now.
    pub stage: Stage,
    /// Files that were found so far; all of them from [`Stage::Reading`] on.
    pub files_found: u64,
    /// Files that are through.
    pub files_done: u64,
    /// Bytes of the files that were found so far; of all of them from [`Stage::Reading`] on.
    pub bytes_found: u64,
    /// Bytes of the files that are through, whether they had to be read or not.
    pub bytes_done: u64,
    /// Passages that were added.
    pub passages: u64,
}

/// What an update does.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It waits for another process that brings the same index up to date.
    Waiting,
    /// It looks which files there are.
    Finding,
    /// It reads files.
    Reading,
    /// It writes what it read.
    Writing,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let (files_found, files_done, bytes_found, bytes_done, passages) = (0, 0, 0, 0, 0);
        Self { stage: Stage::Finding, files_found, files_done, bytes_found, bytes_done, passages }
    }
}
