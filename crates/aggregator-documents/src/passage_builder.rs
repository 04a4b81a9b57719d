//! Gathers the blocks of a document into passages.

use crate::anchors::Anchors;
use crate::split::{cut, cut_lines, lines, prefix};

/// Minimum length in bytes of a passage that ends because the next block would exceed [`TARGET_PASSAGE`].
const MIN_PASSAGE: usize = 600;
/// Length in bytes up to which blocks are gathered.
const TARGET_PASSAGE: usize = 1_000;
/// Maximum length in bytes of a passage of several blocks, unless the first only leads to the second.
const MAX_GATHERED: usize = 1_500;
/// A block below this length in bytes leads to the next: "For example:".
const MAX_LEAD: usize = 200;
/// Maximum length of a passage in bytes: a lead, and a block as long as a passage may be, with the lines around code.
pub const MAX_PASSAGE: usize = MAX_GATHERED + MAX_LEAD + 100;
/// Maximum number of bytes of prose that are kept for language detection.
const MAX_PROSE: usize = 1_024;
/// Maximum length of a heading or title in bytes.
const MAX_HEADING: usize = 200;
/// Number of heading levels.
const HEADING_LEVELS: usize = 6;

/// A passage of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedPassage {
    /// The title of the document, as far as it is known; at most 200 bytes.
    pub title: Option<String>,
    /// The headings that it stands under, from the outermost: at most 6, each of at most 200 bytes.
    pub headings: Vec<String>,
    /// What comes after `#` in its address. No two passages of a document have the same; one of them may have none.
    pub anchor: Option<String>,
    /// The line that it begins on, counted from 1.
    pub line: u32,
    /// Its text, at most [`MAX_PASSAGE`] bytes; code is between fences.
    pub text: String,
    /// The prose without code, for language detection; at most a few bytes more than 1 KiB.
    pub prose: String,
}

/// The kind of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block<'a> {
    /// Sentences, after an empty line.
    Paragraph,
    /// An item of a list or a row of a table, after a line feed.
    Row,
    /// Code, with the name of its language.
    Code(&'a str),
    /// Lines of a program, shown as they are.
    Lines,
}

pub(crate) struct PassageBuilder<'s> {
    sink: &'s mut dyn FnMut(ParsedPassage),
    anchors: Anchors,
    title: Option<String>,
    /// The heading of each level.
    headings: [Option<String>; HEADING_LEVELS],
    /// The anchor of the current section, until a passage has it.
    anchor: Option<String>,
    /// Whether a passage was given: only the first may be without an anchor, for it is found by the file alone.
    given: bool,
    /// The last heading, with its line and level, while nothing stands under it.
    bare: Option<(String, u32, usize)>,
    text: String,
    prose: String,
    line: u32,
}

impl<'s> PassageBuilder<'s> {
    pub(crate) fn new(sink: &'s mut dyn FnMut(ParsedPassage)) -> Self {
        Self {
            sink,
            anchors: Anchors::default(),
            title: None,
            headings: Default::default(),
            anchor: None,
            given: false,
            bare: None,
            text: String::new(),
            prose: String::new(),
            line: 1,
        }
    }

    /// Names the document, unless it is named.
    pub(crate) fn title(&mut self, title: &str) {
        let title = clean_heading(title);
        if self.title.is_none() && !title.is_empty() {
            self.title = Some(title);
        }
    }

    /// Begins a section of a level from 1 to 6. Its anchor is `id`, or made of the heading.
    pub(crate) fn heading(&mut self, level: usize, heading: &str, id: Option<&str>, line: u32) {
        let level = level.clamp(1, HEADING_LEVELS);
        self.flush();
        // A heading that only has deeper ones under it says nothing that they do not say.
        if self.bare.as_ref().is_some_and(|&(_, _, bare)| level <= bare) {
            self.flush_bare();
        }
        let heading = clean_heading(heading);
        let slug = match id {
            Some(id) => self.anchors.unique(id.to_owned()),
            None => self.anchors.slug(&heading),
        };
        self.headings[level - 1..].fill(None);
        if level == 1 {
            self.title(&heading);
        }
        self.anchor = Some(slug).filter(|slug| !slug.is_empty());
        self.bare = (!heading.is_empty()).then(|| (heading.clone(), line, level));
        self.headings[level - 1] = Some(heading).filter(|heading| !heading.is_empty());
    }

