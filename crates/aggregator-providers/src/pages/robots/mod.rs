//! What a site allows programs to read (RFC 9309).

mod ask;
mod cache;
mod parse;
mod pattern;

pub(crate) use ask::ask;
pub(crate) use cache::{Permission, RobotsCache};
