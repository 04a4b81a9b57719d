//! Clients of real search services and language models, over HTTP.
//!
//! - [`decode`]: bytes of a stream become events, within bounds.
//! - [`http`]: one request, with four clocks and caps on what comes back.
//! - [`search`]: search services. [`model`]: language models. [`pages`]: the pages that results name.
//!
//! The feature `network`, on by default, adds sockets and TLS. Without it, a program brings its own [`http::Transport`].
//!
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod account;
pub mod decode;
pub mod http;
pub mod model;
#[cfg(feature = "network")]
pub mod pages;
mod rate_memory;
pub mod search;
