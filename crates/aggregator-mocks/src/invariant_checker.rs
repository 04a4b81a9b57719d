//! The checker of the invariants that the events of every query have to keep.

use std::hash::Hasher as _;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::QueryStream;
use aggregator_core::event::{Event, EventKind, Outcome, RankedSource, Stage, Summary, is_clean};
use futures::StreamExt as _;
use siphasher::sip::SipHasher13;

use crate::expectation::{Expectation, TerminalEvent};

/// Checks the events of one query against the invariants. It reads them one by one, counts them and digests them.
///
/// It keeps no events, so that it can watch measurements of memory. The digest covers everything but the times.
#[derive(Debug, Clone)]
pub struct InvariantChecker {
    /// Events read.
    pub events: u64,
    /// `Result` events.
    pub results: u64,
    /// `ResultRevised` events.
    pub revised: u64,
    /// `AnswerDelta` events.
    pub deltas: u64,
    /// Bytes of answer text.
    pub answer_bytes: u64,
    /// `Citation` events.
    pub citations: u64,
    /// Time of the first result.
    pub first_result: Option<Duration>,
    /// Time of the first answer text.
    pub first_text: Option<Duration>,
    /// Time of the latest event.
    pub latest: Duration,
    started: u64,
    finished: u64,
    models: u64,
    provider_hits: u64,
    answer: String,
    sources: Option<Arc<[RankedSource]>>,
    summary: Option<(TerminalEvent, Summary)>,
    hasher: SipHasher13,
    broken: Option<String>,
}

impl Default for InvariantChecker {
    fn default() -> Self {
        Self {
            events: 0,
            results: 0,
            revised: 0,
            deltas: 0,
            answer_bytes: 0,
            citations: 0,
            first_result: None,
            first_text: None,
            latest: Duration::ZERO,
            started: 0,
            finished: 0,
            models: 0,
            provider_hits: 0,
            answer: String::new(),
            sources: None,
            summary: None,
            hasher: SipHasher13::new_with_keys(0, 0),
            broken: None,
        }
    }
}

impl InvariantChecker {
    /// A checker that has read no events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a query to its end and checks its events. Dropping the future ends the reading, not the query.
    pub async fn read_to_end(query: &mut QueryStream) -> Self {
        let mut checker = Self::new();
        while let Some(event) = query.next().await {
            checker.read(&event);
        }
        checker
    }

