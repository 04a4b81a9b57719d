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
use crate::deadline::Allowance;
use crate::event::{Cut, EventKind, HitCounts, Outcome, ProviderReport};
use crate::isolate::Isolated;
use crate::limits::MAX_SWALLOWED;
use crate::provider::{Hit, SearchRequest};
use crate::query::Query;
use crate::shared::{Parts, Provider};
use crate::source::{RankedSource, ResultId};
use fan_out::{FanOut, Said};
use merge::{Merged, Placed, ResultSet};
use patterns::{Interim, Progress, Tally};
use select::{Selection, SelectionSettings};

/// Titles in an interim.
const INTERIM_BEST: usize = 3;

/// The search of one query.
pub(crate) struct Search {
    /// Set when the query was analysed; told to providers.
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
    /// Where interims are wanted.
    interim: Option<Box<Batches>>,
}

/// When the next interim is due, and what it will say.
struct Batches {
    tally: Tally,
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
    pub(crate) fn new(parts: &Parts, now: Instant) -> Self {
        let providers = parts.providers.len();
        Self {
            analysis: None,
            results: ResultSet::new(parts.hash_seed),
            streams: FanOut::with_capacity(providers),
            calls: Vec::with_capacity(providers),
            next_expiry: now,
            at_limit: 0,
            running: 0,
            hits: HitCounts::default(),
            reports: Vec::with_capacity(providers),
            interim: parts
                .settings
                .streaming_batch_size
                .map(|size| Box::new(Batches { tally: Tally::default(), began: now, size, next: size })),
        }
    }

    /// Tells providers what the query is.
    pub(crate) fn tell(&mut self, analysis: Arc<Analysis>) {
        self.analysis = Some(analysis);
    }

