//! The error of invalid settings.

/// Invalid settings, with their place and the alternatives.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ConfigError {
    /// The file or variable that has the setting.
    pub(super) place: String,
    /// What is wrong, and what there is instead.
    pub(super) what: String,
}
