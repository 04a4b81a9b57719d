//! A case, and the outcome of one operation of it.

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

use crate::fault::Fault;

/// A workload at one size.
#[derive(Debug)]
pub struct Case {
    /// `suite/case/size`: the key in baselines, which never changes.
    pub name: &'static str,
    /// Whether the case is neither timed nor run under an instruction counter: one operation takes too long, or it contains an
    /// update of an index, whose instructions vary by up to 0.7 %.
    pub heavy: bool,
    /// Number of operations under an instruction counter, which makes them 50 times slower; 0 in a heavy case.
    pub operations: u32,
    /// How the heap is measured.
    pub heap: HeapRule,
    /// Sets up the case, which is not measured. Each call of the returned closure is one operation.
    pub prepare: fn(Option<Fault>) -> Operation,
}

/// How the heap of a case is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeapRule {
    /// Bytes, blocks and peak of one operation, which repeat exactly.
    Exact,
    /// The MiB by which the peak exceeds this limit in MiB. The allocations of an update vary: tantivy writes with its own
    /// threads, and the form in which it stores the times of files depends on their values.
    PeakLimit(u64),
}

/// One operation, which can be called repeatedly.
pub type Operation = Box<dyn FnMut() -> Outcome>;

/// Maximum number of counts of an operation.
const MAX_COUNTS: usize = 3;

/// Checksum and counts of one operation, stored without allocation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Digest of the inputs.
    pub checksum: u64,
    counts: [Option<(Metric, u64)>; MAX_COUNTS],
}

impl Outcome {
    /// Makes an outcome with at most three counts.
    pub(crate) fn new<const N: usize>(checksum: u64, counts: [(Metric, u64); N]) -> Self {
        let mut all = [None; MAX_COUNTS];
        all.iter_mut().zip(counts).for_each(|(slot, count)| *slot = Some(count));
        Self { checksum, counts: all }
    }

    /// Counts of the operation, each with its metric.
    pub fn counts(&self) -> impl Iterator<Item = (Metric, u64)> {
        self.counts.iter().copied().flatten()
    }
}

/// Computes the digest of the inputs of a case. Results are counts and not part of it, because better results are no error.
pub(crate) fn digest<'a>(inputs: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for input in inputs {
        hasher.write_usize(input.len());
        hasher.write(input.as_bytes());
    }
    hasher.finish()
}
