//! The lines that the program prints and the stored file has: reading and writing.
//!
//! One line is one JSON object: a header, what a row is, a score, or an answer. `perf-runner/README.md` documents them for those
//! who write such a program.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::name::{RowKey, RowName, Split};
use super::results::{About, Answer, AnswerKey, Results, Scores};
use crate::statistics::Fraction;
use crate::text;

/// Version of the lines.
pub const SCHEMA: u32 = 1;

/// Maximum bytes of a text of lines: 64 MiB.
pub const MAX_BYTES: u64 = 64 << 20;

/// Maximum bytes of one line: 1 MiB.
pub const MAX_LINE: usize = 1 << 20;

/// Maximum of `value` and `of`, far above every count, so that no sum overflows.
const MAX_NUMBER: f64 = 1e12;

/// Maximum characters of `about`.
const MAX_ABOUT: usize = 300;

/// A line that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct LineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it, sanitized. It names no held-out question.
    pub what: String,
}

impl LineError {
    /// An error about a line; `line` starts with 1.
    pub fn new(line: usize, what: impl AsRef<str>) -> Self {
        Self { line, what: text::sanitize(what.as_ref()).chars().take(400).collect() }
    }
}

/// Which kind of line an object is, by the keys that it has.
#[derive(Deserialize)]
struct Keys {
    schema: Option<IgnoredAny>,
    setup: Option<IgnoredAny>,
    about: Option<IgnoredAny>,
    shown: Option<IgnoredAny>,
    scores: Option<IgnoredAny>,
    row: Option<IgnoredAny>,
}

/// The header that a program prints, beside its schema; the stored file has more.
#[derive(Deserialize)]
struct Header {
    program: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutLine {
    row: String,
    about: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shown: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoreLine {
    row: String,
    split: Split,
    question: String,
    value: f64,
    of: f64,
}

/// All scores of a row and split, in which the stored file keeps them: a line for each would take four times the space.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoresLine {
    row: String,
    split: Split,
    scores: Vec<StoredScore>,
}

/// A score: the question, `value`, and `of` where it is not 1.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a score is a list of a question, `value`, and `of` where it is not 1")]
enum StoredScore {
    OfOne(String, f64),
    Of(String, f64, f64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerLine {
    setup: String,
    list: String,
    question: String,
    domain: String,
    lang: String,
    ability: String,
    query: String,
    answer: String,
}

/// Reads the lines of a program, or of the stored file. The header is the first line; the others may have any order.
///
/// # Errors
/// The first line that is not valid: it is too long, cut off, not JSON, of an unknown schema or kind, has a number that is not
/// finite, an `of` that is negative, or repeats another one; a row without a score or without `about`; a question of both splits; an answer
/// to a held-out question.
pub fn parse(text: &str) -> Result<Results, LineError> {
    let mut reader = Reader::default();
    let mut program = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let failed = |what: String| LineError::new(index + 1, what);
        if line.len() > MAX_LINE {
            return Err(failed(format!("it has {} bytes; the limit is {MAX_LINE}", line.len())));
        }
        if !line.ends_with('\n') {
            return Err(failed("it is cut off: a line ends with a line feed".to_owned()));
        }
        if program.is_none() {
            program = Some(parse_header(line).map_err(failed)?);
        } else {
            reader.read(index + 1, line).map_err(failed)?;
        }
    }
    let program = program.ok_or_else(|| LineError::new(1, "there is no line; the first one is the header"))?;
    reader.finish(program)
}

/// Reads the header, and returns the program.
fn parse_header(line: &str) -> Result<String, String> {
    // The version comes first and alone, so that a newer text is reported as such and not by its unknown fields.
    #[derive(Deserialize)]
    struct Version {
        schema: Option<u32>,
    }
    match parse_json::<Version>(line)?.schema {
        None => Err("it is not the header, which is the first line and has `schema`".to_owned()),
        Some(SCHEMA) => {
            let Header { program } = parse_json(line)?;
            is_line_of_text(&program, MAX_ABOUT).then_some(program).ok_or_else(|| "`program` is not a name".to_owned())
        }
        Some(schema) => Err(format!("schema {schema} is not the version this gate reads ({SCHEMA})")),
    }
}

/// Parses one line as JSON. The message of serde names the column.
pub(super) fn parse_json<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| {
        let message = error.to_string();
        // A line is a text of its own for the parser.
        message.replace(" at line 1 column ", " at column ").replace(" at line 2 column 0", " at its end")
    })
}

/// Whether a text is one visible line of at most `max` characters.
fn is_line_of_text(text: &str, max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(text::is_invisible)
}

/// Maximum characters of the id of a question, and of the name of a setup or a list.
const MAX_ID: usize = 120;

