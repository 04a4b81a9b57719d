//! Files: which are there, of what kind, and what is in them.

pub(crate) mod display_path;
pub(crate) mod kind;
pub(crate) mod pdf;
pub(crate) mod walk;
