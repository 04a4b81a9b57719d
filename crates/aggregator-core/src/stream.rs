//! One query, as the stream its caller polls: the order of events is decided here and nowhere else.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::FusedStream;
use tokio::time::Instant;

use crate::answer::partial::Partials;
use crate::answer::prompt::Purpose;
use crate::answer::{Answer, contradictions};
use crate::cancel::Canceller;
use crate::deadline::Allowance;
use crate::event::{CancelReason, Event, EventKind, Outcome, QueryFailure, Stage, Summary};
use crate::model::AnswerRequest;
use crate::outbox::Outbox;
use crate::query::Query;
use crate::search::Search;
use crate::shared::Parts;
use crate::source::RankedSource;

/// The events of one query, in order; from [`Engine::run`](crate::Engine::run).
///
/// The query is this value: polling it does the work, dropping it (at any time) drops every provider and model call at
/// once, and nothing else remains. It borrows nothing, needs no pinning, and may move between threads between polls.
/// Each poll does a bounded amount of work, and after 128 events in a row the query lets others run: it is pending once and
/// wakes its task at once. After the last event it yields `None` for ever.
///
/// Time passes while nobody polls: the first poll after the deadline ends the query, and what became ready meanwhile is
/// late.
#[must_use = "a query does nothing unless its stream is polled"]
pub struct QueryStream {
    parts: Arc<Parts>,
    query: Arc<Query>,
    outbox: Outbox,
    canceller: Option<Canceller>,
    phase: Phase,
    #[cfg(feature = "seeded-faults")]
    delays: crate::seeded_fault::Delays,
    /// From the first poll to the last event; dropped with it.
    run: Option<Run>,
}

/// Where a query stands. It moves down this list, and from anywhere after `New` to `Cancelling`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not polled yet.
    New,
    /// Looking at the query itself.
    Analyzing,
    /// The query does not suit a search: providers are reported one by one, and it fails.
    Refusing,
    /// Asking providers.
    Searching,
    /// The order is frozen; whether sources contradict each other is next.
    Comparing,
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
    /// Where partial syntheses are asked for.
    partials: Option<Box<Partials>>,
    /// Set when frozen.
    sources: Option<Arc<[RankedSource]>>,
    /// Set when the model is asked.
    answer: Option<Answer>,
}

impl QueryStream {
    pub(crate) fn new(parts: Arc<Parts>, query: Query) -> Self {
        Self {
            parts,
            query: Arc::new(query),
            outbox: Outbox::new(),
            canceller: None,
            phase: Phase::New,
            #[cfg(feature = "seeded-faults")]
            delays: crate::seeded_fault::Delays::default(),
            run: None,
        }
    }

