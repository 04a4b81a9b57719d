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

/// Finds the case with a name.
///
/// # Panics
/// When no case has this name; the message lists all names.
pub fn find(name: &str) -> &'static Case {
    let known = || CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(" ");
    let found = CASES.iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("no case is named `{name}`; there are: {}", known()))
}
