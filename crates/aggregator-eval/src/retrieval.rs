//! Retrieval: the index over the pool, what merging the lists of several services is worth, duplicates, selection.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::provider::Hit;
use aggregator_core::{SelectionSettings, Settings};
use rag_eval::dedupe::PairCounts;
use rag_eval::questions::PassageKey;
use rag_eval::retrieval::{Judgements, Qrels, Ranking, Run, mean, selection_gain};
use tokio::runtime::Runtime;

use crate::dataset::Item;
use crate::error::EvalError;
use crate::line::Lines;
use crate::pool::{self, Pool};
use crate::scores::{Gate, Scores};
use crate::services::{FoundList, HITS, SERVICES, Service, hit_name, merge, providers};
use crate::setup::{FixedProvider, Hooks, engine};

/// Number of sources that are selected.
const SELECTED: usize = 5;

/// The most sources of a query: all.
const ALL: u32 = 1_000;

/// Measures retrieval for the questions that the passages answer.
///
/// # Errors
/// If the index or the engine fails, or the lines cannot be written.
pub fn measure(
    items: &[Item],
    pool: &Pool,
    hooks: &dyn Hooks,
    runtime: &Runtime,
    lines: &mut Lines<'_>,
) -> Result<(), EvalError> {
    let texts = texts(items);
    let services = Service::all(&texts);
    let originals = originals(items);
    let wrapped = |lists: &[FoundList]| providers(lists, &texts).into_iter().map(|one| hooks.provider(one)).collect();
    let mut qrels = Qrels::new();
    let mut runs: BTreeMap<&str, Run> = BTreeMap::new();
    let mut measured: Vec<Measured<'_>> = Vec::new();
    for item in items.iter().filter(|item| item.is_answerable()) {
        let (id, query) = (&item.question.id, &item.question.query);
        let judgements = judgements(item)?;
        let found = pool.index().search(query, 2 * HITS)?;
        let found = found.iter().filter_map(|passage| pool::passage_at(&passage.url, items));
        let found = through_hooks(hooks, runtime, found.map(|(id, key)| format!("{id}/{key}")).collect())?;
        runs.entry("index").or_default().insert(id.clone(), ranking(found.iter().take(HITS).cloned())?);
        let lists: Vec<FoundList> = services.iter().map(|service| service.find(query, &found)).collect();
        for (service, list) in &lists {
            runs.entry(service).or_default().insert(id.clone(), ranking(list.iter().cloned())?);
        }
        let merging = engine(wrapped(&lists), None, Settings::default().max_sources(ALL))?;
        let merged = merge(runtime, &merging, &lists, query)?;
        let selecting = Settings::default().max_sources(SELECTED as u32).selection(SelectionSettings::default());
        let selected = merge(runtime, &engine(wrapped(&lists), None, selecting)?, &lists, query)?.ranking;
        let fused = ranking(numbered(merged.ranking))?;
        let duplicates = PairCounts::of(&true_groups(&lists, &originals), &merged.groups).map_err(dataset)?;
        let selected: BTreeSet<&str> = selected.iter().map(String::as_str).collect();
        let selection_gain = selection_gain(&selected, &fused, &judgements).map_err(dataset)?;
        runs.entry("fused").or_default().insert(id.clone(), fused);
        qrels.insert(id.clone(), judgements);
        measured.push(Measured { item, duplicates, selection_gain });
    }
    let mut scores = score_runs(&runs, &qrels);
    for measured in &measured {
        let id = &measured.item.question.id;
        let scores = scores.entry(id).or_default();
        measured.add(scores);
        lines.scores(measured.item.split, id, scores).map_err(EvalError::Output)?;
    }
    Ok(())
}

/// What is counted of a question besides its rankings.
struct Measured<'a> {
    item: &'a Item,
    duplicates: PairCounts,
    selection_gain: f64,
}

impl Measured<'_> {
    fn add(&self, scores: &mut Scores) {
        let PairCounts { true_positives, predicted, actual } = self.duplicates;
        for (row, about, value, of) in [
            (
                "retrieval/dedupe/precision",
                "Pairs of merged hits that are the same passage or a copy of it, of all pairs of merged hits.",
                true_positives as f64,
                predicted as f64,
            ),
            (
                "retrieval/dedupe/recall",
                "Pairs of merged hits, of all pairs of hits that are the same passage or a copy of it.",
                true_positives as f64,
                actual as f64,
            ),
            (
                "retrieval/selection-gain",
                "Mean recall of the 5 selected sources minus that of the first 5 of the ranking.",
                self.selection_gain,
                1.0,
            ),
        ] {
            scores.add(row.to_owned(), about, Gate::FailsIfLower, value, of);
        }
    }
}

/// A measure of a ranking.
pub type Measure = fn(&Ranking, &Judgements) -> f64;

