//! Documents as passages: Markdown, HTML, text, programs, and the text of PDF files.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod anchors;
mod chunks;
mod decode;
mod document;
mod elements;
mod front_matter;
mod html;
mod kind;
mod markdown;
mod pages;
mod passage_builder;
mod plain;
mod source;
mod split;

pub use decode::{DecodeResult, decode, decode_as};
pub use document::{parse, parse_web_page};
pub use kind::{DocumentKind, Markup};
pub use passage_builder::{MAX_PASSAGE, ParsedPassage};
