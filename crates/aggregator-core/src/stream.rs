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
use crate::deadline::TimeBudget;
use crate::event::{CancelReason, Event, EventKind, ExecutionError, Outcome, ProviderReport, Stage, Summary};
use crate::model::AnswerRequest;
use crate::query::Query;
use crate::reading::Reading;
use crate::search::Search;
use crate::search::select::Selection;
use crate::sequencer::EventSequencer;
use crate::shared::{EngineInner, Reader};
use crate::source::RankedSource;

/// The events of one query, in order; from [`Engine::run`](crate::Engine::run).
///
/// The query is this value: polling it does the work, dropping it (at any time) drops every provider and model call at
/// once, and nothing else remains. It borrows nothing, needs no pinning, and may move between threads between polls.
/// Each poll does a bounded amount of work, and after 128 events in a row the query lets others run: it is pending once and
/// wakes its task at once. After the last event it always yields `None`.
///
/// Time passes while the stream is not polled: the first poll after the deadline ends the query, and what became ready
/// meanwhile is late.
#[must_use = "a query does nothing unless its stream is polled"]
pub struct QueryStream {
    engine: Arc<EngineInner>,
    query: Arc<Query>,
    sequencer: EventSequencer,
    canceller: Option<Canceller>,
    phase: Phase,
    #[cfg(feature = "seeded-faults")]
    delays: crate::seeded_fault::Delays,
    /// From the first poll to the last event; dropped with it.
    run: Option<RunningQuery>,
}

/// Where a query stands. It moves down this list, and from anywhere after `New` to `Cancelling`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not polled yet.
    New,
    /// Analysing the query.
    Analyzing,
    /// The query does not suit a search: each provider is reported as skipped, then the query fails.
    SkippingProviders,
    /// Asking providers.
    Searching,
    /// The order is frozen; pages are read.
    Reading,
    /// The order is frozen; looking for contradictions is next.
    CheckingContradictions,
    /// All providers finished and the order is frozen; the model, if any, is next.
    Frozen,
    /// The model writes the answer.
    Answering,
    /// Ended from outside: providers are dropped already and reported one by one.
    Cancelling(CancelReason),
    /// The last event was emitted.
    Ended,
}

/// The state of a query while it runs.
struct RunningQuery {
    time: TimeBudget,
    search: Search,
    /// Where partial syntheses are asked for.
    partials: Option<Box<Partials>>,
    order: Order,
    /// Set when the model is asked.
    answer: Option<Answer>,
}

/// The order of the sources. As large as the list alone, because every query has room for it.
enum Order {
    /// Not frozen, or frozen and pages are read.
    Open(Option<Box<Reading>>),
    /// Frozen and shown.
    Frozen(Arc<[RankedSource]>),
}

impl Order {
    fn sources(&self) -> Option<&Arc<[RankedSource]>> {
        if let Self::Frozen(sources) = self { Some(sources) } else { None }
    }
}

impl RunningQuery {
    /// What was found and done so far.
    fn summary(&self, engine: &EngineInner, query: &Query, providers: Box<[Arc<ProviderReport>]>) -> Summary {
        Summary {
            sources: match &self.order {
                Order::Frozen(sources) => Arc::clone(sources),
                Order::Open(_) => self.search.best(query.max_sources().unwrap_or(engine.settings.max_sources)),
            },
            providers,
            hits: self.search.hits(),
            answer: self.answer.as_ref().map(|answer| answer.summary(query, &engine.settings)),
            models: {
                let partials = self.partials.as_ref().map(|partials| partials.reports()).unwrap_or_default();
                let models = self.answer.as_ref().map(Answer::models).unwrap_or_default();
                partials.iter().chain(models).cloned().collect()
            },
        }
    }
}

