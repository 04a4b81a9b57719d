//! Eighty labelled questions over the handbook: for how many of them a section that answers is among the first five passages.
//!
//! Sixteen are paraphrases, written to share at most two words of four or more letters with the section that answers. A search
//! by words cannot find most of these, so they are counted by themselves.
//!
//! The labels were made before any search was run on them. Those that are held out are consulted through their totals only: the
//! test names no question of them.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aggregator_index::{Index, Options};
use serde::Deserialize;

/// How many passages are looked at.
const FIRST: usize = 5;

#[derive(Deserialize)]
struct Question {
    q: String,
    file: String,
    anchor: String,
    also: Vec<String>,
    held_out: bool,
    kind: String,
}

fn handbook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/handbook").canonicalize().unwrap()
}

impl Question {
    /// Whether a passage of a file, with its anchor, is in a section that answers. In files without headings all is one section.
    fn is_answered_by(&self, file: &str, anchor: Option<&str>) -> bool {
        let own = (self.file.as_str(), self.anchor.as_str());
        let also = self.also.iter().filter_map(|place| place.split_once('#'));
        std::iter::once(own)
            .chain(also)
            .any(|(path, wanted)| path == file && (wanted.is_empty() || anchor == Some(wanted)))
    }
}

#[test]
fn a_section_that_answers_is_among_the_first_five() {
    let handbook = handbook();
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let report = index.update(&[handbook.join("docs")], &Options::default(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.files, report.skipped.len()), (34, 0), "{report}");

    let questions = fs::read_to_string(handbook.join("questions.jsonl")).unwrap();
    let questions: Vec<Question> = questions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Of questions as people ask them, and of paraphrases; what rules may be written from, and what is held out.
    let (mut asked, mut found, mut first) = ([[0; 2]; 2], [[0; 2]; 2], [[0; 2]; 2]);
    for question in &questions {
        let passages = index.search(&question.q, FIRST).unwrap();
        let file = |path: &Path| path.strip_prefix(&handbook).unwrap().to_str().unwrap().to_owned();
        let places: Vec<_> = passages.iter().map(|passage| (file(&passage.path), passage.anchor.clone())).collect();
        let at = places.iter().position(|(file, anchor)| question.is_answered_by(file, anchor.as_deref()));
        let (kind, part) = (usize::from(question.kind == "paraphrase"), usize::from(question.held_out));
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
    assert_eq!(found, [[45, 18], [1, 1]], "another search finds other numbers: write them here");
}
