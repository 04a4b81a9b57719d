//! What `ask` makes of the questions over the handbook: index, engine and answerer together.
//!
//! An answer is right if it has all that the label demands, and a question is not answered if the answer cites nothing. The
//! labels were made before any search was run; of those that are held out the test names no question.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aggregator_core::{Engine, Query};
use aggregator_extract::Extractive;
use aggregator_index::{Index, IndexProvider, Options};
use serde::Deserialize;

#[derive(Deserialize)]
struct Question {
    q: String,
    answer: Vec<String>,
    kind: String,
}

#[derive(Deserialize)]
struct Unanswerable {
    q: String,
}

fn handbook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/handbook").canonicalize().unwrap()
}

fn lines<T: for<'a> Deserialize<'a>>(file: &str) -> Vec<T> {
    let text = fs::read_to_string(handbook().join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The answer with its white space folded; `None` where it cites nothing.
async fn ask(engine: &Engine, question: &str) -> Option<String> {
    let reply = engine.ask(Query::new(question).unwrap()).await;
    (!reply.citations.is_empty()).then(|| folded(&reply.answer))
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[tokio::test(start_paused = true)]
async fn answers_over_the_handbook() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    index.update(&[handbook().join("docs")], &Options::default(), |_| ControlFlow::Continue(())).unwrap();
    let provider = IndexProvider::new("documents", index);
    let engine = Engine::builder().provider(provider).model(Extractive::new()).build().unwrap();

    // Of questions as people ask them, and of paraphrases.
    let (mut asked, mut right, mut unanswered) = ([0; 2], [0; 2], [0; 2]);
    for Question { q, answer, kind } in lines("questions.jsonl") {
        let kind = usize::from(kind == "paraphrase");
        asked[kind] += 1;
        match ask(&engine, &q).await {
            None => unanswered[kind] += 1,
            Some(text) => right[kind] += usize::from(answer.iter().all(|part| text.contains(&folded(part)))),
        }
    }
    let mut refused = 0;
    let unanswerable: Vec<Unanswerable> = lines("unanswerable.jsonl");
    for Unanswerable { q } in &unanswerable {
        refused += usize::from(ask(&engine, q).await.is_none());
    }
    let all = unanswerable.len();
    println!("of {asked:?} {right:?} are right and {unanswered:?} not answered; {refused} of {all} are refused");
    let figures = (asked, right, unanswered, refused, all);
    assert_eq!(
        figures,
        ([64, 16], [42, 0], [15, 16], 23, 25),
        "other answers: write the figures here and in the README"
    );
}
