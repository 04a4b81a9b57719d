//! Documents as passages.

mod anchors;
mod chunks;
mod document;
mod front_matter;
mod html;
mod markdown;
mod pages;
mod passage_builder;
mod plain;
mod source;
mod split;

pub(crate) use document::parse;
pub(crate) use passage_builder::{MAX_PASSAGE, ParsedPassage};
