//! Simulated search services over one pool, and what the engine makes of their hits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::task::Poll;

use aggregator_core::event::EventKind;
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, Query, SearchProvider};
use futures::channel::oneshot::{self, Receiver, Sender};
use futures::{StreamExt as _, stream};
use rag_eval::matching::words;
use tokio::runtime::Runtime;

use crate::error::EvalError;

/// The services: one gives what the index finds, the others rank by shared words and by shared runs of three letters.
pub const SERVICES: [&str; 3] = ["alpha", "beta", "gamma"];

/// Number of hits of a service.
pub const HITS: usize = 20;

/// What a service found: its name, and documents in order.
pub type FoundList = (&'static str, Vec<String>);

/// The features of a text, by which a service compares it with a query.
type Features = fn(&str) -> BTreeSet<String>;

/// A service, with what it keeps of each document.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    /// Features of a text; the service that gives what the index finds has none.
    features: Option<Features>,
    documents: BTreeMap<String, BTreeSet<String>>,
}

impl Service {
    /// The services over these documents.
    pub fn all(texts: &BTreeMap<String, &str>) -> Vec<Self> {
        let features: [Option<Features>; 3] = [None, Some(long_words), Some(trigrams)];
        let service = |(name, features): (&'static str, Option<Features>)| {
            let of = |text: &str| features.map(|features| features(text)).unwrap_or_default();
            let documents = texts.iter().map(|(document, text)| (document.clone(), of(text))).collect();
            Self { name, features, documents }
        };
        SERVICES.into_iter().zip(features).map(service).collect()
    }

    /// The documents that it finds for a query, the best first; `found` is what the index finds.
    pub fn find(&self, query: &str, found: &[String]) -> FoundList {
        let Some(features) = self.features else {
            return (self.name, found.iter().take(HITS).cloned().collect());
        };
        let asked = features(query);
        // The cosine of two sets: what they share over the geometric mean of their sizes.
        let score = |document: &BTreeSet<String>| {
            let shared = asked.intersection(document).count() as f64;
            shared / ((asked.len() * document.len()) as f64).sqrt().max(1.0)
        };
        let mut scored: Vec<(f64, &String)> = self
            .documents
            .iter()
            .map(|(name, document)| (score(document), name))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        scored.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(first.cmp(second)));
        (self.name, scored.into_iter().take(HITS).map(|(_, name)| name.clone()).collect())
    }
}

/// Words of at least four characters.
fn long_words(text: &str) -> BTreeSet<String> {
    words(text).into_iter().filter(|word| word.chars().count() >= 4).collect()
}

/// Runs of three characters of each word.
fn trigrams(text: &str) -> BTreeSet<String> {
    let of_word = |word: String| {
        let chars: Vec<char> = word.chars().collect();
        chars.windows(3).map(|window| window.iter().collect()).collect::<Vec<String>>()
    };
    words(text).into_iter().flat_map(of_word).collect()
}

/// The address of a document as a service writes it. The engine is to see that they are of one page.
fn address(service: &str, document: &str) -> String {
    match service {
        "beta" => format!("http://www.pool.example/{document}/?utm_source=beta"),
        "gamma" => format!("https://pool.example/{document}#top"),
        _ => format!("https://pool.example/{document}"),
    }
}

/// The document at an address.
fn document_at(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    Some(path.split_once("pool.example/")?.1.to_owned())
}

/// A hit of a service, as it is named in groups of hits.
pub fn hit_name(service: &str, document: &str) -> String {
    format!("{service} {document}")
}

/// The services as providers that answer one after the other, so that it is known whose hit each event is about.
pub fn providers(lists: &[FoundList], texts: &BTreeMap<String, &str>) -> Vec<Box<dyn SearchProvider>> {
    let mut before = None;
    let mut providers: Vec<Box<dyn SearchProvider>> = Vec::new();
    for (name, list) in lists {
        let (after, next) = oneshot::channel();
        let hit = |document: &String| {
            let text = texts.get(document).copied().unwrap_or_default();
            Hit::new(address(name, document), document.as_str()).with_snippet(text)
        };
        let turn = Mutex::new(Some((before.replace(next), after)));
        providers.push(Box::new(InTurn { name, hits: list.iter().map(hit).collect(), turn }));
    }
    providers
}

/// What ends with the provider before, if there is one, and what ends with this one.
type Turn = (Option<Receiver<()>>, Sender<()>);

/// A provider that waits for the one before it. It answers one query.
struct InTurn {
    name: &'static str,
    hits: Vec<Hit>,
    turn: Mutex<Option<Turn>>,
}

impl SearchProvider for InTurn {
    fn name(&self) -> &str {
        self.name
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        let turn = self.turn.lock().map(|mut turn| turn.take()).unwrap_or_default();
        let (before, after) = turn.unzip();
        let mut after = after;
        let hits = stream::iter(self.hits.clone().into_iter().map(Ok));
        let waiting = async move {
            if let Some(before) = before.flatten() {
                // Its end is what is waited for: the sender is dropped.
                let _ = before.await;
            }
            hits
        };
        let end = stream::poll_fn(move |_| {
            after.take();
            Poll::Ready(None)
        });
        stream::once(waiting).flatten().chain(end).boxed()
    }
}

/// What the engine made of the hits of services.
#[derive(Debug, Default)]
pub struct Merged {
    /// Documents in final order.
    pub ranking: Vec<String>,
    /// Hits that became one result, by [`hit_name`].
    pub groups: Vec<Vec<String>>,
}

/// Reads a query without an answer. Each hit has an event, unless its service had found the same result before; then it is a
/// group of its own here.
///
/// # Errors
/// If the text is no query.
pub fn merge(runtime: &Runtime, engine: &Engine, lists: &[FoundList], text: &str) -> Result<Merged, EvalError> {
    let query = Query::new(text).map_err(|error| EvalError::Query { query: text.to_owned(), error })?;
    runtime.block_on(async {
        let mut events = engine.run(query);
        let mut merged = Merged::default();
        let mut groups: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let mut waiting = lists.iter().map(|(name, list)| (*name, list.iter()));
        let mut current = waiting.next();
        while let Some(event) = events.next().await {
            match &event.kind {
                EventKind::Result { id, .. } | EventKind::ResultRevised { id, .. } => {
                    if let Some((service, list)) = &mut current
                        && let Some(document) = list.next()
                    {
                        groups.entry(id.0).or_default().push(hit_name(service, document));
                    }
                }
                EventKind::ProviderFinished(_) => {
                    if let Some((service, list)) = current.take() {
                        merged.groups.extend(list.map(|document| vec![hit_name(service, document)]));
                    }
                    current = waiting.next();
                }
                kind => {
                    if let Some(summary) = kind.summary() {
                        let documents =
                            summary.sources.iter().filter_map(|ranked| document_at(ranked.source.url.as_str()));
                        merged.ranking = documents.collect();
                    }
                }
            }
        }
        merged.groups.extend(groups.into_values());
        Ok(merged)
    })
}
