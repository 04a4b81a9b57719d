//! HTML: the text of a page, without a tree of it.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};

use crate::elements::{MAIN_ELEMENTS, NAVIGATION_ELEMENTS, SKIPPED_ELEMENTS, element_name, is_block};
use crate::passage_builder::{Block, PassageBuilder};
use crate::split::lines;

/// Which text of a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All that is text.
    Everything,
    /// What is not in elements around the text.
    OutsideNavigation,
    /// What is in elements that hold what the page is about.
    Main,
}

/// Reads a page without its navigation; if there is no text outside of it, with it.
pub(crate) fn read(text: &str, builder: &mut PassageBuilder<'_>) {
    if !Page::new(text, builder, 1, Scope::OutsideNavigation).run() {
        Page::new(text, builder, 1, Scope::Everything).run();
    }
}

/// Reads what a page is about; if it does not mark any text as that, reads it as [`read`] does.
pub(crate) fn read_main(text: &str, builder: &mut PassageBuilder<'_>) {
    if !Page::new(text, builder, 1, Scope::Main).run() {
        read(text, builder);
    }
}

/// Reads HTML inside of another document; it begins on a line of that.
pub(crate) fn fragment(text: &str, line: u32, builder: &mut PassageBuilder<'_>) {
    Page::new(text, builder, line, Scope::Everything).run();
}

struct Page<'a, 'c, 's> {
    html: &'a str,
    builder: &'c mut PassageBuilder<'s>,
    scope: Scope,
    /// How many elements that hold what the page is about are open.
    main: u32,
    /// The element that is skipped, and how many of its name are open.
    skipped: Option<(String, u32)>,
    /// Where the line was counted, and the line.
    counted: (usize, u32),
    /// Text of the current block, and the line that it begins on.
    text: String,
    begin: u32,
    /// Level of the heading that is open, and its `id`.
    heading: Option<(usize, Option<String>)>,
    /// `id` of an element that began since the last text.
    id: Option<String>,
    /// The language of preformatted text, if it is open.
    preformatted: Option<String>,
    in_title: bool,
    /// An item of a list or a row of a table is open, at its beginning or later.
    row: bool,
    cells: u32,
    found: bool,
}

impl<'a, 'c, 's> Page<'a, 'c, 's> {
    fn new(html: &'a str, builder: &'c mut PassageBuilder<'s>, line: u32, scope: Scope) -> Self {
        Self {
            html,
            builder,
            scope,
            main: 0,
            skipped: None,
            counted: (0, line),
            text: String::new(),
            begin: line,
            heading: None,
            id: None,
            preformatted: None,
            in_title: false,
            row: false,
            cells: 0,
            found: false,
        }
    }

