//! The search stage: ask every provider at once, merge and rank what comes, give each its time and no more.
//!
//! Results are the same page when their [canonical URL](canonical) is the same. A page's score is the sum over providers of
//! `weight / (60 + rank)` (reciprocal rank fusion), where the rank counts a provider's hits from 1; a provider that lists a
//! page twice counts with its better position only. Equal scores are ordered by canonical URL.

pub mod canonical;
mod fan_out;
pub(crate) mod merge;
pub mod patterns;
pub mod select;
pub mod tracking;

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::analysis::Analysis;
use crate::deadline::TimeBudget;
use crate::event::{EventKind, HitCounts, Outcome, ProviderReport, Truncation};
use crate::isolate::CatchUnwindStream;
use crate::limits::MAX_ITEMS_PER_POLL;
use crate::provider::{Hit, SearchRequest};
use crate::query::Query;
use crate::shared::{EngineInner, Provider};
use crate::source::{RankedSource, ResultId};
use fan_out::{FanOut, StreamEvent};
use merge::{Merged, RankedResult, ResultSet};
use patterns::{InterimSummary, PatternCounter, Progress};
use select::{Selection, SelectionSettings};

/// Number of titles in an interim summary.
const INTERIM_BEST: usize = 3;

/// The search of one query.
pub(crate) struct Search {
    /// The analysis of the query, for the requests to providers; set once the query was analysed.
    analysis: Option<Arc<Analysis>>,
    results: ResultSet,
    streams: FanOut,
    calls: Vec<Call>,
    /// Earliest end of a running call: nothing has to be looked at before.
    next_expiry: Instant,
    /// Calls that gave all they may and are asked once more whether they are through.
    at_limit: u64,
    running: usize,
    hits: HitCounts,
    reports: Vec<Arc<ProviderReport>>,
    /// Number of calls that have finished with a hit.
    useful: u32,
    /// When all calls end, because enough is found.
    enough_at: Option<Instant>,
    /// Set if interim summaries are wanted.
    interim: Option<Box<InterimSchedule>>,
}

/// When the next interim summary is due, and the counts that it will have.
struct InterimSchedule {
    counter: PatternCounter,
    /// When the search began.
    began: Instant,
    size: u32,
    /// Results after which the next one is due.
    next: u32,
}

struct Call {
    started: Instant,
    expires: Instant,
    hits: u32,
    running: bool,
}

impl Search {
    pub(crate) fn new(engine: &EngineInner, now: Instant) -> Self {
        let providers = engine.providers.len();
        Self {
            analysis: None,
            results: ResultSet::new(engine.hash_seed),
            streams: FanOut::with_capacity(providers),
            calls: Vec::with_capacity(providers),
            next_expiry: now,
            at_limit: 0,
            running: 0,
            hits: HitCounts::default(),
            reports: Vec::with_capacity(providers),
            useful: 0,
            enough_at: None,
            interim: engine.settings.streaming_batch_size.map(|size| {
                Box::new(InterimSchedule { counter: PatternCounter::default(), began: now, size, next: size })
            }),
        }
    }

    /// Sets the analysis that requests to providers carry.
    pub(crate) fn set_analysis(&mut self, analysis: Arc<Analysis>) {
        self.analysis = Some(analysis);
    }

