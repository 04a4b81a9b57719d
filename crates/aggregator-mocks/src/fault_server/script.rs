//! What the server does on one connection, step by step, as data.

use std::time::Duration;

/// What happens on each connection of a [`FaultServer`](super::FaultServer). After the last step the server closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub(super) listen: Listen,
    pub(super) steps: Vec<Step>,
}

/// Whether connections come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listen {
    Accept,
    Refuse,
    NeverAccept,
}

/// One step of a [`Script`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Reads the head of a request, and leaves its body unread.
    ReadHead,
    /// Reads a request with its body, and records it.
    ReadRequest,
    /// Sends all bytes at once.
    Send(Vec<u8>),
    /// Sends the head of the request that was read last, escaped as the inside of a JSON string: services quote what they refuse.
    SendRequestHead,
    /// Sends these pieces, waiting after each, so that a client reads them one by one.
    SendPieces {
        /// The pieces, in order.
        pieces: Vec<Vec<u8>>,
        /// Wait after each; zero for none.
        every: Duration,
    },
    /// Sends the same bytes again and again.
    Repeat {
        /// What is sent.
        bytes: Vec<u8>,
        /// How often; until the client closes, if `None`.
        times: Option<u64>,
        /// Wait after each; zero for none.
        every: Duration,
    },
    /// Sends nothing for a time.
    Wait(Duration),
    /// Sends nothing more, and closes as soon as the client has closed.
    Hang,
    /// Says that nothing more will be sent (FIN), and goes on.
    ShutDownWrite,
    /// Ends the connection with a reset (RST). What the client has not received by then may be lost: [wait](Self::Wait)
    /// before it, where it should read what was sent.
    Reset,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// Accepts and closes at once, until steps are added.
    pub fn new() -> Self {
        Self { listen: Listen::Accept, steps: Vec::new() }
    }

    /// Reads a request, then closes, until steps are added.
    pub fn reading() -> Self {
        Self::new().then(Step::ReadRequest)
    }

    /// Reads a request, sends `bytes`, and closes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Self::reading().send(bytes)
    }

    /// Refuses connections: the port is bound, and has no listener.
    pub fn refusing() -> Self {
        Self { listen: Listen::Refuse, steps: Vec::new() }
    }

    /// Lets connections hang before they come about: the queue of the port is full and never served.
    ///
    /// That packets are dropped then is how Linux behaves; other systems may refuse instead.
    pub fn never_accepting() -> Self {
        Self { listen: Listen::NeverAccept, steps: Vec::new() }
    }

    /// Adds a step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sends all bytes at once.
    #[must_use]
    pub fn send(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Send(bytes.into()))
    }

    /// Sends pieces, waiting after each.
    #[must_use]
    pub fn send_pieces(self, pieces: Vec<Vec<u8>>, every: Duration) -> Self {
        self.then(Step::SendPieces { pieces, every })
    }

    /// Sends `bytes` until the client closes, waiting after each time.
    #[must_use]
    pub fn repeat(self, bytes: impl Into<Vec<u8>>, every: Duration) -> Self {
        self.then(Step::Repeat { bytes: bytes.into(), times: None, every })
    }

    /// Sends nothing for a time.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.then(Step::Wait(time))
    }

    /// Sends nothing more, and closes as soon as the client has closed.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// Ends the connection with a reset.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}
