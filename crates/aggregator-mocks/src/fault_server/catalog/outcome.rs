//! What a client should come to, as data that each client's test maps to the client's own errors.

use std::fmt;
use std::time::Duration;

/// The right outcome of a client. Except for [`Hits`](Self::Hits) and [`Text`](Self::Text), a client ends with an error of this
/// meaning; what it yielded before stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedOutcome {
    /// The stream of a search ends after this number of hits; or after as many as were asked for, if these are fewer.
    Hits(usize),
    /// The stream of a model ends, and its pieces are together this text.
    Text(&'static str),
    /// No connection came about.
    Connect,
    /// The head of the response did not come in time.
    FirstByte,
    /// Nothing came for the longest silence that the client allows between two pieces of a body.
    Idle,
    /// The response did not end in time, although something always came.
    Total,
    /// The response, a line or an event of it is larger than the client allows; the client stopped reading.
    TooLarge,
    /// The response ended in the middle.
    Truncated,
    /// The body is of a type that the client does not read.
    ContentType,
    /// The body has an encoding that the client did not offer.
    Encoding,
    /// The service sent the client elsewhere; it did not go there.
    Redirect,
    /// The service asked to come back later.
    RateLimited {
        /// When, if the response says so in a form that can be trusted.
        wait: Option<Duration>,
    },
    /// The service refused the credentials, or they may not do this.
    Auth,
    /// The service does not accept the request, or does not know the address or the model: asking again changes nothing.
    Request,
    /// The service says that it cannot answer now.
    Unavailable,
    /// An error that the service reports in the body of a response with status 200.
    ServiceError,
    /// The response is not what the service sends.
    InvalidResponse,
    /// The model called a tool, although it was given none.
    ToolCalls,
    /// The answer ended because it was as long as it may be.
    LengthLimit,
    /// The model or its service refused to go on for the content's sake.
    Filtered,
    /// The answer ended in order, and there is no text in it.
    Empty,
}

impl ExpectedOutcome {
    /// Whether a client ends without an error.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Hits(_) | Self::Text(_))
    }
}

/// For the table; a text is not repeated.
impl fmt::Display for ExpectedOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hits(1) => f.pad("1 hit"),
            Self::Hits(hits) => f.pad(&format!("{hits} hits")),
            Self::Text(_) => f.pad("text"),
            Self::RateLimited { wait: Some(wait) } => f.pad(&format!("rate limited, {} s", wait.as_secs_f64())),
            Self::RateLimited { wait: None } => f.pad("rate limited, no time"),
            Self::Connect => f.pad("connect"),
            Self::FirstByte => f.pad("first byte"),
            Self::Idle => f.pad("idle"),
            Self::Total => f.pad("total"),
            Self::TooLarge => f.pad("too large"),
            Self::Truncated => f.pad("truncated"),
            Self::ContentType => f.pad("content type"),
            Self::Encoding => f.pad("encoding"),
            Self::Redirect => f.pad("redirect"),
            Self::Auth => f.pad("auth"),
            Self::Request => f.pad("request"),
            Self::Unavailable => f.pad("unavailable"),
            Self::ServiceError => f.pad("service error"),
            Self::InvalidResponse => f.pad("invalid response"),
            Self::ToolCalls => f.pad("tool calls"),
            Self::LengthLimit => f.pad("length limit"),
            Self::Filtered => f.pad("filtered"),
            Self::Empty => f.pad("empty"),
        }
    }
}