    /// The analysis that requests to providers carry.
    pub(crate) fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_deref()
    }

    /// Next event, `Ready(None)` when every provider is through.
    pub(crate) fn poll(
        &mut self,
        engine: &EngineInner,
        query: &Arc<Query>,
        now: Instant,
        time: &mut TimeBudget,
        cx: &mut Context<'_>,
    ) -> Poll<Option<EventKind>> {
        if self.calls.len() < engine.providers.len() {
            let next = match now < time.search_deadline {
                true => self.start(engine, query, now, time),
                // The stream was not polled for so long that there is no time left to ask.
                false => self.skip(engine, now, Outcome::Timeout),
            };
            return Poll::Ready(Some(next));
        }
        if self.interim.is_some()
            && let Some(event) = self.poll_interim(engine, now, time)
        {
            return Poll::Ready(Some(event));
        }
        let mut now = now;
        loop {
            if self.running == 0 {
                return Poll::Ready(None);
            }
            if now >= self.next_expiry
                && let Some(event) = self.expire(engine, now)
            {
                return Poll::Ready(Some(event));
            }
            if let Poll::Ready(event) = self.poll_streams(engine, now, cx) {
                return Poll::Ready(Some(event));
            }
            if time.poll_until(self.next_expiry, cx).is_pending() {
                return Poll::Pending;
            }
            // The timer fires at or after its time, by the same clock.
            now = Instant::now();
        }
    }

    fn poll_streams(&mut self, engine: &EngineInner, now: Instant, cx: &mut Context<'_>) -> Poll<EventKind> {
        for _ in 0..MAX_ITEMS_PER_POLL {
            let (index, event) = match self.streams.poll_next(self.at_limit, cx) {
                Poll::Ready(event) => event,
                Poll::Pending => return Poll::Pending,
            };
            let outcome = match event {
                StreamEvent::Hit(hit) => match self.take(engine, index, hit) {
                    HitOutcome::Event(event) => {
                        if engine.settings.enough_sources.is_some_and(|enough| self.hits.emitted >= enough) {
                            self.end_soon(engine, now);
                        }
                        return Poll::Ready(event);
                    }
                    HitOutcome::NoEvent => continue,
                    HitOutcome::OverLimit => Outcome::Partial(Truncation::Limit),
                },
                StreamEvent::Pending => Outcome::Partial(Truncation::Limit),
                StreamEvent::End => Outcome::Ok,
                StreamEvent::Failed(error) if self.calls[index].hits > 0 => Outcome::Partial(Truncation::Error(error)),
                StreamEvent::Failed(error) => Outcome::Error(error),
            };
            return Poll::Ready(self.finish(engine, index, outcome, now));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn start(&mut self, engine: &EngineInner, query: &Arc<Query>, now: Instant, time: &TimeBudget) -> EventKind {
        let index = self.calls.len();
        let provider = &engine.providers[index];
        let expires = (now + provider.timeout.unwrap_or(engine.settings.provider_timeout)).min(time.search_deadline);
        if index == 0 {
            self.next_expiry = expires;
            self.results.reserve(10 * engine.providers.len());
        }
        self.next_expiry = self.next_expiry.min(expires);
        self.calls.push(Call { started: now, expires, hits: 0, running: true });
        self.running += 1;
        let request = SearchRequest::new(Arc::clone(query), engine.settings.max_hits, expires);
        let request = request.with_analysis(self.analysis.clone()).with_query_limit(provider.query_limit);
        let call = || provider.provider.search(request);
        #[cfg(feature = "seeded-faults")]
        let call = || crate::seeded_stream::hits(call());
        let stream = CatchUnwindStream::call(call);
        // A provider that panicked when it was called is a stream that fails at once: one way to report it.
        self.streams.push(stream.unwrap_or_else(CatchUnwindStream::failing));
        EventKind::ProviderStarted { provider: provider.ranked.name.clone() }
    }

    fn take(&mut self, engine: &EngineInner, index: usize, hit: Hit) -> HitOutcome {
        let call = &mut self.calls[index];
        call.hits += 1;
        self.hits.yielded += 1;
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::DroppedResult)
            && self.hits.yielded.is_multiple_of(7)
        {
            return HitOutcome::NoEvent;
        }
        if call.hits > engine.settings.max_hits {
            self.hits.dropped.over_limit += 1;
            return HitOutcome::OverLimit;
        }
        if call.hits == engine.settings.max_hits {
            self.at_limit |= 1 << index;
        }
        let Provider { ranked, is_local, .. } = &engine.providers[index];
        let merged = match is_local {
            false => self.results.add(ranked, call.hits, hit),
            true => self.results.add_local(ranked, call.hits, hit),
        };
        match merged {
            Merged::New(RankedResult { id, rank, score, source }) => {
                self.hits.emitted += 1;
                if self.interim.is_some() {
                    self.count_result(id, true);
                }
                HitOutcome::Event(EventKind::Result { id, rank, score, source })
            }
            Merged::Confirmed(RankedResult { id, rank, score, source }) => {
                self.hits.merged += 1;
                if self.interim.is_some() {
                    self.count_result(id, false);
                }
                HitOutcome::Event(EventKind::ResultRevised { id, rank, score, source })
            }
            Merged::Repeated => {
                self.hits.merged += 1;
                HitOutcome::NoEvent
            }
            Merged::Rejected(_) => {
                self.hits.dropped.invalid_url += 1;
                HitOutcome::NoEvent
            }
        }
    }

    /// Counts a result for the interim summaries: `found` says whether it is new, else it was confirmed.
    #[cold]
    fn count_result(&mut self, id: ResultId, found: bool) {
        let Some(schedule) = &mut self.interim else { return };
        match self.results.page(id).filter(|_| found) {
            Some(page) => schedule.counter.found(&page),
            None if self.results.provider_count(id) == 2 => schedule.counter.confirmed(),
            None => {}
        }
    }

    /// The next interim summary, if it is due.
    #[cold]
    fn poll_interim(&mut self, engine: &EngineInner, now: Instant, time: &TimeBudget) -> Option<EventKind> {
        let schedule = self.interim.as_mut().filter(|schedule| self.hits.emitted >= schedule.next)?;
        schedule.next += schedule.size;
        let best = self.results.best(INTERIM_BEST);
        Some(EventKind::Interim(Box::new(InterimSummary {
            results: self.hits.emitted,
            patterns: schedule.counter.patterns(),
            best: best.iter().map(|source| source.source.title.clone()).collect(),
            progress: Progress {
                finished: self.reports.len() as u32,
                providers: engine.providers.len() as u32,
                time_percent: time.percent_of_search(schedule.began, now),
            },
        })))
    }

    /// Ends one call whose time is up, if there is one.
    fn expire(&mut self, engine: &EngineInner, now: Instant) -> Option<EventKind> {
        let is_enough = self.enough_at.is_some_and(|at| now >= at);
        let index = self.calls.iter().position(|call| call.running && (is_enough || now >= call.expires))?;
        let call = &self.calls[index];
        let outcome = match (call.hits, now >= call.expires) {
            (0, true) => Outcome::Timeout,
            (0, false) => Outcome::Enough,
            (_, true) => Outcome::Partial(Truncation::Timeout),
            (_, false) => Outcome::Partial(Truncation::Enough),
        };
        Some(self.finish(engine, index, outcome, now))
    }

    /// Enough is found: the calls that still run have only the grace time left.
    #[cold]
    fn end_soon(&mut self, engine: &EngineInner, now: Instant) {
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is_active(crate::seeded_fault::Fault::NeverEnough) {
            return;
        }
        let at = *self.enough_at.get_or_insert(now + engine.settings.enough_grace);
        self.next_expiry = self.next_expiry.min(at);
    }

    fn finish(&mut self, engine: &EngineInner, index: usize, outcome: Outcome, now: Instant) -> EventKind {
        self.streams.end(index);
        self.calls[index].running = false;
        self.running -= 1;
        self.useful += u32::from(self.calls[index].hits > 0);
        let running = self.calls.iter().filter(|call| call.running).map(|call| call.expires);
        if let Some(expiry) = running.chain(self.enough_at).min() {
            self.next_expiry = expiry;
        }
        if engine.settings.enough_providers.is_some_and(|enough| self.useful >= enough) {
            self.end_soon(engine, now);
        }
        self.report(engine, index, outcome, now)
    }

    /// Reports the next provider without having asked it.
    fn skip(&mut self, engine: &EngineInner, now: Instant, outcome: Outcome) -> EventKind {
        self.calls.push(Call { started: now, expires: now, hits: 0, running: false });
        self.report(engine, self.calls.len() - 1, outcome, now)
    }

    fn report(&mut self, engine: &EngineInner, index: usize, outcome: Outcome, now: Instant) -> EventKind {
        let call = &self.calls[index];
        let report = Arc::new(ProviderReport {
            provider: engine.providers[index].ranked.name.clone(),
            outcome,
            latency: now.saturating_duration_since(call.started),
            hits: call.hits,
        });
        self.reports.push(Arc::clone(&report));
        EventKind::ProviderFinished(report)
    }

    /// Ends the next provider that has not finished, because the query ends. `None` once all have finished. A provider that
    /// was never asked is reported, too.
    pub(crate) fn finish_next(&mut self, engine: &EngineInner, outcome: Outcome, now: Instant) -> Option<EventKind> {
        if let Some(index) = self.calls.iter().position(|call| call.running) {
            return Some(self.finish(engine, index, outcome, now));
        }
        let all_asked = self.calls.len() == engine.providers.len();
        (!all_asked).then(|| self.skip(engine, now, outcome))
    }

    /// The reports of the providers that have not finished, or were never asked, as if they ended now. The search goes on.
    pub(crate) fn unfinished(&self, engine: &EngineInner, outcome: Outcome, now: Instant) -> Vec<Arc<ProviderReport>> {
        let report = |index: usize, started: Instant, hits: u32| {
            let (provider, latency) =
                (engine.providers[index].ranked.name.clone(), now.saturating_duration_since(started));
            Arc::new(ProviderReport { provider, outcome: outcome.clone(), latency, hits })
        };
        let running = self.calls.iter().enumerate().filter(|(_, call)| call.running);
        let never_asked = (self.calls.len()..engine.providers.len()).map(|index| report(index, now, 0));
        running.map(|(index, call)| report(index, call.started, call.hits)).chain(never_asked).collect()
    }

    /// Drops all streams now, before their outcomes are reported.
    pub(crate) fn stop(&mut self) {
        for index in 0..self.streams.len() {
            self.streams.end(index);
        }
    }

    /// The sources for an answer, and why each was selected, where they are selected.
    pub(crate) fn sources(
        &self,
        engine: &EngineInner,
        query: &Query,
        max_sources: u32,
    ) -> (Arc<[RankedSource]>, Option<Arc<Selection>>) {
        match &engine.settings.selection {
            None => (self.best(max_sources), None),
            Some(settings) => self.select(query, max_sources as usize, settings),
        }
    }

    #[cold]
    fn select(
        &self,
        query: &Query,
        max_sources: usize,
        settings: &SelectionSettings,
    ) -> (Arc<[RankedSource]>, Option<Arc<Selection>>) {
        let candidates = self.results.best(max_sources.max(select::MAX_CANDIDATES));
        let host = |source: &RankedSource| self.results.page(source.id).map_or("", |page| page.host());
        let with_hosts = candidates.iter().map(|source| (source, host(source)));
        let selection = select::select(with_hosts, self.results.len(), query.search_text(), max_sources, settings);
        let chosen = |number: usize, id: ResultId| {
            let found = candidates.iter().find(|candidate| candidate.id == id);
            found.map(|source| RankedSource { number: number as u32 + 1, ..source.clone() })
        };
        let ids = selection.choices.iter().enumerate();
        (ids.filter_map(|(number, choice)| chosen(number, choice.id)).collect(), Some(Arc::new(selection)))
    }

    /// What was found, in order.
    pub(crate) fn best(&self, max_sources: u32) -> Arc<[RankedSource]> {
        self.results.best(max_sources as usize)
    }

    pub(crate) fn hits(&self) -> HitCounts {
        self.hits
    }

    /// How each provider did, in name order; complete when all are through.
    pub(crate) fn reports(&mut self) -> &[Arc<ProviderReport>] {
        self.reports.sort_by(|a, b| a.provider.cmp(&b.provider));
        &self.reports
    }
}

/// What became of a hit.
enum HitOutcome {
    Event(EventKind),
    NoEvent,
    OverLimit,
}
