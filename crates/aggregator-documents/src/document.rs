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

/// Gives the passages of a page of the web: of what its elements `main` and `article` hold, if that is any text, and else of
/// the whole page as [`parse`] reads it. Navigation and what stands beside the text are left out; a header in an article is
/// read, for it has the heading. The work is linear in the length of the text.
pub fn parse_web_page(html: &str, sink: &mut dyn FnMut(ParsedPassage)) {
    let mut builder = PassageBuilder::new(sink);
    html::read_main(html, &mut builder);
    builder.finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read<'a> = &'a dyn Fn(&str, &mut dyn FnMut(ParsedPassage));

    /// Title, headings and text of each passage.
    fn seen(html: &str, read: Read<'_>) -> Vec<(Option<String>, String, String)> {
        let mut seen = Vec::new();
        read(html, &mut |passage| seen.push((passage.title, passage.headings.join(" > "), passage.text)));
        seen
    }

    fn web(html: &str) -> Vec<(Option<String>, String, String)> {
        seen(html, &parse_web_page)
    }

    #[test]
    fn only_what_a_page_is_about_is_read() {
        let page = "<title>T</title><div>Cookies<h2>Menu</h2></div><main><nav>Up</nav>\
            <article><header><h1>Guide</h1></header><p>Text.<aside>See also</aside></article>\
            <footer>imprint</footer></main><p>Ads</p><article>More.</article>";
        let title = Some("T".to_owned());
        assert_eq!(web(page), [(title, "Guide".to_owned(), "Text.\n\nMore.".to_owned())]);
        let untitled = |text: &str| [(None, String::new(), text.to_owned())];
        assert_eq!(web("<p>a<main><p>b"), untitled("b"), "what is not closed");
        assert_eq!(web("<p>a</article><main>b</main></main><p>c<article>d"), untitled("b\n\nd"), "closed too often");
    }

    #[test]
    fn a_page_that_does_not_say_what_it_is_about_is_read_as_a_document() {
        for page in [
            "<title>T</title><p>a<nav>b</nav>",
            "<title>T</title><main> <script>x</script></main><p>a<p>b",
            "</main></article><h1>a</h1><p>b",
            "<nav>only a menu",
            "",
        ] {
            assert_eq!(web(page), seen(page, &|html, sink| parse(DocumentKind::Html, html, sink)), "{page}");
        }
    }
}
