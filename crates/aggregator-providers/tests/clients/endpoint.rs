//! Services that settings describe.

use std::ffi::OsString;

use aggregator_core::{QueryLimit, SearchProvider as _};
use aggregator_mocks::contract::check_provider;
use aggregator_providers::search::JsonSearch;
use aggregator_providers::search::endpoint::Settings;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::brave::{any_json, bounded};
use super::scripted::{Script, failure, search};

const TAVILY: &str = include_str!("../../examples/tavily.toml");

/// A description without a key.
const PLAIN: &str = r#"
name = "plain"
url = "http://10.0.0.5/find?q={query}&n={max_hits}"
[fields]
hits = "/data/items"
url = "/link/href"
title = "/name"
snippet = ["/summary", "/passages"]
"#;

fn made(script: &Script, text: &str, key: Option<&str>) -> Result<JsonSearch, String> {
    let settings: Settings = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let variable = |name: &str| key.filter(|_| name == "TAVILY_API_KEY").map(OsString::from);
    JsonSearch::with_variables(script.client(), settings, variable).map_err(|error| error.to_string())
}

fn tavily(script: &Script) -> JsonSearch {
    made(script, TAVILY, Some("canary-5f1e")).unwrap()
}

fn plain(script: &Script) -> JsonSearch {
    made(script, PLAIN, None).unwrap()
}

fn answer() -> Value {
    json!({"query": "rust async", "results": [
        {"title": "Cancelling", "url": "https://example.org/1", "content": "Dropping.", "score": 0.9, "raw_content": null},
        {"title": null, "url": "https://example.org/2"},
        {"title": "No address", "url": null},
    ]})
}

#[tokio::test(start_paused = true)]
async fn tavily_needs_no_code() {
    let script = Script::new(200, answer().to_string());
    let hits = search(&tavily(&script), 5).await.unwrap();
    let hits: Vec<_> = hits.iter().map(|hit| (hit.url.as_str(), hit.title.as_str(), hit.snippet.as_str())).collect();
    assert_eq!(hits, [("https://example.org/1", "Cancelling", "Dropping."), ("https://example.org/2", "", "")]);
    let requests = script.requests.lock().unwrap();
    let body: Value = serde_json::from_slice(requests[0].body().unwrap()).unwrap();
    assert_eq!(body, json!({"query": "rust async", "max_results": 5, "search_depth": "basic"}));
    assert_eq!(requests[0].endpoint().url().as_str(), "https://api.tavily.com/search");
    assert_eq!(requests[0].headers()["authorization"], "Bearer canary-5f1e");
    assert!(requests[0].headers()["authorization"].is_sensitive());
    assert_eq!(tavily(&script).name(), "tavily");
    assert_eq!(tavily(&script).query_limit(), QueryLimit { chars: 400, words: u32::MAX });
}

