//! Rows of RAGBench (Friel, Belyi and Sanyal, "RAGBench: Explainable Benchmark for Retrieval-Augmented Generation
//! Systems", arXiv 2407.11005) as JSON lines: documents and an answer, cut into sentences with keys, and labels that
//! name sentences by key.
//!
//! Names of fields are those of the data set (<https://huggingface.co/datasets/galileo-ai/ragbench>); fields that no
//! measure needs are ignored. Only the schema is used here, so labels of one's own can be written in it.

use serde::{Deserialize, Deserializer};

use crate::lines::{LineError, json_lines};

/// A question, the documents that were found, an answer, and the labels.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Row {
    /// The id of the question. Rows with answers of several models have the same one.
    pub id: String,
    /// The question.
    pub question: String,
    /// The sentences of each document.
    pub documents_sentences: Vec<Vec<Sentence>>,
    /// The answer.
    pub response: String,
    /// The sentences of the answer.
    pub response_sentences: Vec<Sentence>,
    /// What supports each sentence of the answer.
    pub sentence_support_information: Vec<SentenceSupport>,
    /// Keys of the sentences of the documents that are relevant to the question; a key may occur twice.
    pub all_relevant_sentence_keys: Vec<String>,
    /// Keys of the sentences of the documents that the answer uses; a key may occur twice.
    pub all_utilized_sentence_keys: Vec<String>,
    /// Keys of the sentences of the answer that no document supports.
    pub unsupported_response_sentence_keys: Vec<String>,
    /// The relevance that the data set has for the row.
    pub relevance_score: Option<f64>,
    /// The utilization that the data set has for the row.
    pub utilization_score: Option<f64>,
    /// The completeness that the data set has for the row.
    pub completeness_score: Option<f64>,
    /// The adherence that the data set has for the row. 0 and 1 are read as well: tables with gaps have numbers
    /// instead.
    #[serde(default, deserialize_with = "flag")]
    pub adherence_score: Option<bool>,
}

/// A sentence, in the file a pair of key and text: `["0a", "It is blue."]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "(String, String)")]
pub struct Sentence {
    /// Its key, for example `0a`: the first sentence of the first document.
    pub key: String,
    /// Its text.
    pub text: String,
}

impl From<(String, String)> for Sentence {
    fn from((key, text): (String, String)) -> Self {
        Self { key, text }
    }
}

/// What supports a sentence of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SentenceSupport {
    /// The key of the sentence of the answer.
    pub response_sentence_key: String,
    /// Keys of sentences of the documents; or, instead of one, what else supports it, such as
    /// `supported_without_sentence`,
    /// `general`, `well_known_fact` and `numerical_reasoning`.
    pub supporting_sentence_keys: Vec<String>,
    /// Whether they support all of it. Most rows have no value.
    pub fully_supported: Option<bool>,
    /// Why, in the words of who made the label.
    pub explanation: Option<String>,
}

/// Parses rows, one JSON object on each line. Blank lines are skipped.
///
/// Scores may be null or absent. A list of labels may not: an empty list says that nothing is relevant, used or
/// unsupported, which is not the same as no label.
///
/// # Errors
/// When a line is no such object, or is longer than [`crate::lines::MAX_JSON_LINE`].
pub fn parse_rows(text: &str) -> Result<Vec<Row>, LineError> {
    json_lines(text).map(|line| Ok(line?.1)).collect()
}

