//! One query, as the stream its caller polls: the order of events is decided here and nowhere else.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::FusedStream;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::cancel::Canceller;
use crate::deadline::Allowance;
use crate::engine::Parts;
use crate::event::{CancelReason, Event, EventKind, Outcome, QueryFailure, RankedSource, Stage, Summary};
use crate::query::Query;
use crate::search::Search;

/// The events of one query, in order; from [`Engine::run`](crate::Engine::run).
///
/// The query is this value: polling it does the work, dropping it (at any time) drops every provider and model call at
/// once, and nothing else remains. It borrows nothing, needs no pinning, and may move between threads between polls.
/// Each poll does a bounded amount of work. After the last event it yields `None` for ever.
///
/// Time passes while nobody polls: the first poll after the deadline ends the query, and what became ready meanwhile is
/// late.
#[must_use = "a query does nothing unless its stream is polled"]
pub struct QueryStream {
    parts: Arc<Parts>,
    query: Arc<Query>,
    seq: u64,
    canceller: Option<Canceller>,
    phase: Phase,
    /// From the first poll to the last event; dropped with it.
    run: Option<Run>,
}

/// Where a query stands. It moves down this list, and from anywhere after `New` to `Cancelling`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not polled yet.
    New,
    /// Asking providers.
    Searching,
    /// All providers are through and the order is frozen; the model, if any, is next.
    Frozen,
    /// The model writes.
    Answering,
    /// Ended from outside: providers are dropped already and reported one by one.
    Cancelling(CancelReason),
    /// The last event was given out.
    Ended,
}

/// What a query owns while it runs.
struct Run {
    time: Allowance,
    search: Search,
    /// Set when frozen.
    sources: Option<Arc<[RankedSource]>>,
    /// Set when the model is asked.
    answer: Option<Answer>,
}

impl QueryStream {
    pub(crate) fn new(parts: Arc<Parts>, query: Query) -> Self {
        Self { parts, query: Arc::new(query), seq: 0, canceller: None, phase: Phase::New, run: None }
    }

    /// A handle that ends this query from elsewhere.
    pub fn canceller(&mut self) -> Canceller {
        self.canceller.get_or_insert_with(Canceller::new).clone()
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    fn asked_to_cancel(&self) -> Option<CancelReason> {
        self.canceller.as_ref().and_then(Canceller::asked)
    }

    #[inline]
    fn poll_kind(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<EventKind> {
        let Some(run) = &mut self.run else { return Poll::Ready(self.begin(now)) };
        let parts = &*self.parts;
        match self.phase {
            Phase::New | Phase::Ended => unreachable!("only a running query has a run"),
            Phase::Searching => match run.search.poll(parts, &self.query, now, &mut run.time, cx) {
                Poll::Ready(Some(event)) => Poll::Ready(event),
                Poll::Ready(None) => Poll::Ready(self.freeze()),
                Poll::Pending => Poll::Pending,
            },
            Phase::Frozen => Poll::Ready(self.ask_model(now)),
            Phase::Answering => {
                let (Some(sources), Some(model)) = (&run.sources, &parts.model) else {
                    unreachable!("only a query with sources and a model answers")
                };
                let answer = run
                    .answer
                    .get_or_insert_with(|| Answer::new(&**model, &self.query, Arc::clone(sources), run.time.deadline));
                match answer.poll(parts, now, &mut run.time, cx) {
                    Poll::Ready(Ok(event)) => Poll::Ready(event),
                    Poll::Ready(Err(Ok(()))) => Poll::Ready(self.end(|summary| EventKind::Done { summary })),
                    Poll::Ready(Err(Err(error))) => Poll::Ready(self.fail(error)),
                    Poll::Pending => Poll::Pending,
                }
            }
            Phase::Cancelling(reason) => Poll::Ready(match run.search.cancel_next(parts, now) {
                Some(event) => event,
                None => self.end(|partial| EventKind::Cancelled { reason, partial }),
            }),
        }
    }

    #[cold]
    fn begin(&mut self, now: Instant) -> EventKind {
        let settings = &self.parts.settings;
        let total = self.query.deadline().unwrap_or(settings.deadline);
        let search_share = if self.parts.model.is_some() { u32::from(settings.search_share) } else { 100 };
        let time = Allowance::new(now, total, search_share);
        self.run = Some(Run { time, search: Search::new(&self.parts, now), sources: None, answer: None });
        self.phase = Phase::Searching;
        EventKind::Status { stage: Stage::Searching }
    }

    /// The search is over.
    fn freeze(&mut self) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query freezes") };
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Timeout | Outcome::Error(_));
        let reports = run.search.reports();
        if reports.iter().all(|report| failed(&report.outcome)) {
            let reports = reports.into();
            return self.fail(QueryFailure::AllProvidersFailed { reports });
        }
        let list = run.search.best(self.query.max_sources().unwrap_or(self.parts.settings.max_sources));
        run.sources = Some(Arc::clone(&list));
        self.phase = Phase::Frozen;
        EventKind::Sources { list }
    }

