//! Faults of quality, planted on purpose: each lowers the row that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aggregator_core::event::RankedSource;
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream, FinishReason};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{LanguageModel, SearchProvider};
use futures::{StreamExt as _, stream};
use rag_eval::matching::Answer;
use rag_eval::sentences::sentences;

use crate::dataset::{self, Item};
use crate::line::Lines;
use crate::measure_items;
use crate::setup::{Hooks, NoHooks};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Providers give their hits in reverse order.
    WorseRanking,
    /// Providers give only the first quarter of their hits.
    LostHits,
    /// Each provider adds its name to its addresses, so that no two are the same.
    AddressesApart,
    /// Providers cut the last character of their addresses, so that different passages have the same.
    AddressesTogether,
    /// Providers give no snippets.
    NoSnippets,
    /// The text says nothing.
    SaysNothing,
    /// The text loses its markers.
    LostCitations,
    /// Each marker names the next source.
    WrongSources,
    /// What would be refused is answered with the first sentence of a source.
    AnswersUnanswerable,
    /// Where a source states the wrong answer, that is the answer.
    FollowsCounterfactual,
    /// The model reads only the first half of the sources.
    HalfOfTheSources,
}

impl Hooks for Fault {
    fn provider(&self, provider: Box<dyn SearchProvider>) -> Box<dyn SearchProvider> {
        let change: fn(&str, &mut Vec<Hit>) = match self {
            Self::WorseRanking => |_, hits| hits.reverse(),
            Self::LostHits => |_, hits| hits.truncate(hits.len().div_ceil(4)),
            Self::AddressesApart => |name, hits| {
                for hit in hits.iter_mut().filter(|hit| hit.url.contains("pool.example")) {
                    let page = hit.url.split(['?', '#']).next().unwrap_or_default();
                    hit.url = format!("{page}?by={name}");
                }
            },
            Self::AddressesTogether => |_, hits| {
                for hit in hits.iter_mut().filter(|hit| hit.url.contains("pool.example")) {
                    let page = hit.url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
                    hit.url = page[..page.len() - 1].to_owned();
                }
            },
            Self::NoSnippets => |_, hits| hits.iter_mut().for_each(|hit| hit.snippet.clear()),
            _ => return provider,
        };
        Box::new(Changed { provider, change })
    }

    fn model(&self, model: Box<dyn LanguageModel>, fake: Option<&Answer>) -> Box<dyn LanguageModel> {
        Box::new(Faulty { model, fault: *self, fake: fake.cloned() })
    }
}

/// A provider whose hits are changed once all are there.
struct Changed {
    provider: Box<dyn SearchProvider>,
    change: fn(&str, &mut Vec<Hit>),
}

impl SearchProvider for Changed {
    fn name(&self) -> &str {
        self.provider.name()
    }

    fn is_local(&self) -> bool {
        self.provider.is_local()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let (name, change) = (self.name().to_owned(), self.change);
        let hits = self.provider.search(request).filter_map(async |hit| hit.ok()).collect::<Vec<Hit>>();
        let changed = move |mut hits: Vec<Hit>| {
            change(&name, &mut hits);
            stream::iter(hits.into_iter().map(Ok))
        };
        stream::once(hits).map(changed).flatten().boxed()
    }
}

struct Faulty {
    model: Box<dyn LanguageModel>,
    fault: Fault,
    fake: Option<Answer>,
}

impl LanguageModel for Faulty {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.model.shows(request)
    }

    fn answer(&self, mut request: AnswerRequest) -> ChunkStream {
        let sources: Vec<RankedSource> = request.sources.to_vec();
        if self.fault == Fault::HalfOfTheSources {
            request.sources = sources[..sources.len().div_ceil(2)].into();
        }
        let (fault, fake) = (self.fault, self.fake.clone());
        let chunks = self.model.answer(request).collect::<Vec<_>>();
        let changed = async move {
            let chunks = chunks.await;
            let mut text = String::new();
            let mut reason = FinishReason::Stop;
            for chunk in chunks.into_iter().flatten() {
                match chunk {
                    Chunk::Text(piece) => text.push_str(&piece),
                    Chunk::Finish(finish) => reason = finish,
                    _ => {}
                }
            }
            (text, reason) = change(fault, fake.as_ref(), &sources, text, reason);
            stream::iter([Ok(Chunk::Text(text)), Ok(Chunk::Finish(reason))])
        };
        stream::once(changed).flatten().boxed()
    }
}

fn change(
    fault: Fault,
    fake: Option<&Answer>,
    sources: &[RankedSource],
    text: String,
    reason: FinishReason,
) -> (String, FinishReason) {
    let stated =
        || sources.iter().flat_map(|source| sentences(source.source.snippet.as_str()).map(move |s| (source.number, s)));
    match fault {
        Fault::SaysNothing => ("It depends.".to_owned(), FinishReason::Stop),
        Fault::LostCitations => (map_markers(&text, |_| None), reason),
        Fault::WrongSources => (map_markers(&text, |number| Some(number % sources.len() as u32 + 1)), reason),
        Fault::AnswersUnanswerable if reason == FinishReason::Unanswered => match stated().next() {
            Some((number, sentence)) => (format!("{sentence} [{number}]"), FinishReason::Stop),
            None => (text, reason),
        },
        Fault::FollowsCounterfactual => match fake.and_then(|fake| stated().find(|(_, sentence)| fake.is_in(sentence)))
        {
            Some((number, sentence)) => (format!("{sentence} [{number}]"), FinishReason::Stop),
            None => (text, reason),
        },
        _ => (text, reason),
    }
}

