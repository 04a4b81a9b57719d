//! Documents as passages.

mod anchors;
mod chunks;
mod cutter;
mod document;
mod front_matter;
mod html;
mod markdown;
mod pages;
mod plain;
mod source;
mod split;

pub(crate) use cutter::{MAX_PASSAGE, Piece};
pub(crate) use document::parse;
