//! A rate of requests that several processes keep together.
//!
//! `store.rs` is what a store of limits is, `state.rs` what a process knows of the limit and does next, `turn.rs` the future of a
//! caller, and `limiter.rs` what callers hold.

mod limiter;
mod settings;
mod state;
mod store;
mod turn;
mod turned;

pub use limiter::SharedLimiter;
pub use settings::{NotShareable, SharedLimitSettings};
pub use store::{Answer, Ask, Decision, LimitStore, StoreError};
pub use turn::SharedTurn;
pub use turned::{Sharing, Turned};
