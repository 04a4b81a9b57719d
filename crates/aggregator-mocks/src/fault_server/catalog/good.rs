//! Good answers, sent in every way that HTTP allows.

use std::time::Duration;

use super::super::response::{self, LAST_CHUNK, chunk};
use super::super::script::Script;
use super::answer::{Answer, CHUNKED, PAUSE};
use super::entry::{Ending, Entry};
use super::outcome::ExpectedOutcome;

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let body = answer.body();
    let length = body.len().to_string();
    let good = |fault, does, script| Entry::new(answer.service, fault, does, script).expect(answer.outcome);
    let sized = answer.head(&[("Content-Length", &length), ("Connection", "close")]);
    let until_close = answer.head(&[("Connection", "close")]);
    let whole = answer.with_body(&body);
    let bytes: Vec<_> = body.iter().map(|&byte| vec![byte]).collect();
    let (before, behind) = body.split_at(answer.within_character());
    let one_chunk = chunk(&body);
    vec![
        good("good", "a complete answer with its length, at once", Script::answering(&*whole)),
        good("good-in-chunks", "a chunk for each piece", Script::answering(answer.chunked(&answer.pieces))),
        good(
            "good-in-writes-of-a-byte",
            "each byte of the body is written by itself, without a pause",
            Script::answering(sized.clone()).send_pieces(bytes.clone(), Duration::ZERO),
        ),
        good("good-in-chunks-of-a-byte", "a chunk for each byte", Script::answering(answer.chunked(&bytes))),
        good(
            "good-in-slow-pieces",
            "a pause after each piece, and the last chunk by itself",
            Script::reading()
                .send(answer.head(&CHUNKED))
                .send_pieces(answer.pieces.iter().map(|piece| chunk(piece)).collect(), PAUSE)
                .send(LAST_CHUNK),
        ),
        good(
            "good-split-in-a-character",
            "a pause between two bytes of a character",
            Script::reading().send_pieces(vec![[&sized, before].concat(), behind.to_vec()], PAUSE),
        ),
        good(
            "good-head-split",
            "a pause in the middle of the head, and one at its end",
            Script::reading().send_pieces(vec![sized[..30].to_vec(), sized[30..].to_vec(), body.clone()], PAUSE),
        ),
        good(
            "good-until-close",
            "no length and no chunks: the body ends where the connection does",
            Script::answering([&*until_close, &body].concat()),
        ),
        good(
            "good-http-1.0",
            "a response of HTTP/1.0",
            Script::answering(
                [&*until_close, &body]
                    .concat()
                    .iter()
                    .enumerate()
                    .map(|(at, &byte)| {
                        // The last digit of `HTTP/1.1`.
                        if at == 7 { b'0' } else { byte }
                    })
                    .collect::<Vec<_>>(),
            ),
        ),
        good(
            "good-after-100",
            "a 100 Continue before the answer, which the request did not ask for",
            Script::answering([&*response::head(100, &[]), &*whole].concat()),
        )
        .status(100),
        good(
            "good-after-103",
            "early hints before the answer",
            Script::answering([&*response::head(103, &[("Link", "</a>; rel=preload")]), &*whole].concat()),
        )
        .status(103),
        good(
            "good-chunk-extensions-and-trailers",
            "an extension at a chunk and a header behind the last one",
            Script::answering(
                [
                    answer.head(&CHUNKED),
                    String::from_utf8_lossy(&one_chunk).replacen("\r\n", ";a=\"b\"\r\n", 1).into_bytes(),
                    b"0\r\nX-Checksum: 1\r\n\r\n".to_vec(),
                ]
                .concat(),
            ),
        ),
        good(
            "good-odd-headers",
            "names in other letters, a type in capitals, an empty value, and one that is not ASCII",
            Script::answering(
                [
                    &*response::head(
                        200,
                        &[
                            ("content-TYPE", &answer.content_type.to_ascii_uppercase()),
                            ("content-LENGTH", &length),
                            ("X-Empty", ""),
                            ("X-Not-Ascii", "caf\u{e9}"),
                            ("CONNECTION", "Close"),
                        ],
                    ),
                    &body,
                ]
                .concat(),
            ),
        ),
        good(
            "good-kept-alive",
            "a complete answer, after which the connection stays open",
            Script::answering([&*answer.head(&[("Content-Length", &length)]), &body].concat()).hang(),
        )
        .ends(Ending::Silent),
        good(
            "good-gzip",
            "the answer in gzip, which is said but may not have been asked for",
            Script::answering(response::complete(
                200,
                &[("Content-Type", answer.content_type), ("Content-Encoding", "gzip")],
                &response::gzip(&body),
            )),
        )
        .or(ExpectedOutcome::Encoding),
    ]
}