impl QueryStream {
    pub(crate) fn new(engine: Arc<EngineInner>, query: Query) -> Self {
        let query = if engine.has_policies() { query.with_policy_reports() } else { query };
        Self {
            engine,
            query: Arc::new(query),
            sequencer: EventSequencer::new(),
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

    /// How the query ends for one of several readers that leaves while others stay: the reports of the providers that have not
    /// finished, and the last event, [`Cancelled`](EventKind::Cancelled). The query itself goes on; it has to be running.
    ///
    /// For what lets several readers share one run; a query of one reader is ended by its [`canceller`](Self::canceller).
    pub fn leave(&mut self, reason: CancelReason) -> Vec<EventKind> {
        let Some(run) = &mut self.run else { return Vec::new() };
        let unfinished = run.search.unfinished(&self.engine, Outcome::Cancelled, Instant::now());
        let mut providers = run.search.reports().to_vec();
        providers.extend(unfinished.iter().cloned());
        providers.sort_by(|a, b| a.provider.cmp(&b.provider));
        let partial = Box::new(run.summary(&self.engine, &self.query, providers.into()));
        let mut events: Vec<_> = unfinished.into_iter().map(EventKind::ProviderFinished).collect();
        events.push(EventKind::Cancelled { reason, partial });
        events
    }

    /// The query that this stream runs.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What a policy has done since the last poll.
    #[inline]
    fn next_policy_report(&self) -> Option<EventKind> {
        self.query.policy_reports()?.pop().map(|report| EventKind::Policy(Arc::new(report)))
    }

    /// Everything but the answer.
    fn poll_before_answer(&mut self, cx: &mut Context<'_>) -> Poll<EventKind> {
        let now = self.sequencer.now();
        if let Some(report) = self.next_policy_report() {
            return Poll::Ready(report);
        }
        let Some(run) = &mut self.run else { return Poll::Ready(self.begin(now)) };
        match self.phase {
            Phase::Searching => {
                if let Some(partials) = &mut run.partials
                    && let Poll::Ready(event) = partials.poll(now, cx)
                {
                    return Poll::Ready(event);
                }
                match run.search.poll(&self.engine, &self.query, now, &mut run.time, cx) {
                    Poll::Ready(Some(event)) => {
                        if run.partials.is_some() {
                            self.request_partial(&event, now);
                        }
                        Poll::Ready(event)
                    }
                    Poll::Ready(None) => Poll::Ready(self.freeze(now)),
                    Poll::Pending => Poll::Pending,
                }
            }
            Phase::Reading => match &mut run.order {
                Order::Open(Some(reading)) => match reading.poll(&self.query, now, &mut run.time, cx) {
                    Poll::Ready(Some(event)) => Poll::Ready(event),
                    Poll::Ready(None) => Poll::Ready(self.end_reading()),
                    Poll::Pending => Poll::Pending,
                },
                _ => unreachable!("pages are read in this phase"),
            },
            Phase::CheckingContradictions => Poll::Ready(self.find_contradictions(now)),
            Phase::Frozen => Poll::Ready(self.ask_model(now)),
            Phase::Analyzing => Poll::Ready(self.analyze()),
            Phase::SkippingProviders => {
                Poll::Ready(match run.search.finish_next(&self.engine, Outcome::Skipped, now) {
                    Some(event) => event,
                    None => self.fail_unsuitable(),
                })
            }
            Phase::Cancelling(reason) => {
                Poll::Ready(match run.search.finish_next(&self.engine, Outcome::Cancelled, now) {
                    Some(event) => event,
                    None => self.end(|partial| EventKind::Cancelled { reason, partial }),
                })
            }
            Phase::New | Phase::Answering | Phase::Ended => unreachable!("handled before"),
        }
    }

    /// The model finished, with any outcome.
    #[cold]
    fn end_answer(&mut self) -> EventKind {
        let end = self.run.as_mut().and_then(|run| run.answer.as_mut()).map(Answer::take_end);
        match end {
            Some(Err(error)) => self.fail(error),
            _ => self.end(|summary| EventKind::Done { summary }),
        }
    }

    /// Drops all calls if the query was cancelled.
    fn check_cancelled(&mut self) {
        if let Some(reason) = self.canceller.as_ref().and_then(Canceller::reason)
            && let Some(run) = &mut self.run
            && !matches!(self.phase, Phase::Cancelling(_))
        {
            run.search.stop();
            if let Order::Open(reading) = &mut run.order {
                *reading = None;
            }
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

    /// Yields to other tasks, unless the query has to end. Returns whether it does. A cancellation or the deadline is not
    /// delayed.
    #[cold]
    #[inline(never)]
    fn try_yield(&mut self, cx: &mut Context<'_>) -> bool {
        self.sequencer.reset_budget();
        let ending = matches!(self.phase, Phase::Cancelling(_));
        let yields = !ending && self.run.as_ref().is_some_and(|run| self.sequencer.now() < run.time.deadline);
        if yields {
            cx.waker().wake_by_ref();
        }
        yields
    }

    #[cold]
    fn begin(&mut self, now: Instant) -> EventKind {
        let settings = &self.engine.settings;
        let total = self.query.deadline().unwrap_or(settings.deadline);
        let search_share = if self.engine.models.is_some() { u32::from(settings.search_share) } else { 100 };
        let time = TimeBudget::new(now, total, search_share);
        let search = Search::new(&self.engine, now);
        let partials = match &self.engine.models {
            Some(models) if settings.interim_synthesis => {
                Some(Box::new(Partials::new(models.first(self.query.mode()))))
            }
            _ => None,
        };
        self.run = Some(RunningQuery { time, search, partials, order: Order::Open(None), answer: None });
        #[cfg(feature = "seeded-faults")]
        crate::seeded_fault::at_the_beginning();
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::StatusAfterProvider) {
            let request = crate::provider::SearchRequest::new(Arc::clone(&self.query), 1, now + total);
            let mut first = self.engine.providers[0].provider.search(request);
            let _ = first.as_mut().poll_next(&mut Context::from_waker(std::task::Waker::noop()));
        }
        self.phase = if self.engine.analyzer.is_some() { Phase::Analyzing } else { Phase::Searching };
        EventKind::Status { stage: Stage::Searching }
    }

    /// Analyses the query, in microseconds.
    #[cold]
    fn analyze(&mut self) -> EventKind {
        let (Some(run), Some(analyzer)) = (&mut self.run, &self.engine.analyzer) else {
            unreachable!("only a running query is analysed, by an engine that does so")
        };
        let analysis = Arc::new(analyzer.analyze(self.query.resolved_text().unwrap_or(self.query.lines())));
        let fails = !analysis.suitability.is_suitable() && analyzer.refuses_unsuitable();
        self.phase = if fails { Phase::SkippingProviders } else { Phase::Searching };
        run.search.set_analysis(Arc::clone(&analysis));
        EventKind::Analysis(analysis)
    }

    /// Fails the query because it does not suit a search. Called once all providers were reported as skipped.
    #[cold]
    fn fail_unsuitable(&mut self) -> EventKind {
        let analysis = self.run.as_ref().and_then(|run| run.search.analysis());
        let Some((reason, suggestions)) = analysis.and_then(|analysis| analysis.suitability.explanation()) else {
            unreachable!("only an unsuitable query fails as one")
        };
        let suggestions = suggestions.to_vec();
        self.fail(ExecutionError::Unsuitable { reason, suggestions })
    }

    /// Requests a partial synthesis after a batch of results, unless one is still running.
    #[cold]
    fn request_partial(&mut self, event: &EventKind, now: Instant) {
        let (EventKind::Interim(interim), Some(run)) = (event, &mut self.run) else { return };
        let settings = &self.engine.settings;
        if let Some(partials) = run.partials.as_mut().filter(|partials| partials.is_idle()) {
            let sources = run.search.best(self.query.max_sources().unwrap_or(settings.max_sources));
            let request = AnswerRequest::new(Arc::clone(&self.query), sources, run.time.search_deadline);
            let request =
                request.with_limits(settings.max_prompt_tokens, self.engine.hash_seed).with_purpose(Purpose::Interim);
            partials.ask(interim.results, &request, now);
        }
    }

    /// The search is over.
    fn freeze(&mut self, now: Instant) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query freezes") };
        if let Some(partials) = &mut run.partials {
            partials.stop();
        }
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Timeout | Outcome::Error(_));
        let reports = run.search.reports();
        if reports.iter().all(|report| failed(&report.outcome)) {
            let reports = reports.into();
            return self.fail(ExecutionError::AllProvidersFailed { reports });
        }
        let max_sources = self.query.max_sources().unwrap_or(self.engine.settings.max_sources);
        let (list, selection) = run.search.sources(&self.engine, &self.query, max_sources);
        if self.engine.reader.is_some() {
            return self.start_reading(list, selection, now);
        }
        self.show_sources(list, selection)
    }

    /// Reads the pages of the best sources, if any of them is on the web.
    #[cold]
    fn start_reading(
        &mut self,
        list: Arc<[RankedSource]>,
        selection: Option<Arc<Selection>>,
        now: Instant,
    ) -> EventKind {
        let (Some(Reader { reader, settings }), Some(run)) = (self.engine.reader.as_deref(), &mut self.run) else {
            unreachable!("only a running query reads, by an engine that has a reader")
        };
        let found = (&list[..], selection.clone());
        let Some(reading) = Reading::start(reader, settings, &self.query, found, now, run.time.deadline) else {
            return self.show_sources(list, selection);
        };
        run.order = Order::Open(Some(reading));
        self.phase = Phase::Reading;
        EventKind::Status { stage: Stage::Reading }
    }

    /// All pages have ended: freezes the sources with what was read.
    #[cold]
    fn end_reading(&mut self) -> EventKind {
        let Some(RunningQuery { order: Order::Open(Some(reading)), .. }) = &mut self.run else {
            unreachable!("pages were read")
        };
        let (list, selection) = reading.take_sources();
        self.show_sources(list, selection)
    }

    fn show_sources(&mut self, list: Arc<[RankedSource]>, selection: Option<Arc<Selection>>) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query freezes") };
        run.order = Order::Frozen(Arc::clone(&list));
        let compares = self.engine.settings.report_contradictions;
        self.phase = if compares { Phase::CheckingContradictions } else { Phase::Frozen };
        EventKind::Sources { list, selection }
    }

