//! Limits that wait, retries within a budget, and circuit breakers, around the providers and models of an engine.
//!
//! - [`Limiter`]: the rate of requests to a service; callers wait in the order of arrival.
//! - [`SharedLimiter`]: such a rate that several processes keep together, over a [`LimitStore`].
//! - [`RetryBudget`] and [`Backoff`]: which failed requests are retried, and after which delay.
//! - [`Breaker`]: after failures in a row no request is sent for a while, and then one probe.
//! - [`Policies`] are these for one service, and [`Guarded`] a provider or a model behind them.
//!
//! All of it is plain data on tokio's clock: nothing runs in the background, and a test with a paused clock sees every wait.
//!
//! ```
//! use std::sync::Arc;
//!
//! use aggregator_policies::{Breaker, Guarded, Limiter, Policies, Rate, RetryBudget};
//! # use aggregator_core::provider::{HitStream, SearchRequest};
//! # struct Web;
//! # impl aggregator_core::SearchProvider for Web {
//! #     fn name(&self) -> &str { "web" }
//! #     fn search(&self, _: SearchRequest) -> HitStream { Box::pin(futures::stream::empty()) }
//! # }
//!
//! // Shared by all that this program asks.
//! let budget = Arc::new(RetryBudget::default());
//! let policies = Policies::default()
//!     .limiter(Limiter::new(Rate::per_second(1, 1)?))
//!     .breaker(Breaker::new(Default::default()))
//!     .retries(Default::default(), budget);
//! let engine = aggregator_core::Engine::builder().provider(Guarded::new(Web, policies)).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod attempt;
mod backoff;
mod breaker;
mod budget;
mod call;
mod gcra;
mod guarded;
mod limit;
mod limiter;
mod policies;
mod queue;
mod request;
mod shared_limit;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerSettings, IsOpen, Passage};
pub use budget::RetryBudget;
pub use gcra::{Gcra, Rate, RateError};
pub use guarded::Guarded;
pub use limiter::{Limiter, TooLate, Turn};
pub use policies::Policies;
pub use shared_limit::{
    Answer, Ask, Decision, LimitStore, NotShareable, SharedLimitSettings, SharedLimiter, SharedTurn, Sharing,
    StoreError, Turned,
};
