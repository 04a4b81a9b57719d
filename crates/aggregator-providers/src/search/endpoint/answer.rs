//! Hits of an answer, by the places that settings name.

use aggregator_core::Hit;
use serde_json::Value;

use super::super::failure::{Explanation, Refusal};
use super::super::json::kind;
use super::settings::{Fields, Settings};

/// The hits of an answer. One without an address is left out.
///
/// # Errors
/// Names the setting that does not match, and what is there instead: also if no hit has an address.
pub(super) fn hits(fields: &Fields, answer: &Value) -> Result<Vec<Hit>, String> {
    let found = answer.pointer(&fields.hits);
    let Some(list) = found.and_then(Value::as_array) else {
        let instead = match found {
            Some(value) => format!("{} there, not a list", kind(value)),
            None => deepest(answer, "the answer", &fields.hits),
        };
        return Err(format!("fields.hits is `{}`: {instead}", fields.hits));
    };
    let hits: Vec<Hit> = list.iter().filter_map(|value| hit(fields, value)).collect();
    match list.first() {
        Some(first) if hits.is_empty() => {
            let instead = match first.pointer(&fields.url) {
                Some(value) => format!("{} there, not an address", kind(value)),
                None => deepest(first, "the first hit", &fields.url),
            };
            Err(format!("fields.url is `{}`, and no hit of {} has it: {instead}", fields.url, list.len()))
        }
        _ => Ok(hits),
    }
}

fn hit(fields: &Fields, value: &Value) -> Option<Hit> {
    let text = |pointer: &String| value.pointer(pointer).and_then(Value::as_str).map(str::trim);
    let url = text(&fields.url).filter(|url| !url.is_empty())?;
    let title = fields.title.as_ref().and_then(text).unwrap_or_default();
    let places = fields.snippet.iter().filter_map(|pointer| value.pointer(pointer));
    let texts = places.flat_map(|place| match place {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    });
    let snippets: Vec<&str> = texts.map(str::trim).filter(|text| !text.is_empty()).collect();
    Some(Hit::new(url, title).with_snippet(snippets.join(" … ")))
}

/// Keys that are shown of an object.
const KEYS_SHOWN: usize = 5;

/// How far a pointer leads from a value, and what is there.
fn deepest(mut value: &Value, name: &str, pointer: &str) -> String {
    let mut place = String::new();
    for step in pointer.split('/').skip(1) {
        let next = format!("{place}/{step}");
        match value.pointer(&format!("/{step}")) {
            Some(inner) => (value, place) = (inner, next),
            None => break,
        }
    }
    let place = if place.is_empty() { name.to_owned() } else { format!("`{place}`") };
    match value {
        Value::Object(map) => {
            let keys: Vec<&str> = map.keys().take(KEYS_SHOWN).map(String::as_str).collect();
            let more = if map.len() > KEYS_SHOWN { ", …" } else { "" };
            format!("{place} is an object with the keys {}{more}", keys.join(", "))
        }
        other => format!("{place} is {}", kind(other)),
    }
}

/// What an error says, and whether its status is one of the quota.
pub(super) fn explanation(settings: &Settings, status: u16, body: &Value) -> Explanation {
    let pointer = settings.fields.error.as_deref();
    let text = pointer.and_then(|pointer| body.pointer(pointer)).and_then(Value::as_str).unwrap_or_default();
    let refusal = settings.quota_statuses.contains(&status).then_some(Refusal::Quota);
    Explanation { text: text.to_owned(), refusal, wait: None }
}
