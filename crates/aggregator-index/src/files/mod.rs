//! Files: which are there, of what kind, and what is in them.

pub(crate) mod decode;
pub(crate) mod kind;
pub(crate) mod pdf;
pub(crate) mod shown;
pub(crate) mod walk;
