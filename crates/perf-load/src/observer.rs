//! What can be seen of a run while it goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::record::Record;

/// Sees a run while it goes on. Its calls hold up the driver, so they must be short: no waiting, and little work.
pub trait Observer: Send {
    /// A request has ended.
    fn finished(&mut self, record: &Record) {
        let _ = record;
    }

    /// Where the run is, once a second.
    fn snapshot(&mut self, snapshot: &Snapshot) {
        let _ = snapshot;
    }
}

/// Looks away.
impl Observer for () {}

/// Where a run is.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Time since the start.
    pub elapsed: Duration,
    /// Time until the last start; after it, requests in flight are waited for.
    pub left: Duration,
    /// Requests in flight.
    pub in_flight: u64,
    /// Intended starts that were skipped so far.
    pub skipped: u64,
    /// Requests that have succeeded.
    pub succeeded: u64,
    /// Requests that have failed.
    pub failed: u64,
    /// Requests that were cancelled as the scenario says.
    pub cancelled: u64,
    /// Requests that ended since the snapshot before, in a second, whatever their outcome.
    pub ended_per_second: f64,
    /// Failed requests by the name of the kind.
    pub errors: BTreeMap<String, u64>,
    /// Time to the first text so far, from the intended start.
    pub ttft: Option<SoFar>,
    /// End to end so far, from the intended start.
    pub e2e: Option<SoFar>,
    /// Resident memory, if it is measured.
    pub resident_bytes: Option<u64>,
}

/// Percentiles so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoFar {
    /// The median.
    pub p50: Duration,
    /// The 95th percentile.
    pub p95: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The number of values.
    pub n: u64,
}
