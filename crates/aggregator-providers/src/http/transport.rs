//! What carries a request and its response.

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use http::header::HeaderMap;

use super::error::HttpError;
use super::request::Request;

/// Carries requests: the network, or a script in a test. It keeps no limit but that of connecting.
///
/// Work begins when the future is polled. Dropping the future or the body closes the connection.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request, and returns when status and headers are there.
    fn send(&self, request: Request) -> Sending;
}

/// A request on its way.
pub type Sending = BoxFuture<'static, Result<RawResponse, HttpError>>;

/// The bytes of a body as they come.
pub type RawBody = BoxStream<'static, Result<Bytes, HttpError>>;

/// A response as it was sent, without limits.
pub struct RawResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, still compressed if it is.
    pub body: RawBody,
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse").field("status", &self.status).finish_non_exhaustive()
    }
}
