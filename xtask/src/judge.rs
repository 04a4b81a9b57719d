//! Turns a run, a baseline and budgets into rows with verdicts. Pure: it reads no file, no clock and no environment.
//!
//! - [`exact`]: behaviour, schedule and heap, against a baseline, by equality.
//! - [`budget`]: absolute limits of anything that was measured.
//! - [`wall`]: wall time as information.

mod budget;
mod exact;
mod wall;

pub use budget::rows as budget_rows;
pub use exact::{Base, rows as exact_rows};
pub use wall::rows as wall_rows;

use perf_gate::CaseName;

/// The line that measures one case again.
fn reproduce(case: &CaseName) -> String {
    format!("cargo xtask perf --only '{case}'")
}
