//! Limits of requests that several machines share, over Redis or Valkey.
//!
//! [`RedisLimits`] is the store under an [`aggregator_policies::SharedLimiter`]. `take.lua` is the step that the server runs,
//! `script.rs` what it is sent and what it answers, `connection.rs` the one connection to it, and `limits.rs` joins them.

// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod connection;
mod failure;
mod limits;
mod script;
mod settings;

pub use limits::RedisLimits;
pub use settings::{RedisSettings, RedisSettingsError};
