//! What went wrong with a provider or a model.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::CleanText;

/// The error of a provider or a model.
///
/// Two errors are equal if kind and message are.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProviderError {
    /// The kind of the error.
    pub kind: ProviderErrorKind,
    /// An explanation for people, without secrets.
    pub message: CleanText,
    /// Boxed, because an item of every stream has room for an error.
    details: Option<Box<ErrorDetails>>,
}

#[derive(Debug, Clone, Default)]
struct ErrorDetails {
    retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ProviderError");
        debug.field("kind", &self.kind).field("message", &self.message);
        if let Some(after) = self.retry_after() {
            debug.field("retry_after", &after);
        }
        // The source may have an address with a key in it.
        if self.source().is_some() { debug.finish_non_exhaustive() } else { debug.finish() }
    }
}

impl ProviderError {
    /// Makes an error; the message is cleaned and cut to 200 bytes.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: Self::clean(message), details: None }
    }

    fn clean(message: impl Into<String>) -> CleanText {
        let mut message = CleanText::single_line(message);
        message.truncate(200);
        message
    }

    /// The same error with a message as [`new`](Self::new) makes it: the field is public.
    pub(crate) fn with_clean_message(self) -> Self {
        Self { message: Self::clean(self.message.into_string()), ..self }
    }

    /// Sets the time after which the service may be asked again.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.details.get_or_insert_default().retry_after = Some(after);
        self
    }

    /// Sets the error that caused this one. Callers read it with [`source`](Error::source); events do not contain it.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.details.get_or_insert_default().source = Some(Arc::new(source));
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ProviderErrorKind {
        self.kind
    }

    /// An explanation for people, without secrets.
    pub fn message(&self) -> &str {
        self.message.as_str()
    }

    /// The time after which the service may be asked again, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.details.as_ref()?.retry_after
    }
}

impl PartialEq for ProviderError {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.message) == (other.kind, &other.message)
    }
}

impl Eq for ProviderError {}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.details.as_ref()?.source.as_ref()?;
        Some(&**source)
    }
}

/// The kind of a [`ProviderError`], of a provider or a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// The service could not be reached.
    Unreachable,
    /// The service refused the credentials.
    Unauthorized,
    /// The service asked to come back later.
    RateLimited,
    /// The service answered with something that is no answer.
    BadResponse,
    /// The answer ended in the middle.
    Truncated,
    /// The implementation panicked; its message is not repeated.
    Panicked,
    /// The service was not asked, because of a limit, or because it has failed again and again.
    NotAsked,
    /// Anything else.
    Other,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `ProviderErrorKind`")]
pub type FailureKind = ProviderErrorKind;

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate limited",
            Self::BadResponse => "bad response",
            Self::Truncated => "truncated",
            Self::Panicked => "panicked",
            Self::NotAsked => "not asked",
            Self::Other => "failed",
        })
    }
}
