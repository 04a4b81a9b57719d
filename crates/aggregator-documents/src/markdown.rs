//! Markdown (CommonMark with tables, footnotes, task lists and definition lists).

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::chunks::chunks;
use crate::passage_builder::{Block, PassageBuilder};
use crate::split::{lines, prefix};
use crate::{front_matter, html};

/// Columns of a table that are read.
const MAX_COLUMNS: usize = 64;
/// Levels of lists that are indented.
const MAX_INDENT: usize = 4;

pub(crate) fn read(text: &str, builder: &mut PassageBuilder<'_>) {
    let (begin, title) = front_matter::skip(text);
    if let Some(title) = title {
        builder.title(title);
    }
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM;
    chunks(&text[begin..], 1 + lines(&text[..begin]), |chunk| {
        let mut reader = Reader::new(&chunk.text, chunk.line, builder);
        let options = if has_wide_table(&chunk.text) { options - Options::ENABLE_TABLES } else { options };
        for (event, range) in Parser::new_ext(&chunk.text, options).into_offset_iter() {
            reader.event(event, range);
        }
        reader.end_block(Block::Paragraph);
    });
}

/// Whether there may be a table with more than [`MAX_COLUMNS`] columns, which is read as text: the parser fills each short
/// row up with empty cells, and a thousand rows of one letter would be a million cells.
fn has_wide_table(text: &str) -> bool {
    text.lines().any(|line| line.bytes().filter(|&byte| byte == b'|').count() > MAX_COLUMNS)
}

struct Reader<'a, 'c, 's> {
    markdown: &'a str,
    builder: &'c mut PassageBuilder<'s>,
    /// Where the line was counted, and the line.
    counted: (usize, u32),
    /// Text of the current block, and the line that it begins on.
    text: String,
    begin: u32,
    /// The numbers of the next items of the open lists.
    lists: Vec<Option<u64>>,
    /// What the next block begins with: the marker of an item.
    marker: Option<String>,
    /// Level and id of the heading that is open.
    heading: Option<(usize, Option<String>)>,
    /// The language of the code that is open.
    code: Option<String>,
    html: bool,
    cells: usize,
    links: usize,
    /// Images in links that are open: badges, whose texts say nothing.
    badges: usize,
}

impl<'a, 'c, 's> Reader<'a, 'c, 's> {
    fn new(markdown: &'a str, line: u32, builder: &'c mut PassageBuilder<'s>) -> Self {
        Self {
            markdown,
            builder,
            counted: (0, line),
            text: String::new(),
            begin: line,
            lists: Vec::new(),
            marker: None,
            heading: None,
            code: None,
            html: false,
            cells: 0,
            links: 0,
            badges: 0,
        }
    }

