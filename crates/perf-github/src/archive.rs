//! The summary in the archive of an artifact. Nothing is extracted: one entry is read into memory, and the names of others
//! mean nothing.

use std::io::{Cursor, Read as _};

use perf_judge::report::summary::{MAX_SUMMARY_BYTES, SUMMARY_FILE};
use zip::ZipArchive;
use zip::result::ZipError;

/// Maximum number of entries.
const MAX_ENTRIES: usize = 10;

/// Why an archive has no summary that can be read. No message quotes the archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is not a zip archive, or damaged, or packed in a way that the upload does not use.
    #[error("its archive cannot be read")]
    Unreadable,
    /// It has more entries than the upload makes.
    #[error("its archive has {0} entries, and at most {MAX_ENTRIES} are read")]
    TooManyEntries(usize),
    /// It has no entry of this name.
    #[error("its archive has no entry `{SUMMARY_FILE}`")]
    NoSummary,
    /// The entry is larger than any summary.
    #[error("`{SUMMARY_FILE}` in its archive is larger than {MAX_SUMMARY_BYTES} bytes")]
    TooLarge,
}

/// Reads the entry `summary.json` of a zip archive.
///
/// # Errors
/// If the archive is not as the upload makes it.
pub fn summary(archive: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let unreadable = |_| ArchiveError::Unreadable;
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if archive.len() > MAX_ENTRIES {
        return Err(ArchiveError::TooManyEntries(archive.len()));
    }
    let entry = archive.by_name(SUMMARY_FILE).map_err(|error| match error {
        ZipError::FileNotFound => ArchiveError::NoSummary,
        _ => ArchiveError::Unreadable,
    })?;
    // Bytes are counted, because the size that the archive states may be a lie in both directions.
    let limit = MAX_SUMMARY_BYTES as u64;
    let mut bytes = Vec::new();
    entry.take(limit + 1).read_to_end(&mut bytes).map_err(|_| ArchiveError::Unreadable)?;
    if bytes.len() as u64 > limit { Err(ArchiveError::TooLarge) } else { Ok(bytes) }
}
