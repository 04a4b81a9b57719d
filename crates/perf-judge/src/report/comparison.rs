//! What a run was compared with, and how.

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

/// What wall time was compared with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Nothing, with the reason.
    None(String),
    /// A commit from which nothing measured differs.
    Unchanged(Revision),
    /// A commit from which something differs, but none of the packages that this harness measures.
    Unaffected {
        /// The commit.
        revision: Revision,
        /// The packages that the harness measures.
        packages: Vec<String>,
    },
    /// A commit that was measured beside the change.
    Pairs(Box<Pairing>),
}

/// How pairs were measured.
#[derive(Debug, Clone, Serialize)]
pub struct Pairing {
    /// The base.
    pub revision: Revision,
    /// What chose layouts and orders.
    pub seed: u64,
    /// All pairs that were judged.
    pub pairs: usize,
    /// Those of them that an earlier run of the same comparison measured.
    pub earlier_pairs: usize,
    /// How often more of them were asked for after they had been seen; each time they are judged more strictly.
    pub looks: u32,
    /// Seconds that building took, both sides and what is measured alone.
    pub building_seconds: f64,
    /// Seconds that linking took, all layouts of both sides.
    pub linking_seconds: f64,
    /// Seconds that the processes took.
    pub measuring_seconds: f64,
    /// The case of which the base was measured against itself.
    pub control: CaseName,
    /// How layouts were made to differ.
    pub layouts: LayoutMethod,
    /// Why the base was measured with cases of its own, if it was.
    pub own_cases: Option<String>,
    /// Why the baseline is not comparable, where counted values were compared with the base as measured here instead: all
    /// of them, or only instructions where only the tools differ.
    pub baseline_not_comparable: Option<String>,
}

/// A commit to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its full hash.
    pub commit: String,
    /// How it was chosen, to be read after the hash of the base.
    pub chosen: String,
}

impl Revision {
    /// The beginning of its hash.
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

/// How layouts are made to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayoutMethod {
    /// All sections, of which each function has one, are put in a random order: lld can.
    Shuffled,
    /// A function of random size stands before all others: any linker can, and less is moved.
    Padded,
}
