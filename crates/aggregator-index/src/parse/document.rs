//! A document of any kind as passages.

use crate::files::kind::FileKind;
use crate::parse::passage_builder::{ParsedPassage, PassageBuilder};
use crate::parse::{html, markdown, pages, plain, source};

/// Gives the passages of a document to `sink`, in order. The work is linear in the length of the text, whatever it
/// says.
pub(crate) fn parse(kind: FileKind, text: &str, sink: &mut dyn FnMut(ParsedPassage)) {
    let mut builder = PassageBuilder::new(sink);
    match kind {
        FileKind::Markdown => markdown::read(text, &mut builder),
        FileKind::Html => html::read(text, &mut builder),
        FileKind::Text(markup) => plain::read(text, markup, &mut builder),
        FileKind::Source => source::read(text, &mut builder),
        FileKind::Pdf => pages::read(text, &mut builder),
    }
    builder.finish();
}
