//! Errors of an index.

use std::io;
use std::path::Path;

use crate::files::display_path::DisplayPath;

/// An error of opening, updating or searching an index.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No folder was given.
    #[error("no folder to index was given: name at least one")]
    NoFolders,
    /// A folder to index is not there. Nothing was changed: a disk that is not mounted must not empty the index.
    #[error("{path} cannot be indexed: {source}; name a folder or file that is there")]
    Folder {
        /// The folder as it was given.
        path: DisplayPath,
        /// What the system says.
        source: io::Error,
    },
    /// A value of the options is out of its range.
    #[error("{name} = {given} is not between {min} and {max}")]
    Options {
        /// Name of the option in [`Options`](crate::Options).
        name: &'static str,
        /// Value of the option, as it was given.
        given: u64,
        /// Minimum of the option.
        min: u64,
        /// Maximum of the option.
        max: u64,
    },
    /// There is no index yet, or one that this version cannot read.
    #[error("there is no index in {path} that this version reads: bring it up to date first")]
    NotBuilt {
        /// The folder of the index.
        path: DisplayPath,
    },
    /// Another process, or thread, brings the index up to date, and waiting was not allowed or was given up.
    #[error("another process brings the index in {path} up to date: try again when it is through")]
    Busy {
        /// The folder of the index.
        path: DisplayPath,
    },
    /// A file of the index cannot be read or written.
    #[error("the index in {path} cannot be {action}: {source}{}", advice(source))]
    Storage {
        /// The folder of the index.
        path: DisplayPath,
        /// What was tried: `opened`, `written` and the like.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The index is damaged or its engine failed.
    #[error("the index in {path} cannot be {action}: {message}; delete the folder to have it made anew")]
    Engine {
        /// The folder of the index.
        path: DisplayPath,
        /// What was tried.
        action: &'static str,
        /// What the engine says.
        message: String,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free space on the disk and try again",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "; choose a folder that can be written",
        _ => "",
    }
}

impl IndexError {
    pub(crate) fn storage(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { path: path.into(), action, source }
    }

    /// An error of the engine; what the system says is found in it, because that is what a person can act on.
    pub(crate) fn engine(path: &Path, action: &'static str) -> impl FnOnce(tantivy::TantivyError) -> Self {
        move |error| {
            let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(cause) = source {
                if let Some(found) = cause.downcast_ref::<std::sync::Arc<io::Error>>() {
                    return Self::Storage { path: path.into(), action, source: copy(found) };
                }
                if let Some(found) = cause.downcast_ref::<io::Error>() {
                    return Self::Storage { path: path.into(), action, source: copy(found) };
                }
                source = cause.source();
            }
            let message = error.to_string();
            match system_error(&message) {
                Some(source) => Self::Storage { path: path.into(), action, source },
                None => Self::Engine { path: path.into(), action, message },
            }
        }
    }
}

/// The error of the system that a message ends with, as those of the engine's threads do: `No space left on device (os error
/// 28)`.
fn system_error(message: &str) -> Option<io::Error> {
    let (_, rest) = message.rsplit_once("(os error ")?;
    let (code, _) = rest.split_once(')')?;
    code.parse().ok().map(io::Error::from_raw_os_error)
}

/// Errors of the system cannot be cloned, and the engine shares them.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn an_error_of_the_system_is_found_in_what_the_engine_says() {
        let full = "Internal error: 'No space left on device (os error 28)'";
        let error =
            IndexError::engine(Path::new("/cache"), "written")(tantivy::TantivyError::InternalError(full.into()));
        assert_eq!(
            error.to_string(),
            "the index in /cache cannot be written: No space left on device (os error 28); free space on the disk and try again"
        );
        let other = tantivy::TantivyError::InternalError("a merge failed (os error)".into());
        assert!(matches!(IndexError::engine(Path::new("/cache"), "written")(other), IndexError::Engine { .. }));
    }
}
