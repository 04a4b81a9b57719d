//! Brave: what is asked, what is made of answers, and what errors say.

use std::time::Duration;

use aggregator_core::{ProviderErrorKind, QueryLimit, SearchProvider as _};
use aggregator_mocks::contract::check_provider;
use aggregator_providers::http::Secret;
use aggregator_providers::search::Brave;
use aggregator_providers::search::brave::{Freshness, Settings};
use futures::StreamExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::scripted::{Script, failure, request, search};

fn brave_with(script: &Script, settings: Settings) -> Brave {
    let key = Secret::from_variable("BRAVE_API_KEY", Some("canary-5f1e".into())).unwrap();
    Brave::new(script.client(), key, settings).unwrap()
}

fn brave(script: &Script) -> Brave {
    brave_with(script, Settings::default())
}

/// An answer with all that the service documents, and with results that lack nearly everything.
fn answer() -> Value {
    json!({
        "type": "search",
        "query": {"original": "rust async", "more_results_available": true},
        "web": {"type": "search", "family_friendly": true, "results": [
            {
                "type": "search_result", "subtype": "generic", "title": "Cancelling <strong>async</strong> Rust",
                "url": "https://example.org/cancel?utm_source=x",
                "description": "Dropping a future <strong>cancels</strong> it.",
                "page_age": "2026-03-02T10:00:00", "age": "March 2, 2026", "language": "en", "family_friendly": true,
                "meta_url": {"scheme": "https", "netloc": "example.org", "hostname": "example.org", "path": "› cancel"},
                "extra_snippets": ["Select and drop.", "Dropping a future <strong>cancels</strong> it.", null, 7, " "],
            },
            {"title": "No address"},
            {"url": null, "title": "Null address"},
            {"url": "https://example.org/bare"},
            {"url": "https://example.org/odd", "title": 7, "description": ["x"], "extra_snippets": "x"},
            "no object",
            null,
        ]},
        "mixed": {"type": "mixed", "main": [{"type": "web", "index": 0, "all": false}], "top": [], "side": []},
    })
}

