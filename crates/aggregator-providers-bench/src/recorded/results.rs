//! Answers of search services, each of them one JSON value.

use aggregator_core::Hit;
use bytes::Bytes;
use serde_json::json;

/// The web search of Brave.
pub(crate) fn brave(hits: &[Hit]) -> Bytes {
    let result = |hit: &Hit| {
        json!({
            "title": hit.title, "url": hit.url, "is_source_local": false, "is_source_both": false,
            "description": hit.snippet, "page_age": "2026-03-02T10:00:00",
            "profile": {
                "name": "Example", "url": hit.url, "long_name": "example.org", "img": "https://imgs.search.brave.com/x",
            },
            "language": "en", "family_friendly": true, "type": "search_result", "subtype": "generic", "is_live": false,
            "meta_url": {
                "scheme": "https", "netloc": "example.org", "hostname": "example.org",
                "favicon": "https://imgs.search.brave.com/y", "path": "› page",
            },
            "age": "March 2, 2026",
        })
    };
    let mixed = |index: usize| json!({"type": "web", "index": index, "all": false});
    let main: Vec<_> = (0..hits.len()).map(mixed).collect();
    let answer = json!({
        "query": {
            "original": "tail latencies", "show_strict_warning": false, "is_navigational": false, "is_news_breaking": false,
            "spellcheck_off": true, "country": "us", "bad_results": false, "should_fallback": false,
            "more_results_available": true,
        },
        "mixed": {"type": "mixed", "main": main, "top": [], "side": []},
        "type": "search",
        "web": {"type": "search", "results": hits.iter().map(result).collect::<Vec<_>>(), "family_friendly": true},
    });
    answer.to_string().into()
}

/// An instance of SearXNG.
pub(crate) fn searxng(hits: &[Hit]) -> Bytes {
    let result = |(at, hit): (usize, &Hit)| {
        json!({
            "url": hit.url, "title": hit.title, "content": hit.snippet, "publishedDate": null, "thumbnail": "",
            "engine": "duckduckgo", "template": "default.html", "parsed_url": ["https", "example.org", "/page", "", "", ""],
            "img_src": "", "priority": "", "engines": ["duckduckgo", "brave"], "positions": [at + 1, at + 2],
            "score": 1.0, "category": "general", "pretty_url": hit.url,
        })
    };
    let answer = json!({
        "query": "tail latencies", "number_of_results": 0,
        "results": hits.iter().enumerate().map(result).collect::<Vec<_>>(),
        "answers": [], "corrections": [], "infoboxes": [], "suggestions": ["tail latency at scale"],
        "unresponsive_engines": [["qwant", "access denied"]],
    });
    answer.to_string().into()
}

/// Tavily, which settings describe.
pub(crate) fn tavily(hits: &[Hit]) -> Bytes {
    let result = |hit: &Hit| json!({"title": hit.title, "url": hit.url, "content": hit.snippet, "score": 0.98, "raw_content": null});
    let answer = json!({
        "query": "tail latencies", "follow_up_questions": null, "answer": null, "images": [],
        "results": hits.iter().map(result).collect::<Vec<_>>(),
        "response_time": 1.07, "request_id": "123e4567-e89b-12d3-a456-426614174111",
    });
    answer.to_string().into()
}
