//! The labelled questions over the documents.

use std::path::Path;

use serde::Deserialize;

const QUESTIONS: &str = include_str!("../../../benches-data/handbook/questions.jsonl");
const UNANSWERABLE: &str = include_str!("../../../benches-data/handbook/unanswerable.jsonl");

/// A question that a section of the documents answers.
#[derive(Debug, Deserialize)]
pub struct Question {
    /// Text of the question.
    pub q: String,
    /// File of the section that answers best, from `benches-data/handbook`.
    pub file: String,
    /// Anchor of that section; empty in a file without headings.
    pub anchor: String,
    also: Vec<String>,
    answer: Vec<String>,
    kind: String,
    /// Whether the question is held out: authors of rules see totals only.
    pub held_out: bool,
}

impl Question {
    /// Parses all questions.
    ///
    /// # Panics
    /// When a line is not a valid label.
    pub fn all() -> Vec<Self> {
        QUESTIONS
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of questions.jsonl is a label"))
            .collect()
    }

    /// Whether the question shares hardly any words with the section that answers it, so that a search by words cannot find it.
    pub fn is_paraphrase(&self) -> bool {
        self.kind == "paraphrase"
    }

    /// Whether a passage is in a section that answers the question. `file` is relative to the folder of documents; a file
    /// without headings is one section.
    pub fn is_answered_by(&self, file: &Path, anchor: Option<&str>) -> bool {
        let is = |path: &str, wanted: &str| {
            Path::new("docs").join(file) == Path::new(path) && (wanted.is_empty() || anchor == Some(wanted))
        };
        let also = self.also.iter().filter_map(|place| place.split_once('#'));
        std::iter::once((&*self.file, &*self.anchor)).chain(also).any(|(path, wanted)| is(path, wanted))
    }

    /// Whether an answer contains all parts that the label demands, ignoring white space and case.
    pub fn is_correct(&self, answer: &str) -> bool {
        let answer = normalize(answer);
        self.answer.iter().all(|part| answer.contains(&normalize(part)))
    }
}

/// Parses the questions that no document answers.
///
/// # Panics
/// When a line is not a valid label.
pub fn unanswerable_questions() -> Vec<String> {
    #[derive(Deserialize)]
    struct Unanswerable {
        q: String,
    }
    let read = |line| serde_json::from_str::<Unanswerable>(line).expect("a line of unanswerable.jsonl is a label").q;
    UNANSWERABLE.lines().map(read).collect()
}

fn normalize(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
