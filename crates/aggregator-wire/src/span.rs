//! Where something stands in a text.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::number::Whole;

/// A part of a text: from `start` to before `end`, in the unit that the field's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Where it begins, from 0.
    pub start: Whole,
    /// Where it is over.
    pub end: Whole,
}

impl From<&Range<u32>> for Span {
    fn from(range: &Range<u32>) -> Self {
        Self { start: Whole::saturating(range.start.into()), end: Whole::saturating(range.end.into()) }
    }
}

impl From<&Range<usize>> for Span {
    fn from(range: &Range<usize>) -> Self {
        Self { start: range.start.into(), end: range.end.into() }
    }
}
