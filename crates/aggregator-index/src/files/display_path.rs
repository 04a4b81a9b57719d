//! Paths for messages.

use std::fmt;
use std::path::{Path, PathBuf};

use aggregator_core::event::is_unsafe_char;

/// A path for messages. `Display` escapes control, bidirectional and invisible characters and bytes that are not UTF-8: file
/// names are untrusted, and a message goes to a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayPath(PathBuf);

impl DisplayPath {
    /// The path as it is, with the characters that `Display` escapes.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl From<PathBuf> for DisplayPath {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl From<&Path> for DisplayPath {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl fmt::Display for DisplayPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            write!(f, "{}", Escaped(chunk.valid()))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DisplayPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text from outside, for messages; escaped as a [`DisplayPath`] is.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write as _;
        for c in self.0.chars() {
            match c {
                // `escape_debug` leaves some invisible characters as they are.
                _ if is_unsafe_char(c) && !c.is_control() => write!(f, "{}", c.escape_unicode())?,
                // And it escapes these although they are harmless.
                '"' | '\'' | '\u{300}'..='\u{36f}' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let shown = |name: &str| DisplayPath::from(Path::new(name)).to_string();
        assert_eq!(shown("/a/it's \"grün\".md"), "/a/it's \"grün\".md");
        assert_eq!(shown("a\u{1b}[31m\n\u{202e}b\u{200b}"), "a\\u{1b}[31m\\n\\u{202e}b\\u{200b}");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xff\x1b"));
            assert_eq!(DisplayPath::from(path).to_string(), "a\\xff\\u{1b}");
        }
    }

    #[test]
    fn nothing_that_nobody_sees_is_left() {
        let all: String = ('\0'..=char::MAX).filter(|&c| is_unsafe_char(c)).collect();
        let shown = Escaped(&all).to_string();
        assert_eq!(shown.chars().find(|&c| is_unsafe_char(c)), None);
    }
}