    /// A handle that ends this query from elsewhere.
    ///
    /// Take the first one before the stream waits: until its next poll, a query that was polled without a canceller is
    /// not woken by one.
    pub fn canceller(&mut self) -> Canceller {
        self.canceller.get_or_insert_with(Canceller::new).clone()
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Everything but the answer.
    fn poll_before_answer(&mut self, cx: &mut Context<'_>) -> Poll<EventKind> {
        let now = self.outbox.now();
        let Some(run) = &mut self.run else { return Poll::Ready(self.begin(now)) };
        match self.phase {
            Phase::Searching => {
                if let Some(partials) = &mut run.partials
                    && let Poll::Ready(event) = partials.poll(now, cx)
                {
                    return Poll::Ready(event);
                }
                match run.search.poll(&self.parts, &self.query, now, &mut run.time, cx) {
                    Poll::Ready(Some(event)) => {
                        if run.partials.is_some() {
                            self.ask_for_a_partial(&event, now);
                        }
                        Poll::Ready(event)
                    }
                    Poll::Ready(None) => Poll::Ready(self.freeze()),
                    Poll::Pending => Poll::Pending,
                }
            }
            Phase::Comparing => Poll::Ready(self.compare(now)),
            Phase::Frozen => Poll::Ready(self.ask_model(now)),
            Phase::Analyzing => Poll::Ready(self.analyze()),
            Phase::Refusing => Poll::Ready(match run.search.end_next(&self.parts, Outcome::Skipped, now) {
                Some(event) => event,
                None => self.refuse(),
            }),
            Phase::Cancelling(reason) => Poll::Ready(match run.search.end_next(&self.parts, Outcome::Cancelled, now) {
                Some(event) => event,
                None => self.end(|partial| EventKind::Cancelled { reason, partial }),
            }),
            Phase::New | Phase::Answering | Phase::Ended => unreachable!("handled before"),
        }
    }

    /// The model is through, one way or another.
    #[cold]
    fn end_answer(&mut self) -> EventKind {
        let end = self.run.as_mut().and_then(|run| run.answer.as_mut()).map(Answer::take_end);
        match end {
            Some(Err(error)) => self.fail(error),
            _ => self.end(|summary| EventKind::Done { summary }),
        }
    }

    /// Drops all calls if somebody asked to end the query.
    fn look_for_cancellation(&mut self) {
        if let Some(reason) = self.canceller.as_ref().and_then(Canceller::asked)
            && let Some(run) = &mut self.run
            && !matches!(self.phase, Phase::Cancelling(_))
        {
            run.search.stop();
            if let Some(partials) = &mut run.partials {
                partials.stop();
            }
            // Once the model is asked all providers are through, so this poll is the last and would drop it anyway: before
            // the summary is made, so that both are not in memory at once.
            if let Some(answer) = &mut run.answer {
                answer.cancel();
            }
            self.phase = Phase::Cancelling(reason);
        }
    }

    /// Lets others run, unless the query has to end: what comes from outside, or by the clock, is not put off.
    #[cold]
    #[inline(never)]
    fn rests(&mut self, cx: &mut Context<'_>) -> bool {
        self.outbox.rest();
        let ending = matches!(self.phase, Phase::Cancelling(_));
        let rests = !ending && self.run.as_ref().is_some_and(|run| self.outbox.now() < run.time.deadline);
        if rests {
            cx.waker().wake_by_ref();
        }
        rests
    }

    #[cold]
    fn begin(&mut self, now: Instant) -> EventKind {
        let settings = &self.parts.settings;
        let total = self.query.deadline().unwrap_or(settings.deadline);
        let search_share = if self.parts.models.is_some() { u32::from(settings.search_share) } else { 100 };
        let time = Allowance::new(now, total, search_share);
        let search = Search::new(&self.parts, now);
        let partials = match &self.parts.models {
            Some(models) if settings.interim_synthesis => {
                Some(Box::new(Partials::new(models.first(self.query.mode()))))
            }
            _ => None,
        };
        self.run = Some(Run { time, search, partials, sources: None, answer: None });
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is(crate::seeded_fault::Fault::StatusAfterProvider) {
            let request = crate::provider::SearchRequest::new(Arc::clone(&self.query), 1, now + total);
            let mut first = self.parts.providers[0].provider.search(request);
            let _ = first.as_mut().poll_next(&mut Context::from_waker(std::task::Waker::noop()));
        }
        self.phase = if self.parts.analyzer.is_some() { Phase::Analyzing } else { Phase::Searching };
        EventKind::Status { stage: Stage::Searching }
    }

    /// Looks at the query, in microseconds.
    #[cold]
    fn analyze(&mut self) -> EventKind {
        let (Some(run), Some(analyzer)) = (&mut self.run, &self.parts.analyzer) else {
            unreachable!("only a running query is analysed, by an engine that does so")
        };
        let analysis = Arc::new(analyzer.analyze(self.query.lines()));
        let refused = !analysis.suitability.is_suitable() && analyzer.refuses_unsuitable();
        self.phase = if refused { Phase::Refusing } else { Phase::Searching };
        run.search.tell(Arc::clone(&analysis));
        EventKind::Analysis(analysis)
    }

    /// Nobody was asked, and everybody reported.
    #[cold]
    fn refuse(&mut self) -> EventKind {
        let analysis = self.run.as_ref().and_then(|run| run.search.analysis());
        let Some((reason, suggestions)) = analysis.and_then(|analysis| analysis.suitability.refusal()) else {
            unreachable!("only what does not suit is refused")
        };
        let suggestions = suggestions.to_vec();
        self.fail(QueryFailure::Unsuitable { reason, suggestions })
    }

    /// Asks after a batch what its results show, unless the question before is still open.
    #[cold]
    fn ask_for_a_partial(&mut self, event: &EventKind, now: Instant) {
        let (EventKind::Interim(interim), Some(run)) = (event, &mut self.run) else { return };
        let settings = &self.parts.settings;
        if let Some(partials) = run.partials.as_mut().filter(|partials| partials.is_idle()) {
            let sources = run.search.best(self.query.max_sources().unwrap_or(settings.max_sources));
            let request = AnswerRequest::new(Arc::clone(&self.query), sources, run.time.search_deadline);
            let request =
                request.within(settings.max_prompt_tokens, self.parts.hash_seed).with_purpose(Purpose::Interim);
            partials.ask(interim.results, &request, now);
        }
    }

    /// The search is over.
    fn freeze(&mut self) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query freezes") };
        if let Some(partials) = &mut run.partials {
            partials.stop();
        }
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Timeout | Outcome::Error(_));
        let reports = run.search.reports();
        if reports.iter().all(|report| failed(&report.outcome)) {
            let reports = reports.into();
            return self.fail(QueryFailure::AllProvidersFailed { reports });
        }
        let most = self.query.max_sources().unwrap_or(self.parts.settings.max_sources);
        let (list, selection) = run.search.sources(&self.parts, &self.query, most);
        run.sources = Some(Arc::clone(&list));
        let compares = self.parts.settings.report_contradictions;
        self.phase = if compares { Phase::Comparing } else { Phase::Frozen };
        EventKind::Sources { list, selection }
    }

    /// Whether sources contradict each other; if none do, what comes next.
    #[cold]
    fn compare(&mut self, now: Instant) -> EventKind {
        self.phase = Phase::Frozen;
        let sources = self.run.as_ref().and_then(|run| run.sources.as_deref()).unwrap_or_default();
        match contradictions::find(sources) {
            none if none.is_empty() => self.ask_model(now),
            some => EventKind::Contradictions(some.into()),
        }
    }

    fn ask_model(&mut self, now: Instant) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query asks") };
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is(crate::seeded_fault::Fault::NoAnswer) {
            return self.end(|summary| EventKind::Done { summary });
        }
        let (Some(models), Some(sources)) = (&self.parts.models, run.sources.as_ref().filter(|list| !list.is_empty()))
        else {
            return self.end(|summary| EventKind::Done { summary });
        };
        if now >= run.time.deadline {
            return self.fail(QueryFailure::DeadlineExceeded { stage: Stage::Searching });
        }
        let (sources, settings) = (Arc::clone(sources), &self.parts.settings);
        run.answer =
            Some(Answer::new(models, &self.query, sources, settings, self.parts.hash_seed, now, run.time.deadline));
        self.phase = Phase::Answering;
        EventKind::Status { stage: Stage::Answering }
    }

    #[cold]
    fn fail(&mut self, error: QueryFailure) -> EventKind {
        self.end(|partial| EventKind::Failed { error: Box::new(error), partial })
    }

    /// Makes the last event and lets go of everything.
    #[cold]
    fn end(&mut self, event: impl FnOnce(Box<Summary>) -> EventKind) -> EventKind {
        let Some(mut run) = self.run.take() else { unreachable!("a query ends once") };
        self.phase = Phase::Ended;
        #[cfg(feature = "seeded-faults")]
        crate::seeded_fault::at_the_end(self.query.text());
        if let Some(canceller) = &self.canceller {
            canceller.forget_task();
        }
        let most = self.query.max_sources().unwrap_or(self.parts.settings.max_sources);
        event(Box::new(Summary {
            sources: run.sources.take().unwrap_or_else(|| run.search.best(most)),
            providers: run.search.reports().into(),
            hits: run.search.hits(),
            answer: run.answer.as_ref().map(|answer| answer.summary(&self.query, &self.parts.settings)),
            models: {
                let partials = run.partials.as_ref().map(|partials| partials.reports()).unwrap_or_default();
                let models = run.answer.as_ref().map(Answer::models).unwrap_or_default();
                partials.iter().chain(models).cloned().collect()
            },
        }))
    }
}

