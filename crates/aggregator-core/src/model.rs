//! Language models: the contract between the engine and the writer of an answer.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use tokio::time::Instant;

use crate::answer::prompt::{self, Draft, Prompt, PromptInput};
use crate::policy::PolicyAction;
use crate::provider::{ProviderError, RateWindow};
use crate::query::Query;
use crate::settings::Settings;
use crate::source::RankedSource;

#[doc(inline)]
pub use crate::answer::prompt::Purpose;

/// A model that writes an answer from sources.
///
/// # What an implementor promises
/// 1. [`answer`](Self::answer) returns at once; work begins when the stream is first polled.
/// 2. Text comes piece by piece as it is produced, each piece valid UTF-8; how it is cut does not matter.
/// 3. A source is cited as `[n]`, its [`RankedSource::number`]; only those can be cited that [`shows`](Self::shows) counts.
/// 4. `Pending` is returned only after arranging a wake-up; a poll never blocks the thread.
/// 5. An error is the last item that matters; the end of the stream means that the answer is complete.
/// 6. Dropping the stream stops the generation at once, so that no text is paid for that is not read.
pub trait LanguageModel: Send + Sync {
    /// A name for people; asked when an engine is shown by its `Debug`.
    fn name(&self) -> &str;

    /// The price of a token, if it has one; asked once for each answer.
    fn price(&self) -> Option<Price> {
        None
    }

    /// The number of sources, the best first, that the model reads: those that are in [`AnswerRequest::prompt`], unless it
    /// makes a prompt of its own. Asked once for each answer, before it. A citation of any other source is invalid.
    fn shows(&self, request: &AnswerRequest) -> usize {
        request.fitting()
    }

    /// Whether it [reports](AnswerRequest::report) what policies do; asked once, when the engine is built.
    fn has_policies(&self) -> bool {
        false
    }

    /// What the service said last about its limits; empty if it says nothing.
    fn rate_windows(&self) -> Vec<RateWindow> {
        Vec::new()
    }

    /// Describes the answer; polling the stream produces it, dropping the stream ends it.
    fn answer(&self, request: AnswerRequest) -> ChunkStream;
}

/// A pointer to an implementation is one itself.
macro_rules! forward {
    ($($pointer:ident)+) => {$(
        impl<M: LanguageModel + ?Sized> LanguageModel for $pointer<M> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn price(&self) -> Option<Price> {
                (**self).price()
            }

            fn shows(&self, request: &AnswerRequest) -> usize {
                (**self).shows(request)
            }

            fn has_policies(&self) -> bool {
                (**self).has_policies()
            }

            fn rate_windows(&self) -> Vec<RateWindow> {
                (**self).rate_windows()
            }

            fn answer(&self, request: AnswerRequest) -> ChunkStream {
                (**self).answer(request)
            }
        }
    )+};
}

forward!(Arc Box);

/// What a model's tokens cost, in billionths of a dollar: 3 dollars a million are 3,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Price {
    /// For a token of the prompt.
    pub input: u32,
    /// For a token of the answer.
    pub output: u32,
}

impl Price {
    /// Makes a price, in billionths of a dollar for a token of the prompt and of the answer.
    pub const fn new(input: u32, output: u32) -> Self {
        Self { input, output }
    }

    /// The cost of a usage.
    pub fn cost(self, usage: Usage) -> Cost {
        let input = usage.input_tokens.saturating_mul(u64::from(self.input));
        Cost(input.saturating_add(usage.output_tokens.saturating_mul(u64::from(self.output))))
    }
}

impl Price {
    #[doc(hidden)]
    #[deprecated(note = "renamed to `cost`")]
    pub fn of(self, usage: Usage) -> Cost {
        self.cost(usage)
    }
}

/// A sum of money, in billionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cost(pub u64);

impl Cost {
    /// The sum of two costs, saturating at the maximum.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Cost {
    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "renamed to `saturating_add`")]
    pub fn and(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths_of_cents = self.0.div_ceil(100_000);
        f.pad(&format!("${}.{:04}", hundredths_of_cents / 10_000, hundredths_of_cents % 10_000))
    }
}

/// The pieces of one answer, in order.
pub type ChunkStream = Pin<Box<dyn Stream<Item = Result<Chunk, ProviderError>> + Send>>;

/// The request to a model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnswerRequest {
    /// The query that the model answers.
    pub query: Arc<Query>,
    /// The frozen sources; there is at least one.
    pub sources: Arc<[RankedSource]>,
    /// When the engine stops listening.
    pub deadline: Instant,
    /// What the text is for.
    pub purpose: Purpose,
    /// The drafts of other models, for the lead of a panel.
    pub drafts: Arc<[Draft]>,
    /// Maximum number of tokens of the prompt; see [`Settings::max_prompt_tokens`](crate::Settings::max_prompt_tokens).
    pub max_prompt_tokens: u32,
    /// Chooses the markers of the prompt.
    secret: u64,
}

