//! Connections that do not come about, hang, drip, or end too early.

use super::super::response::chunk;
use super::super::script::{Script, Step};
use super::answer::{Answer, CHUNKED, PAUSE, text};
use super::entry::{Ending, Entry};
use super::outcome::ExpectedOutcome::{Connect, FirstByte, Idle, InvalidResponse, TooLarge, Total, Truncated};

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let mut all = without_an_answer(answer);
    all.extend(hanging(answer));
    all.extend(dripping(answer));
    all.extend(cut(answer));
    all
}

fn without_an_answer(answer: &Answer) -> Vec<Entry> {
    let entry = |fault, does, script| Entry::new(answer.service, fault, does, script).no_status();
    vec![
        entry("refuse", "the port has no listener", Script::refusing()).ends(Ending::Refused).expect(Connect),
        entry(
            "hang-in-connect",
            "the port's queue is full: the connection never comes about",
            Script::never_accepting(),
        )
        .ends(Ending::NeverAccepted)
        .expect(Connect),
        entry(
            "close-at-once",
            "accepts, and says at once that nothing comes",
            Script::new().then(Step::ShutDownWrite).hang(),
        )
        .expect(Truncated)
        .or(Connect),
        entry("reset-at-once", "accepts, and resets", Script::new().reset())
            .ends(Ending::Reset)
            .expect(Truncated)
            .or(Connect),
        entry("close-after-request", "reads the request, and closes", Script::reading()).expect(Truncated).or(Connect),
        entry("reset-after-request", "reads the request, and resets", Script::reading().reset())
            .ends(Ending::Reset)
            .expect(Truncated)
            .or(Connect),
    ]
}

fn hanging(answer: &Answer) -> Vec<Entry> {
    let (body, head) = (answer.body(), answer.head(&CHUNKED));
    let entry =
        |fault, does, script: Script| Entry::new(answer.service, fault, does, script.hang()).ends(Ending::Silent);
    let last = entry(
        "hang-after-last-byte",
        "the whole body, then silence where the last chunk should be",
        Script::reading().send([&*head, &chunk(&body)].concat()),
    );
    vec![
        entry("hang-before-request", "accepts, and is silent", Script::new()).no_status().expect(FirstByte),
        entry("hang-after-request", "reads the request, and is silent", Script::reading())
            .no_status()
            .expect(FirstByte),
        entry("hang-in-status-line", "silence after `HTTP/1.1 2`", Script::answering(&head[..10]))
            .no_status()
            .expect(FirstByte),
        entry("hang-in-head", "silence in the middle of the headers", Script::answering(&head[..head.len() - 8]))
            .no_status()
            .expect(FirstByte),
        entry("hang-after-head", "silence after the head", Script::answering(&*head)).expect(Idle),
        entry(
            "hang-in-body",
            "silence in the middle of the body",
            Script::answering([&*head, &chunk(&body[..answer.within_character()])].concat()),
        )
        .expect(Idle),
        // A search may be complete as JSON; a model says itself where its answer ends.
        match answer.service.is_search() {
            true => last.expect(Idle).or(answer.outcome),
            false => last.expect(answer.outcome).or(Idle),
        },
    ]
}

fn dripping(answer: &Answer) -> Vec<Entry> {
    let service = answer.service;
    let entry = |fault, does, script| Entry::new(service, fault, does, script).ends(Ending::Endless);
    let head = answer.head(&[("Connection", "close")]);
    let mut all = vec![
        entry(
            "drip-head",
            "a byte of a header every 5 ms, without an end",
            Script::reading().send(&b"HTTP/1.1 200 OK\r\nX-Long: "[..]).repeat(*b"x", PAUSE),
        )
        .no_status()
        .expect(FirstByte)
        .or(Total),
        entry(
            "drip-body",
            "a space of the body every 5 ms, without an end",
            Script::reading().send(&*head).repeat(*b" ", PAUSE),
        )
        .expect(Total),
    ];
    if !service.is_search() {
        all.push(
            entry(
                "drip-text",
                "a piece of text every 5 ms, without an end",
                Script::reading().send(&*head).repeat(text(service, "a "), PAUSE),
            )
            .expect(Total),
        );
    }
    all.push(
        entry("endless-head", "headers as fast as they are read, without an end", {
            Script::reading().send(&b"HTTP/1.1 200 OK\r\n"[..]).repeat(b"X-Long: 0123456789\r\n".repeat(100), NO_PAUSE)
        })
        .no_status()
        .expect(TooLarge)
        .or(InvalidResponse),
    );
    all
}

