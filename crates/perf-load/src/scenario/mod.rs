//! Scenarios: what load is put on a target, how it is judged, as data from TOML files.

mod data;
mod error;
mod file;
mod level;
mod quantity;
mod threshold;
mod trace;

pub use data::{
    Arrivals, CancelAfter, Cancels, ClientSettings, Closed, Fault, Gaps, Model, Open, Query, Scenario, SlowReaders,
    TargetSettings, Think, Weighted,
};
pub use error::ScenarioError;
pub(crate) use level::MAX_REQUESTS;
pub use level::{HIGHEST_LEVEL, Level, Stage, StageKind};
pub use quantity::{LONGEST, Share};
pub use threshold::{Aggregate, Comparison, Limit, Objective, Subject, Threshold};
pub use trace::{Arrival, Trace};
