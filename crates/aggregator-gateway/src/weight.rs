//! How much memory a kept run needs, as an estimate.

use std::collections::HashSet;
use std::mem::{size_of, size_of_val};
use std::sync::Arc;

use aggregator_core::answer::contradictions::ContradictionKind;
use aggregator_core::event::{CleanText, EventKind, PageReport};
use aggregator_core::{
    Analysis, Contradiction, InterimSummary, ModelReport, Outcome, PolicyReport, ProviderError, ProviderName,
    ProviderReport, Query, RankedSource, Source, Summary, Truncation, Turn,
};

/// What an entry needs besides its query and its events: the slot in the cache's table, and the entry itself. An upper bound of
/// what quick_cache 0.7 allocates for it.
const ENTRY: u64 = 128;
/// The two counters of a shared value.
const COUNTERS: usize = 2 * size_of::<usize>();

/// The memory that a query and its events need, in bytes: sizes of values, capacities of texts, and each shared value once.
/// Overhead of the allocator is left out, as are things of a few bytes that only analyses have.
pub(crate) fn of(query: &Query, events: &[EventKind]) -> u64 {
    let mut scale = Scale::default();
    scale.add_query(query);
    scale.add(COUNTERS + size_of_val(events));
    events.iter().for_each(|kind| scale.add_event(kind));
    scale.bytes + ENTRY
}

#[derive(Default)]
struct Scale {
    bytes: u64,
    /// Addresses of the shared values that were counted.
    counted: HashSet<usize>,
}

impl Scale {
    fn add(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Whether a shared value is counted for the first time. If so, its own size is added.
    fn is_new<T: ?Sized>(&mut self, shared: &T) -> bool {
        let is_new = self.counted.insert((&raw const *shared).addr());
        if is_new {
            self.add(COUNTERS + size_of_val(shared));
        }
        is_new
    }

    fn add_text(&mut self, text: &CleanText) {
        self.add(text.capacity());
    }

    fn add_name(&mut self, name: &ProviderName) {
        self.is_new(name.as_str());
    }

    fn add_query(&mut self, query: &Query) {
        self.add(size_of::<Query>());
        self.add_text(query.text());
        if query.lines() != query.text() {
            self.add(size_of::<CleanText>());
            self.add_text(query.lines());
        }
        if query.search_text() != query.text() {
            self.add_text(query.search_text());
        }
        for Turn { question, answer, .. } in query.turns() {
            self.add(size_of::<Turn>());
            self.add_text(question);
            self.add_text(answer);
        }
    }

    fn add_event(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Analysis(analysis) => self.add_analysis(analysis),
            EventKind::Policy(report) => self.add_policy(report),
            EventKind::ProviderStarted { provider } => self.add_name(provider),
            EventKind::ProviderFinished(report) => self.add_provider(report),
            EventKind::Result { source, .. } | EventKind::ResultRevised { source, .. } => self.add_source(source),
            EventKind::Interim(interim) => self.add_interim(interim),
            EventKind::PartialSynthesis(partial) => {
                self.add(size_of_val(&**partial));
                self.add_text(&partial.text);
            }
            EventKind::Sources { list, selection } => {
                self.add_list(list);
                if let Some(selection) = selection
                    && self.is_new(&**selection)
                {
                    self.add(size_of_val(&selection.choices[..]));
                }
            }
            EventKind::PageRead(report) => self.add_page(report),
            EventKind::Contradictions(found) => found.iter().for_each(|found| self.add_contradiction(found)),
            EventKind::AnswerDelta { text } => self.add_text(text),
            EventKind::ModelFinished(report) => self.add_model(report),
            EventKind::Done { summary } => self.add_summary(summary),
            // Status, citations, usage: all of it is in the event itself. Runs that failed or were cancelled are not kept.
            _ => {}
        }
    }

    fn add_analysis(&mut self, analysis: &Arc<Analysis>) {
        if self.is_new(&**analysis) {
            self.add(size_of_val(&analysis.segments[..]) + size_of_val(&analysis.ambiguity.open[..]));
            self.add(analysis.sub_queries.iter().map(|text| size_of::<String>() + text.capacity()).sum());
        }
    }

    fn add_policy(&mut self, report: &Arc<PolicyReport>) {
        if self.is_new(&**report) {
            self.add_name(&report.service);
        }
    }

