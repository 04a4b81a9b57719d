//! The blocks of a text: paragraphs, headings, list items, table rows, code. A part of CommonMark, enough for passages.

use std::ops::Range;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Paragraph,
    /// With its level from 1.
    Heading(u8),
    Item,
    Row,
    Code,
    /// A rule between paragraphs, the definition of a link.
    Markup,
}

/// A block: whole lines, without the blank ones around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub kind: BlockKind,
    pub span: Range<usize>,
}

/// The blocks of a text, in order. Nothing but white space is between them.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut reader =
        Reader { blocks: Vec::new(), fence: None, after_blank: true, indented: false, quoted: false, bars: 0 };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        reader.read(content, start..start + content.len());
        start += line.len();
    }
    reader.blocks
}

struct Reader {
    blocks: Vec<Block>,
    /// The character of the open fence, and how many there are.
    fence: Option<(char, usize)>,
    after_blank: bool,
    /// The last block is code by its indentation.
    indented: bool,
    /// The last block is a quotation.
    quoted: bool,
    /// Bars between the cells of the last line, if that is all of a paragraph: a line below with as many makes both rows of
    /// a table, which needs no bars at its ends.
    bars: usize,
}

impl Reader {
    fn read(&mut self, line: &str, span: Range<usize>) {
        if let Some((mark, length)) = self.fence {
            self.extend(span.end);
            if fence(line).is_some_and(|(m, l, info)| m == mark && l >= length && info.is_empty()) {
                self.fence = None;
                self.after_blank = true;
            }
            return;
        }
        let content = line.trim_start();
        if content.is_empty() {
            self.after_blank = true;
            return;
        }
        let after_blank = std::mem::replace(&mut self.after_blank, false);
        let last = self.blocks.last().map(|block| block.kind);
        let indent = indent(line);
        let bars = content.matches(" | ").count();
        let underlines = !after_blank && last == Some(BlockKind::Paragraph);
        if let Some((mark, length, _)) = fence(line).filter(|_| indent < 4) {
            self.fence = Some((mark, length));
            self.push(BlockKind::Code, span);
        } else if indent >= 4 && self.indented {
            self.extend(span.end);
        } else if indent >= 4 && after_blank && last != Some(BlockKind::Item) {
            self.push(BlockKind::Code, span);
            self.indented = true;
        } else if let Some(level) = heading(content) {
            self.push(BlockKind::Heading(level), span);
            self.after_blank = true;
        } else if let Some(level) = underline(content).filter(|_| underlines) {
            self.extend(span.end);
            if let Some(block) = self.blocks.last_mut() {
                block.kind = BlockKind::Heading(level);
            }
            self.after_blank = true;
        } else if is_rule(content) || is_definition(content) {
            self.push(BlockKind::Markup, span);
            self.after_blank = true;
        } else if content.len() > 1 && content.starts_with('|') && content[1..].contains('|') {
            self.push(BlockKind::Row, span);
        } else if bars > 0 && bars == self.bars && !after_blank {
            if let Some(above) = self.blocks.last_mut() {
                above.kind = BlockKind::Row;
            }
            self.push(BlockKind::Row, span);
            self.bars = bars;
        } else if is_item(content, after_blank || last == Some(BlockKind::Item)) {
            self.push(BlockKind::Item, span);
        } else {
            let starts_quote = content.starts_with('>') && !self.quoted;
            let goes_on = matches!(last, Some(BlockKind::Paragraph | BlockKind::Item)) && !after_blank && !starts_quote;
            match goes_on {
                true => self.extend(span.end),
                false => {
                    self.push(BlockKind::Paragraph, span);
                    self.quoted = content.starts_with('>');
                    self.bars = bars;
                }
            }
        }
    }

    fn push(&mut self, kind: BlockKind, span: Range<usize>) {
        self.blocks.push(Block { kind, span });
        (self.indented, self.quoted, self.bars) = (false, false, 0);
    }

    fn extend(&mut self, end: usize) {
        if let Some(block) = self.blocks.last_mut() {
            block.span.end = end;
        }
        self.bars = 0;
    }
}

/// Columns of white space before a line; a tab goes to the next multiple of four.
fn indent(line: &str) -> usize {
    let mut columns = 0;
    for c in line.chars() {
        match c {
            ' ' => columns += 1,
            '\t' => columns += 4 - columns % 4,
            _ => break,
        }
    }
    columns
}

/// The character of a fence, how many there are, and what stands behind them.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let content = line.trim_start();
    let mark = content.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = content.trim_start_matches(mark);
    let length = content.len() - info.len();
    // Back-ticks behind back-ticks are a span of code in a paragraph.
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length, info.trim()))
}

fn heading(content: &str) -> Option<u8> {
    let title = content.trim_start_matches('#');
    let level = content.len() - title.len();
    ((1..=6).contains(&level) && (title.is_empty() || title.starts_with([' ', '\t']))).then_some(level as u8)
}

/// The level of the heading that a line makes of the paragraph above it.
fn underline(content: &str) -> Option<u8> {
    let all = |mark: char| content.len() >= 2 && content.chars().all(|c| c == mark);
    all('=').then_some(1).or_else(|| all('-').then_some(2))
}

fn is_rule(content: &str) -> bool {
    ['-', '*', '_', '='].iter().any(|&mark| {
        let marks = content.chars().filter(|&c| c == mark).count();
        marks >= 3 && content.chars().all(|c| c == mark || c == ' ')
    })
}

/// `[name]: address`, as links and footnotes have it.
fn is_definition(content: &str) -> bool {
    content.starts_with('[') && content.find("]:").is_some_and(|at| !content[1..at].contains(['[', ']']))
}

/// `may_have_any`: a numbered item may begin with any number here; in a paragraph only a list that begins with 1 does.
fn is_item(content: &str, may_have_any: bool) -> bool {
    marker(content).is_some_and(|(bytes, number)| {
        content.len() > bytes && (number.is_none_or(|number| may_have_any || number == 1))
    })
}

/// Bytes of the marker of a list item with the white space behind it, and its number.
pub(crate) fn marker(content: &str) -> Option<(usize, Option<u32>)> {
    let first = content.chars().next()?;
    let (bytes, number) = match first {
        '-' | '*' | '+' | '•' | '‣' | '◦' | '▪' | '·' => (first.len_utf8(), None),
        '0'..='9' => {
            let digits = content.bytes().take_while(u8::is_ascii_digit).count();
            let behind = content[digits..].chars().next();
            if digits > 4 || !matches!(behind, Some('.' | ')')) {
                return None;
            }
            (digits + 1, content[..digits].parse().ok())
        }
        _ => return None,
    };
    let rest = &content[bytes..];
    let space = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    (space > 0).then_some((bytes + space, number))
}
