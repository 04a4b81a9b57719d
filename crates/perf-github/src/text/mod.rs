//! The text of comments and checks, as Markdown.
//!
//! - [`markdown`]: text that stays text. [`context`]: what the texts have to know.
//! - [`body`]: the verdict with its rows. [`reproduce`]: commands that repeat rows.

pub mod body;
pub mod context;
pub mod markdown;
pub mod reproduce;