impl Drop for QueryStream {
    fn drop(&mut self) {
        if let Some(canceller) = &self.canceller {
            canceller.forget_task();
        }
    }
}

impl Stream for QueryStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = self.get_mut();
        if this.phase == Phase::Ended {
            return Poll::Ready(None);
        }
        this.outbox.read_clock();
        #[cfg(feature = "seeded-faults")]
        std::task::ready!(this.delays.poll(this.outbox.len(), cx));
        if this.canceller.is_some() {
            this.look_for_cancellation();
        }
        if this.outbox.is_exhausted() && this.rests(cx) {
            return Poll::Pending;
        }
        // The answer is most of a query's events and comes first, so that its way is short.
        if this.phase == Phase::Answering
            && let Some(Run { time, answer: Some(answer), .. }) = &mut this.run
        {
            match answer.poll(&mut this.outbox, time, cx) {
                Poll::Ready(Some(event)) => return Poll::Ready(Some(event)),
                Poll::Ready(None) => {
                    let last = this.end_answer();
                    return Poll::Ready(Some(this.outbox.event(last)));
                }
                Poll::Pending => {}
            }
        } else if let Poll::Ready(kind) = this.poll_before_answer(cx) {
            return Poll::Ready(Some(this.outbox.event(kind)));
        }
        this.outbox.rest();
        if let Some(canceller) = &this.canceller {
            canceller.register(cx.waker());
            // Somebody may have asked before the task was registered, and woken nobody.
            if canceller.asked().is_some() {
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}

impl FusedStream for QueryStream {
    fn is_terminated(&self) -> bool {
        self.phase == Phase::Ended
    }
}

impl fmt::Debug for QueryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryStream")
            .field("query", &self.query.text())
            .field("events", &self.outbox.len())
            .finish_non_exhaustive()
    }
}
