//! How a caller got its turn.

use std::time::Duration;

/// A turn that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turned {
    /// Time that the caller has waited.
    pub waited: Duration,
    /// Which limit gave it.
    pub sharing: Sharing,
}

/// Which limit gave a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// The limit that all processes keep together.
    Store {
        /// How many they are; at least 1.
        peers: u32,
    },
    /// The share of this process, because the store did not answer.
    Local {
        /// The number of processes among which the limit is divided: the last known one, or that of the settings; at least 1.
        peers: u32,
    },
}