/// The measures of rankings, by the last part of their rows.
pub const MEASURES: [(&str, &str, Measure); 5] = [
    ("ndcg@10", "Mean nDCG@10: how far ahead the passages are that answer.", |ranking, judged| {
        ranking.ndcg(judged, 10)
    }),
    ("mrr", "Mean reciprocal rank of the first passage that answers.", |ranking, judged| {
        ranking.reciprocal_rank(judged)
    }),
    ("map", "Mean average precision.", |ranking, judged| ranking.average_precision(judged)),
    ("recall@10", "Mean share of the answering passages that are among the first 10.", |ranking, judged| {
        ranking.recall(judged, 10)
    }),
    ("precision@5", "Mean share of the first 5 passages that answer.", |ranking, judged| ranking.precision(judged, 5)),
];

/// The scores of each question by the measures of all runs.
fn score_runs<'q>(runs: &BTreeMap<&str, Run>, qrels: &'q Qrels) -> BTreeMap<&'q str, Scores> {
    let mut scores: BTreeMap<&str, Scores> = BTreeMap::new();
    for (name, run) in runs {
        // The services are simulated: only the index and what the engine makes of the services is the project's.
        let gate = if SERVICES.contains(name) { Gate::Shown } else { Gate::FailsIfLower };
        for (measure, about, compute) in MEASURES {
            for (question, judgements) in qrels {
                let value = run.get(question).map_or(0.0, |ranking| compute(ranking, judgements));
                scores.entry(question).or_default().add(format!("retrieval/{name}/{measure}"), about, gate, value, 1.0);
            }
        }
    }
    let ndcg = MEASURES[0].2;
    let mean_ndcg = |run: &Run| mean(run, qrels, ndcg).unwrap_or(0.0);
    let services = SERVICES.iter().filter_map(|name| runs.get(name));
    let best = services.reduce(|best, run| if mean_ndcg(run) > mean_ndcg(best) { run } else { best });
    if let (Some(best), Some(fused)) = (best, runs.get("fused")) {
        for (question, judgements) in qrels {
            let value = |run: &Run| run.get(question).map_or(0.0, |ranking| ndcg(ranking, judgements));
            let about = "Mean nDCG@10 of the merged lists minus that of the best single service.";
            let gain = value(fused) - value(best);
            scores.entry(question).or_default().add(
                "retrieval/fusion-gain".into(),
                about,
                Gate::FailsIfLower,
                gain,
                1.0,
            );
        }
    }
    scores
}

fn dataset(error: impl std::fmt::Display) -> EvalError {
    EvalError::Dataset(error.to_string())
}

/// The judgements of a question: its own positive passages are relevant.
fn judgements(item: &Item) -> Result<Judgements, EvalError> {
    let relevant = item.question.passages().filter(|(key, _)| matches!(key, PassageKey::Positive(_)));
    Judgements::new(relevant.map(|(key, _)| (format!("{}/{key}", item.question.id), 1))).map_err(dataset)
}

/// Documents of which a repeated one has another name: it takes a place in the ranking, and is relevant only once. The engine
/// repeats a document where it did not see that two addresses are of one page.
fn numbered(documents: Vec<String>) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let name = |document: String| {
        let times = seen.entry(document.clone()).or_default();
        *times += 1;
        if *times == 1 { document } else { format!("{document} (result {times})") }
    };
    documents.into_iter().map(name).collect()
}

fn ranking(documents: impl IntoIterator<Item = String>) -> Result<Ranking, EvalError> {
    Ranking::in_order(documents).map_err(dataset)
}

/// The texts of all passages.
fn texts(items: &[Item]) -> BTreeMap<String, &str> {
    let mut texts = BTreeMap::new();
    for item in items {
        for (key, text) in item.question.passages() {
            texts.insert(format!("{}/{key}", item.question.id), text);
        }
    }
    texts
}

/// For each passage that is a copy, the passage that it is a copy of.
fn originals(items: &[Item]) -> BTreeMap<String, String> {
    let of_item = |item: &Item| {
        let id = item.question.id.clone();
        let name = move |at: usize| format!("{id}/{}", PassageKey::Positive(at));
        item.question.near_duplicates.iter().map(|pair| (name(pair[0]), name(pair[1]))).collect::<Vec<_>>()
    };
    items.iter().flat_map(of_item).collect()
}

/// The hits of services, grouped by passage; a copy is in the group of its original.
fn true_groups(lists: &[FoundList], originals: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (service, list) in lists {
        for document in list {
            let original = originals.get(document).unwrap_or(document);
            groups.entry(original).or_default().push(hit_name(service, document));
        }
    }
    groups.into_values().collect()
}

/// A ranking as a provider gives it, with what hooks make of the provider.
fn through_hooks(hooks: &dyn Hooks, runtime: &Runtime, found: Vec<String>) -> Result<Vec<String>, EvalError> {
    let hits = found.iter().map(|document| Hit::new(format!("https://pool.example/{document}"), document.as_str()));
    let provider = hooks.provider(Box::new(FixedProvider::new("index", hits.collect())));
    let engine = engine(vec![provider], None, Settings::default().max_sources(ALL))?;
    Ok(merge(runtime, &engine, &[("index", found)], "passages")?.ranking)
}