fn is_id(id: &str) -> bool {
    is_line_of_text(id, MAX_ID) && !id.contains(char::is_whitespace)
}

/// The lines so far.
#[derive(Default)]
struct Reader {
    rows: BTreeMap<RowKey, Scores>,
    about: BTreeMap<RowName, About>,
    answers: BTreeMap<AnswerKey, Answer>,
    splits: BTreeMap<String, Split>,
    /// The first line of each row, for errors that are found at the end.
    line_of_row: BTreeMap<RowName, usize>,
    line_of_answer: BTreeMap<AnswerKey, usize>,
}

impl Reader {
    fn read(&mut self, number: usize, line: &str) -> Result<(), String> {
        let keys: Keys = parse_json(line)?;
        match keys {
            Keys { schema: Some(_), .. } => Err("it is a second header".to_owned()),
            Keys { setup: Some(_), .. } => self.read_answer(number, parse_json(line)?),
            Keys { about: Some(_), .. } | Keys { shown: Some(_), .. } => self.read_about(number, parse_json(line)?),
            Keys { scores: Some(_), .. } => self.read_scores(number, parse_json(line)?),
            Keys { row: Some(_), .. } => self.read_score(number, parse_json(line)?),
            _ => {
                Err("it is neither a score, nor an answer, nor what a row is: it has no `row` and no `setup`"
                    .to_owned())
            }
        }
    }

    fn read_about(&mut self, number: usize, line: AboutLine) -> Result<(), String> {
        let AboutLine { row, about, shown } = line;
        let name = row_name(&row)?;
        if !is_line_of_text(&about, MAX_ABOUT) {
            return Err(format!("`about` of row `{name}` is not one line of 1 to {MAX_ABOUT} visible characters"));
        }
        self.line_of_row.entry(name.clone()).or_insert(number);
        match self.about.entry(name) {
            Entry::Occupied(there) => Err(format!("row `{}` has a second `about`", there.key())),
            Entry::Vacant(free) => {
                free.insert(About { about, shown });
                Ok(())
            }
        }
    }

    fn read_scores(&mut self, number: usize, line: ScoresLine) -> Result<(), String> {
        let ScoresLine { row, split, scores } = line;
        scores.into_iter().try_for_each(|score| {
            let row = row.clone();
            let (question, value, of) = match score {
                StoredScore::OfOne(question, value) => (question, value, 1.0),
                StoredScore::Of(question, value, of) => (question, value, of),
            };
            self.read_score(number, ScoreLine { row, split, question, value, of })
        })
    }

    fn read_score(&mut self, number: usize, line: ScoreLine) -> Result<(), String> {
        let ScoreLine { row, split, question, value, of } = line;
        let name = row_name(&row)?;
        if !is_id(&question) {
            return Err(format!("row `{name}`: `question` is not an id of 1 to {MAX_ID} visible characters"));
        }
        // A gain can be negative, what it is out of cannot.
        for (field, number, least) in [("value", value, -MAX_NUMBER), ("of", of, 0.0)] {
            if !(least..=MAX_NUMBER).contains(&number) {
                return Err(format!(
                    "row `{name}`, {}: `{field}` is {number}, not a number from {least:e} to {MAX_NUMBER:e}",
                    told(&question, split)
                ));
            }
        }
        match self.splits.get(&question) {
            Some(earlier) if *earlier != split => {
                return Err(format!("row `{name}`: the question is held-out in one line and not in another"));
            }
            Some(_) => {}
            None => {
                self.splits.insert(question.clone(), split);
            }
        }
        self.line_of_row.entry(name.clone()).or_insert(number);
        let score = Fraction { value: rounded(value), of: rounded(of) };
        let key = RowKey { name, split };
        match self.rows.entry(key.clone()).or_default().entry(question) {
            Entry::Occupied(there) => {
                Err(format!("row `{}` has a second score of {}", key.name, told(there.key(), split)))
            }
            Entry::Vacant(free) => {
                free.insert(score);
                Ok(())
            }
        }
    }

    fn read_answer(&mut self, number: usize, line: AnswerLine) -> Result<(), String> {
        let AnswerLine { setup, list, question, domain, lang, ability, query, answer } = line;
        for (field, id) in [("setup", &setup), ("list", &list), ("question", &question)] {
            if !is_id(id) {
                return Err(format!("`{field}` of an answer is not a name of 1 to {MAX_ID} visible characters"));
            }
        }
        let key = AnswerKey { setup, list, question };
        if self.answers.insert(key.clone(), Answer { domain, lang, ability, query, answer }).is_some() {
            return Err(format!("it is a second answer of `{}` to the list `{}` of one question", key.setup, key.list));
        }
        self.line_of_answer.insert(key, number);
        Ok(())
    }

