//! The kinds of documents.

/// The kind of a document; each has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// Markdown, with HTML in it.
    Markdown,
    /// HTML, read without a tree of it.
    Html,
    /// Paragraphs between empty lines, with the headings of the markup.
    Text(Markup),
    /// Programs and configuration: the address of a passage is its line.
    Source,
    /// The text of a PDF file, with a form feed after each page: the address of a passage is its page.
    Pdf,
}

/// The markup of headings in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Markup {
    /// There are no headings.
    None,
    /// reStructuredText: a line of punctuation under, or around, the heading.
    Rst,
    /// AsciiDoc: equals signs before the heading.
    Asciidoc,
}
