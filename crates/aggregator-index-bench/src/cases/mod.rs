//! The cases: what is measured, written once for all three targets and for the tests.

mod answers;
mod builds;
mod metrics;
mod passages;
#[cfg(target_os = "linux")]
mod resident;
mod searches;

#[cfg(target_os = "linux")]
pub use resident::of as resident;

use crate::case::{Case, Heap, Operation};
use crate::fault::Fault;

/// Every case.
pub const CASES: &[Case] = &[
    case("index/passages/34", 3, passages::of_documents),
    Case { heap: Heap::AtMost(24), ..heavy("index/build/68", builds::new) },
    Case { heap: Heap::AtMost(1), ..heavy("index/unchanged/136", builds::unchanged) },
    #[cfg(target_os = "linux")]
    Case { heap: Heap::AtMost(32), ..heavy("index/resident/10mb", resident::new) },
    case("search/questions/80", 2, searches::questions),
    case("search/long/1", 20, searches::long),
    case("answer/question/1", 10, answers::question),
    heavy("answer/questions/105", answers::questions),
];

const fn case(name: &'static str, counted: u32, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { name, heavy: false, counted, heap: Heap::Exact, prepare }
}

const fn heavy(name: &'static str, prepare: fn(Option<Fault>) -> Operation) -> Case {
    Case { heavy: true, ..case(name, 0, prepare) }
}

/// The case of a name.
///
/// # Panics
/// When there is none; the message lists what there is.
pub fn find(name: &str) -> &'static Case {
    let known = || CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(" ");
    let found = CASES.iter().find(|case| case.name == name);
    found.unwrap_or_else(|| panic!("no case is named `{name}`; there are: {}", known()))
}
