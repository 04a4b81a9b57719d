//! The cases: what is measured, written once for all three targets and for the tests.

mod answers;
mod builds;
mod metrics;
mod passages;
#[cfg(target_os = "linux")]
mod resident;
mod searches;

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

#[cfg(target_os = "linux")]
pub use resident::of as resident;

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
    /// It is not, where an index is updated: the engine under it writes with threads of its own, and it stores times of files in
    /// one of several forms, by their values. What counts is by how much the peak is above so many MiB.
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
    fn new<const N: usize>(checksum: u64, counts: [(Metric, u64); N]) -> Self {
        let mut all = [None; COUNTS];
        all.iter_mut().zip(counts).for_each(|(slot, count)| *slot = Some(count));
        Self { checksum, counts: all }
    }

    /// What was counted.
    pub fn counts(&self) -> impl Iterator<Item = (Metric, u64)> {
        self.counts.iter().copied().flatten()
    }
}

/// Every case.
pub const CASES: &[Case] = &[
    case("index/passages/34", 3, passages::of_documents),
    Case { heap: Heap::AtMost(24), ..heavy("index/build/68", builds::new) },
    Case { heap: Heap::AtMost(1), ..heavy("index/unchanged/136", builds::unchanged) },
    #[cfg(target_os = "linux")]
    Case { heap: Heap::AtMost(32), ..heavy("index/resident/10mb", resident::new) },
    case("search/questions/80", 2, searches::questions),
    case("search/long/1", 5, searches::long),
    case("answer/question/1", 10, answers::question),
    heavy("answer/questions/105", answers::questions),
];

const fn case(name: &'static str, counted: u32, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { name, heavy: false, counted, heap: Heap::Exact, prepare }
}

const fn heavy(name: &'static str, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { heavy: true, ..case(name, 0, prepare) }
}

impl Case {
    /// The case of a name.
    ///
    /// # Panics
    /// When there is none; the message lists what there is.
    pub fn find(name: &str) -> &'static Self {
        let known = || CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(" ");
        let found = CASES.iter().find(|case| case.name == name);
        found.unwrap_or_else(|| panic!("no case is named `{name}`; there are: {}", known()))
    }
}

/// A digest of what a case reads. What comes of it is counted: a better order or answer is no error.
fn digest<'a>(inputs: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for input in inputs {
        hasher.write_usize(input.len());
        hasher.write(input.as_bytes());
    }
    hasher.finish()
}
