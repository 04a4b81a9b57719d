//! Writes HTML. Every element is closed, names of tags and attributes are part of the program, and everything else is
//! escaped, so text from outside cannot become markup.

use std::fmt::{self, Display, Write as _};

use perf_judge::text;

/// An attribute: its name and its value.
pub type Attribute<'a> = (&'static str, &'a dyn Display);

/// A document, or a part of one, that is being written.
#[derive(Debug, Default)]
pub struct Html(String);

/// Elements after which a line ends, so that the source of a report can be read.
const ENDING_A_LINE: &[&str] = &[
    "dd", "details", "div", "dl", "h1", "h2", "h3", "head", "header", "li", "link", "main", "meta", "p", "pre",
    "section", "style", "summary", "svg", "table", "title", "tr", "ul",
];

/// Elements without content and without an end tag.
const VOID: &[&str] = &["br", "link", "meta"];

impl Html {
    /// An HTML document with one root element.
    pub fn document(content: impl FnOnce(&mut Self)) -> String {
        let mut html = Self("<!doctype html>\n".into());
        html.element("html", &[("lang", &"en")], content);
        html.0.push('\n');
        html.0
    }

    /// Writes an element with its content.
    pub fn element(&mut self, tag: &'static str, attributes: &[Attribute<'_>], content: impl FnOnce(&mut Self)) {
        self.start(tag, attributes);
        content(self);
        let _ = write!(self.0, "</{tag}>");
        self.end_line(tag);
    }

    /// Writes an element that contains text only.
    pub fn leaf(&mut self, tag: &'static str, attributes: &[Attribute<'_>], content: impl Display) {
        self.element(tag, attributes, |html| html.text(content));
    }

    /// Writes an element without content.
    pub fn empty(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        if VOID.contains(&tag) {
            self.start(tag, attributes);
            self.end_line(tag);
        } else {
            self.element(tag, attributes, |_| ());
        }
    }

    /// Writes text.
    pub fn text(&mut self, content: impl Display) {
        // Writing to a string cannot fail, and no value that is written here fails to show itself.
        let _ = write!(Escaped { out: &mut self.0, keep_lines: false }, "{content}");
    }

    /// Writes a `pre` element, whose text keeps its lines.
    pub fn preformatted(&mut self, content: impl Display) {
        self.element("pre", &[], |html| {
            let _ = write!(Escaped { out: &mut html.0, keep_lines: true }, "{content}");
        });
    }

    /// Writes a `style` element. Its text is part of the program and is not escaped, because the rules of `style` know
    /// no escapes.
    pub fn style(&mut self, css: &'static str) {
        self.element("style", &[], |html| html.0.push_str(css));
    }

    fn start(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        let _ = write!(self.0, "<{tag}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn end_line(&mut self, tag: &'static str) {
        if ENDING_A_LINE.contains(&tag) {
            self.0.push('\n');
        }
    }
}

/// Escapes what is written through it. Characters that are invisible or reorder the text around them become U+FFFD.
struct Escaped<'a> {
    out: &'a mut String,
    keep_lines: bool,
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\n' if self.keep_lines => self.out.push('\n'),
                '\n' | '\t' | '\r' => self.out.push(' '),
                c if text::is_invisible(c) => self.out.push('\u{fffd}'),
                c => self.out.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use html5gum::{Token, Tokenizer};
    use proptest::prelude::*;

    use super::*;

    fn part(content: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        content(&mut html);
        html.0
    }

    #[test]
    fn elements_nest_and_close_themselves() {
        let written = part(|html| {
            html.element("p", &[("class", &"a b"), ("id", &7)], |html| {
                html.text("x");
                html.leaf("b", &[], 1.5);
                html.empty("br", &[]);
                html.empty("path", &[("d", &"M0 0")]);
            });
        });
        assert_eq!(written, "<p class=\"a b\" id=\"7\">x<b>1.5</b><br><path d=\"M0 0\"></path></p>\n");
    }

    #[test]
    fn text_and_values_are_escaped() {
        let hostile = "</p><script>alert(\"x\") & 'y'\u{202e}\u{0}\u{1b}[31m\nz";
        let escaped = "&lt;/p&gt;&lt;script&gt;alert(&quot;x&quot;) &amp; &#39;y&#39;\u{fffd}\u{fffd}\u{fffd}[31m z";
        assert_eq!(part(|html| html.leaf("p", &[], hostile)), format!("<p>{escaped}</p>\n"));
        assert_eq!(part(|html| html.empty("path", &[("d", &hostile)])), format!("<path d=\"{escaped}\"></path>"));
        assert_eq!(part(|html| html.preformatted("a\n<b>")), "<pre>a\n&lt;b&gt;</pre>\n");
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup(content in any::<String>()) {
            let written = part(|html| html.leaf("p", &[("title", &content)], &content));
            let tokens = Tokenizer::new(written.as_str()).flatten();
            let markup = tokens.filter(|token| !matches!(token, Token::String(_)));
            prop_assert_eq!(markup.count(), 2, "{}", written);
            prop_assert!(!written.chars().any(|c| c != '\n' && text::is_invisible(c)), "{:?}", written);
        }
    }
}
