//! Limits that several stages keep.

/// Maximum number of providers of an engine, and streams of a fan-out: one bit each in a word.
pub(crate) const MAX_PROVIDERS: usize = 64;

/// Maximum number of items that one poll takes from streams without emitting an event.
pub(crate) const MAX_ITEMS_PER_POLL: usize = 64;
