//! Limits that several stages keep.

/// Most providers of an engine, and streams of a fan-out: one bit each in a word.
pub(crate) const MAX_PROVIDERS: usize = 64;

/// Most items that one poll takes without emitting anything, before it lets others run.
pub(crate) const MAX_SWALLOWED: usize = 64;
