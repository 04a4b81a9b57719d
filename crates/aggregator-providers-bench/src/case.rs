//! A case, its workload, and what one operation of it computes.

use std::hash::Hasher as _;
use std::hint::black_box;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

use crate::fault::Fault;

/// A workload at one size.
#[derive(Debug)]
pub struct Case {
    /// `suite/case/size`: the key in baselines, which never changes.
    pub name: &'static str,
    /// Number of operations under an instruction counter, which makes them 50 times slower.
    pub operations: u32,
    pub(crate) set_up: fn(Option<Fault>) -> Box<dyn Workload>,
}

/// What a case does.
pub trait Workload {
    /// Performs one operation, which is what is measured; returns the amount that it computed.
    fn run(&mut self) -> u64;

    /// Performs the same operation with instruments.
    fn observe(&mut self) -> Observation;
}

/// What one operation computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The amount that [`Workload::run`] has to compute; not zero.
    pub amount: u64,
    /// Digest of what was computed.
    pub checksum: u64,
    /// Counts, each with its metric.
    pub counts: Vec<(Metric, u64)>,
}

impl Case {
    /// Sets up the workload, and performs one operation, which fills caches and lazily initialised state. Neither is measured.
    ///
    /// # Panics
    /// When the operation computes nothing.
    pub fn prepare(&self, fault: Option<Fault>) -> (Box<dyn Workload>, Observation) {
        let mut workload = (self.set_up)(fault);
        if fault == Some(Fault::LeakedMemory) {
            workload = Box::new(Leaking(workload));
        }
        let observation = workload.observe();
        assert!(observation.amount > 0, "{} computes nothing", self.name);
        (workload, observation)
    }
}

/// A workload with the planted fault [`Fault::LeakedMemory`].
struct Leaking(Box<dyn Workload>);

impl Workload for Leaking {
    fn run(&mut self) -> u64 {
        std::mem::forget(black_box(vec![1_u8; 64]));
        self.0.run()
    }

    fn observe(&mut self) -> Observation {
        self.0.observe()
    }
}

/// Digest of the items that an operation computes, in their order.
#[derive(Debug)]
pub(crate) struct Digest(SipHasher13);

impl Digest {
    pub(crate) fn new() -> Self {
        Self(SipHasher13::new_with_keys(0, 0))
    }

    pub(crate) fn add(&mut self, text: &str) {
        self.0.write_usize(text.len());
        self.0.write(text.as_bytes());
    }

    pub(crate) fn finish(&self) -> u64 {
        self.0.finish()
    }
}
