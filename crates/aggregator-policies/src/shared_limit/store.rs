//! What a store of limits is: where several processes count the requests to a service together.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::gcra::Rate;

/// Where several processes count their requests together, such as Redis. It decides as [`Gcra`](crate::Gcra) does, by a clock of
/// its own that all of them share.
pub trait LimitStore: Send + Sync + Debug {
    /// Asks for permission to send one request. The store counts one only if it is granted.
    ///
    /// The limiter waits for an answer for a bounded time, and drops the future after that. So a store needs no timeout of its own
    /// and no retry; but what it was asked for may have been counted.
    ///
    /// # Errors
    /// If the store does not answer, or with something else than an answer. No request fails because of that.
    fn take(&self, ask: Ask) -> BoxFuture<'static, Result<Answer, StoreError>>;

    /// Tells the store to grant nothing for `ask.held`, and returns at once: the caller has no time to wait. It may be lost: what
    /// is still held is in each later [`take`](Self::take), too. The default does nothing, so that the others learn of it then.
    fn hold(&self, ask: Ask) {
        let _ = ask;
    }
}

/// What a store is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ask {
    /// The service whose limit it is.
    pub service: Arc<str>,
    /// The limit, which all processes are to state alike. What a store cannot count of it, such as parts of a microsecond, it
    /// rounds so that less is allowed.
    pub rate: Rate,
    /// Nothing is granted for this time, and then one at a time: the service has said when it may be asked again. 0 most times, at
    /// most 366 days.
    pub held: Duration,
}

impl Ask {
    /// Asks about the limit of a service that nothing holds.
    pub fn new(service: impl Into<Arc<str>>, rate: Rate) -> Self {
        Self { service: service.into(), rate, held: Duration::ZERO }
    }

    /// Grants nothing for a time.
    #[must_use]
    pub fn held(self, held: Duration) -> Self {
        Self { held, ..self }
    }
}

/// What a store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Whether one request may be sent.
    pub decision: Decision,
    /// The number of processes that have asked about this limit lately, the one that asks included.
    pub peers: u32,
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may, and is counted.
    Granted,
    /// Not before this time has passed; it is not counted. Others may be granted theirs meanwhile, and then it takes longer.
    Wait(Duration),
}

/// A store does not answer, or says what it cannot say. Its text names no address and no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    message: Arc<str>,
}

impl StoreError {
    /// With a text for people: what failed, and what to do. It is shown, so no address or password may be in it.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self { message: message.into() }
    }
}
