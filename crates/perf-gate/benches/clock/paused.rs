//! The clock of targets that observe cases in virtual time, where times are exact.

/// Whether cases are observed in virtual time.
pub const IN_VIRTUAL_TIME: bool = true;