    /// The contradictions among the sources. If there are none, the event that follows them.
    #[cold]
    fn find_contradictions(&mut self, now: Instant) -> EventKind {
        self.phase = Phase::Frozen;
        let sources = self.run.as_ref().and_then(|run| run.order.sources()).map_or(&[][..], |list| list);
        let mut found = contradictions::find(sources);
        if self.engine.settings.report_denials {
            found.extend(contradictions::find_denials(sources));
            found.truncate(contradictions::MAX_REPORTED);
        }
        match found {
            none if none.is_empty() => self.ask_model(now),
            some => EventKind::Contradictions(some.into()),
        }
    }

    fn ask_model(&mut self, now: Instant) -> EventKind {
        let Some(run) = &mut self.run else { unreachable!("only a running query asks") };
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::NoAnswer) {
            return self.end(|summary| EventKind::Done { summary });
        }
        let (Some(models), Some(sources)) = (&self.engine.models, run.order.sources().filter(|list| !list.is_empty()))
        else {
            return self.end(|summary| EventKind::Done { summary });
        };
        if now >= run.time.deadline {
            return self.fail(ExecutionError::DeadlineExceeded { stage: Stage::Searching });
        }
        let (sources, settings) = (Arc::clone(sources), &self.engine.settings);
        run.answer =
            Some(Answer::new(models, &self.query, sources, settings, self.engine.hash_seed, now, run.time.deadline));
        self.phase = Phase::Answering;
        EventKind::Status { stage: Stage::Answering }
    }

    #[cold]
    fn fail(&mut self, error: ExecutionError) -> EventKind {
        self.end(|partial| EventKind::Failed { error: Box::new(error), partial })
    }

    /// Emits the terminal event and drops all state.
    #[cold]
    fn end(&mut self, event: impl FnOnce(Box<Summary>) -> EventKind) -> EventKind {
        let Some(mut run) = self.run.take() else { unreachable!("a query ends once") };
        self.phase = Phase::Ended;
        #[cfg(feature = "seeded-faults")]
        crate::seeded_fault::at_the_end(self.query.text());
        if let Some(canceller) = &self.canceller {
            canceller.forget_task();
        }
        let providers = run.search.reports().into();
        event(Box::new(run.summary(&self.engine, &self.query, providers)))
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
        #[cfg(feature = "seeded-faults")]
        let _lock = crate::seeded_fault::poll_lock();
        this.sequencer.read_clock();
        #[cfg(feature = "seeded-faults")]
        std::task::ready!(this.delays.poll(this.sequencer.len(), cx));
        if this.canceller.is_some() {
            this.check_cancelled();
        }
        if this.sequencer.is_exhausted() && this.try_yield(cx) {
            return Poll::Pending;
        }
        // The answer is most of a query's events and comes first, so that its way is short.
        if this.phase == Phase::Answering
            && let Some(RunningQuery { time, answer: Some(answer), .. }) = &mut this.run
        {
            match answer.poll(&mut this.sequencer, time, cx) {
                Poll::Ready(Some(event)) => return Poll::Ready(Some(event)),
                Poll::Ready(None) => {
                    // Told before the end; the answer says again that it has ended.
                    let last = this.next_policy_report().unwrap_or_else(|| this.end_answer());
                    return Poll::Ready(Some(this.sequencer.event(last)));
                }
                Poll::Pending => {}
            }
        } else if let Poll::Ready(kind) = this.poll_before_answer(cx) {
            return Poll::Ready(Some(this.sequencer.event(kind)));
        }
        if let Some(report) = this.next_policy_report() {
            return Poll::Ready(Some(this.sequencer.event(report)));
        }
        this.sequencer.reset_budget();
        if let Some(canceller) = &this.canceller {
            canceller.register(cx.waker());
            // The query may have been cancelled before the task was registered, without waking it.
            if canceller.reason().is_some() {
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
            .field("events", &self.sequencer.len())
            .finish_non_exhaustive()
    }
}
