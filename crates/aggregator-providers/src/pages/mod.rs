//! The pages that search results name, as passages.
//!
//! - [`PageFetcher`] reads a page within [`PageLimits`]: robots.txt first, then the page, through each redirect.
//! - [`Page`] is what it makes of it, [`PageError`] why there is none.
//! - [`Resolve`] says which addresses a host has.
//!
//! A [`PageFetcher`] is the engine's [`PageReader`](aggregator_core::PageReader).
//!
//! # What an address cannot do
//! An address comes from a search result, so whoever writes a page chooses it. Each address, that of a redirect and of a
//! robots.txt too, must be `http` or `https`, have the port 80 or 443, and no user name. Its host is resolved once for a page.
//! All addresses of the host must be public, and connections go to these addresses, so that a name server cannot give another
//! one when the connection is made. No setting turns this off. There is no proxy either: it would resolve the name itself.
//!
//! What is not prevented: a public address of the owner's own network that serves what is private, and links that change
//! something when they are read.

mod address;
mod error;
mod fetcher;
mod hop;
mod limits;
mod public;
mod reader;
mod resolve;
mod robots;
mod sites;
mod text;

#[cfg(test)]
mod tests;

pub use error::PageError;
pub use fetcher::{Page, PageFetcher};
pub use limits::PageLimits;
pub use resolve::Resolve;