fn flag<'de, D: Deserializer<'de>>(value: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Number(f64),
    }
    match Option::<Flag>::deserialize(value)? {
        None => Ok(None),
        Some(Flag::Bool(value)) => Ok(Some(value)),
        Some(Flag::Number(0.0)) => Ok(Some(false)),
        Some(Flag::Number(1.0)) => Ok(Some(true)),
        Some(Flag::Number(other)) => {
            Err(serde::de::Error::custom(format_args!("the adherence {other} is neither true nor false")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of our own in the schema of the data set.
    const ROW: &str = r#"{"id": "w-1", "question": "How long is the ferry?",
        "documents": ["It is 40 m long. It is blue."],
        "documents_sentences": [[["0a", "It is 40 m long."], ["0b", "It is blue."]], []],
        "response": "It is 40 m long. It sails daily.", "generation_model_name": "none",
        "response_sentences": [["a", "It is 40 m long."], ["b", "It sails daily."]],
        "sentence_support_information": [
            {"response_sentence_key": "a", "explanation": "same", "supporting_sentence_keys": ["0a"],
             "fully_supported": true},
            {"response_sentence_key": "b", "explanation": null, "supporting_sentence_keys": [],
             "fully_supported": null}],
        "all_relevant_sentence_keys": ["0a"], "all_utilized_sentence_keys": ["0a", "0a"],
        "unsupported_response_sentence_keys": ["b"],
        "relevance_score": 0.5, "utilization_score": 1, "completeness_score": null, "adherence_score": false}"#;

    fn row_with(old: &str, new: &str) -> Result<Row, LineError> {
        assert!(ROW.contains(old), "{old}");
        let line = ROW.replace('\n', " ").replace(old, new);
        parse_rows(&format!("\n{line}\r\n")).map(|mut rows| rows.remove(0))
    }

    #[test]
    fn a_row_has_sentences_and_labels() {
        let row = row_with("w-1", "w-1").unwrap();
        assert_eq!((row.id.as_str(), row.question.as_str()), ("w-1", "How long is the ferry?"));
        assert_eq!(row.documents_sentences.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0]);
        let last = &row.documents_sentences[0][1];
        assert_eq!((last.key.as_str(), last.text.as_str()), ("0b", "It is blue."));
        assert_eq!(row.response_sentences[1].text, "It sails daily.");
        let [first, second] = &row.sentence_support_information[..] else { panic!("two sentences") };
        assert_eq!((first.fully_supported, first.explanation.as_deref()), (Some(true), Some("same")));
        assert_eq!((second.fully_supported, second.supporting_sentence_keys.len()), (None, 0));
        assert_eq!(row.all_relevant_sentence_keys, ["0a"]);
        assert_eq!(row.all_utilized_sentence_keys, ["0a", "0a"], "what occurs twice is kept");
        assert_eq!(row.unsupported_response_sentence_keys, ["b"]);
        assert_eq!((row.relevance_score, row.utilization_score, row.completeness_score), (Some(0.5), Some(1.0), None));
        assert_eq!(row.adherence_score, Some(false));
        assert_eq!(parse_rows("\n").unwrap(), []);
    }

    #[test]
    fn a_score_may_be_null_or_absent() {
        let adherence = |value: &str| row_with("\"adherence_score\": false", &format!("\"adherence_score\": {value}"));
        for (value, expected) in [("null", None), ("true", Some(true)), ("1.0", Some(true)), ("0", Some(false))] {
            assert_eq!(adherence(value).unwrap().adherence_score, expected, "{value}");
        }
        let error = adherence("0.5").unwrap_err();
        assert!(
            error.to_string().starts_with("line 2: the adherence 0.5 is neither true nor false at column"),
            "{error}"
        );
        assert!(adherence("\"yes\"").is_err());
        let row = row_with(", \"adherence_score\": false", "").unwrap();
        assert_eq!(row.adherence_score, None);
        for score in ["\"relevance_score\": 0.5, ", "\"utilization_score\": 1, ", "\"completeness_score\": null, "] {
            assert!(row_with(score, "").is_ok(), "{score}");
        }
    }

    #[test]
    fn a_row_without_a_label_is_an_error() {
        for (old, new, said) in [
            ("\"all_relevant_sentence_keys\": [\"0a\"], ", "", "missing field `all_relevant_sentence_keys`"),
            ("\"all_relevant_sentence_keys\": [\"0a\"]", "\"all_relevant_sentence_keys\": null", "invalid type: null"),
            ("[\"0b\", \"It is blue.\"]", "[\"0b\"]", "invalid length 1"),
            ("[\"0b\", \"It is blue.\"]", "[\"0b\", \"It is blue.\", \"x\"]", "trailing characters"),
            ("\"response_sentence_key\": \"b\", ", "", "missing field `response_sentence_key`"),
            ("\"w-1\"", "1", "invalid type: integer `1`, expected a string"),
        ] {
            let error = row_with(old, new).unwrap_err();
            assert!(error.line == 2 && error.what.contains(said), "{new}: {error}");
        }
    }
}