    /// Begins a part of the document that has an address, and no heading.
    pub(crate) fn part(&mut self, anchor: String) {
        self.flush();
        self.anchor = Some(self.anchors.unique(anchor));
    }

    /// Adds a block that begins on a line.
    pub(crate) fn block(&mut self, block: Block<'_>, text: &str, line: u32) {
        let text = match block {
            Block::Code(_) | Block::Lines => text.trim_matches('\n').trim_end(),
            Block::Paragraph => text.trim(),
            // Items are indented by their depth.
            Block::Row => text.trim_end(),
        };
        if text.is_empty() {
            return;
        }
        let mut rest = text;
        let mut line = line;
        while rest.len() > MAX_GATHERED {
            let at = match block {
                Block::Code(_) | Block::Lines => cut_lines(rest, MAX_GATHERED),
                Block::Paragraph | Block::Row => cut(rest, MAX_GATHERED),
            };
            let (head, tail) = rest.split_at(at);
            self.add(block, head, line);
            self.flush();
            line += lines(head);
            rest = tail;
        }
        self.add(block, rest, line);
    }

    fn add(&mut self, block: Block<'_>, text: &str, line: u32) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        let together = self.text.len() + text.len();
        let fits = together <= TARGET_PASSAGE
            || (self.text.len() < MIN_PASSAGE && together <= MAX_GATHERED)
            || (self.text.len() < MAX_LEAD && together <= MAX_GATHERED + MAX_LEAD);
        if !self.text.is_empty() && !fits {
            self.flush();
        }
        self.bare = None;
        if self.text.is_empty() {
            self.line = line;
        } else {
            self.text.push_str(if block == Block::Row { "\n" } else { "\n\n" });
        }
        match block {
            Block::Code(language) => {
                // A fence must be longer than those in the code.
                let fence = "`".repeat(longest_run(text).max(2) + 1).chars().take(16).collect::<String>();
                let language = prefix(language, 32);
                self.text.extend([fence.as_str(), language, "\n", text, "\n", &fence]);
            }
            Block::Paragraph | Block::Row | Block::Lines => self.text.push_str(text),
        }
        if matches!(block, Block::Paragraph | Block::Row) {
            self.prose(text);
        }
    }

    /// Adds words that tell the language of the current passage.
    pub(crate) fn prose(&mut self, text: &str) {
        let room = MAX_PROSE.saturating_sub(self.prose.len());
        if room > 0 {
            self.prose.push_str(prefix(text, room));
            self.prose.push('\n');
        }
    }

    /// Bytes of the current passage.
    pub(crate) fn gathered_bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether the current passage is long enough to end at a good place.
    pub(crate) fn is_long_enough(&self) -> bool {
        self.text.len() >= MIN_PASSAGE
    }

    /// Ends the current passage.
    pub(crate) fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let prose = std::mem::take(&mut self.prose);
        let line = self.line;
        self.emit(text, prose, line);
    }

    fn flush_bare(&mut self) {
        if let Some((heading, line, _)) = self.bare.take() {
            self.emit(heading.clone(), heading, line);
        }
    }

    fn emit(&mut self, text: String, prose: String, line: u32) {
        let anchor = match self.anchor.take() {
            Some(anchor) => Some(anchor),
            None if self.given || self.headings.iter().any(Option::is_some) => {
                Some(self.anchors.unique(format!("L{line}")))
            }
            None => None,
        };
        self.given = true;
        let headings = self.headings.iter().flatten().cloned().collect();
        (self.sink)(ParsedPassage { title: self.title.clone(), headings, anchor, line, text, prose });
    }

    /// Ends the document.
    pub(crate) fn finish(mut self) {
        self.flush();
        self.flush_bare();
    }
}

/// A heading on one line, without what a terminal would obey.
fn clean_heading(heading: &str) -> String {
    let mut clean = String::new();
    for word in heading.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(prefix(word, MAX_HEADING));
        if clean.len() >= MAX_HEADING {
            break;
        }
    }
    clean.truncate(clean.floor_char_boundary(MAX_HEADING));
    clean
}

