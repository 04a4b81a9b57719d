//! The decoders: what the standard says, every cut of every fixture, oracles, limits.

mod properties;

use std::path::Path;

use aggregator_providers::decode::{Decode, DecodeError, NdjsonDecoder, NdjsonLimits, SseDecoder, SseEvent, SseLimits};
use properties::{Decoded, decode};
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).expect(name)
}

/// Those that are small enough for every pair of cuts.
const SMALL_SSE: [&str; 7] = [
    "sse/line-ends.sse",
    "sse/fields.sse",
    "sse/malformed.sse",
    "sse/byte-order-marks.sse",
    "sse/real-tail.sse",
    "models/litellm-tool-inline.sse",
    "models/anthropic.sse",
];

const LARGE_SSE: [&str; 5] = [
    "models/llama-stream.sse",
    "models/llama-stream-short.sse",
    "models/litellm-stream.sse",
    "models/litellm-stream-short.sse",
    "models/litellm-stream-usage.sse",
];

const NDJSON: [&str; 3] = ["ndjson/lines.ndjson", "ndjson/malformed.ndjson", "models/ollama.ndjson"];

fn sse(bytes: &[u8]) -> Decoded<SseEvent> {
    decode(SseDecoder::new(SseLimits::default()), [bytes]).0
}

fn event(name: &str, data: &str, id: &str) -> SseEvent {
    SseEvent { event: name.into(), data: data.into(), id: id.into() }
}

fn data_of(bytes: &[u8]) -> Vec<String> {
    sse(bytes).events.into_iter().map(|event| event.data).collect()
}

#[test]
fn lines_end_in_three_ways() {
    assert_eq!(data_of(&fixture("sse/line-ends.sse")), ["lf", "crlf", "cr", "mixed\nünd 🦀", "a"]);
}

#[test]
fn fields_are_read_as_the_standard_says() {
    let decoded = sse(&fixture("sse/fields.sse"));
    let expected = [
        event("first", "no space", "1"),
        event("", "", "1"),
        event("", "\n", "1"),
        event("", " two spaces\na: colon", "2"),
        event("", "old id", "2"),
        event("", "no id", ""),
        event("", "e\u{301} 🦀🦀", ""),
    ];
    assert_eq!(decoded.events, expected);
    assert_eq!(decoded.rest, Some(Ok(event("message", "[DONE]", ""))), "the stream ends within the last event");
}

#[test]
fn malformed_text_is_replaced() {
    let ids = ["", "", "\u{fffd}"];
    let data = ["\u{fffd}\u{fffd}", "\u{fffd} \u{fffd}\né", "x"];
    let expected: Vec<SseEvent> = data.iter().zip(ids).map(|(data, id)| event("", data, id)).collect();
    assert_eq!(sse(&fixture("sse/malformed.sse")).events, expected);
    assert_eq!(data_of(&fixture("sse/byte-order-marks.sse")), ["one", "\u{feff}two"], "one mark, in front, is dropped");
}

#[test]
fn lines_of_json() {
    let decoded = |name| decode(NdjsonDecoder::new(NdjsonLimits::default()), [&fixture(name)[..]]).0;
    let lines = decoded("ndjson/lines.ndjson");
    assert_eq!(lines.events, ["{\"a\":\"ü🦀\"}", "{\"b\":1}", "\t{\"c\":\r}"]);
    assert_eq!(lines.rest, Some(Ok("{\"last\":true}".into())), "a last line needs no end");
    let malformed = decoded("ndjson/malformed.ndjson");
    assert_eq!(malformed.events, ["{\"a\":\"\u{fffd}\u{fffd}\"}", "\u{fffd}", "\u{fffd}\u{fffd}\r"]);
    assert_eq!(malformed.rest, None);
}

/// Calls `check` with every pair of cuts up to the end, among them every single cut; gives their number.
fn each_pair(length: usize, mut check: impl FnMut([usize; 2])) -> u64 {
    let mut count = 0;
    for first in 0..=length {
        for second in first..=length {
            check([first, second]);
            count += 1;
        }
    }
    count
}

fn same_for_all_pairs<D: Decode<Event: PartialEq + std::fmt::Debug>>(name: &str, make: impl Fn() -> D) -> u64 {
    let bytes = fixture(name);
    assert!(bytes.len() <= 2_048, "{name} is too large for every pair of cuts: {} bytes", bytes.len());
    let (whole, _) = decode(make(), [&bytes[..]]);
    assert!(!whole.events.is_empty(), "{name} has no event");
    each_pair(bytes.len(), |[first, second]| {
        let (cut, _) = decode(make(), [&bytes[..first], &bytes[first..second], &bytes[second..]]);
        assert!(whole == cut, "{name} cut at {first} and {second}: {cut:?}\ninstead of {whole:?}");
    })
}

