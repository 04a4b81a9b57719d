//! Why a request failed.

use std::time::Duration;

use thiserror::Error;

/// Why a request failed. No text of it has an address, a query or a key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The client cannot be made, or the request cannot be sent as it is.
    #[error("the request cannot be made: {cause}")]
    Request {
        /// What is wrong with it.
        cause: String,
    },
    /// There is no connection: the name is unknown, or the port is closed.
    #[error("no connection: {cause}")]
    Connect {
        /// What the system says.
        cause: String,
    },
    /// No connection in time.
    #[error("no connection within {} s", .after.as_secs_f64())]
    ConnectTimeout {
        /// The limit.
        after: Duration,
    },
    /// No secure connection, such as for a certificate that is not trusted.
    #[error("no secure connection: {cause}")]
    Tls {
        /// Why, and what helps.
        cause: String,
    },
    /// No status line and headers in time.
    #[error("no response within {} s", .after.as_secs_f64())]
    FirstByteTimeout {
        /// The limit.
        after: Duration,
    },
    /// The body stood still.
    #[error("the response stood still for {} s", .after.as_secs_f64())]
    IdleTimeout {
        /// The limit.
        after: Duration,
    },
    /// The time for the whole request is over.
    #[error("no complete response within {} s", .after.as_secs_f64())]
    TotalTimeout {
        /// The limit, or what was left until the caller's deadline if that is less.
        after: Duration,
        /// Whether status and headers had come.
        begun: bool,
    },
    /// The service answered with a status that is no success.
    #[error("the service answered with status {status}")]
    Status {
        /// The status.
        status: u16,
        /// The wait that the service asks for, at most [`MAX_WAIT`](super::MAX_WAIT).
        retry_after: Option<Duration>,
    },
    /// The body is larger than allowed, as sent or decompressed.
    #[error("the response is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body becomes too much larger when decompressed.
    #[error("the response becomes more than {ratio} times larger when decompressed")]
    Ratio {
        /// The limit.
        ratio: usize,
    },
    /// The headers are larger than allowed.
    #[error("the headers of the response are larger than {limit} bytes")]
    HeadersTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection ended before the response was complete.
    #[error("the response ended early: {cause}")]
    Truncated {
        /// Where, or what the system says.
        cause: String,
    },
    /// The body is of another type.
    #[error("the response is {found}, not {expected}")]
    ContentType {
        /// What was asked for.
        expected: String,
        /// What came, if it is a common type.
        found: &'static str,
    },
    /// The body is compressed in a way that was not asked for.
    #[error("the response is compressed as {found}, which was not asked for and is not understood")]
    ContentEncoding {
        /// The encoding, if it is a common one.
        found: &'static str,
    },
    /// The service answered with a redirect, which is never followed: it would take the key along.
    #[error("the service redirects (status {status}), which is not followed")]
    RedirectRefused {
        /// The status.
        status: u16,
    },
    /// What came is not HTTP, or is not compressed as it says.
    #[error("the response is malformed: {cause}")]
    Protocol {
        /// What is wrong with it.
        cause: String,
    },
}
