//! The files of a BEIR data set, as its `GenericDataLoader` reads them (`beir/datasets/data_loader.py` of
//! <https://github.com/beir-cellar/beir>): `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`.
//!
//! An id that occurs twice is an error here; the loader of BEIR silently keeps the last one. Blank lines are skipped.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Deserialize;

use crate::by_query::{ByQuery, grade};
use crate::lines::{LineError, MAX_LINE, json_lines, lines, quoted};
use crate::retrieval::{Qrels, Run};

/// A document of `corpus.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its title; empty where the file has none.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// Whether a document with the id of the query counts as a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdenticalIds {
    /// It is left out: in data sets whose queries are documents of the corpus, such as ArguAna and Quora, it is the
    /// query itself. The default of BEIR (`ignore_identical_ids` in `beir/retrieval/evaluation.py`).
    #[default]
    Drop,
    /// It counts as any other.
    Keep,
}

#[derive(Deserialize)]
struct DocumentLine {
    #[serde(rename = "_id")]
    id: String,
    title: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

/// Parses `corpus.jsonl`: on each line an object with `_id`, `text` and, if there is one, `title`; other fields are
/// ignored.
///
/// # Errors
/// When a line is no such object or is longer than [`crate::lines::MAX_JSON_LINE`], and when an id occurs twice.
pub fn parse_corpus(text: &str) -> Result<BTreeMap<String, Document>, LineError> {
    by_id(json_lines(text).map(|line| {
        let (number, DocumentLine { id, title, text }) = line?;
        Ok((number, id, Document { title: title.unwrap_or_default(), text }))
    }))
}

/// Parses `queries.jsonl`: on each line an object with `_id` and `text`; other fields are ignored. Gives the texts by
/// id.
///
/// # Errors
/// As [`parse_corpus`].
pub fn parse_queries(text: &str) -> Result<BTreeMap<String, String>, LineError> {
    by_id(json_lines(text).map(|line| {
        let (number, QueryLine { id, text }) = line?;
        Ok((number, id, text))
    }))
}

/// Parses a file of `qrels`: a header `query-id`, `corpus-id`, `score`, then three fields with a tab between them on
/// each line. The score is the grade.
///
/// # Errors
/// When the header is another one (BEIR skips whatever the first line is, so that a file without a header loses a
/// judgement), when a line is too long or has another number of fields, when a grade is no whole number, and when a
/// document is judged twice for a query. An id in quotes, which BEIR reads as one of CSV, is an error too.
pub fn parse_qrels(text: &str) -> Result<Qrels, LineError> {
    const HEADER: [&str; 3] = ["query-id", "corpus-id", "score"];
    let mut lines = lines(text, MAX_LINE);
    let (number, header) = lines.next().unwrap_or(Ok((1, "")))?;
    if !header.split('\t').eq(HEADER) {
        let what = format!("{} is not the header: begin with {}", quoted(header), quoted(&HEADER.join("\t")));
        return Err(LineError::new(number, what));
    }
    let mut grades = ByQuery::new();
    for line in lines {
        let (number, line) = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        let [query, document, score] = fields[..] else {
            let what = format!("{} fields in {}: write 3 with a tab between them", fields.len(), quoted(line));
            return Err(LineError::new(number, what));
        };
        for (name, id) in [("query", query), ("document", document)] {
            if id.is_empty() || id.starts_with('"') {
                let what = format!("the id {} of the {name} is empty or in quotes: write it plainly", quoted(id));
                return Err(LineError::new(number, what));
            }
        }
        grades.insert(number, query, document, grade(number, score)?)?;
    }
    Ok(grades.into_qrels())
}

/// The run with or without documents that have the id of their query.
#[must_use]
pub fn results(run: Run, identical_ids: IdenticalIds) -> Run {
    match identical_ids {
        IdenticalIds::Keep => run,
        IdenticalIds::Drop => run
            .into_iter()
            .map(|(query, ranking)| {
                let ranking = ranking.without(&query);
                (query, ranking)
            })
            .collect(),
    }
}

/// The values by id.
///
/// # Errors
/// The first error of the lines, or the second line with an id.
fn by_id<T>(
    lines: impl Iterator<Item = Result<(usize, String, T), LineError>>,
) -> Result<BTreeMap<String, T>, LineError> {
    let mut found = BTreeMap::new();
    for line in lines {
        let (number, id, value) = line?;
        match found.entry(id) {
            Entry::Vacant(free) => {
                free.insert((number, value));
            }
            Entry::Occupied(taken) => {
                let (id, first) = (quoted(taken.key()), taken.get().0);
                return Err(LineError::new(number, format!("the id {id} is on line {first} too: keep one of the two")));
            }
        }
    }
    Ok(found.into_iter().map(|(id, (_, value))| (id, value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::Ranking;

    #[test]
    fn a_corpus_is_documents_by_id() {
        let text = "{\"_id\": \"d2\", \"title\": \"T\", \"text\": \"x\", \"metadata\": {\"url\": 1}}\r\n\n\
                    {\"_id\": \"d1\", \"text\": \"\"}\n{\"_id\": \"d3\", \"title\": null, \"text\": \"y\"}\n";
        let corpus = parse_corpus(text).unwrap();
        let document = |title: &str, text: &str| Document { title: title.to_owned(), text: text.to_owned() };
        let expected = [("d1", document("", "")), ("d2", document("T", "x")), ("d3", document("", "y"))];
        assert_eq!(corpus, expected.map(|(id, document)| (id.to_owned(), document)).into());
    }

    #[test]
    fn a_line_of_a_corpus_that_is_wrong_is_named() {
        let error = |text: &str| parse_corpus(text).unwrap_err().to_string();
        assert_eq!(
            error("{\"_id\": \"a\", \"text\": \"\"}\n{\"_id\": \"b\"}"),
            "line 2: missing field `text` at column 12"
        );
        assert_eq!(
            error("{\"_id\": 7, \"text\": \"\"}"),
            "line 1: invalid type: integer `7`, expected a string at column 9"
        );
        assert_eq!(error("{\"_id\": \"a\", \"text"), "line 1: EOF while parsing a string at column 18");
        let twice = "{\"_id\": \"a\", \"text\": \"1\"}\n\n{\"_id\": \"a\", \"text\": \"2\"}\n";
        assert_eq!(error(twice), "line 3: the id \"a\" is on line 1 too: keep one of the two");
        assert_eq!(parse_queries(twice).unwrap_err(), parse_corpus(twice).unwrap_err());
    }

    #[test]
    fn queries_are_texts_by_id() {
        let queries = parse_queries("{\"_id\": \"q1\", \"text\": \"why\", \"metadata\": {}}\n").unwrap();
        assert_eq!(queries, [("q1".to_owned(), "why".to_owned())].into());
    }

    #[test]
    fn qrels_have_a_header() {
        let qrels = parse_qrels("query-id\tcorpus-id\tscore\r\nq 1\td1\t2\r\n\nq 1\td2\t0\nq2\td1\t1").unwrap();
        assert_eq!(qrels["q 1"].iter().collect::<Vec<_>>(), [("d1", 2), ("d2", 0)]);
        assert_eq!(qrels["q2"].iter().collect::<Vec<_>>(), [("d1", 1)]);
        assert!(parse_qrels("query-id\tcorpus-id\tscore\n").unwrap().is_empty());
    }

    #[test]
    fn a_line_of_qrels_that_is_wrong_is_named() {
        let error = |rest: &str| parse_qrels(&format!("query-id\tcorpus-id\tscore\n{rest}")).unwrap_err().to_string();
        let no_header = parse_qrels("q1\td1\t1\n").unwrap_err().to_string();
        assert_eq!(no_header, r#"line 1: "q1\td1\t1" is not the header: begin with "query-id\tcorpus-id\tscore""#);
        assert!(parse_qrels("").unwrap_err().to_string().starts_with("line 1: \"\" is not the header"));
        assert_eq!(error("q1 d1 1\n"), "line 2: 1 fields in \"q1 d1 1\": write 3 with a tab between them");
        assert_eq!(error("q1\td1\t1\t\n"), "line 2: 4 fields in \"q1\\td1\\t1\\t\": write 3 with a tab between them");
        assert_eq!(error("q1\td1\t0.5\n"), "line 2: the grade \"0.5\" is no whole number: write 0, 1, 2, …");
        assert_eq!(
            error("q1\t\"d1\"\t1\n"),
            "line 2: the id \"\\\"d1\\\"\" of the document is empty or in quotes: write it plainly"
        );
        assert_eq!(error("\td1\t1\n"), "line 2: the id \"\" of the query is empty or in quotes: write it plainly");
        assert_eq!(
            error("q1\td1\t1\n\nq1\td1\t2\n"),
            "line 4: query \"q1\" has document \"d1\" on line 2 too: keep one of the two"
        );
    }

    #[test]
    fn a_document_with_the_id_of_its_query_is_dropped_by_default() {
        let ranking = Ranking::in_order(["b", "a", "c"]).unwrap();
        let run = Run::from([("a".to_owned(), ranking.clone()), ("q".to_owned(), ranking)]);
        assert_eq!(results(run.clone(), IdenticalIds::Keep), run);
        let dropped = results(run, IdenticalIds::default());
        assert_eq!((dropped["a"].documents().len(), dropped["q"].documents().len()), (2, 3));
        assert_eq!(dropped["a"].documents(), ["b", "c"]);
    }
}