impl AnswerRequest {
    /// Makes a request; the engine does, and so do tests of an implementor.
    ///
    /// The prompt of the request has the markers of the secret 0 and at most the default number of tokens.
    pub fn new(query: Arc<Query>, sources: Arc<[RankedSource]>, deadline: Instant) -> Self {
        let max_prompt_tokens = Settings::DEFAULT_PROMPT_TOKENS;
        let purpose = Purpose::Answer;
        Self { query, sources, deadline, purpose, drafts: Arc::default(), max_prompt_tokens, secret: 0 }
    }

    /// Sets the limit of the prompt, and the secret that chooses its markers.
    pub(crate) fn with_limits(mut self, max_prompt_tokens: u32, secret: u64) -> Self {
        (self.max_prompt_tokens, self.secret) = (max_prompt_tokens, secret);
        self
    }

    /// Sets the purpose.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Sets the drafts of other models.
    #[must_use]
    pub fn with_drafts(mut self, drafts: Arc<[Draft]>) -> Self {
        self.drafts = drafts;
        self
    }

    /// The prompt for a model that reads one; made when it is asked for.
    pub fn prompt(&self) -> Prompt {
        prompt::build(&self.prompt_input())
    }

    /// How many of the sources, the best first, are in that prompt.
    pub fn fitting(&self) -> usize {
        prompt::fitting(&self.prompt_input())
    }

    fn prompt_input(&self) -> PromptInput<'_> {
        PromptInput {
            query: &self.query,
            sources: &self.sources,
            purpose: self.purpose,
            drafts: &self.drafts,
            max_tokens: self.max_prompt_tokens as usize,
            secret: self.secret,
        }
    }

    /// The seed for random choices.
    pub fn seed(&self) -> u64 {
        self.query.seed()
    }

    /// Tells the reader of the query what a policy before the named model does. Without effect in an engine none of whose
    /// providers and models [has policies](LanguageModel::has_policies).
    pub fn report(&self, model: &str, action: PolicyAction) {
        if let Some(reports) = self.query.policy_reports() {
            reports.push(model, action);
        }
    }
}

/// One item of a model's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunk {
    /// The next piece of the answer.
    Text(String),
    /// What the answer has cost so far. It is cumulative: a model that tells its input first and its output last gives two of
    /// these, and each field counts with its largest value.
    Usage(Usage),
    /// Why the model ended its text; before the end of the stream.
    Finish(FinishReason),
}

/// Why a model ended its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FinishReason {
    /// The text is complete.
    Stop,
    /// The text has reached a limit of the model.
    Length,
    /// The model's service withheld the rest.
    Filter,
    /// The text is complete, and says that the sources do not answer the question.
    Unanswered,
}

impl FinishReason {
    /// Whether the model would have written more.
    pub fn is_cut(self) -> bool {
        !matches!(self, Self::Stop | Self::Unanswered)
    }
}

/// Tokens, as a model counted them: of one call, or of several together where that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

impl Usage {
    /// Makes a usage.
    pub const fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self { input_tokens, output_tokens }
    }

    /// The sum of two usages, saturating at the maximum.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }

    /// The larger value of each field. A model that reports its usage in parts reports totals, so the larger value is the
    /// later one.
    #[must_use]
    pub fn max_of_each(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.max(other.input_tokens),
            output_tokens: self.output_tokens.max(other.output_tokens),
        }
    }

    /// The difference, field by field, and 0 where the other is larger.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(other.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(other.output_tokens),
        }
    }
}

impl Usage {
    #[doc(hidden)]
    #[must_use]
    #[deprecated(note = "renamed to `saturating_add`")]
    pub fn and(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_add_up_and_are_shown_rounded_up() {
        let price = Price { input: 3_000, output: 15_000 };
        let cost = price.cost(Usage { input_tokens: 1_000_000, output_tokens: 100_000 });
        assert_eq!((cost, cost.to_string().as_str()), (Cost(4_500_000_000), "$4.5000"));
        assert_eq!(Cost(1).to_string(), "$0.0001");
        assert_eq!(Cost(0).to_string(), "$0.0000");
        let max = price.cost(Usage { input_tokens: u64::MAX, output_tokens: u64::MAX });
        assert_eq!(max.saturating_add(Cost(5)), Cost(u64::MAX));
    }
}
