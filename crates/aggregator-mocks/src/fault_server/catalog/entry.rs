//! One script of the catalog with its name, its meaning and the outcome that it should have.

use std::fmt;

use super::super::script::Script;
use super::outcome::ExpectedOutcome;

/// A kind of service, which decides the form of requests and responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Web search of Brave: JSON.
    Brave,
    /// A SearXNG instance with `format=json`.
    Searxng,
    /// `chat/completions` as OpenAI defines it and many others offer it: events (SSE).
    OpenAi,
    /// `messages` of Anthropic: named events (SSE).
    Anthropic,
    /// `api/chat` of Ollama: a JSON value a line.
    Ollama,
}

impl Service {
    /// All of them, searches first.
    pub const ALL: [Self; 5] = [Self::Brave, Self::Searxng, Self::OpenAi, Self::Anthropic, Self::Ollama];

    /// The first part of the names of its entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brave => "brave",
            Self::Searxng => "searxng",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }

    /// Whether it finds pages; the others are models.
    pub fn is_search(self) -> bool {
        matches!(self, Self::Brave | Self::Searxng)
    }
}

/// How a connection ends if the client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The system refuses the connection (RST in answer to SYN).
    Refused,
    /// The system drops the request for a connection: no answer to SYN.
    NeverAccepted,
    /// The server closes its side (FIN).
    Closed,
    /// The server resets the connection (RST).
    Reset,
    /// The server sends nothing more and keeps the connection open.
    Silent,
    /// Something always comes.
    Endless,
}

/// A script with what it should lead to.
pub struct Entry {
    /// The service that it plays.
    pub service: Service,
    /// What it does, in short; unique within a service.
    pub fault: &'static str,
    /// What it does, in one sentence.
    pub does: &'static str,
    /// The first status of a response that is sent whole as far as its head goes.
    pub status: Option<u16>,
    /// How the connection ends if the client waits.
    pub ending: Ending,
    /// What a client should come to.
    pub expected: ExpectedOutcome,
    /// Another outcome that is right too, where it depends on what a client can do, or on which of two limits is reached first.
    pub also: Option<ExpectedOutcome>,
    make: Box<dyn Fn(&str) -> Script + Send + Sync>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name()).field("expected", &self.expected).finish_non_exhaustive()
    }
}

impl Entry {
    /// A complete response is assumed, after which the server closes; the outcome is that of a response that makes no sense.
    pub(super) fn new(service: Service, fault: &'static str, does: &'static str, script: Script) -> Self {
        Self::made(service, fault, does, move |_| script.clone())
    }

    /// The same for a script that is made when it is asked for, from the URL of another server.
    pub(super) fn made(
        service: Service,
        fault: &'static str,
        does: &'static str,
        make: impl Fn(&str) -> Script + Send + Sync + 'static,
    ) -> Self {
        let expected = ExpectedOutcome::InvalidResponse;
        let make = Box::new(make);
        Self { service, fault, does, status: Some(200), ending: Ending::Closed, expected, also: None, make }
    }

    pub(super) fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(super) fn no_status(self) -> Self {
        Self { status: None, ..self }
    }

    pub(super) fn ends(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }

    pub(super) fn expect(self, expected: ExpectedOutcome) -> Self {
        Self { expected, ..self }
    }

    pub(super) fn or(self, also: ExpectedOutcome) -> Self {
        Self { also: Some(also), ..self }
    }

    /// `<service>/<fault>`, unique in the catalog.
    pub fn name(&self) -> String {
        format!("{}/{}", self.service.name(), self.fault)
    }

    /// The script. `elsewhere` is the URL of another server, without a path: redirects lead there, and a client has to refuse them.
    pub fn script(&self, elsewhere: &str) -> Script {
        (self.make)(elsewhere)
    }

    /// Whether an outcome of a client is right.
    pub fn accepts(&self, outcome: &ExpectedOutcome) -> bool {
        self.expected == *outcome || self.also.as_ref() == Some(outcome)
    }
}
