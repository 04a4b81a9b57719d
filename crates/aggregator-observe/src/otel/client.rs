//! What carries a batch to the collector. This crate has no HTTP of its own.

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;

/// A batch on its way.
pub type Posting = BoxFuture<'static, Result<Reply, String>>;

/// Carries batches to a collector. It knows the address, which ends in `/v1/traces`, and the headers with their keys.
pub trait Client: Send + Sync + fmt::Debug + 'static {
    /// Posts bytes of the type `application/x-protobuf`, and reads the response up to a limit. An error is for people, and has
    /// neither keys nor an address. The future is polled on the runtime that [`Telemetry::start`](super::Telemetry::start) is given,
    /// and dropped when its time is up.
    fn post(&self, body: Bytes) -> Posting;

    /// A text without the keys that this client sends. Each error goes through this before it is reported: a collector may repeat what
    /// it was sent.
    fn without_keys(&self, text: &str) -> String;
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}
