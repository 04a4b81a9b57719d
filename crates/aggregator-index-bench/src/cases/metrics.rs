//! What is counted here. A name is stored in baselines, so it must not change.

use perf_gate::{Class, Metric, Unit};

/// Files in the index.
pub const FILES: Metric = Metric::new("files", Unit::Count, Class::Behaviour);
/// Passages in the index, or found.
pub const PASSAGES: Metric = Metric::new("passages", Unit::Count, Class::Behaviour);
/// Words of passages, with the pairs of characters that stand for words.
pub const WORDS: Metric = Metric::new("words", Unit::Count, Class::Behaviour);
/// KiB of the files of the index, rounded up to 16: what is stored of a document.
pub const STORED: Metric = Metric::new("stored-kib", Unit::Count, Class::Schedule);
/// Files that were read although nothing of them had changed.
pub const READ: Metric = Metric::new("files-read", Unit::Count, Class::Schedule);
/// MiB by which the resident memory was larger than it may be, at its peak.
#[cfg(target_os = "linux")]
pub const RESIDENT_ABOVE: Metric = Metric::new("resident-above-mib", Unit::Count, Class::Schedule);
/// Questions for which a section that answers is among the first five passages.
pub const AMONG_FIVE: Metric = Metric::new("among-first-five", Unit::Count, Class::Quality);
/// Questions for which a section that answers comes first.
pub const FIRST: Metric = Metric::new("first", Unit::Count, Class::Quality);
/// Questions whose answer has all that a right one has.
pub const RIGHT: Metric = Metric::new("answered-right", Unit::Count, Class::Quality);
/// Questions that no document answers, and that are not answered.
pub const REFUSED: Metric = Metric::new("refused-rightly", Unit::Count, Class::Quality);
/// Citations of an answer.
pub const CITATIONS: Metric = Metric::new("citations", Unit::Count, Class::Behaviour);
