//! The text of an answer.

use crate::passage::{AnalyzedUnit, Passage};
use crate::units::UnitKind;

/// The answer if the sources do not answer the question.
pub const NO_ANSWER: &str = "The sources do not answer this question.";

/// The pieces of the answer, one for each unit, each followed by the citation of its source.
///
/// Every word comes from a source. White space in sentences becomes one space; code stays as it is.
pub(crate) fn write(chosen: &[(usize, Vec<usize>)], passages: &[Passage]) -> Vec<String> {
    let mut written = Vec::new();
    for (passage, units) in chosen {
        let passage = &passages[*passage];
        let mut last: Option<UnitKind> = None;
        for &place in units {
            let unit = &passage.units[place];
            let mut text = match (last, unit.kind) {
                (None, _) if written.is_empty() => String::new(),
                (Some(UnitKind::Sentence | UnitKind::Item), UnitKind::Sentence) if !unit.begins_paragraph => {
                    " ".to_owned()
                }
                (Some(UnitKind::Item), UnitKind::Item) | (Some(UnitKind::Row), UnitKind::Row) => "\n".to_owned(),
                _ => "\n\n".to_owned(),
            };
            push(&mut text, passage, unit);
            text.push_str(match unit.kind {
                // Behind an indented line a blank one ends the code.
                UnitKind::Code => "\n\n",
                _ => " ",
            });
            text.push_str(&format!("[{}]", passage.number));
            written.push(text);
            last = Some(unit.kind);
        }
    }
    written
}

fn push(out: &mut String, passage: &Passage, unit: &AnalyzedUnit) {
    let text = &passage.text[unit.span.clone()];
    for piece in unit.pieces.iter().flatten() {
        let piece = &text[piece.clone()];
        if unit.kind == UnitKind::Code {
            out.push_str(piece);
            continue;
        }
        // A quotation is marked at each line.
        for (number, line) in piece.lines().enumerate() {
            let line = if number > 0 { line.trim_start_matches(['>', ' ']) } else { line };
            let spaced = number > 0 || piece.starts_with(char::is_whitespace);
            for (index, word) in line.split_whitespace().enumerate() {
                if (spaced || index > 0) && !out.ends_with(char::is_whitespace) {
                    out.push(' ');
                }
                out.push_str(word);
            }
        }
        // The marker of an item.
        if piece.ends_with(char::is_whitespace) && !out.ends_with(char::is_whitespace) {
            out.push(' ');
        }
    }
}
