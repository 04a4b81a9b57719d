//! What is known of an operation when it has ended.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::allocated::Allocated;

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It was completed.
    Ok,
    /// It failed.
    Error,
    /// It was dropped before its end.
    Cancelled,
}

impl Status {
    /// The status as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What is known of an operation when it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationReport {
    /// Its name.
    pub name: Cow<'static, str>,
    /// How it ended.
    pub status: Status,
    /// When it began, by the clock of the system.
    pub started: SystemTime,
    /// How long it took, by tokio's clock.
    pub duration: Duration,
    /// How much more memory of the process is resident than when it began, in bytes; negative where it is less, and `None`
    /// where the system does not say.
    pub resident_change: Option<i64>,
    /// What the process allocated meanwhile; `None` where its allocator does not count.
    pub allocated: Option<Allocated>,
    /// Whether another monitored operation ran at any time between beginning and end. Then the memory is not of this one alone:
    /// both figures are of the whole process.
    pub overlapped: bool,
}
