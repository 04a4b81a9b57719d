//! Streams that only Ollama sends.

use super::super::response::complete;
use super::super::script::Script;
use super::answer::{Answer, end, end_because, ollama, text};
use super::entry::{Entry, Service};
use super::outcome::ExpectedOutcome::{ContentType, InvalidResponse, Truncated, Unavailable};
use super::stream::of_pieces;

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let service = Service::Ollama;
    let good = |fault, does, pieces: &[Vec<u8>]| of_pieces(answer, fault, does, pieces).expect(answer.outcome);
    let body = answer.body();
    let (texts, last) = (&answer.pieces[..answer.pieces.len() - 1], end(service));
    let thinking = ollama(r#""message":{"role":"assistant","content":"","thinking":"Let me think"},"done":false"#);
    let without_reason = ollama(r#""message":{"role":"assistant","content":""},"done":true"#);
    let in_last = [
        &texts[..texts.len() - 1],
        &[ollama(r#""message":{"role":"assistant","content":"sideways [2]."},"done":true,"done_reason":"stop""#)],
    ]
    .concat();
    let empty_lines = answer.pieces.join(&b"\n\r\n"[..]);
    let crlf = String::from_utf8_lossy(&body).replace('\n', "\r\n").into_bytes();
    vec![
        good("lines-crlf", "lines end with CR LF", &[crlf]),
        good("lines-empty", "empty lines between the lines", &[empty_lines]),
        good("no-last-line-end", "the last line has no end", &[body[..body.len() - 1].to_vec()]),
        good("text-in-last-line", "the last line has text", &in_last),
        good("reason-missing", "the last line does not say why the answer ended", &[texts, &[without_reason]].concat()),
        good("thinking", "the model's thoughts before the text", &[&[thinking], &*answer.pieces].concat()),
        of_pieces(
            answer,
            "loading-only",
            "the model was loaded, and nothing was generated",
            &end_because(service, "load"),
        )
        .expect(Unavailable)
        .or(InvalidResponse),
        of_pieces(
            answer,
            "two-values-a-line",
            "two JSON values in a line",
            &[[text(service, "a").trim_ascii_end(), &*text(service, "b")].concat(), last.concat()],
        ),
        of_pieces(
            answer,
            "half-a-line",
            "the response ends in the middle of a line",
            &[body[..body.len() - 30].to_vec()],
        )
        .expect(Truncated)
        .or(InvalidResponse),
        Entry::new(
            service,
            "typed-as-json",
            "the stream with the type of one JSON value",
            Script::answering(complete(200, &[("Content-Type", "application/json")], &body)),
        )
        .expect(answer.outcome)
        .or(ContentType),
    ]
}
