//! Labelled questions with passages, in the schema of [RGB](https://github.com/chen700564/RGB), from JSON lines.
//!
//! Files of RGB are read as they are. Beyond RGB's fields a question may have a domain, a language, an ability, the sentences of
//! its passages that state the answer, and the pairs of passages that are copies of each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::lines::{LineError, json_lines};
use crate::matching::Answer;

/// A labelled question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Its name; unique within a dataset.
    pub id: String,
    /// Its domain, such as `law`; empty if the dataset names none.
    pub domain: String,
    /// The language of question and passages, by its code of two letters; empty if the dataset names none.
    pub lang: String,
    /// What the question tests.
    pub ability: Ability,
    /// The text of the question.
    pub query: String,
    /// The right answer; without parts if the passages do not answer the question.
    pub answer: Answer,
    /// Groups of passages that state the answer. Of several groups each states another part of it.
    pub positive: Vec<Vec<String>>,
    /// Passages about the same that do not state the answer.
    pub negative: Vec<String>,
    /// A wrong answer, which the passages in `wrong` state.
    pub fake_answer: Option<Answer>,
    /// Passages that state a wrong answer.
    pub wrong: Vec<String>,
    /// Sentences of positive passages that state the answer or a part of it.
    pub relevant: Vec<String>,
    /// Pairs of positive passages, by position over all groups, of which one is a copy of the other.
    pub near_duplicates: Vec<[usize; 2]>,
}

/// What a question tests; the abilities of RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ability {
    /// Finding the answer among passages that do not state it.
    Noise,
    /// Joining the parts of an answer from several passages.
    Integration,
    /// Finding that passages state different answers, and giving the right one.
    Counterfactual,
    /// Refusing to answer what no passage answers.
    Unanswerable,
}

impl Ability {
    /// All abilities.
    pub const ALL: [Self; 4] = [Self::Noise, Self::Integration, Self::Counterfactual, Self::Unanswerable];
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Noise => "noise",
            Self::Integration => "integration",
            Self::Counterfactual => "counterfactual",
            Self::Unanswerable => "unanswerable",
        })
    }
}

/// A passage of a question: `p3` is its positive passage at position 3 over all groups, `n0` a negative one, `w1` a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassageKey {
    /// A passage that states the answer or a part of it.
    Positive(usize),
    /// A passage that does not state the answer.
    Negative(usize),
    /// A passage that states a wrong answer.
    Wrong(usize),
}

impl fmt::Display for PassageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Positive(at) => write!(f, "p{at}"),
            Self::Negative(at) => write!(f, "n{at}"),
            Self::Wrong(at) => write!(f, "w{at}"),
        }
    }
}

impl FromStr for PassageKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("`{text}` is no passage: write p, n or w and a position, such as p0");
        let at = text.get(1..).and_then(|digits| digits.parse().ok()).ok_or_else(invalid)?;
        match text.as_bytes()[0] {
            b'p' => Ok(Self::Positive(at)),
            b'n' => Ok(Self::Negative(at)),
            b'w' => Ok(Self::Wrong(at)),
            _ => Err(invalid()),
        }
    }
}

impl Question {
    /// All passages with their keys: positive, negative, wrong.
    pub fn passages(&self) -> impl Iterator<Item = (PassageKey, &str)> {
        let positive = self.positive.iter().flatten().enumerate();
        let positive = positive.map(|(at, text)| (PassageKey::Positive(at), text.as_str()));
        let negative = self.negative.iter().enumerate().map(|(at, text)| (PassageKey::Negative(at), text.as_str()));
        let wrong = self.wrong.iter().enumerate().map(|(at, text)| (PassageKey::Wrong(at), text.as_str()));
        positive.chain(negative).chain(wrong)
    }

    /// The text of a passage; `None` if the question has no such passage.
    pub fn passage(&self, key: PassageKey) -> Option<&str> {
        self.passages().find(|(known, _)| *known == key).map(|(_, text)| text)
    }
}