    fn finish(self, program: String) -> Result<Results, LineError> {
        let Self { rows, about, answers, splits, line_of_row, line_of_answer } = self;
        for (row, &line) in &line_of_row {
            let of_split = |split| rows.contains_key(&RowKey { name: row.clone(), split });
            if !about.contains_key(row) {
                return Err(LineError::new(line, format!("no line says what row `{row}` is (`about`)")));
            }
            if !of_split(Split::Tuning) && !of_split(Split::HeldOut) {
                return Err(LineError::new(line, format!("row `{row}` has no score")));
            }
        }
        let is_held_out = |key: &AnswerKey| splits.get(&key.question) == Some(&Split::HeldOut);
        if let Some((_, &line)) = line_of_answer.iter().find(|(key, _)| is_held_out(key)) {
            return Err(LineError::new(
                line,
                "it is an answer to a held-out question, of which only scores may be printed",
            ));
        }
        if rows.is_empty() {
            return Err(LineError::new(1, "there is no score, so that nothing would be judged"));
        }
        Ok(Results { program, rows, about, answers })
    }
}

/// A number to nine digits behind the point, so that it is written shortly and reads back as itself: the parser of JSON may err
/// in the last digit of longer ones.
fn rounded(number: f64) -> f64 {
    const DIGITS: f64 = 1e9;
    // Larger numbers are no shares, and would lose digits.
    let rounded = if number.abs() < 1e6 { (number * DIGITS).round() / DIGITS } else { number };
    // A negative zero becomes a positive one.
    rounded + 0.0
}

/// A question in a message: ids of held-out ones stay out of messages.
fn told(question: &str, split: Split) -> String {
    match split {
        Split::Tuning => format!("`{question}`"),
        Split::HeldOut => "a held-out question".to_owned(),
    }
}

fn row_name(name: &str) -> Result<RowName, String> {
    RowName::new(name).map_err(|error| format!("`row` is `{}`: {error}", text::sanitize_line(name)))
}

/// Writes results as lines, sorted and without the header: what rows are, scores, answers.
pub fn write(results: &Results) -> String {
    let mut out = String::new();
    for (name, About { about, shown }) in &results.about {
        push(&mut out, &AboutLine { row: name.to_string(), about: about.clone(), shown: *shown });
    }
    for (key, scores) in &results.rows {
        let score = |(question, &Fraction { value, of }): (&String, &Fraction)| match of == 1.0 {
            true => StoredScore::OfOne(question.clone(), value),
            false => StoredScore::Of(question.clone(), value, of),
        };
        let scores = scores.iter().map(score).collect();
        push(&mut out, &ScoresLine { row: key.name.to_string(), split: key.split, scores });
    }
    for (key, answer) in &results.answers {
        let AnswerKey { setup, list, question } = key.clone();
        let Answer { domain, lang, ability, query, answer } = answer.clone();
        push(&mut out, &AnswerLine { setup, list, question, domain, lang, ability, query, answer });
    }
    out
}

