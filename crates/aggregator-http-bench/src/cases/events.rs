//! The events of a query through the gateway that the server has, without HTTP.

use std::hint::black_box;
use std::pin::pin;

use aggregator_core::Query;
use aggregator_gateway::{AdmissionSettings, Gateway};
use aggregator_mocks::{InvariantChecker, catalog};
use futures::{Stream as _, StreamExt as _};
use tokio::runtime::Runtime;

use super::metrics::{EVENTS, POLLS};
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
    fn read(&self, mut see: impl FnMut(&aggregator_core::Event)) -> (u64, u64) {
        self.runtime.block_on(async {
            let mut events = pin!(self.gateway.run(self.query.clone()).expect("there is a place"));
            let (mut number, mut polls, mut was_pending, mut held) = (0, 0, false, Vec::new());
            let mut next = futures::stream::poll_fn(|cx| {
                polls += 1;
                was_pending = self.fault == Some(Fault::ExtraPoll) && !was_pending;
                if was_pending {
                    cx.waker().wake_by_ref();
                    return std::task::Poll::Pending;
                }
                events.as_mut().poll_next(cx)
            });
            while let Some(event) = next.next().await {
                see(black_box(&event));
                number += 1;
                match self.fault {
                    Some(Fault::CopiedBytes) => drop(black_box(Box::new(event))),
                    Some(Fault::HeldBytes) => held.push(event),
                    _ => {}
                }
            }
            (number, polls)
        })
    }
}

impl Workload for Reading {
    fn run(&mut self, _: &mut dyn FnMut(u64)) -> u64 {
        self.read(|_| {}).0
    }

    fn observe(&mut self) -> Observation {
        let mut checker = InvariantChecker::new();
        let (events, polls) = self.read(|event| checker.read(event));
        checker.check().expect("the events keep the invariants");
        Observation { amount: events, checksum: checker.checksum(), counts: vec![(EVENTS, events), (POLLS, polls)] }
    }
}