const NO_PAUSE: std::time::Duration = std::time::Duration::ZERO;

fn cut(answer: &Answer) -> Vec<Entry> {
    let body = answer.body();
    let length = body.len().to_string();
    let sized = answer.head(&[("Content-Length", &length)]);
    let chunked = answer.head(&CHUNKED);
    let (within, half) = (answer.within_character(), body.len() / 2);
    let entry = |fault, does, script| Entry::new(answer.service, fault, does, script).expect(Truncated);
    let mut all = vec![
        entry("cut-in-status-line", "closes after `HTTP/1.1 2`", Script::answering(&sized[..10]))
            .no_status()
            .or(InvalidResponse),
        entry("cut-in-head", "closes in the middle of the headers", Script::answering(&sized[..sized.len() - 8]))
            .no_status()
            .or(InvalidResponse),
        entry("cut-after-head", "closes where a body of known length should begin", Script::answering(&*sized)),
        entry(
            "cut-in-body",
            "closes in the middle of a body of known length",
            Script::answering([&*sized, &body[..half]].concat()),
        ),
        entry(
            "cut-in-character",
            "closes between two bytes of a character",
            Script::answering([&*sized, &body[..within]].concat()),
        ),
        entry(
            "cut-before-last-byte",
            "closes one byte before the end of a body of known length",
            Script::answering([&*sized, &body[..body.len() - 1]].concat()),
        ),
        entry(
            "reset-in-body",
            "resets in the middle of the body, after what was sent has arrived",
            Script::answering([&*sized, &body[..half]].concat()).wait(PAUSE).reset(),
        )
        .ends(Ending::Reset),
        entry(
            "cut-in-chunk",
            "closes in the middle of a chunk",
            Script::answering([&*chunked, &chunk(&body)[..half]].concat()),
        ),
        entry("cut-in-chunk-size", "closes after a digit of a chunk's size", {
            Script::answering([&*chunked, &chunk(&body[..half]), b"1"].concat())
        }),
        entry(
            "cut-between-chunks",
            "closes after a complete chunk, in the middle of the body",
            Script::answering([&*chunked, &chunk(&body[..half])].concat()),
        ),
        entry(
            "cut-without-length",
            "closes in the middle of a body that ends where the connection does",
            Script::answering([&*answer.head(&[("Connection", "close")]), &body[..half]].concat()),
        ),
    ];
    let last = entry(
        "cut-before-last-chunk",
        "the whole body, and no last chunk",
        Script::answering([&*chunked, &chunk(&body)].concat()),
    );
    // A model says itself where its answer ends.
    all.push(if answer.service.is_search() { last } else { last.or(answer.outcome) });
    if !answer.service.is_search() {
        // Only what the stream says itself tells that there is more: the framing is right.
        let text_only = &answer.pieces[..answer.pieces.len() / 2];
        all.push(entry(
            "ends-too-early",
            "a complete response that ends in the middle of the text",
            Script::answering(answer.chunked(text_only)),
        ));
    }
    // Of a search whose body lacks a byte, some clients say that it is no JSON.
    all.into_iter()
        .map(|entry| match entry.fault {
            "cut-without-length" if answer.service.is_search() => entry.or(InvalidResponse),
            // Only the last line feed is missing.
            "cut-before-last-byte" if !answer.service.is_search() => entry.or(answer.outcome),
            _ => entry,
        })
        .collect()
}