    fn add_page(&mut self, report: &Arc<PageReport>) {
        if self.is_new(&**report) {
            self.add_outcome(&report.outcome);
        }
    }

    fn add_summary(&mut self, summary: &Summary) {
        self.add(size_of::<Summary>() + size_of_val(&*summary.providers) + size_of_val(&*summary.models));
        self.add_list(&summary.sources);
        summary.providers.iter().for_each(|report| self.add_provider(report));
        summary.models.iter().for_each(|report| self.add_model(report));
    }

    fn add_list(&mut self, list: &Arc<[RankedSource]>) {
        // An empty list has no address of its own, and needs nothing.
        if !list.is_empty() && self.is_new(&**list) {
            list.iter().for_each(|ranked| self.add_source(&ranked.source));
        }
    }

    fn add_source(&mut self, source: &Arc<Source>) {
        if self.is_new(&**source) {
            let Source { url, title, snippet, provider } = &**source;
            [url, title, snippet].into_iter().for_each(|text| self.add_text(text));
            self.add_name(provider);
        }
    }

    fn add_provider(&mut self, report: &Arc<ProviderReport>) {
        if self.is_new(&**report) {
            self.add_name(&report.provider);
            self.add_outcome(&report.outcome);
        }
    }

    fn add_model(&mut self, report: &Arc<ModelReport>) {
        if self.is_new(&**report) {
            self.add_name(&report.model);
            self.add_outcome(&report.outcome);
            self.add(size_of_val(&*report.cited));
        }
    }

    fn add_outcome(&mut self, outcome: &Outcome) {
        if let Outcome::Error(error) | Outcome::Partial(Truncation::Error(error)) = outcome {
            let ProviderError { message, .. } = error;
            self.add_text(message);
        }
    }

    fn add_interim(&mut self, interim: &InterimSummary) {
        let patterns = &interim.patterns;
        self.add(size_of_val(interim) + size_of_val(&patterns.domains[..]) + size_of_val(&patterns.kinds[..]));
        for domain in &patterns.domains {
            self.is_new(&*domain.name);
        }
        for title in &interim.best {
            self.add(size_of::<CleanText>());
            self.add_text(title);
        }
    }

    fn add_contradiction(&mut self, found: &Contradiction) {
        self.add(size_of::<Contradiction>() + found.given.iter().map(String::capacity).sum::<usize>());
        if let ContradictionKind::NumberOf(of) = &found.matter {
            self.add(of.capacity());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(id: u32, source: &Arc<Source>) -> EventKind {
        EventKind::Result { id: aggregator_core::ResultId(id), rank: 1, score: 1.0, source: Arc::clone(source) }
    }

    #[test]
    fn texts_count_with_their_capacity_and_shared_values_once() {
        let query = Query::new("how heavy is a run?").unwrap();
        let weigh = |events: &[EventKind]| of(&query, events);
        let empty = weigh(&[]);
        let mut title = String::with_capacity(10_000);
        title.push_str("A page");
        let provider = ProviderName::new("web");
        let text = |text: &str| CleanText::single_line(text);
        let source = Source {
            url: text("https://a.example/"),
            title: CleanText::single_line(title),
            snippet: text(""),
            provider,
        };
        let source = Arc::new(source);
        let one = weigh(&[result(0, &source)]) - empty;
        assert!((10_000..10_500).contains(&one), "{one} bytes: what is reserved is occupied");
        let two = weigh(&[result(0, &source), result(1, &source)]) - empty;
        assert_eq!(two - one, size_of::<EventKind>() as u64, "the page is shared");
        let copy = Arc::new(Source::clone(&source));
        let copied = weigh(&[result(0, &source), result(1, &copy)]) - empty;
        assert!(copied > two + 20, "another page is another allocation: {copied} and {two}");
        let delta = |bytes: usize| EventKind::AnswerDelta { text: text(&"x".repeat(bytes)) };
        let delta_weight = |bytes| weigh(&[delta(bytes)]) - empty;
        assert_eq!(delta_weight(9_000) - delta_weight(1_000), 8_000);
        let long = Query::new("x".repeat(2_000)).unwrap();
        assert!(of(&long, &[]) > empty + 1_900, "the key is kept, too");
    }
}
