//! One HTTP layer for all services: four clocks, caps on what comes back, errors without addresses or keys.
//!
//! - [`Endpoint`] is an address that the owner has set. Requests take no other one, so an address that a search result
//!   names cannot be asked by mistake. [`pages`](crate::pages) reads such addresses over connections of its own, which have no key.
//! - [`Secret`] is a key: from the environment or a file, shown by nothing.
//! - [`HttpClient`] sends a [`Request`] and returns a [`Response`] within [`Limits`].
//! - [`Transport`] is what carries the bytes: the network, or a script in a test. All limits are above it.
//!
//! The network needs the feature `network`, which is on by default. Everything else is there without it.

mod body;
mod client;
mod date;
mod endpoint;
mod error;
mod gzip;
pub(crate) mod headers;
mod limits;
#[cfg(feature = "network")]
mod network;
#[cfg(feature = "network")]
mod pinned;
mod request;
mod retry_after;
mod secret;
mod secret_source;
#[cfg(feature = "network")]
mod tls_error;
mod transport;

pub use body::Body;
#[cfg(feature = "network")]
pub(crate) use body::Deadline;
pub use client::{HttpClient, Response};
pub use endpoint::{Endpoint, EndpointError, PlainHttp};
pub use error::HttpError;
pub use limits::Limits;
#[cfg(feature = "network")]
pub(crate) use pinned::Pinned;
pub use request::Request;
pub(crate) use retry_after::time_until;
pub use retry_after::{MAX_WAIT, retry_after};
pub use secret::{Secret, SecretError, SecretWarning};
pub use secret_source::{NoSecretSource, SecretSource};
pub use transport::{RawBody, RawResponse, Sending, Transport};
