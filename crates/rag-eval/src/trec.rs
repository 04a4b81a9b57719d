//! Run files and qrels files of the Text Retrieval Conference, as trec_eval reads them (`get_trec_results.c`,
//! `get_qrels.c`).
//!
//! Fields are separated by blanks or tabs; lines end with LF or CRLF; blank lines, and lines that begin with `#`, are
//! skipped. A line has at most [`MAX_LINE`] bytes.
//!
//! What trec_eval reads without a word and is an error here: a number that is none (`atof` makes it 0), and a seventh
//! field of a run (the id of a document with a blank in it moves the score to another field).

use crate::by_query::{ByQuery, grade};
use crate::lines::{LineError, MAX_LINE, lines, quoted};
use crate::retrieval::{Qrels, Run};

/// Parses a run file: on each line `qid Q0 docno rank score tag`. As in trec_eval the score alone decides the order;
/// `Q0`, rank and tag are ignored.
///
/// # Errors
/// When a line does not have six fields or is too long, when a score is no number or NaN, and when a document occurs
/// twice for a query.
pub fn parse_run(text: &str) -> Result<Run, LineError> {
    let mut scores = ByQuery::new();
    for line in lines(text, MAX_LINE) {
        let (number, line) = line?;
        if is_comment(line) {
            continue;
        }
        let [query, _, document, _, score, _] = fields(number, line, "qid Q0 docno rank score tag")?;
        scores.insert(number, query, document, parse_score(number, score)?)?;
    }
    Ok(scores.into_run())
}

/// Parses a qrels file: on each line `qid iter docno rel`, where `rel` is the grade. `iter` is ignored, as in
/// trec_eval.
///
/// # Errors
/// When a line does not have four fields or is too long, when a grade is no whole number, and when a document is judged
/// twice for a query.
pub fn parse_qrels(text: &str) -> Result<Qrels, LineError> {
    let mut grades = ByQuery::new();
    for line in lines(text, MAX_LINE) {
        let (number, line) = line?;
        if is_comment(line) {
            continue;
        }
        let [query, _, document, rel] = fields(number, line, "qid iter docno rel")?;
        grades.insert(number, query, document, grade(number, rel)?)?;
    }
    Ok(grades.into_qrels())
}

fn is_comment(line: &str) -> bool {
    line.trim_ascii_start().starts_with('#')
}

/// The fields of a line, which has exactly those that `form` names.
fn fields<'a, const N: usize>(number: usize, line: &'a str, form: &str) -> Result<[&'a str; N], LineError> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let found = fields.len();
    fields.try_into().map_err(|_| {
        let what = format!("{found} fields in {}: write {N}, `{form}`, none with a blank in it", quoted(line));
        LineError::new(number, what)
    })
}

fn parse_score(number: usize, field: &str) -> Result<f64, LineError> {
    match field.parse::<f64>() {
        Ok(score) if !score.is_nan() => Ok(score),
        _ => Err(LineError::new(number, format!("the score {} is no number: correct it", quoted(field)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_error(text: &str) -> String {
        parse_run(text).unwrap_err().to_string()
    }

    fn qrels_error(text: &str) -> String {
        parse_qrels(text).unwrap_err().to_string()
    }

    #[test]
    fn the_score_decides_and_not_the_rank_or_the_place() {
        let text = "# made by hand\nq2 Q0 d1 1 0.5 tag\r\nq1 0 d3 1 -1e-3 other\r\n\r\n \t q1\tQ0\td1  2\t7 other \t\n\
                    q1 Q0 d2 9 +7.0 tag\n";
        let run = parse_run(text).unwrap();
        let found: Vec<_> = run.iter().map(|(query, ranking)| (query.as_str(), ranking.documents())).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, "q1");
        assert_eq!(found[0].1, ["d2", "d1", "d3"]);
        assert_eq!((found[1].0, found[1].1), ("q2", &["d1".to_owned()][..]));
        assert!(parse_run("").unwrap().is_empty());
        assert_eq!(parse_run("q Q0 a 1 inf t\nq Q0 b 1 -inf t\n").unwrap()["q"].documents(), ["a", "b"]);
    }

    #[test]
    fn a_line_of_a_run_that_is_wrong_is_named() {
        assert_eq!(
            run_error("q1 Q0 d1 1 0.5 t\nq1 Q0 d2 0.5 t\n"),
            "line 2: 5 fields in \"q1 Q0 d2 0.5 t\": write 6, `qid Q0 docno rank score tag`, none with a blank in it"
        );
        assert_eq!(
            run_error("\nq1 Q0 the doc 1 0.5 t"),
            "line 2: 7 fields in \"q1 Q0 the doc 1 0.5 t\": write 6, `qid Q0 docno rank score tag`, none with a blank \
             in it"
        );
        assert_eq!(run_error("q1 Q0 d1 1 0,5 t"), "line 1: the score \"0,5\" is no number: correct it");
        assert_eq!(run_error("q1 Q0 d1 1 nan t"), "line 1: the score \"nan\" is no number: correct it");
        assert_eq!(
            run_error("q1 Q0 d1 1 2 t\nq2 Q0 d1 1 2 t\n\nq1 Q0 d1 2 1 t\n"),
            "line 4: query \"q1\" has document \"d1\" on line 1 too: keep one of the two"
        );
        let long = format!("q1 Q0 d1 1 2 {}", "t".repeat(MAX_LINE));
        assert_eq!(
            run_error(&long),
            "line 1: it has 65549 bytes and may have 65536: check that this is the right file"
        );
        assert!(parse_run(&long[..MAX_LINE]).is_ok());
    }

    #[test]
    fn grades_of_qrels_may_be_negative() {
        let qrels = parse_qrels("q1 0 d1 3\nq1\t0\td2\t-1\r\n# c\nq2 x d1 0\n").unwrap();
        assert_eq!(qrels.len(), 2);
        assert_eq!(qrels["q1"].iter().collect::<Vec<_>>(), [("d1", 3), ("d2", -1)]);
        assert_eq!(qrels["q2"].iter().collect::<Vec<_>>(), [("d1", 0)]);
    }

    #[test]
    fn a_line_of_qrels_that_is_wrong_is_named() {
        assert_eq!(
            qrels_error("q1 0 d1\n"),
            "line 1: 3 fields in \"q1 0 d1\": write 4, `qid iter docno rel`, none with a blank in it"
        );
        for grade in ["1.0", "x", "2147483648"] {
            let expected = format!("line 1: the grade \"{grade}\" is no whole number: write 0, 1, 2, …");
            assert_eq!(qrels_error(&format!("q1 0 d1 {grade}\n")), expected);
        }
        assert_eq!(
            qrels_error("q1 0 d1 1\nq1 0 d1 1\n"),
            "line 2: query \"q1\" has document \"d1\" on line 1 too: keep one of the two"
        );
        assert!(qrels_error(&"x".repeat(MAX_LINE + 1)).contains("65537 bytes"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_query() {
        assert!(parse_run("\u{feff}q1 Q0 d1 1 1 t\n").unwrap().contains_key("q1"));
        assert!(parse_qrels("\u{feff}q1 0 d1 1\n").unwrap().contains_key("q1"));
    }
}
