//! What a measurement is, as data: the record every target writes and every judge reads.
//!
//! This library measures nothing and judges nothing; it is the vocabulary between the two sides.
//!
//! - [`CaseName`]: one workload at one size, `suite/case/size`; stable for ever, because it is the key.
//! - [`Metric`]: what is counted about a case: a name, with its [`Unit`] and its [`Class`].
//! - [`Record`]: one measured value with the checksum of what the case computed.
//! - [`Baseline`]: a stored run that others are compared with, and the [`Key`] that makes its values comparable; for its
//!   instruction counts also the [`Tools`].
//! - [`ProcessLimits`]: what a measuring process may use up before it counts as a runaway.
//!
//! The cases themselves and the targets that run them are in `benches/`.

mod baseline;
mod case_name;
mod checksum;
mod limits;
mod metric;
mod record;
mod schema_2;

pub use baseline::{Acceptance, Baseline, BaselineError, Key, Provenance, Tools};
pub use case_name::{CaseName, CaseNameError};
pub use checksum::{Checksum, ChecksumError};
pub use limits::ProcessLimits;
pub use metric::{Class, Metric, MetricName, MetricNameError, Unit};
pub use record::{Record, RecordError};

/// Version of everything this library stores: the baseline file and the records in it.
///
/// Raise it whenever the meaning or the shape of a stored type changes; newer files are then refused with a message instead
/// of being misread. Records of schema 2 are still read, so that a change is compared with a base that wrote them: they have
/// no class, which followed from a closed list of metrics.
pub const SCHEMA: u32 = 3;
