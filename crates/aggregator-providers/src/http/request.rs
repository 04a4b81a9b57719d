//! What is sent.

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use tokio::time::Instant;

use super::endpoint::Endpoint;
use super::error::HttpError;
use super::secret::Secret;

/// A request. `Debug` shows neither headers nor what is asked.
#[derive(Clone)]
pub struct Request {
    endpoint: Endpoint,
    headers: HeaderMap,
    /// With one it is a POST.
    body: Option<Bytes>,
    deadline: Option<Instant>,
}

impl Request {
    /// Gets JSON.
    pub fn get(endpoint: Endpoint) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self { endpoint, headers, body: None, deadline: None }
    }

    /// Posts JSON, and gets JSON.
    ///
    /// # Errors
    /// If the value cannot be written as JSON.
    pub fn post_json(endpoint: Endpoint, body: &impl Serialize) -> Result<Self, HttpError> {
        let body = serde_json::to_vec(body).map_err(|error| HttpError::Request { cause: error.to_string() })?;
        let mut request = Self::get(endpoint);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = Some(body.into());
        Ok(request)
    }

    /// Posts bytes of a media type, and gets the same type.
    pub fn post(endpoint: Endpoint, media_type: &'static str, body: Bytes) -> Self {
        let mut request = Self::get(endpoint);
        for name in [ACCEPT, CONTENT_TYPE] {
            request.headers.insert(name, HeaderValue::from_static(media_type));
        }
        request.body = Some(body);
        request
    }

    /// Sets a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the header `Authorization` to a key, as `Bearer`.
    ///
    /// # Errors
    /// None that a [`Secret`] can cause.
    pub fn with_bearer(self, key: &Secret) -> Result<Self, HttpError> {
        Ok(self.with_header(http::header::AUTHORIZATION, key.header("Bearer ", "")?))
    }

    /// Ends the request at this time, if that is before the end of [`Limits::total`](super::Limits::total).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Where it is sent.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its headers; those with keys are marked as sensitive.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body; a request with one is a POST, and a GET without one.
    pub fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// When the caller stops listening.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        f.debug_struct("Request").field("method", &method).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
