//! Bodies of another type, and bodies that are not what their type says.

use super::super::response::complete;
use super::super::script::Script;
use super::answer::Answer;
use super::entry::Entry;
use super::outcome::ExpectedOutcome::{ContentType, InvalidResponse, Text, Truncated};

const CAPTCHA: &[u8] =
    "<!doctype html><html><title>Just a moment…</title><body>Are you human?</body></html>".as_bytes();

/// [`TEXT`](super::TEXT) whose second character has lost its second byte.
const TEXT_WITHOUT_A_BYTE: &str = "Z\u{fffd}!rich has 443,037 inhabitants [1]. Crabs 🦀 walk sideways [2].";

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let body = answer.body();
    let typed = |fault, does, content_type: &str, body: &[u8]| {
        let bytes = complete(200, &[("Content-Type", content_type)], body);
        Entry::new(answer.service, fault, does, Script::answering(bytes)).expect(ContentType)
    };
    let of_type =
        |fault, does, body: &[u8]| Entry::new(answer.service, fault, does, Script::answering(answer.with_body(body)));
    let utf_16: Vec<u8> = String::from_utf8_lossy(&body).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", &*body].concat();
    let mut broken = body.clone();
    broken[answer.within_character()] = b'!';
    let not_utf_8 = of_type("not-utf-8", "a byte in the middle of the answer is wrong", &broken);
    let nothing = of_type("empty-body", "a body of 0 bytes", b"");
    let marked = of_type("byte-order-mark", "the answer behind a byte order mark", &marked).expect(answer.outcome);
    vec![
        typed("type-html", "a page that asks for a captcha, with status 200", "text/html; charset=utf-8", CAPTCHA),
        typed("type-plain-text", "a line of text instead of the answer", "text/plain", b"upstream connect error"),
        typed("type-binary", "bytes of no text, which say so", "application/octet-stream", &garbage(2_000)),
        typed("type-empty", "the answer with an empty type", "", &body).or(answer.outcome),
        typed("type-no-type", "the answer with a type that is none", ";;;", &body).or(answer.outcome),
        Entry::new(
            answer.service,
            "type-missing",
            "the answer without a type",
            Script::answering(complete(200, &[], &body)),
        )
        .expect(ContentType)
        .or(answer.outcome),
        of_type("not-as-typed", "a page of HTML with the type of the answer", CAPTCHA).or(Truncated),
        of_type("garbage", "bytes of no text with the type of the answer", &garbage(2_000)).or(Truncated),
        of_type("utf-16", "the answer in UTF-16", &utf_16).or(Truncated),
        // JSON has to be UTF-8; a stream of events may be read all the same, by its standard.
        if answer.service.is_search() { not_utf_8 } else { not_utf_8.or(Text(TEXT_WITHOUT_A_BYTE)) },
        // For events the standard says that it is skipped; for JSON that it may be.
        if answer.service == super::Service::OpenAi || answer.service == super::Service::Anthropic {
            marked
        } else {
            marked.or(InvalidResponse)
        },
        if answer.service.is_search() { nothing.or(Truncated) } else { nothing.expect(Truncated).or(InvalidResponse) },
        Entry::new(
            answer.service,
            "not-http",
            "the greeting of another protocol",
            Script::answering(&b"SSH-2.0-OpenSSH_9.6\r\n"[..]),
        )
        .no_status(),
        Entry::new(
            answer.service,
            "garbage-head",
            "bytes of no text instead of a head",
            Script::answering(garbage(2_000)),
        )
        .no_status(),
    ]
}

/// Bytes that are neither text nor a head, always the same.
fn garbage(bytes: u32) -> Vec<u8> {
    // Knuth's multiplier; the high bits are the better ones. No byte is below 0x80, so no line ends by chance.
    (1..=bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect()
}
