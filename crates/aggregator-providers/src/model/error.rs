//! What services say of an error, in a response or in a stream.

use aggregator_core::{ProviderError, ProviderErrorKind};
use serde_json::Value;

/// What a response says that is no answer: the kind of the error, and a text for people.
///
/// Known are the bodies of OpenAI and what is compatible with it, of Anthropic, of Ollama, and of common web frameworks. Of any
/// other body the begin is shown, except of a page of HTML.
///
/// The kind is that of the status, unless the body names a type that says more: [`RateLimited`](ProviderErrorKind::RateLimited)
/// of 429, [`Unauthorized`](ProviderErrorKind::Unauthorized) of 401 and 403,
/// [`Unreachable`](ProviderErrorKind::Unreachable) of 502 to 504 and 529, [`Other`](ProviderErrorKind::Other) of another 4xx, because the
/// request is at fault, except 404 and 405, where nothing answers: those and all others are
/// [`BadResponse`](ProviderErrorKind::BadResponse).
pub(super) fn said_by(status: u16, body: &[u8]) -> (ProviderErrorKind, String) {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]);
    let told = match serde_json::from_str::<Value>(&text) {
        Ok(value) => Told::of(&value),
        Err(_) => Told { message: excerpt(&text), kind: None, code: None },
    };
    told.said(Some(status))
}

/// The error that an event of a stream tells with its field `error`.
pub(super) fn in_stream(value: &Value) -> ProviderError {
    let (kind, message) = Told::of_error(value).said(None);
    ProviderError::new(kind, message)
}

/// Bytes of a body that are looked at.
const MAX_BODY: usize = 64 << 10;

/// What a service says.
struct Told {
    message: String,
    /// Its name of the error.
    kind: Option<String>,
    /// A status of HTTP.
    code: Option<u16>,
}

impl Told {
    /// Of a whole body.
    fn of(body: &Value) -> Self {
        match &body["error"] {
            Value::Null => Self::of_error(body),
            error => Self::of_error(error),
        }
    }

    fn of_error(error: &Value) -> Self {
        let string = |key: &str| error[key].as_str().filter(|text| !text.is_empty());
        // A web framework describes an invalid request as a list.
        let invalid = || error["detail"][0]["msg"].as_str();
        let message = error.as_str().or_else(|| string("message")).or_else(|| string("detail")).or_else(invalid);
        let message = message.map_or_else(|| excerpt(&error.to_string()), str::to_owned);
        let named = |name: &&str| *name != "None" && *name != "error";
        let kind = string("type").filter(named).or_else(|| string("code")).map(str::to_owned);
        let number = |code: &Value| code.as_u64().or_else(|| code.as_str()?.parse().ok());
        let code = number(&error["code"]).and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 400);
        Self { message, kind, code }
    }

    fn said(self, status: Option<u16>) -> (ProviderErrorKind, String) {
        let kind = self.error_kind(status.or(self.code));
        let origin = match (status, self.kind.filter(|kind| kind.parse::<u16>().is_err())) {
            (Some(status), Some(name)) => format!("HTTP {status}, {name}"),
            (Some(status), None) => format!("HTTP {status}"),
            (None, Some(name)) => format!("the model's stream failed, {name}"),
            (None, None) => "the model's stream failed".to_owned(),
        };
        (kind, format!("{origin}: {}", without_keys(&self.message)))
    }

    fn error_kind(&self, status: Option<u16>) -> ProviderErrorKind {
        let is = |parts: &[&str]| self.kind.as_ref().is_some_and(|kind| parts.iter().any(|part| kind.contains(part)));
        match status {
            Some(401 | 403) => ProviderErrorKind::Unauthorized,
            Some(429) => ProviderErrorKind::RateLimited,
            _ if is(&["authentication", "permission", "auth_error", "invalid_api_key"]) => {
                ProviderErrorKind::Unauthorized
            }
            _ if is(&["rate_limit", "throttling", "insufficient_quota"]) => ProviderErrorKind::RateLimited,
            _ if is(&["overloaded"]) => ProviderErrorKind::Unreachable,
            Some(502..=504 | 529) => ProviderErrorKind::Unreachable,
            Some(400..=403 | 406..=499) => ProviderErrorKind::Other,
            _ => ProviderErrorKind::BadResponse,
        }
    }
}

/// The begin of a text that says what it is.
fn excerpt(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "no message".to_owned();
    }
    if text.starts_with('<') {
        return "a page of HTML instead of a message".to_owned();
    }
    format!("{text:.200}")
}

/// A message without what looks like a key: services repeat the key that they refuse.
fn without_keys(message: &str) -> String {
    const PREFIXES: [&str; 5] = ["sk-", "gsk_", "xai-", "pplx-", "AIza"];
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.' | '…');
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_key(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        out.push_str(if PREFIXES.iter().any(|prefix| word.starts_with(prefix)) { "[key]" } else { word });
        let between = behind.find(is_of_key).unwrap_or(behind.len());
        out.push_str(&behind[..between]);
        rest = &behind[between..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_repeated() {
        let message = "Incorrect API key provided: sk-ab*****yz. Received (gsk_1234) from «task-force».";
        assert_eq!(without_keys(message), "Incorrect API key provided: [key] Received ([key]) from «task-force».");
        assert_eq!(without_keys(""), "");
    }
}
