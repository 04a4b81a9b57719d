//! Search services as providers of the engine.
//!
//! - [`Brave`]: the web search of Brave.
//! - [`Searxng`]: an instance of SearXNG, such as one of one's own.
//! - [`JsonSearch`]: any service that answers with JSON, described by settings.
//!
//! Each sends one request a search, reads the whole answer within the client's limits, and yields its hits one by one. None
//! tries again: whoever asks decides that.

pub mod brave;
pub mod endpoint;
mod failure;
mod hits;
mod json;
pub mod searxng;

pub use brave::Brave;
pub use endpoint::JsonSearch;
pub use searxng::Searxng;
