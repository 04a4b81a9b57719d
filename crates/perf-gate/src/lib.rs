//! The data formats of the performance gate: records, baselines, and limits of measuring processes.
//!
//! This library neither measures nor judges. The targets `time`, `heap` and `count` in `benches/` measure and write records;
//! `perf-runner` reads them and `perf-judge` judges them. `README.md` of this crate describes the cases and targets, the
//! planted faults, and how to add a case.
//!
//! - [`CaseName`]: one workload at one size, `suite/case/size`; the key of stored values.
//! - [`Metric`]: what is counted of a case: a name with a [`Unit`] and a [`Class`], which selects the rule.
//! - [`Record`]: one measured value, with the checksum of what the case computed.
//! - [`Baseline`]: a stored run, with the [`Key`] that makes exact values comparable and the [`Tools`] that make
//!   instruction counts comparable.
//! - [`ProcessLimits`]: processor time and memory of a measuring process.
//!
//! ```
//! use perf_gate::{CaseName, Checksum, Class, Metric, Record, Unit};
//!
//! const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
//!
//! let case = CaseName::new("query/floor/10")?;
//! let record = Record::new(case, HEAP_PEAK, 4_096, Checksum(0xabc))?;
//! assert_eq!(record.value(), 4_096);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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

/// Version of the stored formats: the baseline file and the records in it.
///
/// Raise it when the meaning or the shape of a stored type changes: a program rejects a file with a higher version. Baselines
/// and records of schema 2 and 3 are still read, so that a change can be compared with a base that wrote them. Records of
/// schema 2 have no class; it follows from a closed list of metrics. Schema 3 has neither the class `size` nor `resident`.
pub const SCHEMA: u32 = 4;
