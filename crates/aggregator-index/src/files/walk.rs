//! The files of the folders.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use aggregator_documents::DocumentKind;
use ignore::{DirEntry, WalkBuilder};

use crate::files::kind::kind_of;
use crate::report::SkipReason;

/// A file that may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileCandidate {
    pub(crate) path: PathBuf,
    pub(crate) kind: DocumentKind,
    pub(crate) stamp: FileStamp,
}

/// Size and time of a file, by which an unchanged file is recognized without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) size: u64,
    /// When it was changed, in nanoseconds since 1970; the earliest time if the file system does not say.
    pub(crate) modified: i64,
}

impl FileStamp {
    pub(crate) fn from_metadata(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified: metadata.modified().map_or(i64::MIN, nanoseconds) }
    }
}

/// Nanoseconds since 1970, negative before; the ends of the range where it is too small (before 1678, after 2261).
pub(crate) fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

/// An entry of a folder.
pub(crate) enum WalkEntry {
    File(FileCandidate),
    Skipped(PathBuf, SkipReason),
    /// A file of a kind that is not read, with its extension.
    OtherKind(String),
}

/// Finds the files of the roots in the order of the roots and, within each, of their names. A file that several roots
/// have is found once. Links are not followed, except where a root is one.
///
/// `found` returns whether to go on.
pub(crate) fn walk(roots: &[PathBuf], largest: u64, mut found: impl FnMut(WalkEntry) -> bool) {
    let mut seen = HashSet::new();
    for root in roots {
        let mut builder = WalkBuilder::new(root);
        // The same files on every machine: no global ignore file, and none above the root, which was named on purpose.
        builder.git_global(false).parents(false).require_git(false).follow_links(false);
        builder.sort_by_file_name(Ord::cmp);
        for entry in builder.build() {
            let one = match entry {
                Ok(entry) => classify(&entry, largest),
                Err(error) => Some(unreadable(root, &error)),
            };
            let Some(one) = one else { continue };
            if let WalkEntry::File(file) = &one
                && roots.len() > 1
                && !seen.insert(file.path.clone())
            {
                continue;
            }
            if !found(one) {
                return;
            }
        }
    }
}

fn classify(entry: &DirEntry, largest: u64) -> Option<WalkEntry> {
    let path = entry.path();
    let file_type = entry.file_type()?;
    if file_type.is_dir() {
        return None;
    }
    if !file_type.is_file() {
        let what = if file_type.is_symlink() { "symbolic link" } else { "special file" };
        return Some(WalkEntry::OtherKind(format!("({what})")));
    }
    let Some(kind) = kind_of(path) else {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        return Some(WalkEntry::OtherKind(extension.unwrap_or_else(|| "(none)".into())));
    };
    let metadata = match entry.metadata() {
        Ok(metadata) => metadata,
        Err(error) => return Some(WalkEntry::Skipped(path.to_owned(), SkipReason::Unreadable(error.to_string()))),
    };
    if metadata.len() > largest {
        return Some(WalkEntry::Skipped(path.to_owned(), SkipReason::TooLarge { bytes: metadata.len(), largest }));
    }
    Some(WalkEntry::File(FileCandidate { path: path.to_owned(), kind, stamp: FileStamp::from_metadata(&metadata) }))
}

fn unreadable(root: &Path, error: &ignore::Error) -> WalkEntry {
    let path = error_path(error).unwrap_or(root);
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    WalkEntry::Skipped(path.to_owned(), SkipReason::Unreadable(reason))
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}