/// Parses questions, one JSON object a line; empty lines are skipped.
///
/// # Errors
/// If a line is no question, an id occurs twice, or a list refers to a passage that the question does not have.
pub fn parse(text: &str) -> Result<Vec<Question>, LineError> {
    let mut questions: Vec<Question> = Vec::new();
    for line in json_lines::<Line>(text) {
        let (number, line) = line?;
        let question = line.question().map_err(|what| LineError::new(number, what))?;
        if questions.iter().any(|known| known.id == question.id) {
            return Err(LineError::new(number, format!("the id `{}` occurs twice", question.id)));
        }
        questions.push(question);
    }
    Ok(questions)
}

/// A line as it is written.
#[derive(Deserialize)]
struct Line {
    id: Id,
    #[serde(default)]
    domain: String,
    #[serde(default)]
    lang: String,
    ability: Option<Ability>,
    query: String,
    answer: AnswerLine,
    #[serde(default)]
    positive: Positive,
    #[serde(default)]
    negative: Vec<String>,
    #[serde(default)]
    fakeanswer: Option<AnswerLine>,
    #[serde(default)]
    positive_wrong: Vec<String>,
    #[serde(default)]
    relevant: Vec<String>,
    #[serde(default)]
    near_duplicates: Vec<[usize; 2]>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "an id is a text or a number")]
enum Id {
    Text(String),
    Number(u64),
}

