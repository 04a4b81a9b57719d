//! How a search engine behaves, as distributions.

use std::time::Duration;

use super::{Profile, ProfileError, QuantileTable, RateLimitProfile, Unit};
use crate::random::Quantity;

/// When a search engine answers, with how many hits and how much text.
#[derive(Debug, Clone)]
pub struct SearchProfile {
    latency: QuantileTable,
    hits: QuantileTable,
    chars: QuantileTable,
    refusals: Option<RateLimitProfile>,
}

/// What was drawn for one request of a [`SearchProfile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchDraw {
    /// Whether the request is refused.
    pub refused: bool,
    /// From the request to the answer, which has all hits; or to the refusal.
    pub latency: Duration,
    /// Hits.
    pub hits: u32,
}

impl SearchProfile {
    /// Puts together the table `latency` of one profile, `hits` and `chars` of another, and the refusals of a third.
    ///
    /// # Errors
    /// [`ProfileError`] names what one of them does not have.
    pub fn new(latency: &Profile, texts: &Profile, refusals: Option<&Profile>) -> Result<Self, ProfileError> {
        Ok(Self {
            latency: latency.table("latency", Unit::Us)?.clone(),
            hits: texts.table("hits", Unit::Hits)?.clone(),
            chars: texts.table("chars", Unit::Chars)?.clone(),
            refusals: refusals.map(Profile::refusals).transpose()?,
        })
    }

    /// What a request of this seed comes to at a mock of this name.
    ///
    /// A refusal comes after the minimum latency of the table: no times of refusals are published.
    pub fn draw(&self, seed: u64, name: &str) -> SearchDraw {
        let refused = self.refusals.is_some_and(|refusals| refusals.refuses(seed, name));
        let latency = match refused {
            true => self.latency.min(),
            false => self.latency.draw(seed, name, Quantity::Latency.counter(0)),
        };
        let hits = self.hits.draw(seed, name, Quantity::Hits.counter(0)) as u32;
        SearchDraw { refused, latency: Duration::from_micros(latency), hits }
    }

    /// Characters of the text of a hit; hits count from 0.
    pub fn chars(&self, seed: u64, name: &str, hit: u32) -> usize {
        self.chars.draw(seed, name, Quantity::Chars.counter(hit)) as usize
    }
}
