//! Sends requests within limits.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::body::{Body, Deadline};
use super::endpoint::Endpoint;
use super::error::HttpError;
use super::headers::{self, Encoding};
use super::limits::Limits;
#[cfg(feature = "network")]
use super::network::Network;
use super::request::Request;
use super::retry_after::retry_after;
use super::transport::Transport;

/// Sends requests within limits. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    transport: Arc<dyn Transport>,
    limits: Limits,
}

/// Status, headers, and a body that is still to be read.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: Body,
}

impl HttpClient {
    /// A client of the network; with the feature `network` only.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    #[cfg(feature = "network")]
    pub fn new(limits: Limits) -> Result<Self, HttpError> {
        Self::with_idle_connections(limits, Network::IDLE_CONNECTIONS)
    }

    /// A client of the network that keeps up to so many idle connections to each host, for many requests at once; with the feature
    /// `network` only.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    #[cfg(feature = "network")]
    pub fn with_idle_connections(limits: Limits, connections: usize) -> Result<Self, HttpError> {
        Ok(Self::with_transport(Arc::new(Network::new(limits.connect, connections)?), limits))
    }

    /// A client over another transport.
    pub fn with_transport(transport: Arc<dyn Transport>, limits: Limits) -> Self {
        Self { transport, limits }
    }

    /// The same connections with other limits; [`Limits::connect`] stays as it is.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits: Limits { connect: self.limits.connect, ..limits }, ..self }
    }

    /// Its limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Gets JSON. See [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn get(&self, endpoint: Endpoint) -> Result<Response, HttpError> {
        self.send(Request::get(endpoint)).await
    }

    /// Posts JSON. See [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send), and if the value cannot be written as JSON.
    pub async fn post_json(&self, endpoint: Endpoint, body: &impl Serialize) -> Result<Response, HttpError> {
        self.send(Request::post_json(endpoint, body)?).await
    }

    /// Sends a request once, and returns when status and headers are there. A status that is no success is a response, too,
    /// because its body says why. Dropping the future, the response or its body closes the connection.
    ///
    /// # Errors
    /// If there is no response in time, it redirects, or its headers already break a limit.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let begun = Instant::now();
        let limits = self.limits;
        let at = request.deadline().map_or(begun + limits.total, |at| at.min(begun + limits.total));
        let deadline = Deadline { at, after: at.saturating_duration_since(begun) };
        let first_byte = begun + limits.first_byte;
        let raw = timeout_at(first_byte.min(at), self.transport.send(request)).await.map_err(|_| {
            if at <= first_byte {
                HttpError::TotalTimeout { after: deadline.after, begun: false }
            } else {
                HttpError::FirstByteTimeout { after: limits.first_byte }
            }
        })??;
        if (300..400).contains(&raw.status) {
            return Err(HttpError::RedirectRefused { status: raw.status });
        }
        if headers::size(&raw.headers) > limits.headers {
            return Err(HttpError::HeadersTooLarge { limit: limits.headers });
        }
        let stated = headers::content_length(&raw.headers)?;
        if stated.is_some_and(|stated| stated > limits.body as u64) {
            return Err(HttpError::TooLarge { limit: limits.body });
        }
        let gzip = headers::encoding(&raw.headers)? == Encoding::Gzip;
        let body = Body::new(raw.body, gzip, stated, limits, deadline);
        Ok(Response { status: raw.status, headers: raw.headers, body })
    }
}

impl Response {
    /// The status, 200 to 299 or 400 and above.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error of a status that is no success, with the wait that the service asks for.
    ///
    /// # Errors
    /// [`HttpError::Status`], unless the status is a success.
    pub fn error_for_status(&self) -> Result<(), HttpError> {
        let error = || HttpError::Status { status: self.status, retry_after: retry_after(&self.headers) };
        if self.is_success() { Ok(()) } else { Err(error()) }
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header, if it is ASCII.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        headers::text(&self.headers, name)
    }

    /// The body, if it is of this media type. A body without a type is taken to be of it, since parsing decides.
    ///
    /// # Errors
    /// [`HttpError::ContentType`], if it is of another type. JSON has many: any that ends in `json` will do for one that does.
    pub fn body_as(self, media_type: &str) -> Result<Body, HttpError> {
        let found = headers::media_type(&self.headers);
        let both_json = media_type.ends_with("json") && found.ends_with("json");
        if found.is_empty() || found == media_type || both_json {
            return Ok(self.body);
        }
        Err(HttpError::ContentType { expected: media_type.to_owned(), found: headers::shown_type(&found) })
    }

    /// The body, whatever its type.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Body`].
    pub async fn bytes(self) -> Result<Bytes, HttpError> {
        self.body.bytes().await
    }
}
