//! Reads the events of a query without HTTP.

use std::hint::black_box;
use std::pin::pin;
use std::task::Poll;

use aggregator_core::Event;
use aggregator_mocks::InvariantChecker;
use futures::{Stream, StreamExt as _};
use tokio::runtime::Runtime;

use super::metrics::{EVENTS, POLLS};
use crate::case::Observation;
use crate::fault::Fault;

/// Reads a stream to its end, with a planted fault; gives the numbers of events and of polls.
pub(super) fn read<S: Stream<Item = Event>>(
    runtime: &Runtime,
    fault: Option<Fault>,
    start: impl FnOnce() -> S,
    mut see: impl FnMut(&Event),
) -> (u64, u64) {
    runtime.block_on(async {
        let mut events = pin!(start());
        let (mut number, mut polls, mut was_pending, mut held) = (0, 0, false, Vec::new());
        let mut next = futures::stream::poll_fn(|cx| {
            polls += 1;
            was_pending = fault == Some(Fault::ExtraPoll) && !was_pending;
            if was_pending {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            events.as_mut().poll_next(cx)
        });
        while let Some(event) = next.next().await {
            see(black_box(&event));
            number += 1;
            match fault {
                Some(Fault::CopiedBytes) => drop(black_box(Box::new(event))),
                Some(Fault::HeldBytes) => held.push(event),
                _ => {}
            }
        }
        (number, polls)
    })
}

/// Checks the invariants of what `read` reads, and counts it.
pub(super) fn observe(read: impl FnOnce(&mut dyn FnMut(&Event)) -> (u64, u64)) -> Observation {
    let mut checker = InvariantChecker::new();
    let (events, polls) = read(&mut |event| checker.read(event));
    checker.check().expect("the events keep the invariants");
    Observation { amount: events, checksum: checker.checksum(), counts: vec![(EVENTS, events), (POLLS, polls)] }
}
