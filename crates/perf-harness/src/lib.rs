//! What the targets `count` and `heap` of harness packages, and the tests of their planted faults, have in common.
//!
//! - [`Case`], [`find`]: the list of cases. [`Arguments`], [`print_records`]: the command line of a target, and what it prints.
//! - [`limits`]: what a measuring process may take.
//! - [`heap`]: what dhat counts, as metrics.
//! - [`faults`], [`instructions`]: which rows a planted fault fails.

mod arguments;
mod case;
pub mod faults;
pub mod heap;
pub mod instructions;
pub mod limits;
mod record;

pub use arguments::Arguments;
pub use case::{Case, find};
pub use record::{print_records, to_records};
