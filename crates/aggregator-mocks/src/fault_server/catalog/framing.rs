//! Lengths, chunks and encodings that are wrong, and bodies larger than anyone should read.

use std::time::Duration;

use super::super::response::{LAST_CHUNK, chunk, complete, gzip_bomb};
use super::super::script::Script;
use super::answer::{Answer, CHUNKED};
use super::entry::{Ending, Entry};
use super::outcome::ExpectedOutcome::{Encoding, Idle, InvalidResponse, TooLarge, Truncated};

/// MiB that the bomb unpacks to; packed it is about a thousandth.
const BOMB_MEBIBYTES: u32 = 100;

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let mut all = lengths(answer);
    all.extend(chunks(answer));
    all.extend(encodings(answer));
    all.extend(large(answer));
    all
}

fn lengths(answer: &Answer) -> Vec<Entry> {
    let body = answer.body();
    let (right, more) = (body.len().to_string(), (body.len() + 100).to_string());
    let half = (body.len() / 2).to_string();
    let entry = |fault, does, headers: &[(&str, &str)]| {
        let bytes = [answer.head(headers), body.clone()].concat();
        Entry::new(answer.service, fault, does, Script::answering(bytes))
    };
    let too_large =
        entry("length-too-large", "the length is 100 bytes more than the body", &[("Content-Length", &more)]);
    vec![
        // A model says itself where its answer ends.
        match answer.service.is_search() {
            true => too_large.expect(Truncated),
            false => too_large.expect(Truncated).or(answer.outcome),
        },
        entry("length-too-small", "the length is half of the body", &[("Content-Length", &half)])
            .expect(Truncated)
            .or(InvalidResponse),
        entry(
            "length-twice",
            "two lengths that differ",
            &[("Content-Length", &right), ("Content-Length", &half), ("Connection", "close")],
        ),
        entry("length-negative", "the length is -1", &[("Content-Length", "-1")]),
        entry("length-overflow", "the length has 30 digits", &[("Content-Length", "999999999999999999999999999999")]),
        entry("length-no-number", "the length is `many`", &[("Content-Length", "many")]),
        {
            let head = answer.head(&[("Content-Length", &half), CHUNKED[0], CHUNKED[1]]);
            Entry::new(
                answer.service,
                "length-and-chunks",
                "a length and chunks: of these, chunks decide",
                Script::answering([&*head, &chunk(&body), LAST_CHUNK].concat()),
            )
            .expect(answer.outcome)
            .or(InvalidResponse)
        },
        Entry::new(
            answer.service,
            "length-of-a-terabyte",
            "promises a TB, sends half of an answer, and is silent",
            Script::answering(
                [&*answer.head(&[("Content-Length", "1000000000000")]), &body[..body.len() / 2]].concat(),
            )
            .hang(),
        )
        .ends(Ending::Silent)
        .expect(TooLarge)
        .or(Idle),
    ]
}

fn chunks(answer: &Answer) -> Vec<Entry> {
    let (body, head) = (answer.body(), answer.head(&CHUNKED));
    let entry = |fault, does, chunks: &[u8]| {
        Entry::new(answer.service, fault, does, Script::answering([&*head, chunks].concat())).or(Truncated)
    };
    let half = &body[..body.len() / 2];
    vec![
        entry("chunk-size-no-number", "a chunk's size is `zz`", &[&chunk(half)[..], b"zz\r\n", half].concat()),
        entry(
            "chunk-size-overflow",
            "a chunk's size has 17 digits",
            &[&chunk(half)[..], b"fffffffffffffffff\r\n", half].concat(),
        ),
        entry(
            "chunk-too-long",
            "a chunk has more bytes than its size says",
            &[format!("{:x}\r\n", half.len() - 20).as_bytes(), half, b"\r\n", LAST_CHUNK].concat(),
        ),
    ]
}

fn encodings(answer: &Answer) -> Vec<Entry> {
    let (service, content_type) = (answer.service, answer.content_type);
    let body = answer.body();
    let entry = move |fault, does, encoding: &'static str, body: Vec<u8>| {
        let headers = [("Content-Type", content_type), ("Content-Encoding", encoding)];
        Entry::new(service, fault, does, Script::answering(complete(200, &headers, &body))).expect(Encoding)
    };
    vec![
        entry("encoding-not-so", "says gzip, and the body is plain", "gzip", body.clone()).or(InvalidResponse),
        entry("encoding-unknown", "says `x-rot13`", "x-rot13", body.clone()),
        entry("encoding-br", "says br, and the body is no such thing", "br", body).or(InvalidResponse),
        Entry::made(service, "bomb", "100 KB of gzip that unpack to 100 MiB of spaces", move |_| {
            let headers = [("Content-Type", content_type), ("Content-Encoding", "gzip")];
            Script::answering(complete(200, &headers, &gzip_bomb(b' ', BOMB_MEBIBYTES)))
        })
        .expect(TooLarge)
        .or(Encoding),
    ]
}

fn large(answer: &Answer) -> Vec<Entry> {
    let head = answer.head(&[("Connection", "close")]);
    let in_chunks = answer.head(&CHUNKED);
    let entry =
        |fault, does, script| Entry::new(answer.service, fault, does, script).ends(Ending::Endless).expect(TooLarge);
    // Spaces are allowed in front of JSON, and in a line of events.
    let spaces = vec![b' '; 16 << 10];
    let mut all = vec![
        entry(
            "endless-body",
            "spaces as fast as they are read, without an end",
            Script::reading().send(head.clone()).repeat(spaces.clone(), Duration::ZERO),
        ),
        entry(
            "endless-chunks",
            "the same in chunks",
            Script::reading().send(in_chunks).repeat(chunk(&spaces), Duration::ZERO),
        ),
    ];
    if !answer.service.is_search() {
        let piece = super::answer::text(answer.service, "a ").repeat(100);
        all.push(entry(
            "endless-text",
            "pieces of text as fast as they are read, without an end",
            Script::reading().send(head).repeat(piece, Duration::ZERO),
        ));
    }
    all
}
