//! Search services over responses in memory.

use aggregator_providers::http::{Limits, Secret};
use aggregator_providers::search::{Brave, JsonSearch, Searxng, brave, endpoint, searxng};
use serde_json::json;

use crate::fault::Fault;
use crate::recorded;
use crate::transport::MemoryTransport;

/// Hits of each service.
pub(super) const HITS: u32 = 20;

/// Brave, which finds the hits of the mock of this name.
pub(super) fn brave(name: &str, fault: Option<Fault>) -> Brave {
    let body = recorded::brave(&recorded::hits(name, HITS));
    let headers = [
        ("content-type", "application/json"),
        ("x-ratelimit-limit", "1, 15000"),
        ("x-ratelimit-policy", "1;w=1, 15000;w=2592000"),
        ("x-ratelimit-remaining", "0, 14523"),
        ("x-ratelimit-reset", "1, 1419704"),
    ];
    let transport = MemoryTransport::new(&headers, recorded::in_packets(&[body]), fault);
    let key = Secret::from_variable("BRAVE_API_KEY", Some("not-a-key".into())).expect("it has the form of a key");
    let mut settings = brave::Settings::default();
    settings.name = name.to_owned();
    Brave::new(transport.into_client(Limits::SEARCH), key, settings).expect("the address is that of the service")
}

/// An instance of SearXNG, which finds the hits of the mock of this name.
pub(super) fn searxng(name: &str, fault: Option<Fault>) -> Searxng {
    let body = recorded::searxng(&recorded::hits(name, HITS));
    let transport = MemoryTransport::new(&[("content-type", "application/json")], recorded::in_packets(&[body]), fault);
    let mut settings = searxng::Settings::default();
    settings.name = name.to_owned();
    Searxng::new(transport.into_client(Limits::SEARCH), settings).expect("the address is that of this machine")
}

/// Tavily as settings describe it, which finds the hits of the mock of this name.
pub(super) fn tavily(name: &str, fault: Option<Fault>) -> JsonSearch {
    let body = recorded::tavily(&recorded::hits(name, HITS));
    let transport = MemoryTransport::new(&[("content-type", "application/json")], recorded::in_packets(&[body]), fault);
    let settings = json!({
        "name": name,
        "url": "https://api.tavily.com/search",
        "method": "POST",
        "headers": {"Authorization": "Bearer ${TAVILY_API_KEY}"},
        "body": {"query": "{query}", "max_results": "{max_hits}", "search_depth": "basic"},
        "fields": {"hits": "/results", "url": "/url", "title": "/title", "snippet": ["/content"]},
    });
    let settings: endpoint::Settings = serde_json::from_value(settings).expect("the settings are complete");
    JsonSearch::with_variables(transport.into_client(Limits::SEARCH), settings, |_| Some("not-a-key".into()))
        .expect("the settings are usable")
}
