//! Names of HTML elements, by what they mean for the text of a page.

/// Elements whose content is no text of the page.
pub(crate) const SKIPPED_ELEMENTS: &[&str] =
    &["script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "button"];
/// Elements around the text of a page. If a page has no text outside them, they are read.
pub(crate) const NAVIGATION_ELEMENTS: &[&str] = &["nav", "header", "footer", "aside"];
/// Elements that hold what a page is about.
pub(crate) const MAIN_ELEMENTS: &[&str] = &["main", "article"];

/// The name of an element in small letters.
pub(crate) fn element_name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

/// Elements that begin and end a line.
pub(crate) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "header"
            | "hgroup"
            | "hr"
            | "legend"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "ul"
            | "head"
            | "html"
            | "body_end"
    )
}