fn push<T: Serialize>(out: &mut String, line: &T) {
    // Texts and finite numbers are always JSON.
    let _ = writeln!(out, "{}", serde_json::to_string(line).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "{\"schema\":1,\"program\":\"eval\"}\n";
    const ABOUT: &str = "{\"row\":\"offline/answer/noise-0.8\",\"about\":\"share of right answers\"}\n";
    const SCORE: &str = "{\"row\":\"offline/answer/noise-0.8\",\"split\":\"tuning\",\"question\":\"law-03\",\"value\":0.5,\"of\":1.0}\n";
    const HIDDEN: &str =
        "{\"row\":\"offline/answer/noise-0.8\",\"split\":\"held-out\",\"question\":\"law-40\",\"value\":1,\"of\":2}\n";
    const ANSWER: &str = "{\"setup\":\"offline\",\"list\":\"noise-0.8\",\"question\":\"law-03\",\"domain\":\"law\",\
                          \"lang\":\"en\",\"ability\":\"noise\",\"query\":\"how long?\",\"answer\":\"21 days [1]\"}\n";

    fn good() -> String {
        [HEADER, SCORE, ANSWER, ABOUT, HIDDEN].concat()
    }

    #[test]
    fn lines_in_any_order_are_sorted_when_they_are_written() {
        let results = parse(&good()).unwrap();
        assert_eq!((results.program.as_str(), results.rows.len(), results.questions()), ("eval", 2, 2));
        let written = write(&results);
        insta::assert_snapshot!(written, @r#"
        {"row":"offline/answer/noise-0.8","about":"share of right answers"}
        {"row":"offline/answer/noise-0.8","split":"tuning","scores":[["law-03",0.5]]}
        {"row":"offline/answer/noise-0.8","split":"held-out","scores":[["law-40",1.0,2.0]]}
        {"setup":"offline","list":"noise-0.8","question":"law-03","domain":"law","lang":"en","ability":"noise","query":"how long?","answer":"21 days [1]"}
        "#);
        assert_eq!(parse(&format!("{HEADER}{written}")), Ok(results));
    }

    #[test]
    fn each_invalid_line_is_named_with_its_number() {
        let after = |line: &str| format!("{HEADER}{ABOUT}{SCORE}{line}");
        let score =
            |value: &str, of: &str| after(&SCORE.replace("law-03", "law-04").replace("0.5", value).replace("1.0", of));
        let long = format!("{{\"row\":\"{}\"}}\n", "x".repeat(MAX_LINE));
        for (text, line, says) in [
            (String::new(), 1, "there is no line"),
            (HEADER.to_owned(), 1, "there is no score"),
            (ABOUT.to_owned(), 1, "not the header"),
            (HEADER.replace('1', "2"), 1, "schema 2 is not the version this gate reads (1)"),
            (HEADER.replace(",\"program\":\"eval\"", ""), 1, "missing field `program`"),
            (HEADER.replace("eval", "\\u001b"), 1, "`program` is not a name"),
            (good().trim_end().to_owned(), 5, "cut off"),
            (format!("{}\n", &good()[..good().len() - 9]), 5, "EOF while parsing"),
            (after("\n"), 4, "EOF while parsing"),
            (after("[]\n"), 4, "invalid"),
            (after("{}\n"), 4, "neither a score, nor an answer"),
            (after(HEADER), 4, "a second header"),
            (after(ABOUT), 4, "row `offline/answer/noise-0.8` has a second `about`"),
            (after(SCORE), 4, "a second score of `law-03`"),
            (after(&format!("{HIDDEN}{HIDDEN}")), 5, "a second score of a held-out question"),
            (after(&format!("{ANSWER}{ANSWER}")), 5, "a second answer of `offline`"),
            (after(&HIDDEN.replace("law-40", "law-03")), 4, "held-out in one line and not in another"),
            (after(&format!("{HIDDEN}{}", ANSWER.replace("law-03", "law-40"))), 5, "an answer to a held-out question"),
            (score("NaN", "1.0"), 4, "expected value at column"),
            (score("1e999", "1.0"), 4, "number out of range"),
            (score("-1e13", "1.0"), 4, "row `offline/answer/noise-0.8`, `law-04`: `value` is -10000000000000"),
            (score("0.5", "-1"), 4, "`of` is -1"),
            (score("0.5", "1e13"), 4, "`of` is 10000000000000"),
            (score("null", "1.0"), 4, "invalid type: null"),
            (score("\"1\"", "1.0"), 4, "invalid type: string"),
            (after(&SCORE.replace("tuning", "test")), 4, "unknown variant `test`"),
            (after(&SCORE.replace("\"of\":1.0", "\"off\":1.0")), 4, "unknown field `off`"),
            (after(&SCORE.replace(",\"of\":1.0", "")), 4, "missing field `of`"),
            (after(&SCORE.replace("law-03", "law 03")), 4, "`question` is not an id"),
            (after(&SCORE.replace("offline/", "off*line/")), 4, "`row` is `off*line/answer/noise-0.8`"),
            (after(&SCORE.replace("offline/", "other/")), 4, "no line says what row `other/answer/noise-0.8` is"),
            (after(&ABOUT.replace("offline/", "other/")), 4, "row `other/answer/noise-0.8` has no score"),
            (after(&ABOUT.replace("share of right answers", " ")), 4, "`about` of row"),
            (after(&ANSWER.replace("noise-0.8", "")), 4, "`list` of an answer"),
            (after(&ANSWER.replace("\"lang\":\"en\",", "")), 4, "missing field `lang`"),
            (after(&long), 4, "the limit is 1048576"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.line == line && error.what.contains(says), "line {line}, {says:?}: {error}");
            assert!(!error.what.contains("law-40"), "{error}");
        }
    }

    #[test]
    fn a_row_that_is_only_shown_says_so() {
        let shown = ABOUT.replace("}", ",\"shown\":true}");
        let results = parse(&format!("{HEADER}{SCORE}{shown}")).unwrap();
        assert!(results.is_shown(&RowName::new("offline/answer/noise-0.8").unwrap()));
        assert!(write(&results).contains("\"shown\":true"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics(text in "\\PC{0,200}", cut in 0_usize..600) {
            let _ = parse(&text);
            let _ = parse(&format!("{HEADER}{text}\n"));
            let good = good();
            // A text that is cut anywhere is either the whole one or an error, except where whole lines are left that hold together.
            let cut = cut.min(good.len() - 1);
            if good.is_char_boundary(cut) && !good[..cut].ends_with('\n') {
                prop_assert!(parse(&good[..cut]).is_err());
            }
        }
    }
}
