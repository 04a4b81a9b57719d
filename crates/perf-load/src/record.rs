//! One finished request.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::scenario::Query;
use crate::stream_metrics::StreamMetrics;

/// A request that has ended: a line of raw data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// Its number: [`Request::id`](crate::Request::id).
    pub id: u64,
    /// The user that sent it; only in the closed model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// Its query; in raw lines its name.
    #[serde(serialize_with = "name_of_query")]
    pub query: Arc<Query>,
    /// When it was to start, in nanoseconds from the start of the run.
    pub intended_ns: u64,
    /// When it started.
    pub actual_ns: u64,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it survived, by the name of its kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What was measured of its stream.
    pub metrics: StreamMetrics,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "error")]
pub enum Outcome {
    /// It ended, and its answer was right.
    Success,
    /// It ended, and the target could not tell whether its answer was right. It counts as a success.
    Unchecked,
    /// It failed, with the [name](crate::ErrorKind::name) of the kind.
    Failure(String),
    /// Its client went away, as the scenario says.
    Cancelled,
}

impl Record {
    /// How late it was started.
    pub fn lag(&self) -> Duration {
        Duration::from_nanos(self.actual_ns.saturating_sub(self.intended_ns))
    }
}

fn name_of_query<S: Serializer>(query: &Arc<Query>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&query.name)
}

/// Writes each record as a line of JSON.
///
/// # Errors
/// If it cannot be written.
pub fn write_record(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}
