//! Lines of the log: as text for people, and as JSON. What a client chose is made safe to show here.

use std::fmt::Write as _;
use std::time::Duration;

use aggregator_core::CleanText;
use aggregator_core::event::is_unsafe_char;
use serde_json::{Map, Value, json};

use super::settings::{LogFormat, LogLevel};

/// Longest text of a field, in characters.
const MAX_CHARS: usize = 300;

/// Something that happened.
#[derive(Debug)]
pub struct Line {
    pub level: LogLevel,
    /// A word for programs.
    event: &'static str,
    /// For people.
    pub message: String,
    fields: Vec<(&'static str, Field)>,
}

/// A value of a line.
#[derive(Debug)]
pub enum Field {
    Text(String),
    Number(u64),
    Time(Duration),
    /// Each as several values: a name, a word, a time and a number.
    Calls(Vec<Call>),
}

/// How a call of a provider did.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    pub outcome: &'static str,
    pub error: Option<&'static str>,
    pub time: Duration,
    pub hits: u32,
}

impl Line {
    pub fn new(level: LogLevel, event: &'static str, message: impl Into<String>) -> Self {
        Self { level, event, message: message.into(), fields: Vec::new() }
    }

    /// Adds a field.
    pub fn with(mut self, name: &'static str, field: Field) -> Self {
        self.fields.push((name, field));
        self
    }

    /// Adds a field, if there is a value.
    pub fn with_some<T>(self, name: &'static str, value: Option<T>, field: impl FnOnce(T) -> Field) -> Self {
        match value {
            Some(value) => self.with(name, field(value)),
            None => self,
        }
    }

    /// The line, without its end. `time` is the time of day.
    pub fn format(&self, format: LogFormat, time: &str) -> String {
        match format {
            LogFormat::Text => self.text(time),
            LogFormat::Json => self.json(time),
        }
    }

    fn text(&self, time: &str) -> String {
        let mut text = format!("{time} {:<5} {}", self.level.name(), phrase(&self.message));
        for (name, field) in &self.fields {
            // Writing to a string does not fail.
            let _ = match field {
                Field::Text(value) => write!(text, " {name}={}", word(value)),
                Field::Number(value) => write!(text, " {name}={value}"),
                Field::Time(time) => write!(text, " {name}={}", shown(*time)),
                Field::Calls(calls) => {
                    let calls: Vec<String> = calls.iter().map(Call::text).collect();
                    write!(text, " {name}={}", calls.join(","))
                }
            };
        }
        text
    }

    fn json(&self, time: &str) -> String {
        let mut object = Map::new();
        object.insert("time".into(), time.into());
        object.insert("level".into(), self.level.name().into());
        object.insert("event".into(), self.event.into());
        object.insert("message".into(), clean(&self.message).into());
        for (name, field) in &self.fields {
            let (name, value): (String, Value) = match field {
                Field::Text(value) => ((*name).into(), clean(value).into()),
                Field::Number(value) => ((*name).into(), (*value).into()),
                Field::Time(time) => (format!("{name}_ms"), milliseconds(*time).into()),
                Field::Calls(calls) => ((*name).into(), calls.iter().map(Call::json).collect()),
            };
            object.insert(name, value);
        }
        Value::Object(object).to_string()
    }
}

impl Call {
    fn text(&self) -> String {
        let outcome = self.error.filter(|error| *error != self.outcome);
        let outcome = outcome.map_or(self.outcome.to_owned(), |error| format!("{}({error})", self.outcome));
        format!("{}:{outcome}:{}:{}", word(&self.name), shown(self.time), self.hits)
    }

    fn json(&self) -> Value {
        json!({"name": clean(&self.name), "outcome": self.outcome, "error": self.error, "ms": milliseconds(self.time), "hits": self.hits})
    }
}

