//! Datasets of others: RAGBench rows, BEIR folders, TREC runs.

use std::fs;
use std::path::Path;

use aggregator_core::provider::Hit;
use aggregator_extract::ExtractiveModel;
use rag_eval::beir::{self, IdenticalIds};
use rag_eval::ragbench;
use rag_eval::retrieval::{Qrels, Ranking, Run, unjudged};
use rag_eval::trace::Evidence;
use rag_eval::trec;
use tokio::runtime::Runtime;

use crate::ask::ask;
use crate::dataset::Split;
use crate::error::EvalError;
use crate::line::Lines;
use crate::pool::Pool;
use crate::retrieval::MEASURES;
use crate::scores::{Gate, Scores};
use crate::setup::{FixedProvider, engine, settings};

/// Whether a file has rows of RAGBench: their first line has `documents_sentences`.
///
/// # Errors
/// If it cannot be read.
pub fn is_ragbench(path: &Path) -> Result<bool, EvalError> {
    let text = fs::read_to_string(path).map_err(EvalError::file(path))?;
    Ok(text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.contains("\"documents_sentences\"")))
}

/// Answers the questions of a file of RAGBench with the extractive model, from the documents of each row.
///
/// # Errors
/// If the file is not valid, or a question cannot be asked.
pub fn measure_ragbench(path: &Path, runtime: &Runtime, lines: &mut Lines<'_>) -> Result<(), EvalError> {
    let rows = ragbench::parse_rows(&read(path)?).map_err(EvalError::invalid(path))?;
    for (number, row) in rows.iter().enumerate() {
        let hits = row.documents_sentences.iter().enumerate().map(|(at, sentences)| {
            let text: Vec<&str> = sentences.iter().map(|sentence| sentence.text.trim()).collect();
            Hit::new(format!("https://passages.example/{at}"), format!("Document {}", at + 1))
                .with_snippet(text.join(" "))
        });
        let provider = Box::new(FixedProvider::new("documents", hits.collect()));
        let engine = engine(vec![provider], Some(Box::new(ExtractiveModel::new())), settings())?;
        let answered = ask(runtime, &engine, &row.question)?;
        let mut evidence = Evidence { has_unsupported: answered.has_unsupported(), ..Evidence::default() };
        for (document, sentences) in row.documents_sentences.iter().enumerate() {
            let url = format!("https://passages.example/{document}");
            let source = answered.sources.iter().position(|ranked| ranked.source.url.as_str() == url);
            for (at, sentence) in sentences.iter().enumerate() {
                evidence.total += 1;
                if row.all_relevant_sentence_keys.contains(&sentence.key) {
                    evidence.relevant.insert((document, at));
                }
                if source.is_some_and(|source| answered.uses(source, &sentence.text)) {
                    evidence.utilized.insert((document, at));
                }
            }
        }
        // Ids of RAGBench repeat between its parts.
        let question = format!("{}:{number}", row.id);
        let mut scores = Scores::default();
        let mut add =
            |row: &str, about: &str, value: f64| scores.add(format!("ragbench/{row}"), about, Gate::Shown, value, 1.0);
        add("trace/relevance", "TRACe: share of the documents' sentences that are relevant.", evidence.relevance());
        add("trace/utilization", "TRACe: share of the documents' sentences that are used.", evidence.utilization());
        add("trace/completeness", "TRACe: share of the relevant sentences that are used.", evidence.completeness());
        add("trace/adherence", "TRACe: share of answers that are supported.", evidence.adherence());
        let refused = f64::from(u8::from(answered.facts.is_refused));
        add("refused", "Share of questions that were refused.", refused);
        lines.scores(Split::Tuning, &question, &scores).map_err(EvalError::Output)?;
    }
    Ok(())
}

/// Searches the corpus of a BEIR folder (`corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`) with the index.
///
/// # Errors
/// If a file is not valid, or the corpus cannot be indexed.
pub fn measure_beir(folder: &Path, lines: &mut Lines<'_>) -> Result<(), EvalError> {
    let file = |name: &str| folder.join(name);
    let corpus =
        beir::parse_corpus(&read(&file("corpus.jsonl"))?).map_err(EvalError::invalid(&file("corpus.jsonl")))?;
    let queries =
        beir::parse_queries(&read(&file("queries.jsonl"))?).map_err(EvalError::invalid(&file("queries.jsonl")))?;
    let qrels =
        beir::parse_qrels(&read(&file("qrels/test.tsv"))?).map_err(EvalError::invalid(&file("qrels/test.tsv")))?;
    let ids: Vec<&String> = corpus.keys().collect();
    let texts: Vec<String> =
        corpus.values().map(|document| format!("{}\n\n{}", document.title, document.text)).collect();
    // Ids may hold what a path cannot.
    let documents = texts.iter().enumerate().map(|(at, text)| (format!("{}/{at}.txt", at / 1_000), text.as_str()));
    let pool = Pool::of_documents(documents)?;
    let mut run = Run::new();
    for (id, text) in queries.iter().filter(|(id, _)| qrels.contains_key(*id)) {
        let mut found: Vec<&str> = Vec::new();
        for passage in pool.index().search(text, 100)? {
            let path = passage.url.split('#').next().and_then(|path| path.strip_suffix(".txt"));
            let at = path.and_then(|path| path.rsplit('/').next()).and_then(|at| at.parse::<usize>().ok());
            // A long document has several passages.
            if let Some(id) = at.and_then(|at| ids.get(at)).filter(|id| !found.contains(&id.as_str())) {
                found.push(id);
            }
        }
        let ranking = Ranking::in_order(found).map_err(|error| EvalError::Dataset(error.to_string()))?;
        run.insert(id.clone(), ranking);
    }
    write_run("beir", &beir::results(run, IdenticalIds::Drop), &qrels, lines)
}

/// Judges a TREC run by qrels.
///
/// # Errors
/// If a file is not valid.
pub fn measure_trec(run: &Path, qrels: &Path, lines: &mut Lines<'_>) -> Result<Vec<String>, EvalError> {
    let parsed = trec::parse_run(&read(run)?).map_err(EvalError::invalid(run))?;
    let judged = trec::parse_qrels(&read(qrels)?).map_err(EvalError::invalid(qrels))?;
    write_run("trec", &parsed, &judged, lines)?;
    Ok(unjudged(&parsed, &judged).map(str::to_owned).collect())
}

fn write_run(name: &str, run: &Run, qrels: &Qrels, lines: &mut Lines<'_>) -> Result<(), EvalError> {
    for (question, judgements) in qrels {
        let mut scores = Scores::default();
        for (measure, about, compute) in MEASURES {
            let value = run.get(question).map_or(0.0, |ranking| compute(ranking, judgements));
            scores.add(format!("{name}/{measure}"), about, Gate::Shown, value, 1.0);
        }
        lines.scores(Split::Tuning, question, &scores).map_err(EvalError::Output)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, EvalError> {
    fs::read_to_string(path).map_err(EvalError::file(path))
}
