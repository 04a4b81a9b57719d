//! How a variable says a setting.

/// How the value of a variable is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value of TOML: a number, true or false.
    Value,
    /// Text, as it is.
    Text,
    /// Paths, separated as in `PATH`.
    Paths,
}
