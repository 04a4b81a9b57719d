//! The parts of a URL by which sites are known.

use std::borrow::Cow;

/// A page of a site, all in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page<'a> {
    /// Without `www.`.
    pub(super) host: Cow<'a, str>,
    /// Empty or begins with a slash, and does not end in one.
    pub(super) path: Cow<'a, str>,
    /// Without the question mark.
    pub(super) query: Cow<'a, str>,
}
