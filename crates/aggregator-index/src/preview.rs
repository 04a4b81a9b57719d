//! What an index makes of a file, without an index.

use std::path::Path;

use crate::files::decode::{Decoded, decode};
use crate::files::kind::Kind;
use crate::language::Languages;
use crate::location::address;
use crate::parse::{Piece, parse};
use crate::passage::Passage;

/// The passages that an index makes of a file with this content; its name says of which kind it is, and nothing is read.
/// Their score is 0. `None` if files of that kind are not read, or only through another program, as PDF, and for bytes that
/// are no text.
///
/// ```
/// let passages = aggregator_index::preview("guide.md".as_ref(), b"# Guide\n\n## Install\n\nRun it.").unwrap();
/// assert_eq!((passages[0].full_title(), passages[0].line), ("Guide › Install".to_owned(), 5));
/// ```
pub fn preview(path: &Path, content: &[u8]) -> Option<Vec<Passage>> {
    let kind = Kind::of(path).filter(|kind| *kind != Kind::Pdf)?;
    let Decoded::Text { text, .. } = decode(content, kind == Kind::Html) else { return None };
    let mut pieces: Vec<Piece> = Vec::new();
    parse(kind, &text, &mut |piece| pieces.push(piece));
    let languages = Languages::new().of(&pieces);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let passage = |(ordinal, (piece, language)): (usize, (Piece, _))| Passage {
        path: path.to_owned(),
        url: address(path, piece.anchor.as_deref()).unwrap_or_default(),
        title: piece.title.unwrap_or_else(|| name.clone().into_owned()),
        headings: piece.headings,
        anchor: piece.anchor,
        text: piece.text,
        language,
        ordinal: ordinal as u32,
        line: piece.line,
        score: 0.0,
    };
    Some(pieces.into_iter().zip(languages).enumerate().map(passage).collect())
}
