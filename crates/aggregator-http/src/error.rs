//! Errors as JSON, in the form that clients of OpenAI's interface read.

use std::time::Duration;

use aggregator_core::CleanText;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

/// An error that a client is told: `{"error": {"message", "type", "param", "code"}}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    status: StatusCode,
    /// What failed, with which value, and what to do next.
    message: String,
    /// The group of the error, such as `invalid_request_error`.
    kind: &'static str,
    /// A word for programs.
    code: &'static str,
    /// The field of the request that is wrong.
    param: Option<String>,
    retry_after: Option<Duration>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Fields<'a>,
}

#[derive(Serialize)]
struct Fields<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

impl ApiError {
    /// Most characters of a message.
    pub const MAX_CHARS: usize = 900;

    /// Makes an error; what is not the client's fault is an `api_error`. The message is made one clean line, of at most
    /// [`MAX_CHARS`](Self::MAX_CHARS) characters: it may repeat what a client or a service has sent.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let kind = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "authentication_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "api_error",
        };
        let mut message = CleanText::single_line(message).into_string();
        if let Some((end, _)) = message.char_indices().nth(Self::MAX_CHARS - 1) {
            message.replace_range(end.., "…");
        }
        Self { status, message, kind, code, param: None, retry_after: None }
    }

    /// A request that cannot be understood.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Names the field of the request that is wrong.
    #[must_use]
    pub fn about(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// Sets when the client may ask again.
    #[must_use]
    pub fn with_retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        let error = Fields { message: &self.message, kind: self.kind, param: self.param.as_deref(), code: self.code };
        // Strings always serialise.
        serde_json::to_string(&Body { error }).unwrap_or_default()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(after) = self.retry_after {
            // Rounded up: one that comes too early is refused again.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            headers.insert("retry-after-ms", HeaderValue::from(milliseconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert("www-authenticate", HeaderValue::from_static("Bearer"));
        }
        (self.status, headers, self.to_json()).into_response()
    }
}
