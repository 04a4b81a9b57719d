//! Quality over the labelled questions of the handbook: hits among the first five passages, and correct answers of index,
//! engine and answerer together.
//!
//! 16 of the 80 questions are paraphrases, which share at most two words of four or more letters with the section that answers.
//! A search by words cannot find most of them, so they are counted separately. An answer is correct if it contains all parts
//! that the label demands; a question counts as unanswered if the answer has no citation.
//!
//! The labels were made before any search was run on them. The tests print totals only of the held-out questions.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aggregator_core::{Engine, Query};
use aggregator_extract::ExtractiveModel;
use aggregator_index::{Index, IndexProvider, Options, Passage};
use aggregator_index_bench::labels::{Question, unanswerable_questions};
use tempfile::TempDir;

/// Number of passages among which a section that answers is a hit.
const TOP_K: usize = 5;

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/handbook/docs").canonicalize().unwrap()
}

fn build_index() -> (TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let report = index.update(&[documents()], &Options::default(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.files, report.skipped.len()), (34, 0), "{report}");
    (dir, index)
}

#[test]
fn a_section_that_answers_is_among_the_first_five() {
    let (_dir, index) = build_index();
    let documents = documents();
    // Indices: [ordinary questions, paraphrases], then [tuning, held out].
    let (mut asked, mut found, mut first) = ([[0; 2]; 2], [[0; 2]; 2], [[0; 2]; 2]);
    for question in Question::all() {
        let passages = index.search(&question.q, TOP_K).unwrap();
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
            println!("not among the first {TOP_K}: {:?} of {}#{}", question.q, question.file, question.anchor);
        }
    }
    println!("[[tuning, held out], of paraphrases] of {asked:?}: {found:?} among the first {TOP_K}, {first:?} first");
    assert_eq!(asked, [[45, 19], [9, 7]]);
    let (all, right) = (asked[0][0] + asked[0][1], found[0][0] + found[0][1]);
    assert!(right * 60 >= all * 54, "{right} of {all} among the first {TOP_K}");
    assert_eq!(
        found,
        [[45, 18], [1, 1]],
        "the results of the search have changed: update these figures and those of README.md"
    );
}

/// Asks a question; `None` if the answer has no citation.
async fn ask(engine: &Engine, question: &str) -> Option<String> {
    let reply = engine.ask(Query::new(question).unwrap()).await;
    (!reply.citations.is_empty()).then_some(reply.answer)
}

#[tokio::test(start_paused = true)]
async fn answers_over_the_handbook() {
    let (_dir, index) = build_index();
    let provider = IndexProvider::new("documents", index);
    let engine = Engine::builder().provider(provider).model(ExtractiveModel::new()).build().unwrap();
    // Indices: ordinary questions, paraphrases.
    let (mut asked, mut right, mut unanswered) = ([0; 2], [0; 2], [0; 2]);
    for question in Question::all() {
        let kind = usize::from(question.is_paraphrase());
        asked[kind] += 1;
        match ask(&engine, &question.q).await {
            None => unanswered[kind] += 1,
            Some(answer) => right[kind] += usize::from(question.is_correct(&answer)),
        }
    }
    let unanswerable = unanswerable_questions();
    let mut refused = 0;
    for question in &unanswerable {
        refused += usize::from(ask(&engine, question).await.is_none());
    }
    let all = unanswerable.len();
    println!("of {asked:?} {right:?} are correct and {unanswered:?} unanswered; {refused} of {all} are refused");
    let figures = (asked, right, unanswered, refused, all);
    assert_eq!(
        figures,
        ([64, 16], [42, 0], [15, 16], 23, 25),
        "the answers have changed: update these figures and those of README.md"
    );
}