/// Replaces the number of each marker, or removes it.
fn map_markers(text: &str, number: impl Fn(u32) -> Option<u32>) -> String {
    let mut changed = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        changed.push_str(&rest[..open]);
        let close = rest[open..].find(']').map_or(rest.len(), |close| open + close + 1);
        match rest[open + 1..close.saturating_sub(1).max(open + 1)].parse() {
            Ok(cited) => changed.extend(number(cited).map(|number| format!("[{number}]"))),
            Err(_) => changed.push_str(&rest[open..close]),
        }
        rest = &rest[close..];
    }
    changed + rest
}

/// The figures of all gated rows, with a fault or none.
fn figures(items: &[Item], hooks: &dyn Hooks) -> BTreeMap<String, f64> {
    let mut out = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    measure_items(items, hooks, &runtime, &mut Lines::json(&mut out).unwrap()).unwrap();
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let mut shown = Vec::new();
    for line in String::from_utf8(out).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(row) = line["row"].as_str() else { continue };
        if line["shown"] == true {
            shown.push(row.to_owned());
        }
        if let (Some(value), Some(of)) = (line["value"].as_f64(), line["of"].as_f64()) {
            let sum = sums.entry(row.to_owned()).or_default();
            *sum = (sum.0 + value, sum.1 + of);
        }
    }
    let is_gated = |(row, (_, of)): &(String, (f64, f64))| *of > 0.0 && !shown.contains(row);
    sums.into_iter().filter(is_gated).map(|(row, (value, of))| (row, value / of)).collect()
}

#[test]
fn each_fault_lowers_the_row_that_names_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/quality");
    let mut items = dataset::read_folder(&folder).unwrap();
    // A fifth of the questions is enough to see each fault.
    let mut number = 0;
    items.retain(|_| {
        number += 1;
        number % 5 == 0
    });
    let before = figures(&items, &NoHooks);
    // What no fault can lower: no question of these has any of it.
    let mut left: BTreeSet<&str> =
        before.iter().filter(|(_, figure)| **figure != 0.0).map(|(row, _)| row.as_str()).collect();
    for (fault, rows) in [
        (
            Fault::WorseRanking,
            &["retrieval/index/ndcg@10", "retrieval/fused/ndcg@10", "retrieval/fused/mrr", "retrieval/fusion-gain"][..],
        ),
        (Fault::LostHits, &["obedient/answer/noise-0.8", "obedient/answer/integration-0.6", "offline/evidence-found"]),
        (
            Fault::SaysNothing,
            &["offline/ability/noise", "offline/domain/general", "offline/domain/software", "offline/lang/en"],
        ),
        (Fault::AddressesApart, &["retrieval/dedupe/recall"]),
        (Fault::AddressesTogether, &["retrieval/dedupe/precision"]),
        (Fault::NoSnippets, &["retrieval/selection-gain", "obedient/answered"]),
        (
            Fault::LostCitations,
            &[
                "extractive/citations/cite_recall_lex",
                "offline/citations/cite_recall_lex",
                "worst-case/no-invented-citation",
            ],
        ),
        (
            Fault::WrongSources,
            &[
                "extractive/citations/cite_precision_lex",
                "extractive/citations/cite_recall_lex",
                "extractive/trace/adherence",
                "extractive/trace/completeness",
            ],
        ),
        (Fault::AnswersUnanswerable, &["obedient/rejected/noise-1", "obedient/rejected/unanswerable-1"]),
        (Fault::FollowsCounterfactual, &["extractive/answer/counterfactual", "obedient/answer/counterfactual"]),
        (
            Fault::HalfOfTheSources,
            &["obedient/answer/integration-0.6", "obedient/answer/noise-0.8", "obedient/answered"],
        ),
    ] {
        let after = figures(&items, &fault);
        let is_lower = |row: &str| after.get(row).copied().unwrap_or(0.0) < before[row];
        for row in rows {
            assert!(is_lower(row), "{fault:?}: {row} is {:?} and was {}", after.get(*row), before[*row]);
        }
        left.retain(|row| !is_lower(row));
    }
    assert!(left.is_empty(), "no fault lowers {left:?}");
}

#[test]
fn a_marker_is_replaced_or_removed_and_other_brackets_stay() {
    let text = "One [1] and [x] and [12].";
    assert_eq!(map_markers(text, |number| Some(number + 1)), "One [2] and [x] and [13].");
    assert_eq!(map_markers(text, |_| None), "One  and [x] and .");
    assert_eq!(map_markers("open [", |_| None), "open [");
}
