//! Formats of values in environment variables.

/// The format of a value in an environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A value of TOML: a number, true or false.
    Value,
    /// Text, as it is.
    Text,
    /// A path; in a file, from the folder of the file.
    Path,
    /// Paths, separated as in `PATH`.
    Paths,
}
