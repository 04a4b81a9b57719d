//! How a language model behaves, as distributions.

use std::sync::Arc;
use std::time::Duration;

use super::{Profile, ProfileError, QuantileTable, RateLimitProfile, Unit};
use crate::random::Quantity;

/// When a language model writes, and how much.
#[derive(Debug, Clone)]
pub struct ModelProfile {
    first_token: QuantileTable,
    per_token: QuantileTable,
    /// Of the mean of an answer, in millionths.
    gap: QuantileTable,
    context_tokens: QuantileTable,
    generated_tokens: QuantileTable,
    refusals: Option<RateLimitProfile>,
}

/// What was drawn for one request of a [`ModelProfile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelDraw {
    /// Whether the request is refused.
    pub refused: bool,
    /// From the request to the first token; or to the refusal.
    pub first_token: Duration,
    /// Mean time from token to token of this request.
    pub per_token: Duration,
    /// Tokens of the prompt, for the usage; the prompt itself is what the engine makes it.
    pub context_tokens: u32,
    /// Tokens of the answer, at least 1.
    pub generated_tokens: u32,
}

impl ModelProfile {
    /// Puts together the tables `first_token` and `per_token` of one profile, `context_tokens` and `generated_tokens` of
    /// another, `gap` (in millionths) of a third, and the refusals of a fourth.
    ///
    /// # Errors
    /// [`ProfileError`] names what one of them does not have.
    pub fn new(
        speed: &Profile,
        tokens: &Profile,
        gaps: &Profile,
        refusals: Option<&Profile>,
    ) -> Result<Self, ProfileError> {
        Ok(Self {
            first_token: speed.table("first_token", Unit::Us)?.clone(),
            per_token: speed.table("per_token", Unit::Us)?.clone(),
            gap: gaps.table("gap", Unit::Ppm)?.clone(),
            context_tokens: tokens.table("context_tokens", Unit::Tokens)?.clone(),
            generated_tokens: tokens.table("generated_tokens", Unit::Tokens)?.clone(),
            refusals: refusals.map(Profile::refusals).transpose()?,
        })
    }

    /// What a request of this seed comes to at a mock of this name.
    ///
    /// A refusal comes after the minimum time to a first token: no times of refusals are published.
    pub fn draw(&self, seed: u64, name: &str) -> ModelDraw {
        let of = |table: &QuantileTable, quantity: Quantity| table.draw(seed, name, quantity.counter(0));
        let refused = self.refusals.is_some_and(|refusals| refusals.refuses(seed, name));
        let first_token = match refused {
            true => self.first_token.min(),
            false => of(&self.first_token, Quantity::FirstToken),
        };
        ModelDraw {
            refused,
            first_token: Duration::from_micros(first_token),
            per_token: Duration::from_micros(of(&self.per_token, Quantity::PerToken)),
            context_tokens: of(&self.context_tokens, Quantity::ContextTokens) as u32,
            generated_tokens: of(&self.generated_tokens, Quantity::GeneratedTokens).max(1) as u32,
        }
    }

    /// The wait before each token of a request that was drawn for the same seed and name.
    ///
    /// The first is the time to the first token. The others have the shape of the table `gap`, scaled so that they come
    /// to the time per token that was drawn, to the microsecond.
    pub fn waits(&self, draw: &ModelDraw, seed: u64, name: &str) -> Arc<[Duration]> {
        let gaps = draw.generated_tokens.saturating_sub(1);
        let gap = |index| u128::from(self.gap.draw(seed, name, Quantity::Gap.counter(index)));
        let whole: u128 = (0..gaps).map(gap).sum::<u128>().max(1);
        let total = draw.per_token.as_micros() * u128::from(gaps);
        let (mut so_far, mut before) = (0, 0);
        // The sum is scaled and not each gap, so that roundings do not add up.
        let wait = |index| {
            so_far += gap(index);
            let due = total * so_far / whole;
            Duration::from_micros((due - std::mem::replace(&mut before, due)) as u64)
        };
        [draw.first_token].into_iter().chain((0..gaps).map(wait)).collect()
    }
}
