//! The report of an update.

use std::collections::BTreeMap;
use std::fmt;

use crate::files::display_path::{DisplayPath, Escaped};

/// The report of an update: counts, and what was left out.
#[non_exhaustive]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files in the index afterwards.
    pub files: u64,
    /// Passages in the index afterwards.
    pub passages: u64,
    /// Files that were read because they are new or may have changed.
    pub read: u64,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// Files whose passages were indexed, for the first time or again.
    pub indexed: u64,
    /// Files whose content is what it was before; most of them were not read.
    pub unchanged: u64,
    /// Files that are no longer in the folders, and no longer in the index.
    pub removed: u64,
    /// Files that were indexed although bytes of them belong to no character; U+FFFD stands for those.
    pub lossy: u64,
    /// Files with text in the form of a PDF that were not read because `pdftotext` is not installed.
    pub pdf_without_program: u64,
    /// Files of kinds that are not read, by extension; at most [`Self::MAX_KINDS`], the others are counted as `…`.
    pub other_kinds: BTreeMap<String, u64>,
    /// Files that were left out for another reason; at most [`Self::MAX_SKIPPED`].
    pub skipped: Vec<SkippedFile>,
    /// Files that were left out for another reason and are not in [`Self::skipped`].
    pub more_skipped: u64,
    /// Whether the index was made anew because its format or what it is made with is another.
    pub rebuilt: bool,
    /// Whether the update was stopped: files that it had not come to are as they were.
    pub stopped: bool,
}

impl Report {
    /// Most entries of [`Self::skipped`].
    pub const MAX_SKIPPED: usize = 1_000;
    /// Most entries of [`Self::other_kinds`].
    pub const MAX_KINDS: usize = 200;

    pub(crate) fn skip(&mut self, path: impl Into<DisplayPath>, reason: SkipReason) {
        match self.skipped.len() < Self::MAX_SKIPPED {
            true => self.skipped.push(SkippedFile { path: path.into(), reason }),
            false => self.more_skipped += 1,
        }
    }

    pub(crate) fn skip_kind(&mut self, extension: String) {
        let full = self.other_kinds.len() >= Self::MAX_KINDS && !self.other_kinds.contains_key(&extension);
        let key = if full { "…".into() } else { Escaped(&extension).to_string() };
        *self.other_kinds.entry(key).or_default() += 1;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} files with {} passages: {} indexed, {} unchanged, {} removed",
            self.files, self.passages, self.indexed, self.unchanged, self.removed
        )?;
        let skipped = self.skipped.len() as u64 + self.more_skipped;
        if skipped > 0 {
            write!(f, ", {skipped} left out")?;
        }
        let others: u64 = self.other_kinds.values().sum();
        if others > 0 {
            write!(f, ", {others} of other kinds")?;
        }
        if self.pdf_without_program > 0 {
            write!(
                f,
                "; {} PDF files need the program pdftotext: install poppler-utils and update again",
                self.pdf_without_program
            )?;
        }
        if self.stopped {
            f.write_str("; stopped before the end: update again for the rest")?;
        }
        Ok(())
    }
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// The path of the file.
    pub path: DisplayPath,
    /// Reason for which the file was left out.
    pub reason: SkipReason,
}

impl fmt::Display for SkippedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// The reason for which a file is not in the index.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// The file, or the folder it is in, could not be read.
    Unreadable(String),
    /// The file is larger than [`Options::max_file_bytes`](crate::Options::max_file_bytes).
    TooLarge {
        /// Size of the file in bytes.
        bytes: u64,
        /// The largest size that is read, in bytes.
        largest: u64,
    },
    /// The file has NUL bytes: it is not text.
    Binary,
    /// The PDF could not be converted.
    Pdf(String),
    /// The path of the file cannot be written as an address of at most
    /// [`MAX_URL_BYTES`](aggregator_core::Settings::MAX_URL_BYTES) bytes.
    LongPath,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {}", Escaped(error)),
            Self::TooLarge { bytes, largest } => {
                write!(f, "has {bytes} bytes, at most {largest} are read: split it or raise max_file_bytes")
            }
            Self::Binary => f.write_str("is no text: it has NUL bytes"),
            Self::Pdf(error) => write!(f, "{}", Escaped(error)),
            Self::LongPath => f.write_str("has a path that is too long for an address"),
        }
    }
}
