//! The cases, written once for all three targets and for the tests.

mod answers;
mod builds;
mod metrics;
mod passages;
#[cfg(target_os = "linux")]
mod resident;
mod searches;

#[cfg(target_os = "linux")]
pub use resident::prepare_with_bytes as prepare_resident;

use crate::case::{Case, HeapRule, Operation};
use crate::fault::Fault;

/// Every case, in the order of `--list`.
pub const CASES: &[Case] = &[
    case("index/passages/34", 3, passages::prepare),
    Case { heap: HeapRule::PeakLimit(24), ..heavy("index/build/68", builds::prepare_new) },
    Case { heap: HeapRule::PeakLimit(1), ..heavy("index/unchanged/136", builds::prepare_unchanged) },
    #[cfg(target_os = "linux")]
    Case { heap: HeapRule::PeakLimit(32), ..heavy("index/resident/10mb", resident::prepare) },
    case("search/questions/80", 2, searches::prepare_questions),
    case("search/long/1", 20, searches::prepare_long_query),
    case("answer/question/1", 10, answers::prepare_question),
    heavy("answer/questions/105", answers::prepare_questions),
];

const fn case(name: &'static str, operations: u32, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { name, heavy: false, operations, heap: HeapRule::Exact, prepare }
}

const fn heavy(name: &'static str, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { heavy: true, ..case(name, 0, prepare) }
}

impl perf_harness::Case for Case {
    const ALL: &'static [Self] = CASES;

    fn name(&self) -> &'static str {
        self.name
    }

    fn is_heavy(&self) -> bool {
        self.heavy
    }
}
