//! What the owner has at a service, and failures of it with what to do about them.

use aggregator_core::{ProviderError, ProviderErrorKind as Kind};

use crate::http::{HttpError, Secret};

/// What the owner has set for a service.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Its name for people.
    pub(crate) name: String,
    /// Its keys: what to check when they are refused, and what no message repeats.
    pub(crate) keys: Vec<Secret>,
    /// The setting that has its address.
    pub(crate) address: String,
}

impl Account {
    /// The failure of a request that got no complete answer.
    pub(crate) fn transport_failure(&self, error: HttpError) -> ProviderError {
        let (kind, hint) = match &error {
            HttpError::Connect { .. } => (Kind::Unreachable, format!(": check {} and the network", self.address)),
            HttpError::ConnectTimeout { .. }
            | HttpError::FirstByteTimeout { .. }
            | HttpError::TotalTimeout { begun: false, .. } => (Kind::Unreachable, String::new()),
            HttpError::Tls { .. } => (Kind::Unreachable, String::new()),
            HttpError::IdleTimeout { .. } | HttpError::TotalTimeout { .. } | HttpError::Truncated { .. } => {
                (Kind::Truncated, String::new())
            }
            HttpError::ContentType { .. } => (Kind::BadResponse, format!(": check {}", self.address)),
            HttpError::RedirectRefused { .. } => {
                (Kind::BadResponse, format!(": set {} to where the service is now", self.address))
            }
            HttpError::Request { .. } => (Kind::Other, String::new()),
            _ => (Kind::BadResponse, String::new()),
        };
        self.error(kind, &format!("{error}{hint}")).with_source(error)
    }

    /// The failure of an answer that came and is not what it should be.
    pub(crate) fn bad_answer(&self, what: &str) -> ProviderError {
        self.error(Kind::BadResponse, what)
    }

    /// An error of this service; no key of it is in the message.
    pub(crate) fn error(&self, kind: Kind, message: &str) -> ProviderError {
        let message = self.keys.iter().fold(message.to_owned(), |message, key| key.redact(&message));
        ProviderError::new(kind, format!("{}: {message}", self.name))
    }

    /// An error that came out of an answer, as one of this service.
    pub(crate) fn named(&self, mut error: ProviderError) -> ProviderError {
        error.message = self.error(error.kind, error.message()).message;
        error
    }

    /// That the key was refused, and which one.
    pub(crate) fn refused_key(&self) -> String {
        let origins: Vec<&str> = self.keys.iter().map(Secret::origin).collect();
        match origins[..] {
            [] => "access was refused: the service wants a key, and none is set".into(),
            _ => format!("the key was refused: check {}", origins.join(", ")),
        }
    }
}
