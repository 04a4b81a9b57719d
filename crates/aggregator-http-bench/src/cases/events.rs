//! The events of a query through the gateway that the server has, without HTTP.

use aggregator_core::{Event, Query};
use aggregator_gateway::{AdmissionSettings, Gateway};
use aggregator_mocks::catalog;
use tokio::runtime::Runtime;

use super::reading;
use crate::case::{Observation, Workload};
use crate::endpoint::{engine_of, paused};
use crate::fault::Fault;

/// Sets up the query of `http/query-floor`.
pub(super) fn floor(fault: Option<Fault>) -> Box<dyn Workload> {
    over("floor", fault)
}

/// Sets up the query of `http/query-standard`.
pub(super) fn standard(fault: Option<Fault>) -> Box<dyn Workload> {
    over("standard", fault)
}

fn over(scenario: &str, fault: Option<Fault>) -> Box<dyn Workload> {
    let gateway = Gateway::builder(engine_of(scenario, None, fault)).admission(AdmissionSettings::default());
    let gateway = gateway.build().expect("the settings are within their ranges");
    // A query over HTTP has no seed.
    let query = Query::new(catalog::scenario(scenario).query).expect("it is a query");
    Box::new(Reading { runtime: paused(), gateway, query, fault })
}

struct Reading {
    runtime: Runtime,
    gateway: Gateway,
    query: Query,
    fault: Option<Fault>,
}

impl Reading {
    /// The numbers of events and of polls.
    fn read(&self, see: impl FnMut(&Event)) -> (u64, u64) {
        let start = || self.gateway.run(self.query.clone()).expect("there is a place");
        reading::read(&self.runtime, self.fault, start, see)
    }
}

impl Workload for Reading {
    fn run(&mut self, _: &mut dyn FnMut(u64)) -> u64 {
        self.read(|_| {}).0
    }

    fn observe(&mut self) -> Observation {
        reading::observe(|see| self.read(see))
    }
}
