//! What is written is read as it was; readers pass over what is new, and refuse what they would misunderstand.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event;
use aggregator_core::model::Usage;
use aggregator_wire::{Event, EventKind, FiniteF64, Outcome, ProviderErrorKind, SafeInteger, Truncation};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::runs::{all, all_lines, one_of_each};

fn read(value: &Value) -> Result<Event, String> {
    Event::from_json_line(&value.to_string()).map_err(|error| error.to_string())
}

fn values() -> Vec<Value> {
    all_lines().map(|line| serde_json::from_str(&line).unwrap()).collect()
}

#[test]
fn every_line_is_read_as_the_event_that_it_was() {
    let events = all().iter().flat_map(|run| &run.events);
    for event in events {
        let event = Event::from(event);
        assert_eq!(Event::from_json_line(&event.to_json_line()).unwrap(), event);
    }
}

#[test]
fn a_buffer_takes_one_line_after_the_other() {
    let mut buffer = Vec::new();
    for event in one_of_each() {
        Event::from(event).append_json_line(&mut buffer);
    }
    let text = String::from_utf8(buffer).unwrap();
    assert!(text.ends_with("}\n"));
    let expected: Vec<String> = one_of_each().into_iter().map(aggregator_wire::to_json_line).collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

/// Fields with text that is free; words and tags are none.
const FREE: [&str; 11] =
    ["url", "title", "snippet", "provider", "service", "model", "text", "message", "what", "name", "given"];

/// Fields that are absent where there is nothing to say. (Not all: some names are those of other fields, too.)
const OPTIONAL: [&str; 4] = ["selection", "answer", "cost_nano_usd", "first_text_us"];

/// Whole numbers of a smaller range.
const NARROW: [&str; 2] = ["schema", "time_percent"];

/// Draws from what a test was given.
struct Draws<'a> {
    texts: &'a [String],
    wholes: &'a [u64],
    numbers: &'a [f64],
    at: usize,
}

impl Draws<'_> {
    fn next(&mut self) -> usize {
        self.at += 1;
        self.at
    }

    /// Other free texts, counts and scores, and fewer optional fields; all else stays.
    fn change(&mut self, name: &str, kind: &str, value: &mut Value) {
        let turn = self.next();
        match value {
            Value::String(text) if FREE.contains(&name) => text.clone_from(&self.texts[turn % self.texts.len()]),
            Value::Number(number) if number.is_f64() && name == "score" && kind != "analysis" => {
                *value = json!(self.numbers[turn % self.numbers.len()]);
            }
            Value::Number(number) if number.is_u64() && !NARROW.contains(&name) => {
                let drawn = self.wholes[turn % self.wholes.len()];
                let wide =
                    name.ends_with("_us") || name.ends_with("_usd") || name.ends_with("_tokens") || name == "seq";
                *value = json!(if wide { drawn } else { drawn >> 21 });
            }
            Value::Array(list) => list.iter_mut().for_each(|one| self.change(name, kind, one)),
            Value::Object(fields) => self.change_fields(kind, fields),
            _ => {}
        }
    }

    fn change_fields(&mut self, kind: &str, fields: &mut Map<String, Value>) {
        fields.retain(|name, _| !OPTIONAL.contains(&name.as_str()) || !self.next().is_multiple_of(3));
        fields.iter_mut().for_each(|(name, field)| self.change(name, kind, field));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Nothing is lost, added or changed on the way, whatever the texts and numbers are.
    #[test]
    fn what_is_written_is_read_as_it_was(
        texts in prop::collection::vec(any::<String>(), 1..8),
        wholes in prop::collection::vec(0..=SafeInteger::MAX, 1..8),
        numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 1..8),
        start in 0usize..1_000,
    ) {
        let mut draws = Draws { texts: &texts, wholes: &wholes, numbers: &numbers, at: start };
        for event in one_of_each() {
            let mut value: Value = serde_json::from_str(&aggregator_wire::to_json_line(event)).unwrap();
            let kind = value["type"].as_str().unwrap().to_owned();
            draws.change("", &kind, &mut value);
            let event = match read(&value) {
                Ok(event) => event,
                Err(error) => return Err(TestCaseError::fail(format!("{error}: {value}"))),
            };
            let line = event.to_json_line();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(&Event::from_json_line(&line).unwrap(), &event);
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }

    /// Whatever stands in a line, it is read or refused in one line that is short and clean.
    #[test]
    fn no_line_makes_a_reader_panic(
        noise in any::<String>(),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        let lines: Vec<String> = one_of_each().into_iter().map(aggregator_wire::to_json_line).collect();
        let line = at.get(&lines);
        let mut cut = cut.index(line.len());
        while !line.is_char_boundary(cut) {
            cut -= 1;
        }
        for line in [noise.clone(), line[..cut].to_owned(), format!("{}{noise}{}", &line[..cut], &line[cut..])] {
            if let Err(error) = Event::from_json_line(&line) {
                let error = error.to_string();
                prop_assert!(error.chars().count() < 400 && !error.contains('\n'));
                prop_assert!(event::is_clean(&error));
            }
        }
    }
}

