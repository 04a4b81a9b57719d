//! The client of one request: reads the stream to its end, or as the scenario says.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep_until};

use crate::draw::{Draw, Purpose};
use crate::error_kind::ErrorKind;
use crate::record::{Outcome, Record};
use crate::scenario::{CancelAfter, Scenario, Weighted};
use crate::size::Size;
use crate::stream_metrics::{Meter, Pieces, nanos};
use crate::target::{Answer, Chunk, Request, Target};

/// What all clients of a run share.
pub(super) struct Clients {
    pub(super) target: Arc<dyn Target>,
    /// The start of the run.
    pub(super) start: Instant,
    scenario: Scenario,
    total_weight: f64,
}

/// A request that has ended, with its pieces of text.
pub(super) struct Finished {
    pub(super) record: Record,
    pub(super) pieces: Pieces,
}

/// A request and how its client behaves, drawn from the seed and the number of the request.
struct Drawn {
    request: Request,
    pause: Option<Duration>,
    cancel: Option<CancelAfter>,
}

impl Clients {
    pub(super) fn new(scenario: &Scenario, target: Arc<dyn Target>, start: Instant) -> Self {
        let total_weight = scenario.queries.iter().map(|query| query.weight).sum();
        Self { target, start, scenario: scenario.clone(), total_weight }
    }

    /// Sends a request that was to start `intended` after the start of the run, and reads the answer. The actual start is now.
    pub(super) async fn send(&self, id: u64, user: Option<u32>, size: Option<Size>, intended: Duration) -> Finished {
        let Drawn { request, pause, cancel } = self.draw(id, user, size);
        let query = Arc::clone(&request.query);
        let actual = Instant::now();
        let mut meter = Meter::new(self.scenario.stall);
        let deadline = actual + self.scenario.timeout;
        let leave = match cancel {
            Some(CancelAfter::Time(time)) => Some(actual + time),
            _ => None,
        };
        let wake = leave.map_or(deadline, |leave| leave.min(deadline));
        let timer = sleep_until(wake);
        let mut timer = pin!(timer);
        let (mut error, mut warnings, mut end, mut events) = (None, Vec::new(), None, 0_u32);
        let started = std::panic::catch_unwind(AssertUnwindSafe(|| self.target.start(request)));
        let mut panicked = started.is_err();
        // How its client left it, if that ended it.
        let mut left = None;
        let mut stream = started.ok().map(|stream| AssertUnwindSafe(stream).catch_unwind());
        while let Some(reading) = &mut stream {
            // What can be read is read before the time is looked at.
            let Either::Left((next, _)) = select(reading.next(), &mut timer).await else {
                left = Some(if leave == Some(wake) { Outcome::Cancelled } else { failure(ErrorKind::Timeout) });
                break;
            };
            let now = Instant::now();
            let chunk = match next {
                Some(Ok(chunk)) => chunk,
                Some(Err(_)) => {
                    panicked = true;
                    break;
                }
                None => break,
            };
            meter.note(&chunk, now.saturating_duration_since(actual));
            events += u32::from(!matches!(chunk, Chunk::Headers | Chunk::Heartbeat));
            match chunk {
                Chunk::Error(kind) => {
                    error.get_or_insert(kind);
                }
                Chunk::Warning(kind) => warnings.push(kind.name()),
                Chunk::End(answer) => {
                    end = Some(answer);
                    break;
                }
                _ => {}
            }
            let leaves = match cancel {
                Some(CancelAfter::Events(number)) => events >= number,
                Some(CancelAfter::FirstText) => meter.has_text(),
                Some(CancelAfter::Time(_)) | None => false,
            };
            if leaves {
                left = Some(Outcome::Cancelled);
                break;
            }
            // A stream that is always ready never lets the timer be looked at.
            if now >= wake {
                left = Some(if leave == Some(wake) { Outcome::Cancelled } else { failure(ErrorKind::Timeout) });
                break;
            }
            match pause {
                Some(pause) => sleep_until((now + pause).min(wake)).await,
                None => consume_budget().await,
            }
        }
        // It ends before the request counts as ended. What its end does is the target's, too.
        panicked |= std::panic::catch_unwind(AssertUnwindSafe(|| drop(stream))).is_err();
        let (metrics, pieces) = meter.finish(actual.elapsed());
        // What the target did counts before what its client did afterwards.
        let outcome = match (panicked, error, left, end) {
            (true, ..) => failure(ErrorKind::Panic),
            (false, Some(kind), ..) => failure(kind),
            (false, None, Some(left), _) => left,
            (false, None, None, None) => failure(ErrorKind::NoEnd),
            (false, None, None, Some(Answer::Wrong(what))) => failure(ErrorKind::WrongAnswer(what)),
            (false, None, None, Some(Answer::Right)) => Outcome::Success,
            (false, None, None, Some(Answer::Unchecked)) => Outcome::Unchecked,
        };
        let actual_ns = nanos(actual.saturating_duration_since(self.start));
        let intended_ns = nanos(intended);
        Finished { record: Record { id, user, query, intended_ns, actual_ns, outcome, warnings, metrics }, pieces }
    }

    fn draw(&self, id: u64, user: Option<u32>, size: Option<Size>) -> Drawn {
        let mut draw = Draw::new(self.scenario.seed, Purpose::Request, id);
        let mut at = draw.uniform() * self.total_weight;
        let fits = |weighted: &&Weighted| {
            at -= weighted.weight;
            at < 0.0
        };
        // Rounding may leave nothing over.
        let queries = &self.scenario.queries;
        let query = Arc::clone(&queries.iter().find(fits).unwrap_or(&queries[queries.len() - 1]).query);
        let seed = draw.seed();
        // Everything is drawn in any case, so that one share does not move the others.
        let client = &self.scenario.client;
        let slow = draw.uniform();
        let pause = client.slow.filter(|settings| slow < settings.share.get()).map(|settings| settings.pause);
        let leaves = draw.uniform();
        let cancel = client.cancel.filter(|settings| leaves < settings.share.get()).map(|settings| settings.after);
        let settings = &self.scenario.target;
        let faults = settings.faults.iter().filter(|fault| draw.happens(fault.share.get())).map(Arc::clone).collect();
        let request = Request { id, user, query, size, profile: settings.profile.clone(), faults, seed };
        Drawn { request, pause, cancel }
    }
}

fn failure(kind: ErrorKind) -> Outcome {
    Outcome::Failure(kind.name())
}