#[test]
fn every_pair_of_cuts_gives_the_same_events() {
    let sse = || SseDecoder::new(SseLimits::default());
    let lines = || NdjsonDecoder::new(NdjsonLimits::default());
    let mut count: u64 = SMALL_SSE.iter().map(|name| same_for_all_pairs(name, sse)).sum();
    count += NDJSON.iter().map(|name| same_for_all_pairs(name, lines)).sum::<u64>();
    println!("{count} pairs of cuts");
}

#[test]
fn every_cut_of_a_large_stream_gives_the_same_events() {
    let mut count = 0;
    for name in LARGE_SSE {
        let bytes = fixture(name);
        let whole = sse(&bytes);
        assert!(whole.events.len() > 5, "{name} has {} events", whole.events.len());
        for cut in 0..=bytes.len() {
            let (parts, _) = decode(SseDecoder::new(SseLimits::default()), [&bytes[..cut], &bytes[cut..]]);
            assert!(parts == whole, "{name} cut at {cut}: {parts:?}\ninstead of {whole:?}");
            count += 1;
        }
        let (bytewise, _) = decode(SseDecoder::new(SseLimits::default()), bytes.chunks(1));
        assert!(bytewise == whole, "{name} byte by byte: {bytewise:?}\ninstead of {whole:?}");
    }
    println!("{count} cuts");
}

#[test]
fn fixtures_are_read_as_the_oracles_do() {
    for name in SMALL_SSE.iter().chain(&LARGE_SSE) {
        let text = String::from_utf8_lossy(&fixture(name)).into_owned();
        properties::sse_equals_oracles(&text, &[]);
        properties::sse_equals_oracles(&text, &[1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]);
    }
}

#[test]
fn a_stream_cut_short_gives_a_prefix_of_the_events() {
    for name in SMALL_SSE {
        let bytes = fixture(name);
        let whole = sse(&bytes).events;
        for end in 0..bytes.len() {
            let part = sse(&bytes[..end]).events;
            // Malformed text may differ where it is cut, but only in the rest.
            assert!(whole.starts_with(&part), "{name} up to {end}: {part:?}\nof {whole:?}");
        }
    }
}

#[test]
fn a_line_may_be_as_long_as_its_limit() {
    let limits = SseLimits { line: 10, event: 100 };
    let of = |line: &str| {
        let text = format!("data: first\n\n{line}\n\n");
        let (whole, _) = decode(SseDecoder::new(SseLimits { line: limits.line + 1, ..limits }), [text.as_bytes()]);
        let (bytewise, most) =
            decode(SseDecoder::new(SseLimits { line: limits.line + 1, ..limits }), text.as_bytes().chunks(1));
        assert_eq!(whole, bytewise);
        assert!(most <= limits.line + 1 + 2 * limits.event);
        (whole.events.len(), whole.rest)
    };
    // `data: first` has 11 bytes.
    assert_eq!(of("data: 4567"), (2, None));
    assert_eq!(of("data: 45678"), (2, None), "at the limit");
    assert_eq!(of("data: 456789"), (1, Some(Err(DecodeError::LineTooLong { limit: 11 }))));
    assert_eq!(of(": 3456789012"), (1, Some(Err(DecodeError::LineTooLong { limit: 11 }))), "a comment is a line");
}

#[test]
fn an_event_may_be_as_large_as_its_limit() {
    let of = |text: &str| {
        let limits = SseLimits { line: 100, event: 10 };
        let (whole, _) = decode(SseDecoder::new(limits), [text.as_bytes()]);
        (whole.events.len(), whole.rest)
    };
    let too_large = |events| (events, Some(Err(DecodeError::EventTooLarge { limit: 10 })));
    assert_eq!(of("data: 0123456789\n\n"), (1, None));
    assert_eq!(of("data: 0123456789a\n\n"), too_large(0));
    assert_eq!(of("data: 01234\ndata: 6789\n\n"), (1, None), "the line feed between counts");
    assert_eq!(of("data: 01234\ndata: 6789a\n\n"), too_large(0));
    assert_eq!(of("event: abc\ndata: 0123456\n\n"), (1, None), "so does the name");
    assert_eq!(of("event: abc\ndata: 01234567\n\n"), too_large(0));
    assert_eq!(of("data: 01234567\nevent: abc\n\n"), too_large(0));
    assert_eq!(of("data: x\n\ndata: 0123456789a\n\ndata: y\n\n"), too_large(1), "nothing follows an error");
    assert_eq!(of("data: 0123456789a"), too_large(0), "at the end too");
}