/// Every object has a field more.
fn grow(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(grow);
            fields.insert("not_yet_known".into(), json!({"type": "new", "list": [1, null, "x"]}));
        }
        Value::Array(list) => list.iter_mut().for_each(grow),
        _ => {}
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    for value in values() {
        let mut grown = value.clone();
        grow(&mut grown);
        assert_eq!(read(&grown).unwrap(), read(&value).unwrap());
    }
}

#[test]
fn types_and_words_that_are_not_known_become_unknown() {
    let newer = json!({"schema": 1, "seq": 4, "at_us": 7, "type": "map", "places": [{"x": 1.5}], "text": null});
    let event = read(&newer).unwrap();
    assert_eq!((event.seq.get(), event.at_us.get(), &event.kind), (4, 7, &EventKind::Unknown));
    assert!(!event.kind.is_terminal());
    // It is passed on as an unknown one.
    assert_eq!(event.to_json_line(), r#"{"schema":1,"seq":4,"at_us":7,"type":"unknown"}"#);
    assert_eq!(Event::from_json_line(&event.to_json_line()).unwrap(), event);

    let report = |outcome: Value| {
        let value = json!({
            "schema": 1, "seq": 4, "at_us": 7, "type": "provider_finished", "provider": "a", "outcome": outcome,
            "latency_us": 3, "hits": 2,
        });
        let EventKind::ProviderFinished(report) = read(&value).unwrap().kind else { panic!("{value}") };
        report.outcome
    };
    assert_eq!(report(json!({"type": "postponed", "until_us": 5, "cut": 3})), Outcome::Unknown);
    let partial = report(json!({"type": "partial", "cut": {"type": "budget", "most": 1}}));
    assert_eq!(partial, Outcome::Partial { cut: Truncation::Unknown });
    let Outcome::Error(error) = report(json!({"type": "error", "kind": "teapot", "message": "no coffee"})) else {
        panic!()
    };
    assert_eq!((error.kind, error.message.as_str()), (ProviderErrorKind::Unknown, "no coffee"));
}

/// Replaces each word and tag by an unknown one, one after the other.
fn with_unknown_words(value: &Value, act: &mut impl FnMut(Value, &str)) {
    fn count(value: &Value) -> usize {
        let mut places = 0;
        visit(&mut value.clone(), "", &mut |_, _| places += 1);
        places
    }
    fn visit(value: &mut Value, name: &str, act: &mut impl FnMut(&mut String, &str)) {
        match value {
            Value::String(text) if !FREE.contains(&name) && !["best", "sub_queries", "meanings"].contains(&name) => {
                act(text, name);
            }
            Value::Array(list) => list.iter_mut().for_each(|one| visit(one, name, act)),
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| visit(field, name, act)),
            _ => {}
        }
    }
    for wanted in 0..count(value) {
        let (mut changed, mut at, mut place) = (value.clone(), 0, String::new());
        visit(&mut changed, "", &mut |text, name| {
            if at == wanted {
                "not_yet_known".clone_into(text);
                name.clone_into(&mut place);
            }
            at += 1;
        });
        act(changed, &place);
    }
}