    fn line(&mut self, offset: usize) -> u32 {
        let (at, line) = self.counted;
        if offset > at {
            self.counted = (offset, line + lines(&self.markdown[at..offset]));
        }
        self.counted.1
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range.start),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.push(&text, range.start),
            Event::Code(code) => {
                self.push("`", range.start);
                self.push(&code, range.start);
                self.push("`", range.start);
            }
            Event::InlineMath(math) | Event::DisplayMath(math) => self.push(&math, range.start),
            Event::SoftBreak => self.text.push(if self.heading.is_some() { ' ' } else { '\n' }),
            Event::HardBreak => self.text.push('\n'),
            Event::Html(html) if self.html => self.push(&html, range.start),
            Event::InlineHtml(html) if prefix(&html, 3).eq_ignore_ascii_case("<br") => self.text.push('\n'),
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => {}
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }, range.start),
            Event::Rule => self.end_block(Block::Paragraph),
        }
    }

    fn push(&mut self, text: &str, offset: usize) {
        if self.badges > 0 {
            return;
        }
        if self.text.is_empty() {
            self.begin = self.line(offset);
        }
        self.text.push_str(text);
    }

    fn start(&mut self, tag: Tag<'_>, offset: usize) {
        match tag {
            Tag::Heading { level, id, .. } => {
                self.end_block(Block::Paragraph);
                self.begin = self.line(offset);
                self.heading = Some((level as usize, id.map(|id| id.to_string())));
            }
            Tag::CodeBlock(kind) => {
                self.end_block(Block::Paragraph);
                // In a list the marker goes before the code, on a line of its own.
                if let Some(marker) = self.marker.take() {
                    let line = self.line(offset);
                    self.builder.block(Block::Row, &marker, line);
                }
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                self.code = Some(language.to_owned());
            }
            Tag::HtmlBlock => {
                self.end_block(Block::Paragraph);
                self.html = true;
            }
            Tag::List(first) => {
                self.end_item();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end_item();
                let depth = self.lists.len().saturating_sub(1).min(MAX_INDENT);
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let marker = format!("{number}. ");
                        *number = number.saturating_add(1);
                        marker
                    }
                    _ => "- ".to_owned(),
                };
                self.marker = Some("  ".repeat(depth) + &marker);
            }
            Tag::TableHead | Tag::TableRow => {
                self.end_block(Block::Paragraph);
                self.cells = 0;
            }
            Tag::TableCell => {
                if (1..MAX_COLUMNS).contains(&self.cells) {
                    self.push(" | ", offset);
                }
                self.cells += 1;
            }
            Tag::Link { .. } => self.links += 1,
            Tag::Image { .. } if self.links > 0 => self.badges += 1,
            Tag::Paragraph
            | Tag::BlockQuote(_)
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition => self.end_item(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let text = std::mem::take(&mut self.text);
                if let Some((level, id)) = self.heading.take() {
                    let heading = text.replace('`', "");
                    self.builder.heading(level, &heading, id.as_deref(), self.begin);
                }
            }
            TagEnd::CodeBlock => {
                let text = std::mem::take(&mut self.text);
                let language = self.code.take().unwrap_or_default();
                self.builder.block(Block::Code(&language), &text, self.begin);
            }
            TagEnd::HtmlBlock => {
                self.html = false;
                let text = std::mem::take(&mut self.text);
                html::fragment(&text, self.begin, self.builder);
            }
            TagEnd::Item => {
                self.end_item();
                self.marker = None;
            }
            TagEnd::List(_) => {
                self.end_item();
                self.lists.pop();
            }
            TagEnd::TableHead | TagEnd::TableRow => self.end_block(Block::Row),
            TagEnd::Paragraph | TagEnd::DefinitionListTitle | TagEnd::DefinitionListDefinition => self.end_item(),
            TagEnd::Link => self.links = self.links.saturating_sub(1),
            TagEnd::Image => self.badges = self.badges.saturating_sub(1),
            _ => {}
        }
    }

    /// Ends a block that is a row in a list, and a paragraph elsewhere.
    fn end_item(&mut self) {
        let block = if self.lists.is_empty() { Block::Paragraph } else { Block::Row };
        self.end_block(block);
    }

    fn end_block(&mut self, block: Block<'_>) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() || self.heading.is_some() {
            return;
        }
        match self.marker.take() {
            Some(marker) => self.builder.block(block, &(marker + text.trim()), self.begin),
            None => self.builder.block(block, &text, self.begin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage_builder::ParsedPassage;

    fn pieces(markdown: &str) -> Vec<ParsedPassage> {
        let mut pieces = Vec::new();
        let mut sink = |piece| pieces.push(piece);
        let mut builder = PassageBuilder::new(&mut sink);
        read(markdown, &mut builder);
        builder.finish();
        pieces
    }

    #[test]
    fn blocks_become_text_as_a_person_would_write_it() {
        let markdown = "---\ntitle: Front\n---\n\n[![Build](a.svg)](b)\n\n# Guide `x` {#top}\n\n\
            One *two* [three](url)\nfour.\n\n\
            - a\n  - b\n- c\n\n1. [ ] d\n2. e\n\n   f\n\n| h | i |\n|---|---|\n| 1 | `2` |\n\n> quoted\n\n\
            ```rust,ignore\nlet a = 1;\n\n\
            ```\n\n    indented\n\n<p align=\"center\">html &amp; <b>more</b></p>\n\nlast[^1]\n\n[^1]: note\n";
        let pieces = pieces(markdown);
        assert_eq!(pieces.len(), 1, "{pieces:?}");
        let piece = &pieces[0];
        assert_eq!(piece.title.as_deref(), Some("Front"));
        assert_eq!((piece.headings.as_slice(), piece.anchor.as_deref()), (&["Guide x".to_owned()][..], Some("top")));
        assert_eq!(piece.line, 9);
        let expected = "One two three\nfour.\n- a\n  - b\n- c\n1. [ ] d\n2. e\nf\nh | i\n1 | `2`\n\nquoted\n\n\
            ```rust\nlet a = 1;\n\
            ```\n\n```\nindented\n```\n\nhtml & more\n\nlast\n\nnote";
        assert_eq!(piece.text, expected);
        assert!(piece.prose.contains("One two") && !piece.prose.contains("let a"));
    }

    #[test]
    fn lines_are_those_of_the_file_in_long_files_too() {
        let markdown: String =
            (0..5_000).map(|number| format!("## Heading {number}\n\nLine {}.\n\n", number * 4 + 3)).collect();
        let pieces = pieces(&markdown);
        assert_eq!(pieces.len(), 5_000);
        for piece in pieces {
            assert_eq!(piece.text, format!("Line {}.", piece.line));
        }
    }

    #[test]
    fn equal_headings_have_addresses_of_their_own() {
        let pieces = pieces("# A\n\na\n\n# A\n\nb\n\n# B\n\n# A\n\nc\n");
        let anchors: Vec<_> = pieces.iter().map(|piece| piece.anchor.as_deref().unwrap()).collect();
        assert_eq!(anchors, ["a", "a-1", "b", "a-2"]);
    }
}
