//! Keys of services, which nothing shows.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use http::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::error::HttpError;

/// A key of a service, from the environment or a file. Neither `Debug` nor an error shows it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret {
    value: SecretString,
    /// The variable or the file.
    origin: String,
    warning: Option<SecretWarning>,
}

/// Why there is no key. Names the variable or the file, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The variable is not set.
    #[error("{origin} is not set: set it to the key of the service")]
    Missing {
        /// The variable.
        origin: String,
    },
    /// The file cannot be read.
    #[error("{origin} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        origin: String,
        /// What the system says.
        cause: String,
    },
    /// There is no key in it.
    #[error("{origin} is empty: set it to the key of the service")]
    Empty {
        /// The variable or the file.
        origin: String,
    },
    /// It has white space, control characters, or characters outside ASCII, which no key has.
    #[error("{origin} has a character that no key has (white space, a control character, or one outside ASCII)")]
    Characters {
        /// The variable or the file.
        origin: String,
    },
    /// It begins with `Bearer`, which is added when the key is sent.
    #[error("{origin} begins with `Bearer`: set it to the key alone")]
    Scheme {
        /// The variable or the file.
        origin: String,
    },
    /// It is longer than any key.
    #[error("{origin} is longer than {MAX_LENGTH} bytes, which no key is")]
    TooLong {
        /// The variable or the file.
        origin: String,
    },
}

/// What the owner should know about a key that is used nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretWarning {
    /// Other users of this machine can read the file.
    #[error("{} can be read by other users: chmod 600 it", .file.display())]
    Readable {
        /// The file.
        file: PathBuf,
    },
}

/// Longest key, in bytes: tokens with signed claims have 2 KiB.
const MAX_LENGTH: usize = 8 << 10;

impl Secret {
    /// The key in a variable of the environment.
    ///
    /// # Errors
    /// If the variable is not set, or has no key.
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        Self::from_variable(name, std::env::var_os(name))
    }

    /// The key in a variable whose value is known.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variable(name: &str, value: Option<OsString>) -> Result<Self, SecretError> {
        let origin = name.to_owned();
        let Some(value) = value else { return Err(SecretError::Missing { origin }) };
        match value.into_string() {
            Ok(value) => Self::checked(&value, origin, None),
            Err(_) => Err(SecretError::Characters { origin }),
        }
    }

    /// The key in a file; white space at its end is no part of it.
    ///
    /// # Errors
    /// If the file cannot be read, or has no key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let origin = path.display().to_string();
        let unreadable =
            |error: std::io::Error| SecretError::Unreadable { origin: origin.clone(), cause: error.to_string() };
        let mut file = File::open(path).map_err(unreadable)?;
        let warning = file.metadata().map_err(unreadable).map(|metadata| readable_by_others(&metadata))?;
        let warning = warning.then(|| SecretWarning::Readable { file: path.to_owned() });
        let mut bytes = Vec::new();
        file.by_ref().take(MAX_LENGTH as u64 + 3).read_to_end(&mut bytes).map_err(unreadable)?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::checked(text.trim_end(), origin, warning),
            Err(_) => Err(SecretError::Characters { origin }),
        }
    }

    fn checked(value: &str, origin: String, warning: Option<SecretWarning>) -> Result<Self, SecretError> {
        if value.trim().is_empty() {
            return Err(SecretError::Empty { origin });
        }
        if value.len() > MAX_LENGTH {
            return Err(SecretError::TooLong { origin });
        }
        let first = value.split_ascii_whitespace().next().unwrap_or_default();
        if first.eq_ignore_ascii_case("bearer") {
            return Err(SecretError::Scheme { origin });
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::Characters { origin });
        }
        Ok(Self { value: SecretString::from(value), origin, warning })
    }

    /// The variable or the file that the key is from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the owner should know about it.
    pub fn warning(&self) -> Option<&SecretWarning> {
        self.warning.as_ref()
    }

    /// The key itself, for what compares it; it is not to be written anywhere.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    /// The value of a header, between two texts, such as `Bearer ` and nothing. `Debug` does not show it.
    ///
    /// # Errors
    /// If one of the texts has a character that no header has; the key has none.
    pub fn header(&self, before: &str, after: &str) -> Result<HeaderValue, HttpError> {
        let value = format!("{before}{}{after}", self.value.expose_secret());
        let mut value = HeaderValue::try_from(value).map_err(|_| HttpError::Request {
            cause: "a header has a control character or one outside ASCII".into(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The text with every occurrence of the key replaced, if there is one.
    pub(crate) fn redacted(&self, text: &str) -> Option<String> {
        let key = self.value.expose_secret();
        text.contains(key).then(|| text.replace(key, "…"))
    }

    /// The text with every occurrence of the key replaced: services repeat keys in their errors. One that the end of the text
    /// cuts counts from 8 characters on.
    pub fn redact(&self, text: &str) -> String {
        let key = self.value.expose_secret();
        let mut text = text.replace(key, "…");
        if let Some(cut) = (8..key.len()).rev().find(|length| text.ends_with(&key[..*length])) {
            text.truncate(text.len() - cut);
            text.push('…');
        }
        text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.origin)
    }
}

#[cfg(unix)]
fn readable_by_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &fs::Metadata) -> bool {
    false
}
