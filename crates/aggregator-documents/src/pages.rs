//! Text of a PDF file, as `pdftotext` writes it: pages ended by form feeds.

use crate::passage_builder::{Block, PassageBuilder};
use crate::split::lines;

pub(crate) fn read(text: &str, builder: &mut PassageBuilder<'_>) {
    let mut line = 1;
    for (page, number) in text.split('\u{c}').zip(1u32..) {
        if !page.trim().is_empty() {
            builder.part(format!("page={number}"));
        }
        let mut paragraph_line = line;
        for paragraph in page.split("\n\n") {
            let before = paragraph.len() - paragraph.trim_start_matches('\n').len();
            builder.block(Block::Paragraph, paragraph, paragraph_line + before as u32);
            paragraph_line += lines(paragraph) + 2;
        }
        line += lines(page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_addresses_and_paragraphs_are_kept_whole() {
        let mut seen = Vec::new();
        let mut sink = |piece: crate::passage_builder::ParsedPassage| seen.push((piece.anchor, piece.line, piece.text));
        let mut builder = PassageBuilder::new(&mut sink);
        read("a\nb\n\nc\n\u{c}\n\u{c}d\n", &mut builder);
        builder.finish();
        assert_eq!(
            seen,
            [(Some("page=1".into()), 1, "a\nb\n\nc".to_owned()), (Some("page=3".into()), 6, "d".to_owned())]
        );
    }
}
