//! Reads one file of the data folder, and refuses whatever is not plainly such a file.
//!
//! People edit these files, merge them and copy them about; a gate that misreads one is green for the wrong reason.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use perf_judge::text;

/// Larger files are refused without being read: the largest real one is a few dozen kilobytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// A file of the data folder that cannot be used: where, what, and what to do.
#[derive(Debug)]
pub struct InvalidFile {
    file: String,
    place: Option<(usize, usize)>,
    message: String,
    hint: String,
}

impl InvalidFile {
    /// About a file as a whole.
    pub fn new(file: &str, message: impl AsRef<str>, hint: impl Into<String>) -> Self {
        // What is wrong may quote the file.
        Self { file: file.to_owned(), place: None, message: text::sanitize(message.as_ref()), hint: hint.into() }
    }

    /// About the place in its text where a byte range begins.
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

/// Line and column, both from 1, the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Reads the text of a file; `shown` is its name in messages and `hint` what to do when it is not usable.
pub fn read(path: &Path, shown: &str, hint: &str) -> Result<String, InvalidFile> {
    let invalid = |message: String| InvalidFile::new(shown, message, hint);
    // Asked before opening: opening a FIFO waits for a writer, and opening a device may do anything.
    check_kind(&fs::metadata(path).map_err(|error| unreadable(shown, hint, &error))?).map_err(invalid)?;
    let file = open(path).map_err(|error| unreadable(shown, hint, &error))?;
    // Asked again of what was opened: the name may lead elsewhere by now.
    let metadata = file.metadata().map_err(|error| unreadable(shown, hint, &error))?;
    check_kind(&metadata).map_err(invalid)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(shown, hint, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(invalid(format!("it grew above {MAX_BYTES} bytes while it was read")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        invalid("this is not UTF-8 text".into()).at(&text, Some(valid..valid))
    })?;
    if text.starts_with('\u{feff}') {
        let hint = "save it as UTF-8 without a byte order mark";
        return Err(InvalidFile::new(shown, "it begins with a byte order mark", hint).at(&text, Some(0..0)));
    }
    if text.trim().is_empty() {
        return Err(invalid("it is empty".into()));
    }
    if let Some(marker) = conflict_marker(&text) {
        let hint =
            format!("finish the merge: `git checkout --ours {shown}` (or --theirs); a baseline is then measured again");
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

fn check_kind(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_dir() {
        Err("it is a directory, not a file".into())
    } else if !metadata.is_file() {
        Err("it is not a regular file".into())
    } else if metadata.len() > MAX_BYTES {
        Err(format!("it has {} bytes; files here have at most {MAX_BYTES}", metadata.len()))
    } else {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A FIFO that took the file's place a moment ago must not make this wait.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// Where git left a conflict. A line of `=======` alone underlines headings in Markdown and is no sign of one.
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
    fn places_are_counted_from_one_in_characters() {
        assert_eq!(line_and_column("", 0), (1, 1));
        assert_eq!(line_and_column("aé\nbc", 3), (1, 3));
        assert_eq!(line_and_column("aé\nbc", 5), (2, 2));
        assert_eq!(line_and_column("aé", 2), (1, 3), "inside a character: the end");
        assert_eq!(line_and_column("a", 99), (1, 2));
    }
}
