//! What a case is, and what one operation of it computes.

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

use crate::fault::Fault;

/// One workload at one size.
#[derive(Debug)]
pub struct Case {
    /// `suite/case/size`: its key in every baseline.
    pub name: &'static str,
    /// It is neither timed nor watched by an instruction counter: one operation takes too long, or an update is part of it,
    /// whose instructions differ by up to 0.7 %.
    pub heavy: bool,
    /// How many operations are enough for an instruction counter: it slows them down fiftyfold.
    pub counted: u32,
    /// What is said of its heap.
    pub heap: Heap,
    /// Gets ready, which is not measured. Each call of what it returns is one operation.
    pub prepare: fn(Option<Fault>) -> Operation,
}

/// What is said of the heap of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heap {
    /// What one operation allocates is the same every time.
    Exact,
    /// The record is by how many MiB the peak is above this number of MiB. An update of an index does not allocate the same
    /// twice: tantivy writes with threads of its own, and stores the times of files in one of several forms, by their values.
    AtMost(u64),
}

/// One operation, to be called again and again.
pub type Operation = Box<dyn FnMut() -> Outcome>;

/// Most counts of an operation.
const COUNTS: usize = 3;

/// What one operation computed; it is made without allocating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// A digest of what it read.
    pub checksum: u64,
    counts: [Option<(Metric, u64)>; COUNTS],
}

impl Outcome {
    /// With what was counted.
    pub(crate) fn new<const N: usize>(checksum: u64, counts: [(Metric, u64); N]) -> Self {
        let mut all = [None; COUNTS];
        all.iter_mut().zip(counts).for_each(|(slot, count)| *slot = Some(count));
        Self { checksum, counts: all }
    }

    /// What was counted.
    pub fn counts(&self) -> impl Iterator<Item = (Metric, u64)> {
        self.counts.iter().copied().flatten()
    }
}

/// A digest of what a case reads. What comes of it is counted: a better order or answer is no error.
pub(crate) fn digest<'a>(inputs: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for input in inputs {
        hasher.write_usize(input.len());
        hasher.write(input.as_bytes());
    }
    hasher.finish()
}
