//! The lines of whole queries: they are the documentation of the form, and a change of them is one of the form.

use std::collections::BTreeSet;

use aggregator_core::event::is_clean;
use serde_json::Value;

use crate::runs::{all_lines, run};

fn lines(name: &str) -> String {
    run(name).lines().join("\n")
}

#[test]
fn a_query_that_ends_well() {
    insta::assert_snapshot!(lines("fine"));
}

#[test]
fn a_query_with_failing_providers() {
    insta::assert_snapshot!(lines("failing"));
}

#[test]
fn a_query_that_is_cancelled() {
    insta::assert_snapshot!(lines("cancelled"));
}

#[test]
fn a_query_with_all_stages() {
    insta::assert_snapshot!(lines("all_stages"));
}

#[test]
fn queries_that_fail() {
    let failing = ["refused", "no_provider_answered", "failing_model", "late_model"];
    let last = failing.map(|name| run(name).lines().pop().unwrap());
    insta::assert_snapshot!(last.join("\n"));
}

#[test]
fn no_text_breaks_a_line_or_hides_in_one() {
    let hostile = lines("hostile");
    for trace in ["drawkcab", "tab", "reason", "evil", "moons[2J", "contradictions"] {
        assert!(hostile.contains(trace), "the hostile text was not told: {trace}: {hostile}");
    }
    assert!(!hostile.contains("characters in the address"), "such a page is no result");
    for line in all_lines() {
        let control = line.chars().find(|c| c.is_control());
        assert_eq!(control, None, "a control character is not escaped: {line:?}");
        assert!(is_clean(&line), "something hidden leaves: {line:?}");
        // What is escaped would come back when it is read.
        each_text(&serde_json::from_str(&line).unwrap(), &mut |text| assert!(is_clean(text), "{text:?}"));
    }
}

fn each_text(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => check(text),
        Value::Array(list) => list.iter().for_each(|one| each_text(one, check)),
        Value::Object(fields) => fields.values().for_each(|one| each_text(one, check)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn spans_of_citations_name_their_markers_in_bytes_and_in_characters() {
    let mut citations = 0;
    for name in ["fine", "all_stages", "hostile"] {
        let lines: Vec<Value> = run(name).lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
        let answer: String = of("answer_delta").map(|line| line["text"].as_str().unwrap()).collect();
        for citation in of("citation") {
            let at = |unit: &str, end: &str| usize::try_from(citation[unit][end].as_u64().unwrap()).unwrap();
            let by_bytes = &answer[at("bytes", "start")..at("bytes", "end")];
            let (start, end) = (at("chars", "start"), at("chars", "end"));
            let by_chars: String = answer.chars().skip(start).take(end - start).collect();
            assert_eq!(by_bytes, by_chars);
            assert!(by_bytes.starts_with('[') && by_bytes.contains(&citation["number"].to_string()), "{by_bytes}");
            citations += 1;
        }
    }
    assert_eq!(citations, 6);
    let fine = lines("fine");
    assert!(fine.contains(r#""bytes":{"start":25,"end":28},"chars":{"start":24,"end":27}"#), "{fine}");
}

/// Where a value stands and of what type it is; of a tagged object by its tag, too.
fn shape(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let tag = fields.get("type").and_then(Value::as_str).map_or(String::new(), |tag| format!("<{tag}>"));
            let path = format!("{path}{tag}");
            fields.iter().filter(|(name, _)| *name != "type").for_each(|(name, field)| {
                shape(field, &format!("{path}.{name}"), found);
            });
            if fields.len() == 1 && !tag.is_empty() {
                found.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|one| shape(one, &format!("{path}[]"), found)),
        Value::String(_) => drop(found.insert(format!("{path}: text"))),
        Value::Number(number) if number.is_f64() => drop(found.insert(format!("{path}: number"))),
        Value::Number(_) => drop(found.insert(format!("{path}: whole number"))),
        Value::Bool(_) => drop(found.insert(format!("{path}: true or false"))),
        Value::Null => panic!("{path} is null: what is not there is absent"),
    }
}

/// All that leaves. A field that comes to it is a decision.
#[test]
fn the_fields_that_leave_are_these() {
    let mut found = BTreeSet::new();
    all_lines().for_each(|line| shape(&serde_json::from_str(&line).unwrap(), "", &mut found));
    let names = found.iter().flat_map(|path| path.split(['.', ':', '[', '<'])).collect::<BTreeSet<_>>();
    for secret in ["key", "secret", "password", "authorization", "credential", "cookie", "seed", "prompt", "system"] {
        assert!(!names.iter().any(|name| name.contains(secret)), "{secret} leaves");
    }
    assert!(!all_lines().any(|line| line.contains("secret-in-panic-text")), "a panic's text leaves");
    insta::assert_snapshot!(found.into_iter().collect::<Vec<_>>().join("\n"));
}
