//! The error of a service whose settings or key cannot be used.

use std::fmt;

use crate::exit::{Exit, ProgramError};

/// A service whose settings or key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{section}: {cause}")]
pub struct Unusable {
    /// Its section in the settings.
    pub section: String,
    /// What is wrong, and what to do.
    pub cause: String,
}

impl Unusable {
    pub(super) fn new(section: impl Into<String>, cause: &dyn fmt::Display) -> Self {
        Self { section: section.into(), cause: cause.to_string() }
    }
}

impl From<Unusable> for ProgramError {
    fn from(unusable: Unusable) -> Self {
        Self::new(Exit::Usage, unusable)
    }
}
