//! Reading of files line by line, with the number of the line in every error.

use serde::de::DeserializeOwned;

/// The longest line of a file of fields, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// The longest line of a file of JSON values, in bytes: a document or a row of labels is one line.
pub const MAX_JSON_LINE: usize = 4 * 1024 * 1024;

/// Characters of a value that an error shows.
const SHOWN: usize = 60;

/// Characters that an error shows of the message of the JSON parser, which may have a value in it.
const SHOWN_MESSAGE: usize = 200;

/// An error in a file of lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct LineError {
    /// The number of the line in the file; the first one is 1.
    pub line: usize,
    /// What is wrong with which value, and what to do.
    pub what: String,
}

impl LineError {
    pub(crate) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// The lines that are not blank, with their numbers. Lines end with LF or CRLF; a byte order mark at the beginning is
/// no part of the first one.
///
/// # Errors
/// An item is an error when its line is longer than `max` bytes.
pub(crate) fn lines(text: &str, max: usize) -> impl Iterator<Item = Result<(usize, &str), LineError>> {
    let numbered = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
    numbered.filter(|(_, line)| !line.trim_ascii().is_empty()).map(move |(number, line)| match line.len() {
        length if length > max => {
            let what = format!("it has {length} bytes and may have {max}: check that this is the right file");
            Err(LineError::new(number, what))
        }
        _ => Ok((number, line)),
    })
}

/// The lines that are not blank, each one JSON value, with their numbers.
///
/// # Errors
/// An item is an error when its line is longer than [`MAX_JSON_LINE`] or is no such value.
pub(crate) fn json_lines<T: DeserializeOwned>(text: &str) -> impl Iterator<Item = Result<(usize, T), LineError>> {
    lines(text, MAX_JSON_LINE).map(|line| {
        let (number, line) = line?;
        let value = serde_json::from_str(line).map_err(|error| LineError::new(number, without_position(&error)))?;
        Ok((number, value))
    })
}

/// The message of a parser that was given one line only: its number of the line is always 1.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
    format!("{} at column {}", clipped(reason, SHOWN_MESSAGE), error.column().max(1))
}

/// A value as an error shows it: in quotes, escaped, and only its beginning if it is long.
pub(crate) fn quoted(value: &str) -> String {
    format!("{:?}", clipped(value, SHOWN))
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_file() {
        let text = "\u{feff}one\r\n\r\n \t\nfour\nfive \r\n";
        let found: Vec<_> = lines(text, 5).map(Result::unwrap).collect();
        assert_eq!(found, [(1, "one"), (4, "four"), (5, "five ")]);
        assert_eq!(lines("", 5).count() + lines("\n\n", 5).count(), 0);
    }

    #[test]
    fn a_line_is_bounded() {
        let results: Vec<_> = lines("12345\n123456\r\n12345\r\n", 5).collect();
        assert!(results[0].is_ok() && results[2].is_ok(), "the end of a line does not count");
        let error = results[1].clone().unwrap_err();
        assert_eq!(error.to_string(), "line 2: it has 6 bytes and may have 5: check that this is the right file");
    }

    #[test]
    fn an_error_in_json_has_line_and_column() {
        let results: Vec<_> = json_lines::<u8>("1\n\n[x\n300\n\"\u{1b}[31m\"").collect();
        assert_eq!(results[0], Ok((1, 1)));
        let errors: Vec<_> = results[1..].iter().map(|result| result.clone().unwrap_err().to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 3: invalid type: sequence, expected u8 at column 1",
                "line 4: invalid value: integer `300`, expected u8 at column 3",
                r#"line 5: control character (\u0000-\u001F) found while parsing a string at column 2"#,
            ]
        );
        let long = format!("\"{}\"", "x".repeat(10_000));
        let error = json_lines::<u8>(&long).next().unwrap().unwrap_err();
        assert!(error.what.len() < 300 && error.what.contains('…'), "{error}");
    }

    #[test]
    fn a_value_is_shown_on_one_line_and_shortened() {
        assert_eq!(quoted("a\tb\u{1b}\u{202e}"), r#""a\tb\u{1b}\u{202e}""#);
        assert_eq!(quoted(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
        assert_eq!(quoted(&"é".repeat(60)), format!("\"{}\"", "é".repeat(60)));
    }
}