#[tokio::test(start_paused = true)]
async fn a_get_has_everything_in_its_address() {
    let body = json!({"data": {"items": [
        {"link": {"href": "https://example.org/1"}, "name": "n", "summary": "a", "passages": ["b", 7, "", "c"]},
        {"link": {"href": "https://example.org/2"}, "summary": {"x": 1}},
        {"link": "https://example.org/3"},
    ]}});
    let script = Script::new(200, body.to_string());
    let hits = search(&plain(&script), 99).await.unwrap();
    assert_eq!(hits.iter().map(|hit| hit.snippet.as_str()).collect::<Vec<_>>(), ["a … b … c", ""]);
    assert_eq!(script.urls(), ["http://10.0.0.5/find?q=rust%20async&n=20"]);
    assert!(script.requests.lock().unwrap()[0].body().is_none());
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_of_a_provider() {
    let provider = tavily(&Script::new(200, answer().to_string()));
    assert_eq!(check_provider(&provider, "what does a provider promise?").await, Ok(()));
}

/// What settings say that cannot be used; no text has the key.
#[test]
fn what_settings_errors_say() {
    let script = Script::new(200, "");
    let changed = |from: &str, to: &str| {
        assert!(TAVILY.contains(from), "{from}");
        TAVILY.replace(from, to)
    };
    let mut shown = Vec::new();
    for (case, text, key) in [
        ("no variable", TAVILY.to_owned(), None),
        ("bearer twice", TAVILY.to_owned(), Some("Bearer canary")),
        ("key written", changed("${TAVILY_API_KEY}", "canary"), None),
        ("half a variable", changed("${TAVILY_API_KEY}", "${canary"), None),
        ("two keys", changed("${TAVILY_API_KEY}", "${TAVILY_API_KEY}${TAVILY_API_KEY}"), Some("canary")),
        ("no file", changed("${TAVILY_API_KEY}", "${file:/nowhere/key}"), None),
        ("no header", changed("Authorization", "\"no header\""), Some("canary")),
        ("own header", changed("Authorization", "Accept-Encoding"), Some("canary")),
        ("plain http", changed("https:", "http:"), Some("canary")),
        ("no address", changed("https://api.tavily.com/search", "api.tavily.com"), Some("canary")),
        ("host from the query", changed("api.tavily.com", "{query}.tavily.com"), Some("canary")),
        ("no query", changed("{query}\"\nmax", "rust\"\nmax"), Some("canary")),
        ("get with body", changed("POST", "GET"), Some("canary")),
        ("zero", changed("max_hits = 20", "max_hits = 0"), Some("canary")),
        ("pointer", changed("\"/results\"", "\"results[]\""), Some("canary")),
        ("unknown setting", changed("max_chars", "most_chars"), Some("canary")),
        ("unknown method", changed("POST", "PUT"), Some("canary")),
        ("key in the address", changed("com/search", "com/search?key=${TAVILY_API_KEY}"), Some("canary")),
    ] {
        let error = made(&script, &text, key).unwrap_err();
        assert!(!error.contains("canary"), "{case}: {error}");
        shown.push(format!("{case}: {error}"));
    }
    insta::assert_snapshot!(shown.join("\n"));
    let allowed = changed("https:", "http:").replace("max_hits = 20", "allow_plain_http_key = true");
    assert!(made(&script, &allowed, Some("canary")).is_ok());
    assert!(made(&script, &changed("https://api.tavily.com", "http://127.0.0.1:9"), Some("canary")).is_ok());
}

/// A service may repeat its request in what it finds.
#[tokio::test(start_paused = true)]
async fn no_hit_has_the_key() {
    let hit =
        json!({"url": "https://example.org/?k=canary-5f1e", "title": "canary-5f1e", "content": "x canary-5f1e y"});
    let hits = search(&tavily(&Script::new(200, json!({"results": [hit]}).to_string())), 5).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert!(!format!("{hits:?}").contains("canary"), "{hits:?}");
}

#[tokio::test(start_paused = true)]
async fn what_errors_say() {
    let said = r#"{"detail": {"error": "Your plan's limit is reached: canary-5f1e"}}"#;
    let mut shown = Vec::new();
    for (case, script) in [
        ("no list", Script::new(200, r#"{"answer": 1, "hits": []}"#)),
        ("no object", Script::new(200, "7")),
        ("not a list", Script::new(200, r#"{"results": {"1": {}}}"#)),
        ("no addresses", Script::new(200, r#"{"results": [{"id": 1, "href": "https://example.org"}, {}]}"#)),
        ("addresses that are none", Script::new(200, r#"{"results": [{"url": 7}]}"#)),
        ("key", Script::new(401, said)),
        ("plan", Script::new(432, said)),
        ("pay as you go", Script::new(433, said)),
        ("rate", Script::new(429, "{}").header("retry-after", "3")),
        ("refused", Script::new(400, r#"{"detail": "other form"}"#)),
    ] {
        shown.push(format!("{case}: {}", failure(&tavily(&script)).await));
    }
    let deep = plain(&Script::new(200, r#"{"data": {"total": 0, "items": null}}"#));
    shown.push(format!("null: {}", failure(&deep).await));
    let deep = plain(&Script::new(200, r#"{"data": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}}"#));
    shown.push(format!("deep: {}", failure(&deep).await));
    insta::assert_snapshot!(shown.join("\n"));
}

proptest! {
    #[test]
    fn any_json_is_hits_or_an_error(inner in any_json(), wrapped: bool, max_hits in 0..5u32) {
        let value = if wrapped { json!({"results": inner}) } else { inner };
        bounded(&tavily(&Script::new(200, value.to_string())), max_hits)?;
    }
}
