//! The questions over the documents, and what a right answer has.

use std::path::Path;

use serde::Deserialize;

const QUESTIONS: &str = include_str!("../../../benches-data/handbook/questions.jsonl");
const UNANSWERABLE: &str = include_str!("../../../benches-data/handbook/unanswerable.jsonl");

/// A question that a section answers.
#[derive(Debug, Deserialize)]
pub struct Question {
    /// The question.
    pub q: String,
    /// The file of the section that answers it best.
    pub file: String,
    /// The anchor of that section; empty in a file without headings.
    pub anchor: String,
    also: Vec<String>,
    answer: Vec<String>,
    kind: String,
    /// Rules may not be written from it; only totals are looked at.
    pub held_out: bool,
}

impl Question {
    /// All of them.
    ///
    /// # Panics
    /// When a line is no label.
    pub fn all() -> Vec<Self> {
        QUESTIONS
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of questions.jsonl is a label"))
            .collect()
    }

    /// Whether it was written to share no words with the section that answers it: a search by words cannot find that.
    pub fn is_paraphrase(&self) -> bool {
        self.kind == "paraphrase"
    }

    /// Whether a passage of a file, with its anchor, is in a section that answers. In files without headings all is one
    /// section.
    pub fn is_answered_by(&self, file: &Path, anchor: Option<&str>) -> bool {
        let is = |path: &str, wanted: &str| {
            Path::new("docs").join(file) == Path::new(path) && (wanted.is_empty() || anchor == Some(wanted))
        };
        let also = self.also.iter().filter_map(|place| place.split_once('#'));
        std::iter::once((&*self.file, &*self.anchor)).chain(also).any(|(path, wanted)| is(path, wanted))
    }

    /// Whether an answer has all that is demanded, but for white space and capitals.
    pub fn is_right(&self, answer: &str) -> bool {
        let answer = folded(answer);
        self.answer.iter().all(|part| answer.contains(&folded(part)))
    }
}

/// Questions that no document answers.
///
/// # Panics
/// When a line is no label.
pub fn unanswerable() -> Vec<String> {
    #[derive(Deserialize)]
    struct Unanswerable {
        q: String,
    }
    let read = |line| serde_json::from_str::<Unanswerable>(line).expect("a line of unanswerable.jsonl is a label").q;
    UNANSWERABLE.lines().map(read).collect()
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
