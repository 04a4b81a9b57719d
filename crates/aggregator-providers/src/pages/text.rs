//! The text of a page as passages: pure.

use std::collections::HashSet;

use aggregator_documents::{DecodeResult, DocumentKind, Markup, ParsedPassage, decode_as, parse, parse_web_page};

/// Most passages of a page. 1,000: 512 KiB of text are 500 passages of the usual length, and headings that are repeated before
/// each of many short ones would make some hundred times the page.
const MAX_PASSAGES: usize = 1_000;
/// A passage with fewer characters and no sentence is a caption, a link or a button.
const MIN_CHARS: usize = 40;
/// Characters that end a sentence, of the scripts whose sentences end with another one than a full stop, too.
const SENTENCE_ENDS: [char; 7] = ['.', '!', '?', '。', '！', '？', '।'];
/// How many characters there are at least for each that could not be decoded. A page with more is in another encoding.
const MIN_PER_INVALID: usize = 50;
/// Characters that could not be decoded and are no sign of another encoding: a page may quote some.
const FEW_INVALID: usize = 8;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Plain,
}

/// The text of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) title: Option<String>,
    pub(crate) passages: Vec<String>,
    /// Whether there are more passages.
    pub(crate) truncated: bool,
}

/// The text of a page. `charset` is what the response says; `cut` is whether the page goes on behind the bytes. `None` if the
/// bytes are in an encoding that is not known, or are no text.
pub(crate) fn read(bytes: &[u8], form: Form, charset: Option<&str>, cut: bool) -> Option<Text> {
    let bytes = if cut { without_part_of_character(bytes) } else { bytes };
    let DecodeResult::Text { text, lossy } = decode_as(bytes, charset, form == Form::Html) else { return None };
    if lossy && is_in_other_encoding(&text) {
        return None;
    }
    let mut page = Text::default();
    let mut short = Vec::new();
    let mut seen = HashSet::new();
    let mut sink = |passage: ParsedPassage| {
        if page.passages.len() + short.len() >= MAX_PASSAGES {
            page.truncated = true;
            return;
        }
        page.title = passage.title.clone().or(page.title.take());
        if !seen.insert(passage.text.clone()) {
            return;
        }
        let is_short = passage.text.chars().take(MIN_CHARS).count() < MIN_CHARS;
        let kept = if is_short && !passage.text.contains(SENTENCE_ENDS) { &mut short } else { &mut page.passages };
        kept.push(with_headings(&passage));
    };
    match form {
        Form::Html => parse_web_page(&text, &mut sink),
        Form::Plain => parse(DocumentKind::Text(Markup::None), &text, &mut sink),
    }
    if page.passages.is_empty() {
        page.passages = short;
    }
    Some(page)
}

/// `Guide › Install`, an empty line, and the text. A passage that is its heading is that path alone.
fn with_headings(passage: &ParsedPassage) -> String {
    let path = passage.headings.join(" › ");
    match passage.headings.last() {
        None => passage.text.clone(),
        Some(last) if *last == passage.text => path,
        Some(_) => format!("{path}\n\n{}", passage.text),
    }
}

