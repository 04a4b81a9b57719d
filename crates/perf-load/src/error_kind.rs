//! Why requests fail, by kinds that reports and thresholds name.

use std::borrow::Cow;
use std::fmt;

/// Why a request failed. Requests are counted by the [name](Self::name) of the kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A limit of requests or tokens was reached, as by HTTP 429. [`find_limit`](crate::find_limit) takes a share of these for the
    /// provider's limit.
    RateLimited,
    /// The service refused because it has too much to do, as by HTTP 503.
    Overloaded,
    /// Another HTTP status that is no success.
    Status(u16),
    /// The connection could not be made, or broke.
    Connection,
    /// The response is not in the expected format.
    Protocol,
    /// It took longer than the scenario's `timeout`. Only the driver says so of a whole request.
    Timeout,
    /// The stream ended without [`Chunk::End`](crate::Chunk::End).
    NoEnd,
    /// The answer was complete, but wrong: [`Answer::Wrong`](crate::Answer::Wrong).
    WrongAnswer(Cow<'static, str>),
    /// The target panicked.
    Panic,
    /// Anything else: a few words in lower case without figures, because requests are counted by them.
    Other(Cow<'static, str>),
}

impl ErrorKind {
    /// The name in reports and thresholds: words with `-` between them, such as `rate-limited`, `status-500` or
    /// `wrong-answer-no-text`.
    pub fn name(&self) -> String {
        match self {
            Self::RateLimited => "rate-limited".to_owned(),
            Self::Overloaded => "overloaded".to_owned(),
            Self::Status(status) => format!("status-{status}"),
            Self::Connection => "connection".to_owned(),
            Self::Protocol => "protocol".to_owned(),
            Self::Timeout => "timeout".to_owned(),
            Self::NoEnd => "no-end".to_owned(),
            Self::WrongAnswer(what) => format!("wrong-answer-{}", slug(what)),
            Self::Panic => "panic".to_owned(),
            Self::Other(what) => slug(what),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

/// At most 60 characters of lower-case letters and digits with single `-` between words.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if slug.len() >= 60 {
            break;
        }
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unnamed".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_that_thresholds_can_hold() {
        let named = |text: &str| ErrorKind::Other(text.to_owned().into()).name();
        assert_eq!(named("Model said: no!"), "model-said-no");
        assert_eq!(named("…"), "unnamed");
        assert!(named(&"a. b".repeat(50)).len() <= 60);
        assert_eq!(ErrorKind::WrongAnswer("no text".into()).to_string(), "wrong-answer-no-text");
        assert_eq!(ErrorKind::Status(500).name(), "status-500");
    }
}