    /// What providers are told.
    pub(crate) fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_deref()
    }

    /// Next event, `Ready(None)` when every provider is through.
    pub(crate) fn poll(
        &mut self,
        parts: &Parts,
        query: &Arc<Query>,
        now: Instant,
        time: &mut Allowance,
        cx: &mut Context<'_>,
    ) -> Poll<Option<EventKind>> {
        if self.calls.len() < parts.providers.len() {
            let next = match now < time.search_deadline {
                true => self.start(parts, query, now, time),
                // Nobody polled for so long that there is no time left to ask.
                false => self.skip(parts, now, Outcome::Timeout),
            };
            return Poll::Ready(Some(next));
        }
        if self.interim.is_some()
            && let Some(event) = self.look_back(parts, now, time)
        {
            return Poll::Ready(Some(event));
        }
        let mut now = now;
        loop {
            if self.running == 0 {
                return Poll::Ready(None);
            }
            if now >= self.next_expiry
                && let Some(event) = self.expire(parts, now)
            {
                return Poll::Ready(Some(event));
            }
            if let Poll::Ready(event) = self.poll_streams(parts, now, cx) {
                return Poll::Ready(Some(event));
            }
            if time.poll_until(self.next_expiry, cx).is_pending() {
                return Poll::Pending;
            }
            // The timer fires at or after its time, by the same clock.
            now = Instant::now();
        }
    }

    fn poll_streams(&mut self, parts: &Parts, now: Instant, cx: &mut Context<'_>) -> Poll<EventKind> {
        for _ in 0..MAX_SWALLOWED {
            let (index, said) = match self.streams.poll_next(self.at_limit, cx) {
                Poll::Ready(said) => said,
                Poll::Pending => return Poll::Pending,
            };
            let outcome = match said {
                Said::Hit(hit) => match self.take(parts, index, hit) {
                    Taken::Event(event) => return Poll::Ready(event),
                    Taken::Swallowed => continue,
                    Taken::TooMany => Outcome::Partial(Cut::Limit),
                },
                Said::Nothing => Outcome::Partial(Cut::Limit),
                Said::End => Outcome::Ok,
                Said::Failed(error) if self.calls[index].hits > 0 => Outcome::Partial(Cut::Error(error)),
                Said::Failed(error) => Outcome::Error(error),
            };
            return Poll::Ready(self.finish(parts, index, outcome, now));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn start(&mut self, parts: &Parts, query: &Arc<Query>, now: Instant, time: &Allowance) -> EventKind {
        let index = self.calls.len();
        let provider = &parts.providers[index];
        let expires = (now + provider.timeout.unwrap_or(parts.settings.provider_timeout)).min(time.search_deadline);
        if index == 0 {
            self.next_expiry = expires;
            self.results.reserve(10 * parts.providers.len());
        }
        self.next_expiry = self.next_expiry.min(expires);
        self.calls.push(Call { started: now, expires, hits: 0, running: true });
        self.running += 1;
        let request = SearchRequest::new(Arc::clone(query), parts.settings.max_hits, expires);
        let request = request.with_analysis(self.analysis.clone()).within(provider.query_limit);
        let call = || provider.provider.search(request);
        #[cfg(feature = "seeded-faults")]
        let call = || crate::seeded_stream::hits(call());
        let stream = Isolated::call(call);
        // A provider that panicked when it was called is a stream that fails at once: one way to report it.
        self.streams.push(stream.unwrap_or_else(Isolated::failing));
        EventKind::ProviderStarted { provider: provider.voter.name.clone() }
    }

    fn take(&mut self, parts: &Parts, index: usize, hit: Hit) -> Taken {
        let call = &mut self.calls[index];
        call.hits += 1;
        self.hits.yielded += 1;
        #[cfg(feature = "seeded-faults")]
        if crate::seeded_fault::is(crate::seeded_fault::Fault::DroppedResult) && self.hits.yielded.is_multiple_of(7) {
            return Taken::Swallowed;
        }
        if call.hits > parts.settings.max_hits {
            self.hits.dropped.over_limit += 1;
            return Taken::TooMany;
        }
        if call.hits == parts.settings.max_hits {
            self.at_limit |= 1 << index;
        }
        let Provider { voter, is_local, .. } = &parts.providers[index];
        let merged = match is_local {
            false => self.results.add(voter, call.hits, hit),
            true => self.results.add_local(voter, call.hits, hit),
        };
        match merged {
            Merged::New(Placed { id, rank, score, source }) => {
                self.hits.emitted += 1;
                if self.interim.is_some() {
                    self.tally(id, true);
                }
                Taken::Event(EventKind::Result { id, rank, score, source })
            }
            Merged::Confirmed(Placed { id, rank, score, source }) => {
                self.hits.merged += 1;
                if self.interim.is_some() {
                    self.tally(id, false);
                }
                Taken::Event(EventKind::ResultRevised { id, rank, score, source })
            }
            Merged::Repeated => {
                self.hits.merged += 1;
                Taken::Swallowed
            }
            Merged::Refused(_) => {
                self.hits.dropped.invalid_url += 1;
                Taken::Swallowed
            }
        }
    }

    /// Counts a result that was found, or confirmed.
    #[cold]
    fn tally(&mut self, id: ResultId, found: bool) {
        let Some(batches) = &mut self.interim else { return };
        match self.results.page(id).filter(|_| found) {
            Some(page) => batches.tally.found(&page),
            None if self.results.voters(id) == 2 => batches.tally.confirmed(),
            None => {}
        }
    }

    /// What the results so far have in common, if a batch is complete.
    #[cold]
    fn look_back(&mut self, parts: &Parts, now: Instant, time: &Allowance) -> Option<EventKind> {
        let batches = self.interim.as_mut().filter(|batches| self.hits.emitted >= batches.next)?;
        batches.next += batches.size;
        let best = self.results.best(INTERIM_BEST);
        Some(EventKind::Interim(Box::new(Interim {
            results: self.hits.emitted,
            patterns: batches.tally.patterns(),
            best: best.iter().map(|source| source.source.title.clone()).collect(),
            progress: Progress {
                finished: self.reports.len() as u32,
                providers: parts.providers.len() as u32,
                time_percent: time.percent_of_search(batches.began, now),
            },
        })))
    }

    /// Ends one call whose time is up, if there is one.
    fn expire(&mut self, parts: &Parts, now: Instant) -> Option<EventKind> {
        let index = self.calls.iter().position(|call| call.running && now >= call.expires)?;
        let outcome = match self.calls[index].hits {
            0 => Outcome::Timeout,
            _ => Outcome::Partial(Cut::Timeout),
        };
        Some(self.finish(parts, index, outcome, now))
    }

    fn finish(&mut self, parts: &Parts, index: usize, outcome: Outcome, now: Instant) -> EventKind {
        self.streams.end(index);
        self.calls[index].running = false;
        self.running -= 1;
        if let Some(expiry) = self.calls.iter().filter(|call| call.running).map(|call| call.expires).min() {
            self.next_expiry = expiry;
        }
        self.report(parts, index, outcome, now)
    }

    /// Reports the next provider without having asked it.
    fn skip(&mut self, parts: &Parts, now: Instant, outcome: Outcome) -> EventKind {
        self.calls.push(Call { started: now, expires: now, hits: 0, running: false });
        self.report(parts, self.calls.len() - 1, outcome, now)
    }

    fn report(&mut self, parts: &Parts, index: usize, outcome: Outcome, now: Instant) -> EventKind {
        let call = &self.calls[index];
        let report = Arc::new(ProviderReport {
            provider: parts.providers[index].voter.name.clone(),
            outcome,
            latency: now.saturating_duration_since(call.started),
            hits: call.hits,
        });
        self.reports.push(Arc::clone(&report));
        EventKind::ProviderFinished(report)
    }

    /// Ends the next provider that is not through, or was never asked, because the query ends; `None` when all are.
    pub(crate) fn end_next(&mut self, parts: &Parts, outcome: Outcome, now: Instant) -> Option<EventKind> {
        if let Some(index) = self.calls.iter().position(|call| call.running) {
            return Some(self.finish(parts, index, outcome, now));
        }
        let all_asked = self.calls.len() == parts.providers.len();
        (!all_asked).then(|| self.skip(parts, now, outcome))
    }

    /// Drops all streams now, before anything is said about it.
    pub(crate) fn stop(&mut self) {
        for index in 0..self.streams.len() {
            self.streams.end(index);
        }
    }

    /// The sources for an answer, and why each was selected, where they are selected.
    pub(crate) fn sources(
        &self,
        parts: &Parts,
        query: &Query,
        most: u32,
    ) -> (Arc<[RankedSource]>, Option<Arc<Selection>>) {
        match &parts.settings.selection {
            None => (self.best(most), None),
            Some(settings) => self.select(query, most as usize, settings),
        }
    }

    #[cold]
    fn select(
        &self,
        query: &Query,
        most: usize,
        settings: &SelectionSettings,
    ) -> (Arc<[RankedSource]>, Option<Arc<Selection>>) {
        let candidates = self.results.best(most.max(select::MAX_CANDIDATES));
        let host = |source: &RankedSource| self.results.page(source.id).map_or("", |page| page.host());
        let with_hosts = candidates.iter().map(|source| (source, host(source)));
        let selection = select::select(with_hosts, self.results.len(), query.text(), most, settings);
        let chosen = |number: usize, id: ResultId| {
            let found = candidates.iter().find(|candidate| candidate.id == id);
            found.map(|source| RankedSource { number: number as u32 + 1, ..source.clone() })
        };
        let ids = selection.choices.iter().enumerate();
        (ids.filter_map(|(number, choice)| chosen(number, choice.id)).collect(), Some(Arc::new(selection)))
    }

    /// What was found, in order.
    pub(crate) fn best(&self, most: u32) -> Arc<[RankedSource]> {
        self.results.best(most as usize)
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

enum Taken {
    Event(EventKind),
    Swallowed,
    TooMany,
}