#[test]
fn endless_streams_are_stopped_within_their_limits() {
    let limits = SseLimits::default();
    let chunk = vec![b'a'; 64 << 10];
    let endless = |first: &[u8], decoder: &mut SseDecoder| {
        let mut most = 0;
        for chunk in std::iter::once(first).chain(std::iter::repeat_n(&chunk[..], 100)) {
            let mut chunk = chunk;
            if let Some(event) = decoder.next_event(&mut chunk) {
                return (event.unwrap_err(), most);
            }
            most = most.max(decoder.held_bytes());
        }
        panic!("an endless line is read on");
    };
    let (error, most) = endless(b"data: ", &mut SseDecoder::new(limits));
    assert_eq!(error.to_string(), "a line is longer than 262144 bytes");
    assert!(most <= limits.line, "{most}");
    let line = [b"data: ".as_slice(), &vec![b'a'; 1_000], b"\n"].concat();
    let mut decoder = SseDecoder::new(limits);
    let error = std::iter::repeat_n(&line, 2_000).find_map(|line| decoder.next_event(&mut &line[..]));
    assert_eq!(error.unwrap().unwrap_err().to_string(), "an event is larger than 1048576 bytes");
    assert_eq!(decoder.held_bytes(), 0, "nothing is kept behind an error");
}

#[test]
fn a_line_of_json_may_be_as_long_as_its_limit() {
    let of = |text: &str| {
        let (whole, _) = decode(NdjsonDecoder::new(NdjsonLimits { line: 5 }), [text.as_bytes()]);
        let (bytewise, most) = decode(NdjsonDecoder::new(NdjsonLimits { line: 5 }), text.as_bytes().chunks(1));
        assert_eq!((&whole, most <= 6), (&bytewise, true));
        (whole.events.len(), whole.rest)
    };
    let too_long = Some(Err(DecodeError::LineTooLong { limit: 5 }));
    assert_eq!(of("12345\n12345\r\n1234\n"), (3, None));
    assert_eq!(of("12345\n123456\n1\n"), (1, too_long.clone()));
    assert_eq!(of("123456\r\n"), (0, too_long.clone()));
    assert_eq!(of("123456"), (0, too_long));
    assert_eq!(of("12345"), (0, Some(Ok("12345".into()))));
}

/// Texts in which each rule of the standard occurs often.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("data:".to_owned()),
        Just("data: ".to_owned()),
        Just("data".to_owned()),
        Just("event: ".to_owned()),
        Just("id:".to_owned()),
        Just("id: a\0b".to_owned()),
        Just(": comment".to_owned()),
        Just("retry: 10".to_owned()),
        Just("\u{feff}".to_owned()),
        Just(" ".to_owned()),
        "[a-c:ü🦀]{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_stay_within_the_limits(data in prop::collection::vec(any::<u8>(), 0..400)) {
        properties::any_bytes(&data);
    }

    #[test]
    fn texts_may_be_cut_anywhere(
        text in text(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        line in 1_usize..40,
        event in 1_usize..60,
    ) {
        properties::sse_of_any_cuts(text.as_bytes(), &cuts, SseLimits { line, event });
        properties::ndjson_of_any_cuts(text.as_bytes(), &cuts, NdjsonLimits { line });
    }

    #[test]
    fn texts_are_read_as_the_oracles_do(text in text(), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
        properties::sse_equals_oracles(&text, &cuts);
    }
}

/// A fixed sequence of numbers (SplitMix64), so that each run of the next test does the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Prints the number of executions and the most bytes that a decoder held. `DECODER_EXECUTIONS` asks for more than the 100,000 of
/// every test run: `.ci/run long_runs` for ten million.
#[test]
fn many_executions_stay_within_the_limits() {
    let wanted = std::env::var("DECODER_EXECUTIONS").map_or(100_000, |number| number.parse().unwrap());
    const TOKENS: [&[u8]; 16] = [
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"data:",
        b"data: ",
        b"event: ",
        b"id: ",
        b":",
        b" ",
        b"\0",
        b"\xef\xbb\xbf",
        b"{\"a\":1}",
        "🦀".as_bytes(),
        b"\xff",
        b"abcdefgh",
    ];
    let (mut numbers, mut most, mut bytes, mut executions) = (Numbers(1), 0, Vec::new(), 0_u64);
    // Each round runs both decoders on the whole stream and on its pieces.
    while executions < wanted {
        bytes.clear();
        bytes.extend((0..6).map(|_| numbers.next() as u8));
        for _ in 0..numbers.below(24) {
            bytes.extend_from_slice(TOKENS[numbers.below(TOKENS.len())]);
        }
        most = most.max(properties::any_bytes(&bytes));
        executions += 4;
    }
    println!("{executions} executions, at most {most} bytes held");
}
