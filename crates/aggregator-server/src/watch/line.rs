//! Lines of the log: as text for people, and as JSON. What a client chose is made safe to show here.

use std::fmt::Write as _;
use std::time::Duration;

use aggregator_core::CleanText;
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
    message: String,
    fields: Vec<(&'static str, Field)>,
}

/// A value of a line.
#[derive(Debug)]
pub enum Field {
    Text(String),
    Number(u64),
    Flag(bool),
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
        let mut text = format!("{time} {:<5} {}", self.level.name(), clean(&self.message));
        for (name, field) in &self.fields {
            // Writing to a string does not fail.
            let _ = match field {
                Field::Text(value) => write!(text, " {name}={}", word(value)),
                Field::Number(value) => write!(text, " {name}={value}"),
                Field::Flag(value) => write!(text, " {name}={value}"),
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
                Field::Flag(value) => ((*name).into(), (*value).into()),
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

/// A text on one line, without what moves a cursor, hides or reorders text, and of a limited length.
fn clean(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_CHARS + 1).collect();
    if short.chars().nth(MAX_CHARS).is_some() {
        short.pop();
        short.push('…');
    }
    CleanText::single_line(short).into_string()
}

/// The same, in quotes where it would not be one word.
fn word(text: &str) -> String {
    let text = clean(text);
    let is_word = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "\"=,\\".contains(c));
    if is_word { text } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
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
                let unsafe_char = shown.chars().find(|c| c.is_control() || aggregator_core::event::is_unsafe_char(*c));
                assert_eq!(unsafe_char, None, "{shown:?}");
            }
            let json: Value = serde_json::from_str(&line.json("TIME")).unwrap();
            assert_eq!((&json["level"], &json["event"]), (&"info".into(), &"request".into()));
        }
        let forged = line("a\" level=error x=\"").text("TIME");
        assert!(forged.contains(r#"key="a\" level=error x=\"""#), "{forged}");
        assert!(line(&"x".repeat(100_000)).text("TIME").chars().count() < 4 * MAX_CHARS);
    }

    proptest! {
        #[test]
        fn every_text_is_one_safe_line(text in any::<String>()) {
            let line = line(&text);
            let (as_text, as_json) = (line.text("TIME"), line.json("TIME"));
            prop_assert!(!as_text.chars().chain(as_json.chars()).any(char::is_control));
            prop_assert!(serde_json::from_str::<Value>(&as_json).is_ok());
        }
    }
}