    fn ask_model(&mut self, now: Instant) -> EventKind {
        let Some(run) = &self.run else { unreachable!("only a running query asks") };
        let nothing_to_cite = run.sources.as_ref().is_none_or(|sources| sources.is_empty());
        if self.parts.model.is_none() || nothing_to_cite {
            return self.end(|summary| EventKind::Done { summary });
        }
        if now >= run.time.deadline {
            return self.fail(QueryFailure::DeadlineExceeded { stage: Stage::Searching });
        }
        self.phase = Phase::Answering;
        EventKind::Status { stage: Stage::Answering }
    }

    fn fail(&mut self, error: QueryFailure) -> EventKind {
        self.end(|partial| EventKind::Failed { error, partial })
    }

    /// Makes the last event and lets go of everything.
    fn end(&mut self, event: impl FnOnce(Box<Summary>) -> EventKind) -> EventKind {
        let Some(mut run) = self.run.take() else { unreachable!("a query ends once") };
        self.phase = Phase::Ended;
        let most = self.query.max_sources().unwrap_or(self.parts.settings.max_sources);
        event(Box::new(Summary {
            sources: run.sources.take().unwrap_or_else(|| run.search.best(most)),
            providers: run.search.reports().into(),
            hits: run.search.hits(),
            answer: run.answer.as_ref().map(Answer::summary),
        }))
    }
}

impl Stream for QueryStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = self.get_mut();
        if this.phase == Phase::Ended {
            return Poll::Ready(None);
        }
        // The one look at the clock of this poll: the event's time, and what deadlines are compared with.
        let now = Instant::now();
        if this.canceller.is_some()
            && let Some(run) = &mut this.run
            && !matches!(this.phase, Phase::Cancelling(_))
            && let Some(reason) = this.canceller.as_ref().and_then(Canceller::asked)
        {
            run.search.stop();
            if let Some(answer) = &mut run.answer {
                answer.stop();
            }
            this.phase = Phase::Cancelling(reason);
        }
        let started = this.run.as_ref().map_or(now, |run| run.time.started);
        match this.poll_kind(now, cx) {
            Poll::Ready(kind) => {
                let seq = this.seq;
                this.seq += 1;
                Poll::Ready(Some(Event { seq, elapsed: now.saturating_duration_since(started), kind }))
            }
            Poll::Pending => {
                if let Some(canceller) = &this.canceller {
                    canceller.register(cx.waker());
                    // Somebody may have asked before the task was registered, and woken nobody.
                    if this.asked_to_cancel().is_some() {
                        cx.waker().wake_by_ref();
                    }
                }
                Poll::Pending
            }
        }
    }
}

impl FusedStream for QueryStream {
    fn is_terminated(&self) -> bool {
        self.phase == Phase::Ended
    }
}

impl fmt::Debug for QueryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryStream").field("query", &self.query.text()).field("seq", &self.seq).finish_non_exhaustive()
    }
}
