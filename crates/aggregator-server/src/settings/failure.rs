//! Why settings cannot be used.

/// Settings that cannot be used; says where and what there is instead.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {what}")]
pub struct SettingsFailure {
    /// The file or variable that has the setting.
    pub(super) place: String,
    /// What is wrong, and what there is instead.
    pub(super) what: String,
}