/// A text of a limited length.
fn limited(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text for JSON: on one line, without what moves a cursor, hides or reorders text, and of a limited length.
fn clean(text: &str) -> String {
    CleanText::single_line(limited(text)).into_string()
}

/// The message of a line: in quotes where a part of it could be taken for a field.
fn phrase(text: &str) -> String {
    quoted_unless(text, |c| matches!(c, ' ' | ',') || is_of_word(c))
}

/// The value of a field: in quotes where it would not be one word.
fn word(text: &str) -> String {
    quoted_unless(text, is_of_word)
}

fn is_of_word(c: char) -> bool {
    !matches!(c, ' ' | '"' | '=' | ',' | '\\') && !is_escaped(c)
}

/// Whether a character is written as an escape: control characters, which a terminal obeys; characters that hide or reorder text; and
/// all white space but the space, because a program that splits the log into lines or fields may split there.
fn is_escaped(c: char) -> bool {
    is_unsafe_char(c) || (c.is_whitespace() && c != ' ')
}

/// A text as it is if all of its characters are plain, else in quotes, with the escapes of Rust's texts.
fn quoted_unless(text: &str, is_plain: impl Fn(char) -> bool) -> String {
    let text = limited(text);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_escaped(c) => quoted.extend(c.escape_unicode()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// A time with three digits at most behind the point.
fn shown(time: Duration) -> String {
    match time {
        time if time >= Duration::from_secs(1) => format!("{:.3}s", time.as_secs_f64()),
        time => format!("{}ms", milliseconds(time)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> Line {
        let call = Call { name: text.into(), outcome: "ok", error: None, time: Duration::from_micros(1_500), hits: 3 };
        Line::new(LogLevel::Info, "request", text)
            .with("key", Field::Text(text.into()))
            .with("duration", Field::Time(Duration::from_millis(1_234)))
            .with("providers", Field::Calls(vec![call]))
    }

    #[test]
    fn what_a_client_chose_forges_no_line_and_moves_no_cursor() {
        let hostile = [
            "a\n2026-01-01T00:00:00.000Z error forged",
            "a\r\nb",
            "\u{1b}[2J\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "\u{85}next",
            "\u{2028}line",
            "\u{202e}txt.exe",
            "\u{200b}\u{feff}",
            "a\" level=error x=\"",
            "\\",
            "",
            "\u{e0041}",
            "%s%n {}",
            "\u{0}",
        ];
        for text in hostile {
            let line = line(text);
            for shown in [line.text("TIME"), line.json("TIME")] {
                let unsafe_char = shown.chars().find(|c| c.is_control() || is_unsafe_char(*c));
                assert_eq!(unsafe_char, None, "{shown:?}");
            }
            let json: Value = serde_json::from_str(&line.json("TIME")).unwrap();
            assert_eq!((&json["level"], &json["event"]), (&"info".into(), &"request".into()));
        }
        let forged = line("a\" level=error x=\"").text("TIME");
        assert!(forged.contains(r#"key="a\" level=error x=\"""#), "{forged}");
        assert!(line(&"x".repeat(100_000)).text("TIME").chars().count() < 4 * MAX_CHARS);
    }

    /// What a reader of a line takes it for: its message, and the names of its fields with their values.
    fn read(line: &str) -> (String, Vec<(&str, String)>) {
        let mut rest = line.strip_prefix("TIME info  ").unwrap();
        let message = if rest.starts_with('"') {
            value(&mut rest)
        } else {
            // The fields begin where the word with the first sign of equality does.
            let end = rest[..rest.find('=').unwrap()].rfind(|c: char| c.is_whitespace()).unwrap();
            let message = rest[..end].to_owned();
            rest = &rest[end..];
            message
        };
        let mut fields = Vec::new();
        while let Some((name, behind)) = rest.split_once('=') {
            rest = behind;
            fields.push((name.trim_start(), value(&mut rest)));
        }
        assert_eq!(rest, "");
        (message, fields)
    }

    /// Takes a value, up to white space outside of quotes, and reads its escapes.
    fn value(rest: &mut &str) -> String {
        let (mut value, mut is_quoted) = (String::new(), false);
        let mut chars = rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => is_quoted = !is_quoted,
                '\\' => match chars.next().unwrap() {
                    'u' => {
                        let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                        value.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                    }
                    c => value.push(c),
                },
                c if c.is_whitespace() && !is_quoted => break,
                c => value.push(c),
            }
        }
        assert!(!is_quoted);
        *rest = chars.as_str();
        value
    }

    #[track_caller]
    fn is_read_as(text: &str) {
        let shown = line(text).text("TIME");
        assert_eq!(shown.lines().count(), 1, "{shown:?}");
        assert!(!shown.contains(|c: char| is_escaped(c)), "{shown:?}");
        let (message, fields) = read(&shown);
        let expected = limited(text);
        assert_eq!(message, expected, "{shown:?}");
        let expected = [
            ("key", expected.clone()),
            ("duration", "1.234s".to_owned()),
            ("providers", format!("{expected}:ok:1.5ms:3")),
        ];
        assert_eq!(fields, expected, "{shown:?}");
    }

    /// Breaks of lines and white space of all kinds, and what reorders.
    #[test]
    fn no_text_forges_a_field() {
        for c in ('\0'..=char::MAX).filter(|c| is_unsafe_char(*c) || c.is_whitespace()) {
            // All of the many tags and variation selectors are one kind.
            if c < '\u{e0100}' {
                is_read_as(&format!("GET /x{c}200 key=admin{c}2026-01-01T00:00:00.000Z error forged"));
                is_read_as(&format!("a{c}b"));
            }
        }
        for text in ["", " ", "a=b", "\"", "\\", "\\u{41}", "a\\", "a, b", "= =", "query=done"] {
            is_read_as(text);
        }
    }

    /// The texts that are tried on page, terminal, stream and prompt, too.
    #[test]
    fn no_hostile_text_of_the_collection_is_more_than_a_value() {
        let texts = aggregator_mocks::hostile::texts();
        assert!(texts.len() >= 500, "{}", texts.len());
        for hostile in texts {
            is_read_as(&hostile.text);
            let json = line(&hostile.text).json("TIME");
            // Clean text may have the joiners of emoji, which hide and reorder nothing.
            assert!(aggregator_core::event::is_clean(&json), "{}: {json:?}", hostile.kind);
            let json: Value = serde_json::from_str(&json).unwrap();
            let names: Vec<&String> = json.as_object().unwrap().keys().collect();
            let calm: Value = serde_json::from_str(&line("calm").json("TIME")).unwrap();
            assert_eq!(names, calm.as_object().unwrap().keys().collect::<Vec<_>>(), "{}", hostile.kind);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was(text in any::<String>()) {
            is_read_as(&text);
        }

        #[test]
        fn every_text_is_one_safe_line(text in any::<String>()) {
            let line = line(&text);
            let (as_text, as_json) = (line.text("TIME"), line.json("TIME"));
            prop_assert!(!as_text.chars().chain(as_json.chars()).any(char::is_control));
            prop_assert!(serde_json::from_str::<Value>(&as_json).is_ok());
        }
    }
}