    /// Reads it; returns whether there was text.
    fn run(mut self) -> bool {
        let mut emitter = DefaultEmitter::<usize>::new_with_span();
        emitter.naively_switch_states(true);
        for token in Tokenizer::new_with_emitter(self.html, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => self.open(&tag),
                Token::EndTag(tag) => self.close(&element_name(&tag.name)),
                Token::String(string) if self.skipped.is_none() => {
                    let line = self.line(string.span.start);
                    self.add(&String::from_utf8_lossy(&string.value), line);
                }
                _ => {}
            }
        }
        self.end_block();
        self.found
    }

    /// The line of an offset.
    fn line(&mut self, offset: usize) -> u32 {
        let (at, line) = self.counted;
        let offset = self.html.floor_char_boundary(offset);
        if offset > at {
            self.counted = (offset, line + lines(&self.html[at..offset]));
        }
        self.counted.1
    }

    fn open(&mut self, tag: &StartTag<usize>) {
        let name = element_name(&tag.name);
        let name = name.as_str();
        if let Some((skipped, open)) = &mut self.skipped {
            if MAIN_ELEMENTS.contains(&name) {
                // What was not closed does not swallow the page.
                self.skipped = None;
            } else {
                if skipped == name && !tag.self_closing {
                    *open += 1;
                }
                return;
            }
        }
        let line = self.line(tag.span.start);
        if self.skips(name) && !tag.self_closing {
            self.end_block();
            self.skipped = Some((name.to_owned(), 1));
            return;
        }
        if MAIN_ELEMENTS.contains(&name) {
            self.main += 1;
        } else if self.is_outside() && name != "title" {
            return;
        }
        let attribute = |key: &str| {
            let value = tag.attributes.get(key.as_bytes())?;
            Some(String::from_utf8_lossy(&value.value).into_owned()).filter(|value| !value.is_empty())
        };
        match name {
            "title" => self.in_title = true,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                let level = usize::from(name.as_bytes()[1] - b'0');
                self.heading = Some((level, attribute("id").or_else(|| self.id.take())));
                self.begin = line;
            }
            "a" | "span" if self.heading.is_some() => {
                if let Some((_, id)) = &mut self.heading
                    && id.is_none()
                {
                    *id = attribute("id").or_else(|| attribute("name"));
                }
            }
            "br" => self.text.push('\n'),
            "pre" => {
                self.end_block();
                self.preformatted = Some(String::new());
            }
            "code" => {
                let class = attribute("class").unwrap_or_default();
                let named = class.split(' ').find_map(|class| class.strip_prefix("language-"));
                match (&mut self.preformatted, named) {
                    (Some(language), Some(named)) => named.clone_into(language),
                    (Some(_), None) => {}
                    (None, _) => self.text.push('`'),
                }
            }
            "li" | "tr" | "dt" | "dd" => {
                self.end_block();
                self.row = true;
                self.cells = 0;
                if name == "li" {
                    self.text.push_str("- ");
                }
            }
            "td" | "th" => {
                if self.cells > 0 {
                    self.text.push_str(" | ");
                }
                self.cells += 1;
            }
            _ if is_block(name) => {
                self.end_block();
                if let Some(id) = attribute("id") {
                    self.id = Some(id);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((skipped, open)) = &mut self.skipped {
            if skipped == name {
                *open -= 1;
                if *open == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        if MAIN_ELEMENTS.contains(&name) {
            self.end_block();
            self.main = self.main.saturating_sub(1);
        }
        if self.is_outside() && name != "title" {
            return;
        }
        match name {
            "title" => {
                if self.in_title {
                    let title = std::mem::take(&mut self.text);
                    self.builder.title(&title);
                }
                self.in_title = false;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" => self.end_block(),
            "code" if self.preformatted.is_none() => self.text.push('`'),
            "li" | "tr" | "dt" | "dd" => {
                self.end_block();
                self.row = false;
            }
            _ if is_block(name) => self.end_block(),
            _ => {}
        }
    }

    /// Whether what follows is not read, because it is not in an element that holds what the page is about.
    fn is_outside(&self) -> bool {
        self.scope == Scope::Main && self.main == 0
    }

    /// Whether the content of an element is left out.
    fn skips(&self, name: &str) -> bool {
        let is_around = match self.scope {
            Scope::Everything => false,
            Scope::OutsideNavigation => NAVIGATION_ELEMENTS.contains(&name),
            // The header of an article has its heading.
            Scope::Main => self.main > 0 && name != "header" && NAVIGATION_ELEMENTS.contains(&name),
        };
        is_around || SKIPPED_ELEMENTS.contains(&name)
    }

    fn add(&mut self, text: &str, line: u32) {
        if self.is_outside() && !self.in_title {
            return;
        }
        if self.text.is_empty() {
            let before = text.len() - text.trim_start().len();
            self.begin = line + lines(&text[..before]);
        }
        if self.preformatted.is_some() {
            self.text.push_str(text);
            return;
        }
        // White space is one space; a line feed stands for `<br>`.
        for c in text.chars() {
            match c.is_whitespace() {
                true if self.text.is_empty() || self.text.ends_with([' ', '\n']) => {}
                true => self.text.push(' '),
                false => self.text.push(c),
            }
        }
    }

    fn end_block(&mut self) {
        if self.in_title {
            // A title that is not closed; what follows is no part of it.
            self.in_title = false;
        }
        let text = std::mem::take(&mut self.text);
        if let Some((level, id)) = self.heading.take() {
            // Links to the heading itself.
            let heading = text.trim().trim_matches(['¶', '§', '#', '🔗', '\u{f0c1}', '`']).trim();
            self.builder.heading(level, heading, id.as_deref(), self.begin);
            self.found |= !heading.is_empty();
            return;
        }
        if let Some(language) = self.preformatted.take() {
            self.builder.block(Block::Code(&language), &text, self.begin);
            self.found |= !text.trim().is_empty();
            return;
        }
        let text = text.trim();
        if text.trim_matches(['-', '|', ' ', '`']).is_empty() {
            return;
        }
        self.id = None;
        self.found = true;
        let block = if self.row { Block::Row } else { Block::Paragraph };
        self.builder.block(block, text, self.begin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage_builder::ParsedPassage;

    fn pieces(html: &str) -> Vec<ParsedPassage> {
        let mut pieces = Vec::new();
        let mut sink = |piece| pieces.push(piece);
        let mut builder = PassageBuilder::new(&mut sink);
        read(html, &mut builder);
        builder.finish();
        pieces
    }

    #[test]
    fn the_text_of_a_page_is_read_with_its_headings() {
        let html = "<!doctype html>\n<html><head><title>The &amp; page</title><style>p{}</style></head>\n<body>\
            <nav><ul><li>Home</li></ul></nav>\n<h1 id=top>Guide<a href=#top>¶</a></h1>\n<p>One \
            <b>two</b>\n  three<br>four.\
            <script>alert('<p>no</p>')</script></p>\n<section id=\"install\"><h2>Install</h2>\n\
            <ul><li>first<li>second</ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\n\
            <pre><code class=\"x language-rust\">fn main() {\n    a &lt; b\n}</code></pre>\n\
            Use <code>cargo</code>.</section><footer>imprint</footer></body></html>";
        let pieces = pieces(html);
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        let [guide, install] = &pieces[..] else { unreachable!() };
        assert_eq!(guide.title.as_deref(), Some("The & page"));
        assert_eq!((guide.headings.as_slice(), guide.anchor.as_deref()), (&["Guide".to_owned()][..], Some("top")));
        assert_eq!((guide.text.as_str(), guide.line), ("One two three\nfour.", 5));
        assert_eq!(
            (install.headings.join(" > ").as_str(), install.anchor.as_deref()),
            ("Guide > Install", Some("install"))
        );
        let expected = "- first\n- second\na | b\n1 | 2\n\n```rust\nfn main() {\n    a < b\n}\n```\n\nUse `cargo`.";
        assert_eq!(install.text, expected);
    }

    #[test]
    fn what_is_not_closed_swallows_no_page() {
        assert_eq!(pieces("<nav>menu <main><p>text")[0].text, "text");
        assert_eq!(pieces("<nav>only a menu")[0].text, "only a menu", "rather that than nothing");
        assert_eq!(pieces("<title>a<p>b</title><p>c").last().map(|piece| piece.text.as_str()), Some("c"));
        assert_eq!(pieces("<p>a<div>b<p")[0].text, "a\n\nb");
        assert_eq!(pieces("a &notanentity; &#0; &#x1F600; &eacute").len(), 1);
        assert_eq!(pieces(""), []);
    }
}