fn longest_run(code: &str) -> usize {
    code.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(fill: impl FnOnce(&mut PassageBuilder<'_>)) -> Vec<ParsedPassage> {
        let mut pieces = Vec::new();
        let mut sink = |piece| pieces.push(piece);
        let mut builder = PassageBuilder::new(&mut sink);
        fill(&mut builder);
        builder.finish();
        pieces
    }

    #[test]
    fn sections_are_passages_with_the_headings_above_them() {
        let pieces = pieces(|builder| {
            builder.block(Block::Paragraph, "before", 1);
            builder.heading(1, "Guide", None, 3);
            builder.heading(2, "Install", None, 5);
            builder.block(Block::Paragraph, "a", 7);
            builder.block(Block::Row, "- b", 8);
            builder.heading(3, "Linux", None, 9);
            builder.block(Block::Code("sh"), "x", 11);
            builder.heading(2, "Alone", None, 15);
            builder.heading(2, "Last", None, 17);
        });
        let seen: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.headings.join(" > "), piece.anchor.as_deref(), piece.line, piece.text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (String::new(), None, 1, "before"),
                ("Guide > Install".into(), Some("install"), 7, "a\n- b"),
                ("Guide > Install > Linux".into(), Some("linux"), 11, "```sh\nx\n```"),
                ("Guide > Alone".into(), Some("alone"), 15, "Alone"),
                ("Guide > Last".into(), Some("last"), 17, "Last"),
            ]
        );
        assert_eq!(pieces[1].title.as_deref(), Some("Guide"));
    }

    #[test]
    fn long_sections_are_cut_between_blocks_and_long_blocks_inside() {
        let sentence = "This is a sentence of some length. ".repeat(10);
        let cut = pieces(|builder| {
            for number in 0..20 {
                builder.block(Block::Paragraph, &sentence, number * 2 + 1);
            }
        });
        assert!(cut.iter().all(|piece| (600..=MAX_GATHERED).contains(&piece.text.len())), "{cut:?}");
        assert_eq!(cut.len(), 10);
        assert_eq!(cut[1].anchor.as_deref(), Some("L5"));

        let code = "let value = function(argument);\n".repeat(100);
        let cut = pieces(|builder| builder.block(Block::Code("rust"), &code, 1));
        assert!(cut.len() == 3 && cut.iter().all(|piece| piece.text.starts_with("```rust\nlet")), "{cut:?}");
        assert!(cut.iter().all(|piece| piece.text.ends_with(";\n```") && piece.text.len() <= MAX_PASSAGE));

        let cut = pieces(|builder| builder.block(Block::Paragraph, &"x".repeat(1_000_000), 1));
        assert!(cut.iter().all(|piece| piece.text.len() <= MAX_GATHERED));
        assert_eq!(cut.iter().map(|piece| piece.text.len()).sum::<usize>(), 1_000_000);
        let anchors: std::collections::HashSet<_> = cut.iter().map(|piece| &piece.anchor).collect();
        assert_eq!(anchors.len(), cut.len(), "each has an address of its own");
    }

    #[test]
    fn a_lead_stays_with_what_it_leads_to_and_code_is_not_cut() {
        let code = "x\n".repeat(740);
        let pieces = pieces(|builder| {
            builder.block(Block::Paragraph, &"word ".repeat(150), 1);
            builder.block(Block::Paragraph, &"more ".repeat(60), 2);
            builder.heading(2, "h", None, 3);
            builder.block(Block::Paragraph, "For example:", 3);
            builder.block(Block::Code(""), &code, 4);
        });
        assert_eq!(pieces.len(), 3);
        assert!(pieces[2].text.starts_with("For example:\n\n```\nx\n"));
        assert!(pieces[2].text.len() <= MAX_PASSAGE);
    }

    #[test]
    fn code_with_fences_gets_longer_ones() {
        let pieces = pieces(|builder| builder.block(Block::Code("md"), "```\na\n```", 1));
        assert_eq!(pieces[0].text, "````md\n```\na\n```\n````");
    }
}
