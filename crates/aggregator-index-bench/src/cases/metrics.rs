//! The metrics of these cases. Their names are stored in baselines and never change.

use perf_gate::{Class, Metric, Unit};

/// Files in the index.
pub const FILES: Metric = Metric::new("files", Unit::Count, Class::Behaviour);
/// Passages in the index, or found.
pub const PASSAGES: Metric = Metric::new("passages", Unit::Count, Class::Behaviour);
/// Words of passages, including the bigrams of scripts without spaces.
pub const WORDS: Metric = Metric::new("words", Unit::Count, Class::Behaviour);
/// Size of the index on disk in KiB, rounded up to a multiple of 16.
pub const STORED: Metric = Metric::new("stored-kib", Unit::Count, Class::Schedule);
/// Files that an update read although they had not changed.
pub const READ: Metric = Metric::new("files-read", Unit::Count, Class::Schedule);
/// MiB by which the peak of resident memory exceeds its limit.
#[cfg(target_os = "linux")]
pub const RESIDENT_ABOVE: Metric = Metric::new("resident-above-mib", Unit::Count, Class::Schedule);
/// Questions with a section that answers among the first five passages.
pub const AMONG_FIVE: Metric = Metric::new("among-first-five", Unit::Count, Class::Quality);
/// Questions whose first passage is in a section that answers.
pub const FIRST: Metric = Metric::new("first", Unit::Count, Class::Quality);
/// Questions whose answer is correct by its label.
pub const RIGHT: Metric = Metric::new("answered-right", Unit::Count, Class::Quality);
/// Questions without an answer in the documents that get no answer.
pub const REFUSED: Metric = Metric::new("refused-rightly", Unit::Count, Class::Quality);
/// Citations of an answer.
pub const CITATIONS: Metric = Metric::new("citations", Unit::Count, Class::Behaviour);
