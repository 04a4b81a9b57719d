//! Answers and errors of Brave.

use std::time::Duration;

use aggregator_core::Hit;
use http::header::HeaderMap;
use serde_json::Value;

use super::super::failure::{Explanation, Refusal};
use super::super::json::{kind, list, text};
use super::rate_limits::RateLimits;

/// The hits of an answer. All but `type` may be absent: an answer without pages is no failure.
///
/// # Errors
/// Says what is there instead of an answer.
pub(super) fn hits(answer: &Value) -> Result<Vec<Hit>, String> {
    if !answer.is_object() {
        return Err(format!("the answer is {}, not an object", kind(answer)));
    }
    let Some(web) = answer.get("web").filter(|web| !web.is_null()) else {
        return match text(answer, "type") {
            Some("search") => Ok(Vec::new()),
            _ => Err("the answer has neither `web` nor `type: search`".into()),
        };
    };
    if !web.get("results").is_none_or(|results| results.is_array() || results.is_null()) {
        return Err(format!("web.results is {}, not a list", kind(&web["results"])));
    }
    Ok(list(web, "results").iter().filter_map(hit).collect())
}

/// A result without an address cannot be opened.
fn hit(result: &Value) -> Option<Hit> {
    let url = text(result, "url")?;
    let description = text(result, "description").map(plain);
    let extra = list(result, "extra_snippets").iter().filter_map(Value::as_str).map(plain);
    let mut snippets: Vec<String> = Vec::new();
    for snippet in description.into_iter().chain(extra) {
        if !snippet.trim().is_empty() && !snippets.contains(&snippet) {
            snippets.push(snippet);
        }
    }
    Some(Hit::new(url, plain(text(result, "title").unwrap_or_default())).with_snippet(snippets.join(" … ")))
}

/// The text without the tags that mark words of the query, which come although they were declined.
fn plain(text: &str) -> String {
    text.replace("<strong>", "").replace("</strong>", "")
}

/// What an error says. One of the rate is over within a second; one of the quota is not.
pub(super) fn explanation(status: u16, headers: &HeaderMap, body: &Value) -> Explanation {
    let error = body.get("error").unwrap_or(&Value::Null);
    let code = text(error, "code").unwrap_or_default();
    let meta = error.get("meta").unwrap_or(&Value::Null);
    let number = |name: &str| meta.get(name).and_then(Value::as_u64);
    let used_up = |current: &str, limit: &str| match (number(current), number(limit)) {
        (Some(current), Some(limit)) => limit > 0 && current >= limit,
        _ => false,
    };
    let refusal = if code.contains("TOKEN") {
        Some(Refusal::Key)
    } else if code.contains("QUOTA") || used_up("quota_current", "quota_limit") {
        Some(Refusal::Quota)
    } else if code == "RATE_LIMITED" || used_up("rate_current", "rate_limit") || status == 429 {
        Some(Refusal::Rate)
    } else {
        None
    };
    let exhausted = RateLimits::from_headers(headers).and_then(|limits| limits.exhausted()).map(|window| window.reset);
    let wait = match refusal {
        Some(Refusal::Rate) => Some(exhausted.unwrap_or(Duration::from_secs(1))),
        Some(Refusal::Quota) => exhausted,
        _ => None,
    };
    let text = text(error, "detail").unwrap_or(code).to_owned();
    Explanation { text, refusal, wait }
}
