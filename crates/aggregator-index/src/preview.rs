//! What an index makes of a file, without an index.

use std::path::Path;

use aggregator_documents::{DecodeResult, DocumentKind, ParsedPassage, decode, parse};

use crate::files::kind::kind_of;
use crate::language::LanguageTracker;
use crate::location::address;
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
    let kind = kind_of(path).filter(|kind| *kind != DocumentKind::Pdf)?;
    let DecodeResult::Text { text, .. } = decode(content, kind == DocumentKind::Html) else { return None };
    let mut pieces: Vec<ParsedPassage> = Vec::new();
    parse(kind, &text, &mut |piece| pieces.push(piece));
    let languages = LanguageTracker::new().assign(&pieces);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let passage = |(ordinal, (piece, language)): (usize, (ParsedPassage, _))| Passage {
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