    /// Reads and checks the next event.
    pub fn read(&mut self, event: &Event) {
        self.require("I2", "seq counts from 0 without a gap", event.seq == self.events);
        self.require("I2", "nothing follows the last event", self.summary.is_none());
        self.require("I1", "time does not run backwards", event.elapsed() >= self.latest);
        if self.events == 0 {
            // How late it comes is a figure (`first-event`) and a budget.
            let status = matches!(event.kind, EventKind::Status { stage: Stage::Searching });
            self.require("I1", "the first event is a status", status);
        }
        self.events += 1;
        self.latest = event.elapsed();
        self.digest(&event.kind);
        match &event.kind {
            EventKind::Status { .. } | EventKind::Usage(_) | EventKind::Policy(_) => {}
            EventKind::Queued { .. } | EventKind::Reused { .. } => {
                self.require("I1", "a query says how it runs before a provider is asked", self.started == 0);
            }
            EventKind::PartialSynthesis(partial) => {
                let (results, text) = (&partial.results, &partial.text);
                self.require("I6", "a partial synthesis is about results", u64::from(*results) <= self.results);
                self.require("I6", "nothing partial follows the frozen sources", self.sources.is_none());
                self.require("I10", "a partial synthesis has no hidden characters", is_clean(text) && !text.is_empty());
            }
            EventKind::PageRead(report) => {
                let known = u64::from(report.id.0) < self.results && self.sources.is_none();
                self.require("I6", "a page that is read is that of a result, before the sources are frozen", known);
            }
            EventKind::Contradictions(found) => {
                let frozen = self.sources.as_ref().map_or(0, |list| list.len() as u32);
                let known = found.iter().all(|pair| pair.sources[0] < pair.sources[1] && pair.sources[1] <= frozen);
                self.require("I6", "contradictions are between frozen sources", known && !found.is_empty());
            }
            EventKind::ModelFinished(_) => {
                self.require("I6", "sources are frozen before a model is asked", self.sources.is_some());
                self.models += 1;
            }
            EventKind::Analysis(analysis) => {
                self.require("I1", "the analysis comes before a provider is asked", self.started == 0);
                let clean = analysis.sub_queries.iter().all(|text| is_clean(text));
                self.require("I10", "an analysis has no hidden characters", clean);
            }
            EventKind::Interim(interim) => {
                self.require("I4", "an interim counts the results", u64::from(interim.results) == self.results);
                let kinds: u32 = interim.patterns.kinds.iter().map(|(_, results)| results).sum();
                self.require("I4", "each result of an interim is of one kind", kinds == interim.results);
            }
            EventKind::ProviderStarted { .. } => self.started += 1,
            EventKind::ProviderFinished(report) => {
                self.finished += 1;
                self.provider_hits += u64::from(report.hits);
            }
            EventKind::Result { id, score, .. } => {
                self.require("I4", "the score of a result is above 0", *score > 0.0);
                self.require("I4", "results are numbered in order", u64::from(id.0) == self.results);
                self.require("I6", "no result follows the frozen sources", self.sources.is_none());
                self.results += 1;
                self.first_result.get_or_insert(event.elapsed());
            }
            EventKind::ResultRevised { id, .. } => {
                self.require("I4", "a revised result was emitted before", u64::from(id.0) < self.results);
                self.revised += 1;
            }
            EventKind::Sources { list, selection } => {
                let chosen = selection.as_ref().is_none_or(|selection| {
                    selection.choices.iter().map(|choice| choice.id).eq(list.iter().map(|source| source.id))
                });
                self.require("I6", "each selected source has a reason", chosen);
                self.require("I6", "sources are frozen once", self.sources.is_none());
                self.check_order(list);
                self.sources = Some(Arc::clone(list));
            }
            EventKind::AnswerDelta { text } => {
                self.require("I6", "sources are frozen before the answer", self.sources.is_some());
                self.require("I12", "a delta is neither empty nor too large", !text.is_empty() && text.len() <= 16_384);
                self.deltas += 1;
                self.answer_bytes += text.len() as u64;
                self.answer.push_str(text);
                self.first_text.get_or_insert(event.elapsed());
            }
            EventKind::Citation { number, id, span, chars } => {
                self.citations += 1;
                let marker = self.answer.get(span.start as usize..span.end as usize);
                let named = marker.is_some_and(|marker| names(marker, *number));
                let length = marker.map(|marker| marker.chars().count());
                self.require("I6", "a citation's marker was emitted where it says", named);
                let before = self.answer.get(..span.start as usize).map(|text| text.chars().count() as u32);
                let same = before == Some(chars.start) && length == Some(chars.len());
                self.require("I6", "a marker has the same place in characters as in bytes", same);
                let cited = self.sources.as_ref().and_then(|list| list.get((*number as usize).checked_sub(1)?));
                let known = cited.is_some_and(|source| source.number == *number && source.id == *id);
                self.require("I6", "a citation names a frozen source", known);
            }
            EventKind::Done { summary } => self.finish(TerminalEvent::Done, summary),
            EventKind::Failed { partial, .. } => self.finish(TerminalEvent::Failed, partial),
            EventKind::Cancelled { partial, .. } => self.finish(TerminalEvent::Cancelled, partial),
            _ => self.require("I2", "every kind of event is known to this account", false),
        }
    }

