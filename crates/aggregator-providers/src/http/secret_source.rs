//! Where a key is, as settings say it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use super::secret::{Secret, SecretError};

/// Where a key is: a variable of the environment or a file, never the key itself.
///
/// In settings it is `${NAME}` or `${file:PATH}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SecretSource {
    /// A variable of the environment.
    Variable(String),
    /// A file; white space at its end is no part of the key.
    File(PathBuf),
}

/// A text that says no place of a key. It is not repeated, since it may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is not written here: write ${{NAME}}, the variable of the environment that has it, or ${{file:PATH}}")]
pub struct NoSecretSource;

impl SecretSource {
    /// The place of what stands between `${` and `}`.
    pub(crate) fn of_placeholder(text: &str) -> Self {
        match text.strip_prefix("file:") {
            Some(path) => Self::File(path.into()),
            None => Self::Variable(text.to_owned()),
        }
    }

    /// Reads the key; `variable` looks up a variable of the environment.
    ///
    /// # Errors
    /// If there is none there, or what is there is none.
    pub fn read(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Secret, SecretError> {
        match self {
            Self::Variable(name) => Secret::from_variable(name, variable(name)),
            Self::File(path) => Secret::from_file(path),
        }
    }
}

impl TryFrom<String> for SecretSource {
    type Error = NoSecretSource;

    fn try_from(text: String) -> Result<Self, NoSecretSource> {
        let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).ok_or(NoSecretSource)?;
        if inner.is_empty() || inner.contains(['$', '{', '}']) {
            return Err(NoSecretSource);
        }
        Ok(Self::of_placeholder(inner))
    }
}

/// As settings have it.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${{{name}}}"),
            Self::File(path) => write!(f, "${{file:{}}}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_a_key_is_none() {
        for text in ["${KEY}", "${file:/run/secrets/key}"] {
            assert_eq!(SecretSource::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["sk-canary", "", "${}", "${A", "${A}${B}", "Bearer ${A}"] {
            let error = SecretSource::try_from(text.to_owned()).unwrap_err().to_string();
            assert!(error.contains("${NAME}") && !error.contains("canary"), "{error}");
        }
    }
}