#[test]
fn a_new_word_anywhere_costs_no_event() {
    let mut changed = 0;
    for event in one_of_each() {
        let value: Value = serde_json::from_str(&aggregator_wire::to_json_line(event)).unwrap();
        with_unknown_words(&value, &mut |newer, place| {
            let event = read(&newer).unwrap_or_else(|error| panic!("{place}: {error}: {newer}"));
            assert!(format!("{event:?}").contains("Unknown"), "{place}: {newer}");
            changed += 1;
        });
    }
    assert!(changed > 40, "{changed}");
}

#[test]
fn what_would_be_misunderstood_is_refused_with_what_to_do() {
    let status =
        |schema: Value| json!({"schema": schema, "seq": 0, "at_us": 0, "type": "status", "stage": "searching"});
    assert!(read(&status(json!(1))).is_ok());
    let newer = read(&status(json!(2))).unwrap_err();
    assert!(newer.contains("schema 2, and this program reads schema 1: update the reader"), "{newer}");
    let older = read(&status(json!(0))).unwrap_err();
    assert!(older.contains("schema 0") && older.contains("update the sender"), "{older}");
    // The schema is checked before anything else, which a newer form may have changed.
    let changed = Event::from_json_line(r#"{"schema":2,"seq":"0","type":7}"#).unwrap_err().to_string();
    assert!(changed.contains("schema 2"), "{changed}");
    for (field, value, expected) in [
        ("seq", json!(9_007_199_254_740_992_u64), "9007199254740992 is more than 9007199254740991"),
        ("at_us", json!(-1), "invalid value"),
        ("stage", json!(7), "invalid type"),
        ("seq", json!(null), "invalid type"),
    ] {
        let mut broken = status(json!(1));
        broken[field] = value;
        let error = read(&broken).unwrap_err();
        assert!(error.starts_with("this is no event: ") && error.contains(expected), "{error}");
    }
    for field in ["schema", "seq", "at_us", "type", "stage"] {
        let mut broken = status(json!(1));
        broken.as_object_mut().unwrap().remove(field);
        assert!(read(&broken).unwrap_err().contains(field));
    }
    // What is quoted from the line is short, and hides nothing.
    let mut broken = status(json!(1));
    broken["seq"] = json!(format!("x\u{3164}{}", "\u{202e}long ".repeat(1_000)));
    let error = read(&broken).unwrap_err();
    assert!(error.starts_with("this is no event: invalid type: string \"x") && error.ends_with('…'), "{error}");
    assert!(event::is_clean(&error) && error.chars().count() < 400, "{error}");
    let deep = format!(r#"{{"schema":1,"type":"status","new":{}"#, "[".repeat(100_000));
    assert!(Event::from_json_line(&deep).unwrap_err().to_string().contains("recursion limit"));
}

#[test]
fn a_score_that_is_no_number_leaves_as_one() {
    let with = |score| {
        let page = event::Source {
            url: event::CleanText::single_line("https://example.org/"),
            title: event::CleanText::default(),
            snippet: event::CleanText::default(),
            provider: event::ProviderName::new("a"),
        };
        let kind = event::EventKind::Result { id: event::ResultId(0), rank: 1, score, source: Arc::new(page) };
        event::Event::new(u64::MAX, Duration::MAX, kind)
    };
    for (score, expected) in [(f64::NAN, 0.0), (f64::INFINITY, f64::MAX), (f64::NEG_INFINITY, f64::MIN), (0.25, 0.25)] {
        let event = Event::from_json_line(&aggregator_wire::to_json_line(&with(score))).unwrap();
        let EventKind::Result(found) = event.kind else { panic!() };
        assert_eq!(found.score, FiniteF64::nearest(expected));
        assert_eq!(
            (event.seq.get(), event.at_us.get()),
            (SafeInteger::MAX, SafeInteger::MAX),
            "larger ones stop there"
        );
    }
}

#[test]
fn sums_and_counts_beyond_what_a_reader_takes_stop_there() {
    let usage = Usage::new(u64::MAX, 1 << 53);
    let event = event::Event::new(0, Duration::ZERO, event::EventKind::Usage(usage));
    let line = aggregator_wire::to_json_line(&event);
    assert!(line.ends_with(r#""input_tokens":9007199254740991,"output_tokens":9007199254740991}"#), "{line}");
}