    fn finish(&mut self, end: TerminalEvent, summary: &Summary) {
        self.require("I5", "every provider has one outcome", self.finished == summary.providers.len() as u64);
        self.require("I5", "every started provider has finished", self.started <= self.finished);
        let hits = &summary.hits;
        self.require("I3", "every emitted hit is a result", u64::from(hits.emitted) == self.results);
        let sum = hits.emitted + hits.merged + hits.dropped.total();
        self.require("I3", "every hit was emitted, merged or dropped", hits.yielded == sum);
        self.require("I3", "the providers' hits add up", u64::from(hits.yielded) == self.provider_hits);
        let names: Vec<_> = summary.providers.iter().map(|report| &report.provider).collect();
        self.require("I5", "reports are in name order, one each", names.windows(2).all(|pair| pair[0] < pair[1]));
        if let Some(sources) = self.sources.clone() {
            self.require("I6", "the summary repeats the frozen sources", *sources == *summary.sources);
        }
        if end == TerminalEvent::Done {
            let cancelled = summary.providers.iter().any(|report| report.outcome == Outcome::Cancelled);
            self.require("I5", "nothing is cancelled in a query that is done", !cancelled);
        }
        self.require("I5", "every model that was told is in the summary", self.models <= summary.models.len() as u64);
        if let Some(answer) = summary.answer {
            let same = u64::from(answer.bytes) == self.answer_bytes
                && u64::from(answer.deltas) == self.deltas
                && u64::from(answer.citations) == self.citations;
            self.require("I6", "the answer's account adds up", same);
        }
        self.summary = Some((end, summary.clone()));
    }

    fn check_order(&mut self, list: &[RankedSource]) {
        let numbered = list.iter().zip(1..).all(|(source, number)| source.number == number);
        self.require("I4", "sources are numbered from 1", numbered);
        let sorted = list.windows(2).all(|pair| pair[0].score >= pair[1].score);
        self.require("I4", "sources are in order of score", sorted);
        let emitted = list.iter().all(|source| u64::from(source.id.0) < self.results);
        self.require("I4", "sources were emitted as results", emitted);
    }

    fn require(&mut self, invariant: &str, promise: &str, kept: bool) {
        if !kept && self.broken.is_none() {
            self.broken = Some(format!("{invariant} is broken at event {}: {promise}", self.events));
        }
    }

    /// The end and the summary, once the last event was read.
    pub fn summary(&self) -> Option<(TerminalEvent, &Summary)> {
        self.summary.as_ref().map(|(end, summary)| (*end, summary))
    }

    /// The frozen sources, once they were read.
    pub fn sources(&self) -> Option<&[RankedSource]> {
        self.sources.as_deref()
    }

    /// Digest of all events so far, times apart.
    pub fn checksum(&self) -> u64 {
        self.hasher.finish()
    }