/// The forms of an answer in RGB: one text; a list of texts, all required; a list of lists, one of each required.
#[derive(Deserialize)]
#[serde(untagged, expecting = "an answer is a text, a list of texts, or a list of lists of texts")]
enum AnswerLine {
    One(String),
    All(Vec<OneOrAliases>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a part of an answer is a text, or a list of texts that mean the same")]
enum OneOrAliases {
    One(String),
    Aliases(Vec<String>),
}

impl AnswerLine {
    fn read(self) -> Result<Answer, String> {
        let parts = match self {
            Self::One(text) => vec![vec![text]],
            Self::All(parts) => parts
                .into_iter()
                .map(|part| match part {
                    OneOrAliases::One(text) => vec![text],
                    OneOrAliases::Aliases(texts) => texts,
                })
                .collect(),
        };
        Answer::new(parts)
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`positive` is a list of texts, or a list of lists of texts")]
enum Positive {
    Groups(Vec<Vec<String>>),
    One(Vec<String>),
}

impl Default for Positive {
    fn default() -> Self {
        Self::Groups(Vec::new())
    }
}

impl Line {
    fn question(self) -> Result<Question, String> {
        let id = match self.id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        };
        let positive = match self.positive {
            Positive::Groups(groups) => groups,
            Positive::One(passages) if passages.is_empty() => Vec::new(),
            Positive::One(passages) => vec![passages],
        };
        // Files of RGB have one ability each and do not name it.
        let ability = self.ability.unwrap_or(match (positive.len(), self.positive_wrong.is_empty()) {
            (0, _) => Ability::Unanswerable,
            (_, false) => Ability::Counterfactual,
            (1, true) => Ability::Noise,
            (_, true) => Ability::Integration,
        });
        let question = Question {
            id,
            domain: self.domain,
            lang: self.lang,
            ability,
            query: self.query,
            answer: self.answer.read()?,
            positive,
            negative: self.negative,
            fake_answer: self.fakeanswer.map(AnswerLine::read).transpose()?,
            wrong: self.positive_wrong,
            relevant: self.relevant,
            near_duplicates: self.near_duplicates,
        };
        let count = question.positive.iter().map(Vec::len).sum::<usize>();
        if let Some(pair) = question.near_duplicates.iter().find(|pair| pair.iter().any(|&at| at >= count)) {
            return Err(format!("`near_duplicates` has {pair:?}, but there are {count} positive passages"));
        }
        let is_missing =
            |text: &&String| !question.positive.iter().flatten().any(|passage| passage.contains(text.as_str()));
        if let Some(text) = question.relevant.iter().find(is_missing) {
            return Err(format!("the relevant sentence `{text}` is in no positive passage"));
        }
        if ability != Ability::Unanswerable && question.answer.parts().is_empty() {
            return Err(format!(
                "`{}` has no answer; write `\"ability\": \"unanswerable\"` if it has none",
                question.id
            ));
        }
        Ok(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Question {
        parse(line).unwrap().remove(0)
    }

    #[test]
    fn a_line_of_each_of_rgbs_files_is_read() {
        let refine = one(
            r#"{"id": 7, "query": "q", "answer": ["May 2", ["3", "three"]], "positive": ["a"], "negative": ["b"]}"#,
        );
        assert_eq!((refine.id.as_str(), refine.ability), ("7", Ability::Noise));
        assert_eq!(refine.answer.parts(), [vec!["May 2".to_owned()], vec!["3".into(), "three".into()]]);
        let int = one(
            r#"{"id": 1, "query": "q", "answer": [["x"], ["y"]], "asnwer1": ["a"], "answer2": ["b"], "positive": [["a"], ["b", "c"]], "negative": []}"#,
        );
        assert_eq!((int.ability, int.positive.len()), (Ability::Integration, 2));
        let fact = one(
            r#"{"id": 2, "query": "q", "answer": "Rome", "fakeanswer": "Oslo", "positive_wrong": ["x"], "positive": ["y"], "negative": []}"#,
        );
        assert_eq!((fact.ability, fact.answer.parts().len()), (Ability::Counterfactual, 1));
        assert_eq!(fact.fake_answer.unwrap().parts(), [vec!["Oslo".to_owned()]]);
    }

    #[test]
    fn passages_are_named_over_all_groups() {
        let question = one(
            r#"{"id": 1, "query": "q", "answer": [["x"], ["y"]], "positive": [["x"], ["y", "z"]], "negative": ["n"], "positive_wrong": ["w"]}"#,
        );
        let keys: Vec<String> = question.passages().map(|(key, _)| key.to_string()).collect();
        assert_eq!(keys, ["p0", "p1", "p2", "n0", "w0"]);
        assert_eq!(question.passage("p2".parse().unwrap()), Some("z"));
        assert_eq!(question.passage("p3".parse().unwrap()), None);
        for invalid in ["", "p", "x1", "p-1", "pé", "é1"] {
            assert!(invalid.parse::<PassageKey>().is_err(), "{invalid}");
        }
    }

    #[test]
    fn invalid_lines_are_reported_with_their_place() {
        for (text, says) in [
            ("\n{", "line 2: EOF"),
            (r#"{"id": 1, "query": "q", "answer": 5}"#, "line 1: an answer is a text"),
            (r#"{"id": true, "query": "q", "answer": "x"}"#, "an id is a text or a number"),
            (r#"{"id": 1, "query": "q", "answer": [[]], "positive": ["a"]}"#, "has no text"),
            (r#"{"id": 1, "query": "q", "answer": [["%-"]], "positive": ["a"]}"#, "`%-`"),
            (r#"{"id": 1, "query": "q", "answer": [], "positive": ["a"]}"#, "`1` has no answer"),
            (
                r#"{"id": 1, "query": "q", "answer": "x", "positive": ["a"], "near_duplicates": [[1, 0]]}"#,
                "there are 1 positive",
            ),
            (
                r#"{"id": 1, "query": "q", "answer": "x", "positive": ["a"], "relevant": ["b."]}"#,
                "`b.` is in no positive",
            ),
            (
                "{\"id\": 1, \"query\": \"q\", \"answer\": [], \"negative\": []}\n{\"id\": \"1\", \"query\": \"q\", \"answer\": []}",
                "line 2: the id `1` occurs twice",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
