//! Streams that only Anthropic's service sends.

use super::answer::{Answer, anthropic, end, start, text};
use super::entry::{Entry, Service};
use super::outcome::ExpectedOutcome::{Empty, InvalidResponse, Truncated};
use super::stream::of_pieces;

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let service = Service::Anthropic;
    let entry = |fault, does, pieces: &[&[Vec<u8>]]| of_pieces(answer, fault, does, &pieces.concat());
    let good = |fault, does, pieces: &[&[Vec<u8>]]| entry(fault, does, pieces).expect(answer.outcome);
    let (start, end) = (start(service), end(service));
    let texts = &answer.pieces[start.len()..answer.pieces.len() - end.len()];
    let thinking = [
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me think"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
    ]
    .map(anthropic);
    let citation = [anthropic(concat!(
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","#,
        r#""citation":{"type":"search_result_location","cited_text":"It grows","#,
        r#""source":"https://example.org/alder","title":"Alder","search_result_index":0,"#,
        r#""start_block_index":0,"end_block_index":1}}}"#,
    ))];
    let unknown =
        [anthropic(r#"{"type":"content_block_delta","index":0,"delta":{"type":"future_delta","future":"x"}}"#)];
    let second_start =
        [anthropic(r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#)];
    let nameless: Vec<_> = answer.pieces.iter().map(|event| after_first_line(event)).collect();
    let misnamed: Vec<_> =
        answer.pieces.iter().map(|event| [b"event: other\n", &*after_first_line(event)].concat()).collect();
    vec![
        good("stop-missing", "the reason why the answer ended, and no `message_stop`", &[&start, texts, &end[..2]])
            .or(Truncated),
        entry(
            "reason-missing",
            "`message_stop`, and no reason why the answer ended",
            &[&start, texts, &end[..1], &end[2..]],
        )
        .expect(answer.outcome)
        .or(Truncated),
        good("block-unclosed", "the block of text is not closed", &[&start, texts, &end[1..]]).or(InvalidResponse),
        good(
            "thinking",
            "a block of the model's thoughts before the text",
            &[&start[..1], &thinking, &start[1..], texts, &end],
        ),
        good(
            "citation",
            "a citation of a source between two pieces of text",
            &[&start, &texts[..2], &citation, &texts[2..], &end],
        ),
        good(
            "unknown-delta",
            "a delta of an unknown type, between two pieces of text",
            &[&start, &texts[..2], &unknown, &texts[2..], &end],
        ),
        good(
            "ping-between",
            "a ping between all events",
            &[&answer
                .pieces
                .iter()
                .flat_map(|event| [event.clone(), anthropic(r#"{"type":"ping"}"#)])
                .collect::<Vec<_>>()],
        ),
        good("events-without-name", "events that only their data name", &[&nameless]).or(InvalidResponse),
        entry("events-misnamed", "events whose name is another than their data's", &[&misnamed])
            .expect(answer.outcome)
            .or(InvalidResponse),
        good(
            "two-blocks",
            "the text in two blocks",
            &[
                &start,
                &texts[..2],
                &end[..1],
                &second_start,
                &texts[2..]
                    .iter()
                    .map(|event| String::from_utf8_lossy(event).replace("\"index\":0", "\"index\":1").into_bytes())
                    .collect::<Vec<_>>(),
                &[anthropic(r#"{"type":"content_block_stop","index":1}"#)],
                &end[1..],
            ],
        ),
        entry("start-missing", "text without a `message_start`", &[&[text(service, "a")]])
            .expect(Truncated)
            .or(InvalidResponse),
        entry("pings-only", "a start, pings, and the end of the response", &[&start, &start[2..], &start[2..]])
            .expect(Truncated)
            .or(Empty),
    ]
}

/// An event without its `event:` line.
fn after_first_line(event: &[u8]) -> Vec<u8> {
    event.splitn(2, |&byte| byte == b'\n').nth(1).unwrap_or_default().to_vec()
}
