//! Random numbers of a scenario: each thing that is drawn has a stream of its own, so that no order matters.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, Exp1, StandardUniform};

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// The gaps between arrivals.
    Arrivals,
    /// What is special about a request.
    Request,
    /// What a user does: how many queries, and when.
    User,
}

/// A generator whose numbers depend on seed, purpose and number only.
pub(crate) struct Draw(pub(crate) ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        // The streams of a ChaCha key are independent of each other; the purpose needs another key.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = purpose as u8;
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(number);
        Self(rng)
    }

    /// Uniform in 0..1.
    pub(crate) fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// True with this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Any 64 bits.
    pub(crate) fn seed(&mut self) -> u64 {
        StandardUniform.sample(&mut self.0)
    }
}
