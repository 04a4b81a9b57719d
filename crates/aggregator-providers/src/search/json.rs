//! One request whose answer is JSON.

use aggregator_core::ProviderError;
use http::header::HeaderMap;
use serde_json::Value;

use super::failure::Explanation;
use crate::account::Account;
use crate::http::{HttpClient, HttpError, Request};

/// Sends a request and parses its answer. `explain` reads why the service refused: from the status, the headers, and the
/// body, which is `Null` if it is no JSON. `seen` gets the headers of every response.
pub(super) async fn answer(
    client: &HttpClient,
    account: &Account,
    request: Result<Request, HttpError>,
    seen: impl FnOnce(&HeaderMap),
    explain: impl FnOnce(u16, &HeaderMap, &Value) -> Explanation,
) -> Result<Value, ProviderError> {
    let failed = |error| account.transport_failure(error);
    let response = client.send(request.map_err(failed)?).await.map_err(failed)?;
    seen(response.headers());
    if let Err(HttpError::Status { status, retry_after }) = response.error_for_status() {
        let headers = response.headers().clone();
        // That the body cannot be read changes nothing: the status says more.
        let body = response.bytes().await.unwrap_or_default();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        return Err(account.status_failure(status, retry_after, &explain(status, &headers, &body)));
    }
    let body = response.body_as("application/json").map_err(failed)?.bytes().await.map_err(failed)?;
    parse(&body).map_err(|what| account.bad_answer(&what))
}

/// # Errors
/// Says where the text is no JSON.
fn parse(body: &[u8]) -> Result<Value, String> {
    if body.trim_ascii().is_empty() {
        return Err("the answer is empty".into());
    }
    serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
        .map_err(|error| format!("the answer is no JSON: {error}"))
}

/// The text at a place, if it is one that says something.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The list at a place; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// What a value is, for people.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
