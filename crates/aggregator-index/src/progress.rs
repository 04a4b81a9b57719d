//! Progress of an update.

/// Progress of an update; the caller receives it after each file and each step.
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

/// The stage of an update.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waits for another process that updates the same index.
    Waiting,
    /// Lists the files.
    Finding,
    /// Reads files.
    Reading,
    /// Writes the index.
    Writing,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let (files_found, files_done, bytes_found, bytes_done, passages) = (0, 0, 0, 0, 0);
        Self { stage: Stage::Finding, files_found, files_done, bytes_found, bytes_done, passages }
    }
}