#[tokio::test(start_paused = true)]
async fn results_become_hits_whatever_they_lack() {
    let hits = search(&brave(&Script::new(200, answer().to_string())), 10).await.unwrap();
    let hits: Vec<_> = hits.iter().map(|hit| (hit.url.as_str(), hit.title.as_str(), hit.snippet.as_str())).collect();
    assert_eq!(
        hits,
        [
            (
                "https://example.org/cancel?utm_source=x",
                "Cancelling async Rust",
                "Dropping a future cancels it. … Select and drop.",
            ),
            ("https://example.org/bare", "", ""),
            ("https://example.org/odd", "", ""),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn the_request_is_what_the_settings_say() {
    let script = Script::new(200, answer().to_string());
    search(&brave(&script), 100).await.unwrap();
    let mut settings = Settings::default();
    settings.base = "http://127.0.0.1:9/behind/".into();
    settings.country = Some("DE".into());
    settings.search_lang = Some("de".into());
    settings.freshness = Some(Freshness::Range("2026-01-01to2026-03-31".into()));
    settings.extra_snippets = false;
    search(&brave_with(&script, settings), 3).await.unwrap();
    assert_eq!(
        script.urls(),
        [
            "https://api.search.brave.com/res/v1/web/search?q=rust+async&count=20&result_filter=web\
             &text_decorations=false&safesearch=moderate&extra_snippets=true",
            "http://127.0.0.1:9/behind/res/v1/web/search?q=rust+async&count=3&result_filter=web\
             &text_decorations=false&safesearch=moderate&country=DE&search_lang=de&freshness=2026-01-01to2026-03-31",
        ],
    );
    let requests = script.requests.lock().unwrap();
    assert_eq!(requests[0].headers()["x-subscription-token"], "canary-5f1e");
    assert!(requests[0].headers()["x-subscription-token"].is_sensitive());
    assert!(!requests[0].headers().contains_key("accept-encoding"));
}

#[test]
fn settings_are_read_from_toml() {
    let settings: Settings = toml::from_str("freshness = 'week'\nsafe_search = 'strict'").unwrap();
    assert_eq!(settings.freshness, Some(Freshness::Week));
    let ranged: Settings = toml::from_str("freshness = { range = '2026-01-01to2026-03-31' }").unwrap();
    assert_eq!(ranged.freshness, Some(Freshness::Range("2026-01-01to2026-03-31".into())));
    assert!(toml::from_str::<Settings>("contry = 'DE'").is_err());
}

#[test]
fn the_key_is_not_sent_where_others_can_read_it() {
    let key = || Secret::from_variable("BRAVE_API_KEY", Some("canary-5f1e".into())).unwrap();
    let client = Script::new(200, "").client();
    let mut settings = Settings::default();
    settings.base = "http://search.example.org".into();
    let error = Brave::new(client.clone(), key(), settings.clone()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "search.brave.base is http://search.example.org, where others could read the key: use https, or allow it for a \
         network you trust",
    );
    settings.allow_plain_http_key = true;
    assert!(Brave::new(client, key(), settings).is_ok());
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_of_a_provider() {
    let results: Vec<Value> =
        (0..15).map(|n| json!({"url": format!("https://example.org/{n}"), "title": "t"})).collect();
    let script = Script::new(200, json!({"web": {"results": results}}).to_string());
    assert_eq!(check_provider(&brave(&script), "what does a provider promise?").await, Ok(()));
    assert_eq!(brave(&script).query_limit(), QueryLimit { chars: 400, words: 50 });
    // Nothing is asked before the stream is polled, nor for nothing.
    let asked = script.urls().len();
    drop(brave(&script).search(request("rust", 10)));
    assert_eq!(search(&brave(&script), 0).await, Ok(vec![]));
    assert_eq!(script.urls().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_query_beyond_the_limit_is_not_sent() {
    let script = Script::new(200, answer().to_string());
    for (words, sent) in [(50, true), (51, false)] {
        let mut stream = brave(&script).search(request(&"word ".repeat(words), 10));
        let first = stream.next().await.unwrap();
        assert_eq!(first.map_err(|error| error.kind()).err(), (!sent).then_some(ProviderErrorKind::Other));
        assert_eq!(script.urls().len(), 1);
    }
    let shortened = request(&"word ".repeat(51), 10).with_query_limit(brave(&script).query_limit());
    assert!(brave(&script).search(shortened).next().await.unwrap().is_ok());
}

fn refusal(status: u16, code: &str, meta: &Value) -> Script {
    let error = json!({"id": "x", "status": status, "code": code, "detail": "what it says", "meta": meta});
    Script::new(status, json!({"type": "ErrorResponse", "error": error, "time": 1}).to_string())
}

fn windows(script: Script, remaining: &str) -> Script {
    let script = script.header("x-ratelimit-limit", "1, 15000").header("x-ratelimit-policy", "1;w=1, 15000;w=2592000");
    script.header("x-ratelimit-remaining", remaining).header("x-ratelimit-reset", "1, 1419704")
}

#[tokio::test(start_paused = true)]
async fn what_errors_say() {
    let rate = json!({"rate_limit": 1, "rate_current": 1, "quota_limit": 15000, "quota_current": 10});
    let quota = json!({"rate_limit": 1, "rate_current": 1, "quota_limit": 15000, "quota_current": 15000});
    let page = Script::new(200, "<html>").header("content-type", "text/html");
    let mut shown = Vec::new();
    for (case, script) in [
        ("rate", refusal(429, "RATE_LIMITED", &rate)),
        ("rate, windows", windows(refusal(429, "RATE_LIMITED", &rate), "0, 1000")),
        ("rate, Retry-After", windows(refusal(429, "RATE_LIMITED", &rate), "0, 1000").header("retry-after", "7")),
        ("quota", refusal(429, "RATE_LIMITED", &quota)),
        ("quota, windows", windows(refusal(429, "RATE_LIMITED", &quota), "1, 0")),
        ("429 without JSON", Script::new(429, "slow down")),
        ("key, 401", Script::new(401, "")),
        ("key, 403", refusal(403, "FORBIDDEN", &Value::Null)),
        ("key, 422", refusal(422, "SUBSCRIPTION_TOKEN_INVALID", &Value::Null)),
        ("refused", refusal(422, "VALIDATION", &Value::Null)),
        ("plan", Script::new(402, "")),
        ("400", Script::new(400, "null")),
        ("404", Script::new(404, "")),
        ("500", Script::new(500, "{")),
        ("503", Script::new(503, "").header("retry-after", "120")),
        ("redirect", Script::new(302, "")),
        ("page", page),
        ("empty", Script::new(200, " ")),
        ("cut", Script::new(200, r#"{"web": {"results": [{"url": "https://exa"#)),
        ("list", Script::new(200, "[]")),
        ("other object", Script::new(200, "{}")),
        ("other results", Script::new(200, r#"{"web": {"results": "none"}}"#)),
        ("deep", Script::new(200, "[".repeat(100_000))),
    ] {
        shown.push(format!("{case}: {}", failure(&brave(&script)).await));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_both_windows_is_known_after_a_search() {
    let provider = brave(&windows(Script::new(200, answer().to_string()), "0, 1000"));
    assert_eq!(provider.rate_windows(), []);
    search(&provider, 10).await.unwrap();
    let windows = provider.rate_windows();
    assert_eq!(windows.iter().map(|window| window.remaining).collect::<Vec<_>>(), [0, 1_000]);
    assert_eq!(windows[0].resets_at, Instant::now() + Duration::from_secs(1));
    assert_eq!(windows[0].length, Some(Duration::from_secs(1)));
}

/// A service may repeat its request in what it finds.
#[tokio::test(start_paused = true)]
async fn no_hit_has_the_key() {
    let result =
        json!({"url": "https://example.org/?k=canary-5f1e", "title": "canary-5f1e", "description": "x canary-5f1e y"});
    let answer = json!({"web": {"results": [result]}});
    let hits = search(&brave(&Script::new(200, answer.to_string())), 10).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert!(!format!("{hits:?}").contains("canary"), "{hits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_pages_has_no_hits() {
    for body in [
        json!({"type": "search"}),
        json!({"type": "search", "web": null}),
        json!({"web": {}}),
        json!({"web": {"results": null}}),
    ] {
        assert_eq!(search(&brave(&Script::new(200, body.to_string())), 10).await, Ok(vec![]), "{body}");
    }
}

/// Any JSON, often with the names that an answer has.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("https://example.org/")),
        // Often more hits than are asked for.
        prop::collection::vec(Just(json!({"url": "https://example.org/"})), 0..9).prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "web",
        "results",
        "url",
        "title",
        "description",
        "extra_snippets",
        "content",
        "unresponsive_engines",
        "error",
        "type",
        "code",
        "detail",
        "meta",
        "quota_limit",
        "quota_current",
        "other",
    ]);
    leaf.prop_recursive(5, 60, 8, move |inner| {
        let names = names.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..8)
                .prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

/// At most as many hits as were asked for, or one error at the end.
pub fn bounded(provider: &dyn aggregator_core::SearchProvider, max_hits: u32) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let items = runtime.block_on(async { provider.search(request("rust", max_hits)).collect::<Vec<_>>().await });
    prop_assert!(items.iter().filter(|item| item.is_ok()).count() <= max_hits as usize);
    prop_assert!(items.iter().rev().skip(1).all(Result::is_ok));
    Ok(())
}

proptest! {
    #[test]
    fn any_json_is_hits_or_an_error(inner in any_json(), wrapped: bool, status in prop::sample::select(vec![200u16, 429, 422]), max_hits in 0..5u32) {
        let value = if wrapped { json!({"web": {"results": inner}, "error": inner}) } else { inner };
        bounded(&brave(&Script::new(status, value.to_string())), max_hits)?;
    }
}
