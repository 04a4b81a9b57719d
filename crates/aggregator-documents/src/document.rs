//! A document of any kind as passages.

use crate::kind::DocumentKind;
use crate::passage_builder::{ParsedPassage, PassageBuilder};
use crate::{html, markdown, pages, plain, source};

/// Gives the passages of a document to `sink`, in order. The work is linear in the length of the text, whatever it
/// says.
///
/// ```
/// use aggregator_documents::{DocumentKind, parse};
///
/// let mut passages = Vec::new();
/// parse(DocumentKind::Markdown, "# Guide\n\n## Install\n\nRun it.", &mut |passage| passages.push(passage));
/// assert_eq!((passages[0].headings.join(" > ").as_str(), passages[0].line), ("Guide > Install", 5));
/// assert_eq!(passages[0].text, "Run it.");
/// ```
pub fn parse(kind: DocumentKind, text: &str, sink: &mut dyn FnMut(ParsedPassage)) {
    let mut builder = PassageBuilder::new(sink);
    match kind {
        DocumentKind::Markdown => markdown::read(text, &mut builder),
        DocumentKind::Html => html::read(text, &mut builder),
        DocumentKind::Text(markup) => plain::read(text, markup, &mut builder),
        DocumentKind::Source => source::read(text, &mut builder),
        DocumentKind::Pdf => pages::read(text, &mut builder),
    }
    builder.finish();
}
