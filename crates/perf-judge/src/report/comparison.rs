//! The base of a run, and how it was compared.

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

use crate::pairs::Pairs;

/// The base that wall time was compared with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// No base, with the reason.
    None(String),
    /// A commit from which nothing measured differs.
    Unchanged(Revision),
    /// A commit from which something differs, but none of the packages that this harness measures.
    Unaffected {
        /// The base of a change that touches nothing measured.
        revision: Revision,
        /// The packages that the harness measures.
        packages: Vec<String>,
    },
    /// A commit that was measured in pairs with head.
    Pairs(Box<Pairing>),
}

/// How the pairs were measured.
#[derive(Debug, Clone, Serialize)]
pub struct Pairing {
    /// The base of the comparison.
    pub revision: Revision,
    /// Seed of the link layouts and the run order.
    pub seed: u64,
    /// The pairs of both samples and of the control, which `report.html` draws. `report.json` has only what follows from them.
    #[serde(skip)]
    pub measured: Pairs,
    /// Number of all judged pairs.
    pub pairs: usize,
    /// Number of those pairs that an earlier run of the same comparison measured.
    pub earlier_pairs: usize,
    /// Number of interim looks; each halves alpha.
    pub looks: u32,
    /// Time that was allowed for the pairs without the confirming ones, in seconds.
    pub budget_seconds: f64,
    /// Time of building both sides, in seconds.
    pub building_seconds: f64,
    /// Time of waiting for the linker, in seconds.
    pub linking_seconds: f64,
    /// Time of the measuring processes, in seconds.
    pub measuring_seconds: f64,
    /// The case of the control, in which the base is measured against itself.
    pub control: CaseName,
    /// The method that varied the link layouts.
    pub layouts: LayoutMethod,
    /// The reason why the base was measured with its own cases, if it was.
    pub own_cases: Option<String>,
    /// Why the baseline is not comparable, where counted values were compared with the base as measured here instead: all
    /// of them, or only instructions where only the tools differ.
    pub baseline_not_comparable: Option<String>,
}

/// A commit to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// The full hash of the commit.
    pub commit: String,
    /// How the commit was chosen, to be read after its hash.
    pub chosen: String,
}

impl Revision {
    /// The hash, abbreviated to 12 characters.
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

/// The method that varies link layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayoutMethod {
    /// The sections, one for each function, are linked in random order; needs lld.
    Shuffled,
    /// A function of random size precedes all others; works with any linker but varies less.
    Padded,
}
