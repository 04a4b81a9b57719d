//! Many streams that are open at the same time, and whose clients then go away all at once.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use aggregator_mocks::Probe;
use bytes::Bytes;
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use super::metrics::{BYTES_WRITTEN, CALLS_LEFT, CALLS_OPEN, CANCEL, POLLS, WRITES};
use super::requests::{bare, query_of};
use crate::case::{Observation, Workload, digest};
use crate::client::amount;
use crate::endpoint::{Endpoint, paused};
use crate::fault::Fault;
use crate::wire::Counts;

/// Streams that are open.
const STREAMS: usize = 20;

/// What all of them ask.
const SCENARIO: &str = "standard";

/// A time when all providers of the scenario are under way, and one of them has given results.
const IN_SEARCH: Duration = Duration::from_millis(150);
/// A time when the model has written a tenth of its 200 pieces.
const IN_ANSWER: Duration = Duration::from_millis(1_030);

/// Sets up streams that are open in the middle of an answer.
pub(super) fn in_answer(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server(IN_ANSWER, fault)
}

/// Sets up streams that are open in the middle of a search.
pub(super) fn in_search(fault: Option<Fault>) -> Box<dyn Workload> {
    of_server(IN_SEARCH, fault)
}

/// Sets up streams of the bare endpoint that are open at the same place as those of [`in_answer`].
pub(super) fn bare_in_answer(fault: Option<Fault>) -> Box<dyn Workload> {
    let request = query_of(SCENARIO);
    let endpoint = bare(SCENARIO, &request, fault);
    Box::new(Opening { runtime: paused(), endpoint, probed: None, request, until: IN_ANSWER, fault })
}

fn of_server(until: Duration, fault: Option<Fault>) -> Box<dyn Workload> {
    let probe = Probe::new();
    let probed = Endpoint::of_scenario(SCENARIO, Some(&probe), fault);
    let endpoint = Endpoint::of_scenario(SCENARIO, None, fault);
    let request = query_of(SCENARIO);
    Box::new(Opening { runtime: paused(), endpoint, probed: Some((probed, probe)), request, until, fault })
}

struct Opening {
    runtime: Runtime,
    endpoint: Endpoint,
    /// The same endpoint, whose mocks remember every call that there was: for the observation, and not where memory is measured.
    probed: Option<(Endpoint, Probe)>,
    request: Bytes,
    /// When the clients go away.
    until: Duration,
    fault: Option<Fault>,
}

/// What came of streams that were open.
struct Closed {
    /// Lines and quotation marks that were read.
    amount: u64,
    /// Time from the moment when the clients were gone to the end of the last connection.
    cancel: Duration,
}

impl Opening {
    /// Opens all streams, reads until the time has come, calls `open`, drops all clients, and waits for the ends of the connections;
    /// `gone` is called 1 ms after the drop.
    fn open(&self, endpoint: &Endpoint, counts: &Arc<Counts>, open: &mut dyn FnMut(), gone: impl FnOnce()) -> Closed {
        self.runtime.block_on(async {
            let (mut clients, mut tasks) = (Vec::with_capacity(STREAMS), Vec::with_capacity(STREAMS));
            for _ in 0..STREAMS {
                let (mut client, task) = endpoint.open(counts, self.fault);
                client.write_all(&self.request).await.expect("the server reads");
                clients.push(client);
                tasks.push(task);
            }
            let amount = read_for(&mut clients, self.until).await;
            open();
            let dropped_at = Instant::now();
            drop(clients);
            sleep(Duration::from_millis(1)).await;
            gone();
            let mut cancel = Duration::ZERO;
            for task in tasks {
                cancel = cancel.max(task.await.expect("no connection panics").duration_since(dropped_at));
            }
            Closed { amount, cancel }
        })
    }
}

/// Reads what comes to any of the clients, for a time; its amount.
async fn read_for(clients: &mut [DuplexStream], time: Duration) -> u64 {
    let (mut timer, mut read) = (pin!(sleep(time)), 0);
    let mut buffer = [0; 4_096];
    poll_fn(|cx| {
        for client in &mut *clients {
            loop {
                let mut piece = ReadBuf::new(&mut buffer);
                match Pin::new(&mut *client).poll_read(cx, &mut piece) {
                    Poll::Ready(Ok(())) if !piece.filled().is_empty() => read += amount(piece.filled()),
                    Poll::Ready(ended) => panic!("a stream ended too early: {ended:?}"),
                    Poll::Pending => break,
                }
            }
        }
        timer.as_mut().poll(cx)
    })
    .await;
    read
}

impl Workload for Opening {
    fn run(&mut self, open: &mut dyn FnMut(u64)) -> u64 {
        self.open(&self.endpoint, &Arc::default(), &mut || open(STREAMS as u64), || {}).amount
    }

    fn observe(&mut self) -> Observation {
        // The endpoint that is measured is another one, so its first operation is here.
        self.run(&mut |_| {});
        let counts = Arc::new(Counts::default());
        let (mut calls_open, mut calls_left) = (None, None);
        let (endpoint, probe) = match &self.probed {
            Some((endpoint, probe)) => (endpoint, Some(probe)),
            None => (&self.endpoint, None),
        };
        let active = || probe.map(|probe| probe.active_calls() as u64);
        let closed = self.open(endpoint, &counts, &mut || calls_open = active(), || calls_left = active());
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let cancel = u64::try_from(closed.cancel.as_nanos()).unwrap_or(u64::MAX);
        let mut all = vec![
            (BYTES_WRITTEN, count(&counts.bytes)),
            (WRITES, count(&counts.writes)),
            (POLLS, count(&counts.polls)),
            (CANCEL, cancel),
        ];
        all.extend(calls_open.map(|calls| (CALLS_OPEN, calls)));
        all.extend(calls_left.map(|calls| (CALLS_LEFT, calls)));
        Observation { amount: closed.amount, checksum: digest([&*closed.amount.to_string()]), counts: all }
    }
}
