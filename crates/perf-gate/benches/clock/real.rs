//! The clock of the target that observes a case with the clock that also times it.

/// Whether cases are observed in virtual time.
pub const IN_VIRTUAL_TIME: bool = false;
