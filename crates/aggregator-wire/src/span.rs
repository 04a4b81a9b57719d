//! Ranges of a text.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::number::SafeInteger;

/// A range of a text: from `start` to before `end`, in the unit that the field's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first offset, from 0.
    pub start: SafeInteger,
    /// The offset after the last.
    pub end: SafeInteger,
}

impl From<&Range<u32>> for Span {
    fn from(range: &Range<u32>) -> Self {
        Self { start: SafeInteger::saturating(range.start.into()), end: SafeInteger::saturating(range.end.into()) }
    }
}

impl From<&Range<usize>> for Span {
    fn from(range: &Range<usize>) -> Self {
        Self { start: range.start.into(), end: range.end.into() }
    }
}
