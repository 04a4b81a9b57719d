//! A document of any kind as passages.

use crate::files::kind::Kind;
use crate::parse::cutter::{Cutter, Piece};
use crate::parse::{html, markdown, pages, plain, source};

/// Gives the passages of a document to `sink`, in order. The work is linear in the length of the text, whatever it
/// says.
pub(crate) fn parse(kind: Kind, text: &str, sink: &mut dyn FnMut(Piece)) {
    let mut cutter = Cutter::new(sink);
    match kind {
        Kind::Markdown => markdown::read(text, &mut cutter),
        Kind::Html => html::read(text, &mut cutter),
        Kind::Text(markup) => plain::read(text, markup, &mut cutter),
        Kind::Source => source::read(text, &mut cutter),
        Kind::Pdf => pages::read(text, &mut cutter),
    }
    cutter.finish();
}
