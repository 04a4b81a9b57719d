//! How long a request may take, and how much may come back.

use std::time::Duration;

/// Limits of one request. Durations are of tokio's clock; sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the connection, with TLS. 2 s: a host that is up answers within two round trips, and one lost packet is sent again
    /// after 1 s.
    pub connect: Duration,
    /// From the call until the status line and the headers are there; connecting is part of it. 5 s: a search service answers
    /// in less than 1 s, and what is slower than this is worth less than an answer without it.
    pub first_byte: Duration,
    /// Without any byte of the body. 10 s for search, 30 s for models, which are silent while they think.
    pub idle: Duration,
    /// From the call until the last byte, whatever arrives in between. 8 s for search: otherwise one byte at a time would keep a
    /// request alive without end.
    pub total: Duration,
    /// For the body, as it is sent and also after decompression. 2 MiB: twenty results are 100 KB, and a query asks many services.
    pub body: usize,
    /// For names and values of all headers. 64 KiB: servers limit their own to 8 to 32 KiB.
    pub headers: usize,
    /// How many times larger than what was sent a body may become, beyond the first MiB. 100: JSON becomes 5 to 20 times
    /// larger, a bomb 1,000 times.
    pub ratio: usize,
}

impl Limits {
    /// Those of a search.
    pub const SEARCH: Self = Self {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_secs(5),
        idle: Duration::from_secs(10),
        total: Duration::from_secs(8),
        body: 2 << 20,
        headers: 64 << 10,
        ratio: 100,
    };

    /// Those of a model: it reads a long prompt before the first byte, and writes for minutes.
    pub const MODEL: Self = Self {
        first_byte: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        total: Duration::from_secs(300),
        body: 16 << 20,
        ..Self::SEARCH
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::SEARCH
    }
}