    /// Whether all invariants were kept so far.
    ///
    /// # Errors
    /// Names the first that was not.
    pub fn check(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Whether the query came to its end, all invariants were kept, and what came of it is what was expected.
    ///
    /// # Errors
    /// Names what is not.
    pub fn check_against(&self, expected: &Expectation) -> Result<(), String> {
        self.check()?;
        let found = self.found()?;
        if found == *expected {
            return Ok(());
        }
        let pairs = expected.fields().into_iter().zip(found.fields());
        let differs = pairs.filter(|((_, expected), (_, found))| expected != found);
        let named = differs.map(|((name, expected), (_, found))| format!("{name} {found} instead of {expected}"));
        Err(named.collect::<Vec<_>>().join(", "))
    }

    /// What came of the query, in the form of an expectation.
    ///
    /// # Errors
    /// When the last event was not read.
    pub fn found(&self) -> Result<Expectation, String> {
        let Some((end, summary)) = &self.summary else { return Err("I2 is broken: there is no last event".into()) };
        Ok(Expectation {
            end: *end,
            events: self.events,
            results: self.results,
            merged: u64::from(summary.hits.merged),
            dropped: u64::from(summary.hits.dropped.total()),
            deltas: self.deltas,
            citations: self.citations,
            invented: summary.answer.map_or(0, |answer| u64::from(answer.invalid_citations)),
            checksum: format!("{:016x}", self.checksum()),
        })
    }

    fn digest(&mut self, kind: &EventKind) {
        let hasher = &mut self.hasher;
        // A tag per kind and a length before each text keep neighbours apart.
        let mut text = |tag: u8, text: &str| {
            hasher.write_u8(tag);
            hasher.write_usize(text.len());
            hasher.write(text.as_bytes());
        };
        match kind {
            EventKind::Status { stage } => text(1, if *stage == Stage::Searching { "s" } else { "a" }),
            EventKind::ProviderStarted { provider } => text(2, provider.as_str()),
            EventKind::ProviderFinished(report) => {
                text(3, report.provider.as_str());
                text(4, &format!("{:?}", report.outcome));
                hasher.write_u32(report.hits);
            }
            EventKind::Result { id, rank, score, source } | EventKind::ResultRevised { id, rank, score, source } => {
                text(if matches!(kind, EventKind::Result { .. }) { 5 } else { 6 }, &source.url);
                text(7, &source.title);
                text(8, &source.snippet);
                text(9, source.provider.as_str());
                hasher.write_u32(id.0);
                hasher.write_u32(*rank);
                hasher.write_u64(score.to_bits());
            }
            EventKind::Sources { list, selection } => {
                if let Some(selection) = selection {
                    text(19, &format!("{selection:?}"));
                }
                hasher.write_u8(10);
                for source in list.iter() {
                    hasher.write_u32(source.id.0);
                    hasher.write_u64(source.score.to_bits());
                }
            }
            EventKind::AnswerDelta { text: delta } => text(11, delta),
            EventKind::Citation { span, number, id, .. } => {
                hasher.write_u8(12);
                for value in [span.start, span.end, *number, id.0] {
                    hasher.write_u32(value);
                }
            }
            EventKind::Usage(usage) => {
                hasher.write_u8(13);
                hasher.write_u64(usage.input_tokens);
                hasher.write_u64(usage.output_tokens);
            }
            EventKind::Analysis(analysis) => text(17, &format!("{analysis:?}")),
            EventKind::PartialSynthesis(partial) => {
                text(23, &partial.text);
                hasher.write_u32(partial.results);
            }
            EventKind::PageRead(report) => {
                text(24, &format!("{:?}", report.outcome));
                hasher.write_u32(report.id.0);
                hasher.write_u32(report.bytes);
            }
            EventKind::Queued { .. } | EventKind::Reused { .. } => text(25, &format!("{kind:?}")),
            EventKind::Policy(report) => text(26, &format!("{report:?}")),
            EventKind::Contradictions(found) => text(22, &format!("{found:?}")),
            EventKind::ModelFinished(report) => {
                text(20, report.model.as_str());
                text(21, &format!("{:?} {:?} {:?}", report.role, report.outcome, report.usage));
            }
            EventKind::Interim(interim) => {
                text(18, &format!("{:?} {:?}", interim.patterns, interim.best));
                hasher.write_u32(interim.results);
            }
            EventKind::Failed { error, .. } => text(14, &error.to_string()),
            EventKind::Cancelled { reason, .. } => text(15, &format!("{reason:?}")),
            _ => hasher.write_u8(16),
        }
        if let Some(summary) = kind.summary() {
            let hits = summary.hits;
            for count in [hits.yielded, hits.emitted, hits.merged, hits.dropped.invalid_url, hits.dropped.over_limit] {
                self.hasher.write_u32(count);
            }
        }
    }
}

/// Whether a marker, as `[1, 3-5]`, names a number, alone or in a range.
fn names(marker: &str, number: u32) -> bool {
    let plain = |c: char| match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
        _ => c,
    };
    let plain: String = marker.chars().map(plain).collect();
    let item = |item: &str| {
        let ends: Vec<u32> = item.split(|c: char| !c.is_ascii_digit()).filter_map(|end| end.parse().ok()).collect();
        match ends[..] {
            [] => false,
            [first] => first == number,
            [first, last, ..] => first == number || (first..=last).contains(&number),
        }
    };
    let marks = |opening: &[char], closing: &[char]| plain.starts_with(opening) && plain.ends_with(closing);
    marks(&['[', '\\', '【', '［'], &[']', '】', '］']) && plain.split([',', ';', '，', '；', '、', '&']).any(item)
}
