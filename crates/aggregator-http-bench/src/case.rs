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
    /// Number of operations under an instruction counter, which makes them 50 times slower; 0 in a heavy case.
    pub operations: u32,
    /// Whether the case is neither timed nor run under an instruction counter.
    pub heavy: bool,
    pub(crate) set_up: fn(Option<Fault>) -> Box<dyn Workload>,
}

/// What a case does.
pub trait Workload {
    /// Performs one operation, which is what is measured; returns the amount that it computed. A workload of open streams calls
    /// `open` with their number while all of them are open, others never.
    fn run(&mut self, open: &mut dyn FnMut(u64)) -> u64;

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
    fn run(&mut self, open: &mut dyn FnMut(u64)) -> u64 {
        std::mem::forget(black_box(vec![1_u8; 64]));
        self.0.run(open)
    }

    fn observe(&mut self) -> Observation {
        self.0.observe()
    }
}

/// Digest of texts, in their order.
pub(crate) fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for text in texts {
        hasher.write_usize(text.len());
        hasher.write(text.as_bytes());
    }
    hasher.finish()
}
