//! Answers over HTTP: a stream of events, the interface of OpenAI's clients, and a page.
//!
//! - [`Offers`]: the engines that answer, each behind its [`Gateway`](aggregator_gateway::Gateway), by the names that clients
//!   choose a model by.
//! - [`Service`]: the routes. [`serve`] answers over TCP, with limits and an orderly end; [`serve_connections`] over other
//!   connections.
//! - [`Settings`], [`ServeLimits`], [`ClientKey`]: what the owner sets.
//! - [`RequestLog`]: takes the report of each request when it ends.
//!
//! The query of a request lives in the body of its response: when the client is gone, the server drops the body, and with it every
//! call of a provider or a model, at once.

// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod answering;
mod body;
mod chat;
mod error;
mod failure;
mod host;
mod keys;
mod metrics;
mod native;
mod page;
mod places;
mod request_log;
mod running;
mod serve;
mod service;
mod settings;
mod shared;
mod sse;
mod stall;
mod time;

pub use answering::{Offer, Offers};
pub use error::ApiError;
pub use keys::ClientKey;
pub use request_log::{RequestLog, RequestReport};
pub use serve::{Ended, connection, serve, serve_connections};
pub use service::Service;
pub use settings::{ServeLimits, Settings};