/// The bytes without the last character of UTF-8, if only a part of it is there.
fn without_part_of_character(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

fn is_in_other_encoding(text: &str) -> bool {
    let (mut all, mut invalid) = (0, 0);
    for c in text.chars() {
        all += 1;
        invalid += usize::from(c == char::REPLACEMENT_CHARACTER);
    }
    invalid > FEW_INVALID && invalid.saturating_mul(MIN_PER_INVALID) > all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(text: &str) -> Vec<String> {
        read(text.as_bytes(), Form::Html, None, false).expect("it is text").passages
    }

    #[test]
    fn passages_have_the_headings_they_stand_under() {
        let page = "<title>The guide</title><h1>Guide</h1><p>It is about lighthouses.<h2>Install</h2><p>Run it, and wait. Then go.\
            <h2>Alone</h2><h2>Last</h2><p>The end of it.";
        let read = read(page.as_bytes(), Form::Html, None, false).unwrap();
        assert_eq!(read.title.as_deref(), Some("The guide"));
        assert_eq!(
            read.passages,
            [
                "Guide\n\nIt is about lighthouses.",
                "Guide › Install\n\nRun it, and wait. Then go.",
                "Guide › Last\n\nThe end of it."
            ],
            "a heading with nothing under it is short, and no sentence"
        );
        assert_eq!(html("<h1>Guide</h1><h2>Alone</h2>"), ["Guide › Alone"]);
    }

    #[test]
    fn what_is_short_and_no_sentence_is_left_out_if_there_is_more() {
        let long = "word ".repeat(10);
        let page = |parts: &[&str]| parts.iter().map(|part| format!("<h2>{part}</h2><p>{part}")).collect::<String>();
        let texts =
            |page: &str| html(page).iter().map(|text| text.lines().last().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(&page(&["Menu x", &long, "Yes.", "そうです。"])), [long.trim(), "Yes.", "そうです。"]);
        assert_eq!(texts(&page(&["Menu", "Log in"])), ["Menu", "Log in"], "rather that than nothing");
    }

    #[test]
    fn what_is_repeated_is_there_once() {
        let page = "<h2>A</h2><p>We use cookies on this page.<h2>B</h2><p>We use cookies on this page.<h2>C</h2><p>Text of it.";
        assert_eq!(html(page), ["A\n\nWe use cookies on this page.", "C\n\nText of it."]);
    }

    #[test]
    fn plain_text_has_paragraphs_and_no_title() {
        let read = read(b"<b>one</b>\ntwo.\n\nthree", Form::Plain, None, false).unwrap();
        assert_eq!((read.title, read.passages), (None, vec!["<b>one</b>\ntwo.\n\nthree".to_owned()]));
    }

    #[test]
    fn the_name_of_the_encoding_is_that_of_the_response_then_that_of_the_page() {
        let read = |bytes: &[u8], charset| read(bytes, Form::Html, charset, false).map(|read| read.passages.concat());
        let grün = Some("grün".to_owned());
        assert_eq!(read(b"gr\xfcn", Some("iso-8859-1")), grün);
        assert_eq!(read(b"<meta charset='latin1'>gr\xfcn", None), grün);
        assert_eq!(read("grün".as_bytes(), None), grün);
        assert_eq!(read(b"gr\xfcn", None), Some("gr\u{fffd}n".into()), "a few that are wrong are borne");
        let koi8 = [0xd0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4, 0x20].repeat(20);
        assert_eq!(read(&koi8, Some("koi8-r")), None);
        assert_eq!(read(b"\x7fELF\0\0", None), None, "no text");
    }

    #[test]
    fn a_page_that_is_cut_ends_before_the_character_that_is_cut() {
        let read = |cut| read(&"grün".as_bytes()[..3], Form::Plain, None, cut).unwrap().passages;
        assert_eq!((read(true), read(false)), (vec!["gr".to_owned()], vec!["gr\u{fffd}".to_owned()]));
    }

    #[test]
    fn headings_before_each_of_many_passages_are_bounded() {
        let mut page = String::new();
        for level in 1..6 {
            page += &format!("<h{level}>{}</h{level}>", "x".repeat(200));
        }
        for number in 0..40_000 {
            page += &format!("<h6>{number}</h6>{number}.");
        }
        let read = read(page.as_bytes(), Form::Html, None, true).unwrap();
        assert_eq!((read.passages.len(), read.truncated), (MAX_PASSAGES, true));
        let bytes = read.passages.iter().map(String::len).sum::<usize>();
        assert!(bytes < 2 << 20, "{bytes}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, html: bool, cut: bool, charset in proptest::option::of("[a-z0-9-]{0,8}|utf-16le")) {
            let form = if html { Form::Html } else { Form::Plain };
            if let Some(text) = read(&bytes, form, charset.as_deref(), cut) {
                prop_assert!(text.passages.iter().all(|passage| (1..=3_100).contains(&passage.len())));
            }
        }
    }
}
