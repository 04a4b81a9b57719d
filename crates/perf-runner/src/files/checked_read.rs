//! Reads one file of the data folder, and rejects anything that is not a plain, complete text file.
//!
//! These files are edited, merged and copied by hand. A misread file could make a regression pass.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use perf_judge::text;

/// Maximum size of a file in bytes, except the results of `perf quality`. The largest other file has a few dozen kilobytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// An invalid file of the data folder, with the place of the error and a hint.
#[derive(Debug)]
pub struct InvalidFile {
    file: String,
    place: Option<(usize, usize)>,
    message: String,
    hint: String,
}

impl InvalidFile {
    /// Creates an error about a file as a whole.
    pub fn new(file: &str, message: impl AsRef<str>, hint: impl Into<String>) -> Self {
        // The message may quote the file, so control characters are replaced.
        Self { file: file.to_owned(), place: None, message: text::sanitize(message.as_ref()), hint: hint.into() }
    }

    /// Adds the line and column where a byte range of `text` starts.
    pub fn at(mut self, text: &str, span: Option<Range<usize>>) -> Self {
        self.place = span.map(|span| line_and_column(text, span.start));
        self
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, hint } = self;
        write!(f, "invalid file {file}")?;
        if let Some((line, column)) = place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {message}\n  hint: {hint}")
    }
}

/// Line and column of a byte offset, both starting at 1; the column counts characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Reads the text of a file; `shown` is its name in messages, and `hint` how to repair it.
///
/// # Errors
/// If it is not a regular file, is empty, not UTF-8, larger than [`MAX_BYTES`], or has merge conflict markers.
pub fn read(path: &Path, shown: &str, hint: &str) -> Result<String, InvalidFile> {
    read_at_most(path, shown, hint, MAX_BYTES)
}

/// Reads the text of a file of at most `limit` bytes, otherwise as [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_at_most(path: &Path, shown: &str, hint: &str, limit: u64) -> Result<String, InvalidFile> {
    let invalid = |message: String| InvalidFile::new(shown, message, hint);
    // Checked before opening: opening a FIFO blocks, and opening a device may have side effects.
    check_kind(&fs::metadata(path).map_err(|error| unreadable(shown, hint, &error))?, limit).map_err(invalid)?;
    let file = open(path).map_err(|error| unreadable(shown, hint, &error))?;
    // Checked again after opening, because the path may lead to another file by now.
    let metadata = file.metadata().map_err(|error| unreadable(shown, hint, &error))?;
    check_kind(&metadata, limit).map_err(invalid)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(shown, hint, &error))?;
    if bytes.len() as u64 > limit {
        return Err(invalid(format!("it grew beyond {limit} bytes while it was read")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        invalid("it is not UTF-8 text".into()).at(&text, Some(valid..valid))
    })?;
    if text.starts_with('\u{feff}') {
        let hint = "save it as UTF-8 without a byte order mark";
        return Err(InvalidFile::new(shown, "it starts with a byte order mark", hint).at(&text, Some(0..0)));
    }
    if text.trim().is_empty() {
        return Err(invalid("it is empty".into()));
    }
    if let Some(marker) = conflict_marker(&text) {
        let hint =
            format!("finish the merge: `git checkout --ours {shown}` (or --theirs); then measure a baseline again");
        return Err(InvalidFile::new(shown, "it has merge conflict markers", hint).at(&text, Some(marker..marker)));
    }
    Ok(text)
}

fn unreadable(shown: &str, hint: &str, error: &io::Error) -> InvalidFile {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => format!("make it readable: `chmod u+r {shown}`"),
        _ => hint.to_owned(),
    };
    InvalidFile::new(shown, format!("it cannot be read: {error}"), hint)
}

fn check_kind(metadata: &Metadata, limit: u64) -> Result<(), String> {
    if metadata.is_dir() {
        Err("it is a directory, not a file".into())
    } else if !metadata.is_file() {
        Err("it is not a regular file".into())
    } else if metadata.len() > limit {
        Err(format!("it has {} bytes; the limit is {limit}", metadata.len()))
    } else {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Must not block, even if a FIFO has just replaced the file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// The offset of the first conflict marker of git. A line `=======` does not count, because it underlines headings in Markdown.
fn conflict_marker(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            return Some(at);
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_start_at_one() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("aé\nbc", 3), (1, 3));
        assert_eq!(line_and_column("aé\nbc", 5), (2, 2));
        assert_eq!(line_and_column("aé", 2), (1, 3), "inside a character: the end");
        assert_eq!(line_and_column("a", 99), (1, 2));
    }
}
