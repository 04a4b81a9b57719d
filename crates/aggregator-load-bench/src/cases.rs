//! The cases, written once for all three targets and for the tests.

use std::time::Duration;

use perf_load::{Arrivals, Level, Model, Scenario, Trace};

use crate::case::{Case, Scale};

/// Every case, in the order of `--list`.
pub const CASES: &[Case] = &[
    Case { name: "load/concurrent/100", operations: 1, scenario: concurrent },
    Case { name: "load/bursts/20s", operations: 1, scenario: bursts },
];

impl perf_harness::Case for Case {
    const ALL: &'static [Self] = CASES;

    fn name(&self) -> &'static str {
        self.name
    }
}

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches-data/load/", $name))
    };
}

fn read(name: &str, text: &str, trace: &str) -> Scenario {
    let scenario = Scenario::parse(name, text, &|name| Trace::parse(name, trace));
    let mut scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    // As many as 100 requests can tell from more; each is made before the run.
    scenario.target.data.insert("variants".to_owned(), 16.into());
    scenario
}

/// A hundred users who ask once each, all at once.
fn concurrent(scale: Scale) -> Scenario {
    let mut scenario = read("concurrent-100.toml", file!("concurrent-100.toml"), "");
    if let Model::Closed(closed) = &mut scenario.model {
        closed.queries_per_user = Some((1, 1));
        if scale == Scale::Fifth {
            closed.users = Level::constant(20.0, closed.users.duration());
        }
    }
    scenario
}

/// The first 20 seconds of requests that come in bursts.
fn bursts(scale: Scale) -> Scenario {
    let mut scenario = read("azure-code.toml", file!("azure-code.toml"), file!("traces/azure-code.csv"));
    if let Model::Open(open) = &mut scenario.model
        && let Arrivals::Trace { duration, .. } = &mut open.arrivals
    {
        *duration = Some(Duration::from_secs(if scale == Scale::Full { 20 } else { 4 }));
    }
    scenario
}
