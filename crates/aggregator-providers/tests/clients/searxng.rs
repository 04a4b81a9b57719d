//! SearXNG: answers that an instance gave, and what is made of them.

use std::time::Duration;

use aggregator_core::SearchProvider as _;
use aggregator_mocks::contract::check_provider;
use aggregator_providers::search::Searxng;
use aggregator_providers::search::searxng::{Settings, TimeRange};
use futures::StreamExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::brave::{any_json, bounded};
use super::scripted::{Script, Step, failure, request, search};

const ANSWER: &str = include_str!("../fixtures/searx-json.body");

fn searxng_with(script: &Script, settings: Settings) -> Searxng {
    Searxng::new(script.client(), settings).unwrap()
}

fn searxng(script: &Script) -> Searxng {
    searxng_with(script, Settings::default())
}

#[tokio::test(start_paused = true)]
async fn an_instances_answer_becomes_hits_in_its_order() {
    let hits = search(&searxng(&Script::new(200, ANSWER)), 10).await.unwrap();
    let urls: Vec<&str> = hits.iter().map(|hit| hit.url.trim_start_matches("http://127.0.0.1/doc/")).collect();
    assert_eq!(urls, ["rust-1", "foundation", "unicode", "rust-1", "foundation", "unicode"]);
    assert_eq!(hits[2].title, "Ünïcode 🦀");
    assert_eq!(hits[0].snippet, "Rust 1.0 was released on May 15, 2015.");
    assert_eq!(search(&searxng(&Script::new(200, ANSWER)), 2).await.unwrap(), hits[..2]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_cut_anywhere_is_an_error_and_never_half_of_the_hits() {
    for cut in 0..ANSWER.len() {
        let script = Script::new(200, &ANSWER.as_bytes()[..cut]);
        let error = search(&searxng(&script), 10).await.unwrap_err();
        assert_eq!(error.kind(), aggregator_core::ProviderErrorKind::BadResponse, "{cut}");
        let lost = Script::steps([Step::Bytes(ANSWER[..0].into()), Step::Bytes(script_bytes(cut)), Step::Lost]);
        let error = search(&searxng(&lost), 10).await.unwrap_err();
        assert_eq!(error.kind(), aggregator_core::ProviderErrorKind::Truncated, "{cut}");
    }
}

fn script_bytes(cut: usize) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&ANSWER.as_bytes()[..cut])
}

/// Fields that are missing, null or of other types; `number_of_results` is no longer sent.
#[tokio::test(start_paused = true)]
async fn results_become_hits_whatever_they_lack() {
    let results = json!([
        {"url": "https://example.org/1", "title": null, "content": null, "publishedDate": null},
        {"url": "https://example.org/2", "title": ["x"], "content": 7, "engines": null, "score": "NaN"},
        {"url": 7}, {"title": "t"}, null, [], "text",
        {"url": "magnet:?xt=1", "title": "The engine drops it"},
    ]);
    let hits = search(&searxng(&Script::new(200, json!({"results": results}).to_string())), 10).await.unwrap();
    let urls: Vec<&str> = hits.iter().map(|hit| hit.url.as_str()).collect();
    assert_eq!(urls, ["https://example.org/1", "https://example.org/2", "magnet:?xt=1"]);
}

#[tokio::test(start_paused = true)]
async fn the_instance_gets_what_is_left_of_the_time() {
    let script = Script::new(200, ANSWER);
    search(&searxng(&script), 10).await.unwrap();
    let mut settings = Settings::default();
    settings.base = "http://10.0.0.5/searx/search".into();
    settings.categories = Some("general,it".into());
    settings.language = Some("de".into());
    settings.time_range = Some(TimeRange::Month);
    settings.safe_search = Some(9);
    let provider = searxng_with(&script, settings);
    // The stream is made, and polled 5 s later: 3 s are left.
    let late = provider.search(request("a&b", 10));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(late.count().await, 6);
    let too_late = provider.search(request("c", 10));
    sleep(Duration::from_millis(7_990)).await;
    too_late.count().await;
    assert_eq!(
        script.urls(),
        [
            "http://127.0.0.1:8080/search?q=rust+async&format=json&timeout_limit=7.8",
            "http://10.0.0.5/searx/search?q=a%26b&format=json&timeout_limit=2.8&categories=general%2Cit&language=de\
             &time_range=month&safesearch=2",
            "http://10.0.0.5/searx/search?q=c&format=json&timeout_limit=0.1&categories=general%2Cit&language=de\
             &time_range=month&safesearch=2",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn engines_without_an_answer_are_known_after_a_search() {
    let answer: Value = serde_json::from_str(ANSWER).unwrap();
    let mut partial = answer.clone();
    partial["unresponsive_engines"] = json!([["google", "timeout"], ["bing", null], "qwant", [], 7]);
    let provider = searxng(&Script::new(200, partial.to_string()));
    assert_eq!(search(&provider, 10).await.unwrap().len(), 6);
    let failed = provider.unresponsive_engines();
    let failed: Vec<_> = failed.iter().map(|failure| (failure.engine.as_str(), failure.reason.as_str())).collect();
    assert_eq!(failed, [("google", "timeout"), ("bing", ""), ("qwant", "")]);
    // Nothing found and nothing wrong.
    let none = searxng(&Script::new(200, include_str!("../fixtures/searx-json-none.body")));
    assert_eq!(search(&none, 10).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_errors_say() {
    let many =
        json!({"results": [], "unresponsive_engines": [["a", "x"], ["b", "y"], ["c", "z"], ["d", ""], ["e", ""]]});
    let mut shown = Vec::new();
    for (case, script) in [
        ("slow engine", Script::new(200, include_str!("../fixtures/searx-json-slow.body"))),
        ("failed engine", Script::new(200, include_str!("../fixtures/searx-json-500.body"))),
        ("many engines", Script::new(200, many.to_string())),
        ("no query", Script::new(400, include_str!("../fixtures/searx-json-noq.body"))),
        ("json is off", Script::new(403, "<html>").header("content-type", "text/html")),
        ("limiter", Script::new(429, "Too Many Requests").header("content-type", "text/html")),
        ("other service", Script::new(200, r#"{"error": null}"#)),
        ("other type", Script::new(200, r#"{"results": {}}"#)),
        ("login page", Script::new(200, "<html>").header("content-type", "text/html; charset=utf-8")),
        ("silent", Script { wait: Duration::from_secs(99), ..Script::new(200, "") }),
        ("stands still", Script::steps([Step::Bytes("{".into()), Step::Hang])),
    ] {
        shown.push(format!("{case}: {}", failure(&searxng(&script)).await));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_of_a_provider() {
    let provider = searxng(&Script::new(200, ANSWER));
    assert_eq!(check_provider(&provider, "what does a provider promise?").await, Ok(()));
}

proptest! {
    #[test]
    fn any_json_is_hits_or_an_error(inner in any_json(), wrapped: bool, max_hits in 0..5u32) {
        let value = if wrapped { json!({"results": inner, "unresponsive_engines": inner}) } else { inner };
        bounded(&searxng(&Script::new(200, value.to_string())), max_hits)?;
    }
}
