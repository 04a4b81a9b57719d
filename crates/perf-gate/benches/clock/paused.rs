//! For programs that observe cases in virtual time, where their times are exact.

/// Whether cases are observed in virtual time.
pub const IN_VIRTUAL_TIME: bool = true;
