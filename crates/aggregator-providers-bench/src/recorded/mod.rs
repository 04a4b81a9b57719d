//! Bodies of responses in the form that the services send.
//!
//! Fields and their order are those of recorded responses, also those that no client reads: skipping them is work too. The texts
//! are those of the mocks, so that every size is possible and both sides of a comparison read the same.

mod answers;
mod results;

pub(crate) use answers::{anthropic, ollama, openai};
pub(crate) use results::{brave, searxng, tavily};

use std::sync::Arc;

use aggregator_core::Hit;
use aggregator_mocks::{List, Style, catalog, write_answer};
use bytes::Bytes;

/// Seed of all texts and hits.
pub(crate) const SEED: u64 = 2;

/// Pages about the topic, of which each service finds some.
pub(crate) const LIST: List = List { pool: 36, repeats: 1 };

/// An answer with citations.
pub(crate) const STYLE: Style = Style { sources: 20, citations: 12, invented: 2 };

/// Length of a piece as it comes from the network, in bytes: what a packet of Ethernet has room for, without its headers and TLS.
const PACKET: usize = 1_400;

/// The pieces of an answer's text.
pub(crate) fn texts(pieces: u32) -> Arc<[String]> {
    write_answer(&catalog::corpus(), SEED, pieces, STYLE)
}

/// The hits that a mock with this name finds.
pub(crate) fn hits(provider: &str, hits: u32) -> Arc<[Hit]> {
    catalog::corpus().hits(SEED, provider, hits, LIST.pool, LIST.repeats)
}

/// A body in pieces as packets have them.
pub(crate) fn in_packets(body: &[Bytes]) -> Vec<Bytes> {
    let body = Bytes::from(body.concat());
    (0..body.len()).step_by(PACKET).map(|at| body.slice(at..body.len().min(at + PACKET))).collect()
}
