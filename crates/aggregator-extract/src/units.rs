//! The units of a text: each is selected and cited as a whole.

use std::ops::Range;

use aggregator_words::Language;

use crate::blocks::{BlockKind, blocks};
use crate::sentences::sentences;

/// A sentence, heading, row or code block of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The kind of the unit.
    pub kind: UnitKind,
    /// Bytes in the text, on character boundaries, without white space around them (code keeps that before its first
    /// line).
    pub span: Range<usize>,
}

/// The kind of a [`Unit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnitKind {
    /// A sentence of a paragraph, or of a list item behind its first.
    Sentence,
    /// The first sentence of a list item, with its marker.
    Item,
    /// A heading with its level, from 1.
    Heading(u8),
    /// A row of a table.
    Row,
    /// A block of code with its fences.
    Code,
    /// A rule between paragraphs, or the definition of a link: markup without text.
    Markup,
}

/// Cuts a text, Markdown or plain, into its units, in order. Nothing but white space is between them.
///
/// Code is never cut. A full stop does not end a sentence in an abbreviation, a version, a number, a file's name, an
/// address, an initial, or where the sentence visibly goes on; the language says which words begin sentences and which
/// numbers are ordinals.
///
/// ```
/// # use aggregator_extract::units;
/// # use aggregator_words::Language;
/// let text = "Edit lib.rs, e.g. its first line. Then build it.";
/// let found: Vec<&str> = units(text, Language::English).into_iter().map(|unit| &text[unit.span]).collect();
/// assert_eq!(found, ["Edit lib.rs, e.g. its first line.", "Then build it."]);
/// ```
pub fn units(text: &str, language: Language) -> Vec<Unit> {
    let mut units = Vec::new();
    for block in blocks(text) {
        let kind = match block.kind {
            BlockKind::Paragraph => UnitKind::Sentence,
            BlockKind::Item => UnitKind::Item,
            BlockKind::Heading(level) => UnitKind::Heading(level),
            BlockKind::Row => UnitKind::Row,
            BlockKind::Code => UnitKind::Code,
            BlockKind::Markup => UnitKind::Markup,
        };
        if !matches!(kind, UnitKind::Sentence | UnitKind::Item) {
            let indent = if kind == UnitKind::Code { 0 } else { leading_space(&text[block.span.clone()]) };
            units.push(Unit { kind, span: block.span.start + indent..block.span.end });
            continue;
        }
        let content = &text[block.span.clone()];
        // The number of an item ends no sentence.
        let indent = leading_space(content);
        let marker = match kind {
            UnitKind::Item => indent + crate::blocks::marker(&content[indent..]).map_or(0, |(bytes, _)| bytes),
            _ => 0,
        };
        for (index, range) in sentences(&content[marker..], language).into_iter().enumerate() {
            let start = if index == 0 && kind == UnitKind::Item { indent } else { marker + range.start };
            let kind = if index == 0 { kind } else { UnitKind::Sentence };
            units.push(Unit { kind, span: block.span.start + start..block.span.start + marker + range.end });
        }
    }
    units
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}
