//! Any text is a document: nothing panics, and what is promised of passages holds.

use std::collections::HashSet;

use aggregator_documents::{
    DecodeResult, DocumentKind, MAX_PASSAGE, Markup, ParsedPassage, decode_as, parse, parse_web_page,
};
use proptest::prelude::*;

const KINDS: [DocumentKind; 7] = [
    DocumentKind::Markdown,
    DocumentKind::Html,
    DocumentKind::Text(Markup::None),
    DocumentKind::Text(Markup::Rst),
    DocumentKind::Text(Markup::Asciidoc),
    DocumentKind::Source,
    DocumentKind::Pdf,
];

/// Pieces of markup.
const PIECES: &[&str] = &[
    "<main>",
    "</main>",
    "<article>",
    "</article>",
    "<nav>",
    "</nav>",
    "<title>",
    "</title>",
    "<h1>",
    "<h2 id=a>",
    "</h2>",
    "<p>",
    "<pre>",
    "</pre>",
    "<script>",
    "</script>",
    "<li>",
    "&amp;",
    "<!--",
    "-->",
    "\n\n",
    "# a\n",
    "# a-1\n",
    "```\n",
    "> ",
    "- ",
    "==\n",
    "\u{c}",
    "| a |\n|--|\n",
    "word ",
    "äöü。",
];

/// These in any order, between any other text.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn check(passages: &[ParsedPassage]) -> Result<(), TestCaseError> {
    let mut anchors = HashSet::new();
    for passage in passages {
        prop_assert!(!passage.text.is_empty() && passage.text.len() <= MAX_PASSAGE, "{passage:?}");
        prop_assert!(passage.headings.len() <= 6 && passage.line > 0, "{passage:?}");
        prop_assert!(anchors.insert(&passage.anchor), "{passage:?} has the address of another");
    }
    Ok(())
}

proptest! {
    #[test]
    fn passages_keep_their_bounds_and_have_addresses_of_their_own(text in text()) {
        for kind in KINDS {
            let mut passages = Vec::new();
            parse(kind, &text, &mut |passage| passages.push(passage));
            check(&passages)?;
        }
        let mut passages = Vec::new();
        parse_web_page(&text, &mut |passage| passages.push(passage));
        check(&passages)?;
    }

    #[test]
    fn any_bytes_are_decoded(bytes: Vec<u8>, encoding in proptest::option::of("[a-z0-9-]{0,12}|utf-16le|latin1"), is_html: bool) {
        if let DecodeResult::Text { text, .. } = decode_as(&bytes, encoding.as_deref(), is_html) {
            prop_assert!(!text.contains('\0'));
        }
    }
}
