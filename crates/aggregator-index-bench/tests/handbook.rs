//! Labelled questions over the handbook: for how many of them a section that answers is among the first five passages, and what
//! the answers are worth that index, engine and answerer make of them together.
//!
//! Sixteen of the eighty are paraphrases, written to share at most two words of four or more letters with the section that
//! answers. A search by words cannot find most of these, so they are counted by themselves. An answer is right if it has all
//! that the label demands, and a question is not answered if the answer cites nothing.
//!
//! The labels were made before any search was run on them. Those that are held out are consulted through their totals only: the
//! tests name no question of them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aggregator_core::{Engine, Query};
use aggregator_extract::Extractive;
use aggregator_index::{Index, IndexProvider, Options, Passage};
use aggregator_index_bench::labels::{Question, unanswerable};
use tempfile::TempDir;

/// How many passages are looked at.
const FIRST: usize = 5;

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/handbook/docs").canonicalize().unwrap()
}

fn indexed() -> (TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let report = index.update(&[documents()], &Options::default(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.files, report.skipped.len()), (34, 0), "{report}");
    (dir, index)
}

#[test]
fn a_section_that_answers_is_among_the_first_five() {
    let (_dir, index) = indexed();
    let documents = documents();
    // Of questions as people ask them, and of paraphrases; what rules may be written from, and what is held out.
    let (mut asked, mut found, mut first) = ([[0; 2]; 2], [[0; 2]; 2], [[0; 2]; 2]);
    for question in Question::all() {
        let passages = index.search(&question.q, FIRST).unwrap();
        let answers = |passage: &Passage| {
            let file = passage.path.strip_prefix(&documents).unwrap();
            question.is_answered_by(file, passage.anchor.as_deref())
        };
        let at = passages.iter().position(answers);
        let (kind, part) = (usize::from(question.is_paraphrase()), usize::from(question.held_out));
        asked[kind][part] += 1;
        found[kind][part] += usize::from(at.is_some());
        first[kind][part] += usize::from(at == Some(0));
        if at.is_none() && !question.held_out {
            println!("not among the first {FIRST}: {:?} of {}#{}", question.q, question.file, question.anchor);
        }
    }
    println!("[[tuning, held out], of paraphrases] of {asked:?}: {found:?} among the first {FIRST}, {first:?} first");
    assert_eq!(asked, [[45, 19], [9, 7]]);
    let (all, right) = (asked[0][0] + asked[0][1], found[0][0] + found[0][1]);
    assert!(right * 60 >= all * 54, "{right} of {all} among the first {FIRST}");
    assert_eq!(found, [[45, 18], [1, 1]], "another search finds other numbers: write them here and in the README");
}

/// The answer; `None` where it cites nothing.
async fn ask(engine: &Engine, question: &str) -> Option<String> {
    let reply = engine.ask(Query::new(question).unwrap()).await;
    (!reply.citations.is_empty()).then_some(reply.answer)
}

#[tokio::test(start_paused = true)]
async fn answers_over_the_handbook() {
    let (_dir, index) = indexed();
    let provider = IndexProvider::new("documents", index);
    let engine = Engine::builder().provider(provider).model(Extractive::new()).build().unwrap();
    // Of questions as people ask them, and of paraphrases.
    let (mut asked, mut right, mut unanswered) = ([0; 2], [0; 2], [0; 2]);
    for question in Question::all() {
        let kind = usize::from(question.is_paraphrase());
        asked[kind] += 1;
        match ask(&engine, &question.q).await {
            None => unanswered[kind] += 1,
            Some(answer) => right[kind] += usize::from(question.is_right(&answer)),
        }
    }
    let unanswerable = unanswerable();
    let mut refused = 0;
    for question in &unanswerable {
        refused += usize::from(ask(&engine, question).await.is_none());
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
