//! How folders are indexed.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::IndexError;

/// How folders are indexed.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Largest file that is read, in bytes; 8 MiB unless set, at most 256 MiB. A file is held in memory while it is
    /// indexed.
    pub max_file_bytes: u64,
    /// How PDF files become text.
    pub pdf: Pdf,
    /// How long the conversion of one PDF file may take; 20 s unless set.
    pub pdf_timeout: Duration,
    /// Whether to wait while another process brings the index up to date; [`IndexError::Busy`] otherwise.
    pub wait: bool,
}

/// How PDF files become text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pdf {
    /// Through the program `pdftotext`, if it is found in `PATH`.
    Auto,
    /// Through this program, which takes the arguments of `pdftotext`.
    Program(PathBuf),
    /// Not at all; they are counted as a kind that is not read.
    Off,
}

impl Options {
    /// Bounds of [`Self::max_file_bytes`].
    pub const FILE_BYTES: std::ops::RangeInclusive<u64> = 1_024..=256 * 1_024 * 1_024;

    pub(crate) fn check(&self) -> Result<(), IndexError> {
        let (min, max) = (*Self::FILE_BYTES.start(), *Self::FILE_BYTES.end());
        match Self::FILE_BYTES.contains(&self.max_file_bytes) {
            true => Ok(()),
            false => Err(IndexError::Options { name: "max_file_bytes", given: self.max_file_bytes, min, max }),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { max_file_bytes: 8 * 1_024 * 1_024, pdf: Pdf::Auto, pdf_timeout: Duration::from_secs(20), wait: true }
    }
}
