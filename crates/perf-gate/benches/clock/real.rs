//! For programs that observe cases with the clock they are measured with.

/// Whether cases are observed in virtual time.
pub const IN_VIRTUAL_TIME: bool = false;
