//! What holds of the decoders for any bytes. Each body panics where it does not hold, so that tests and fuzz targets call the
//! same ones.

// Each test program that has this module uses a part of it.
#![allow(dead_code)]

use std::convert::Infallible;

use aggregator_providers::decode::{Decode, DecodeError, NdjsonDecoder, NdjsonLimits, SseDecoder, SseEvent, SseLimits};
use eventsource_stream::Eventsource as _;
use futures::{FutureExt as _, StreamExt as _};

const READY: &str = "all chunks are there";

/// What came of a stream: the events, how it ended, and the largest memory that the decoder held between two calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<E> {
    pub events: Vec<E>,
    /// The last event, where the stream ended within it, or the error.
    pub rest: Option<Result<E, DecodeError>>,
}

/// Decodes chunks; gives the largest number of held bytes too.
pub fn decode<'a, D: Decode>(mut decoder: D, chunks: impl IntoIterator<Item = &'a [u8]>) -> (Decoded<D::Event>, usize) {
    let (mut events, mut rest, mut most) = (Vec::new(), None, 0);
    for mut chunk in chunks {
        while let Some(event) = decoder.next_event(&mut chunk) {
            match event {
                Ok(event) => {
                    assert!(rest.is_none(), "an event follows an error");
                    events.push(event);
                }
                Err(error) => assert!(rest.replace(Err(error)).is_none(), "a second error follows the first"),
            }
            most = most.max(decoder.held_bytes());
        }
        assert!(chunk.is_empty(), "bytes are left that no event has");
        most = most.max(decoder.held_bytes());
    }
    if let Some(last) = decoder.finish() {
        assert!(rest.replace(last).is_none(), "an event follows an error");
    }
    (Decoded { events, rest }, most)
}

/// The pieces between cuts, which may be in any order and too large.
pub fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut from = 0;
    let mut pieces = Vec::with_capacity(cuts.len() + 1);
    for cut in cuts.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[from..cut]);
        from = cut;
    }
    pieces
}

/// No cut changes the events, and what is held is within the limits. Gives the largest number of held bytes.
pub fn sse_of_any_cuts(bytes: &[u8], cuts: &[usize], limits: SseLimits) -> usize {
    let (whole, most_whole) = decode(SseDecoder::new(limits), [bytes]);
    let (cut, most_cut) = decode(SseDecoder::new(limits), pieces(bytes, cuts));
    assert_eq!(whole, cut, "cuts {cuts:?}, limits {limits:?}");
    let most = most_whole.max(most_cut);
    // The line, data and name together, and the id, which outlives events and comes from one line.
    let allowed = limits.line + 2 * limits.event;
    assert!(most <= allowed, "{most} bytes are held, {allowed} are allowed by {limits:?}");
    for event in &whole.events {
        assert!(event.data.len() + event.event.len() <= limits.event, "{event:?} is larger than {limits:?}");
    }
    most
}

/// As [`sse_of_any_cuts`], for lines.
pub fn ndjson_of_any_cuts(bytes: &[u8], cuts: &[usize], limits: NdjsonLimits) -> usize {
    let (whole, most_whole) = decode(NdjsonDecoder::new(limits), [bytes]);
    let (cut, most_cut) = decode(NdjsonDecoder::new(limits), pieces(bytes, cuts));
    assert_eq!(whole, cut, "cuts {cuts:?}, limits {limits:?}");
    let most = most_whole.max(most_cut);
    // One more byte may be a carriage return. White space is that of JSON: a vertical tab is none.
    assert!(most <= limits.line + 1, "{most} bytes are held with {limits:?}");
    assert!(whole.events.iter().all(|line| !line.contains('\n') && !line.trim_ascii().is_empty()));
    most
}

/// The body of a fuzz target: the first bytes choose limits and cuts, the others are the stream of both decoders.
pub fn any_bytes(data: &[u8]) -> usize {
    let Some((head, bytes)) = data.split_first_chunk::<6>() else { return 0 };
    let [line, event, cuts @ ..] = head.map(usize::from);
    let cuts = cuts.map(|cut| cut * 7);
    let sse = sse_of_any_cuts(bytes, &cuts, SseLimits { line: line + 1, event: event + 1 });
    sse.max(ndjson_of_any_cuts(bytes, &cuts, NdjsonLimits { line: line + 1 }))
}

/// Name, data and id of the events of a text, as `eventsource-stream` reads them.
pub fn first_oracle(text: &[u8], cuts: &[usize]) -> Vec<SseEvent> {
    let chunks = pieces(text, cuts).into_iter().map(|piece| Ok::<_, Infallible>(piece.to_vec()));
    let events: Vec<_> = futures::stream::iter(chunks).eventsource().collect().now_or_never().expect(READY);
    let event = |event: Result<eventsource_stream::Event, _>| {
        let event = event.expect("the text is valid");
        let name = if event.event == "message" { String::new() } else { event.event };
        SseEvent { event: name, data: event.data, id: event.id }
    };
    events.into_iter().map(event).collect()
}

/// Name, data and id of the events of a text, as `sse-stream` reads them.
pub fn second_oracle(text: &[u8], cuts: &[usize]) -> Vec<SseEvent> {
    let chunks = pieces(text, cuts).into_iter().map(|piece| Ok::<_, Infallible>(bytes::Bytes::copy_from_slice(piece)));
    let stream = sse_stream::SseByteStream::new(futures::stream::iter(chunks));
    let events: Vec<_> = stream.collect().now_or_never().expect(READY);
    let mut id = String::new();
    let mut told = Vec::new();
    for event in events {
        let event = event.expect("the text is valid");
        // It gives the id of the event only, and events without data too.
        if let Some(new) = event.id {
            id = new;
        }
        if let Some(data) = event.data {
            told.push(SseEvent { event: event.event.unwrap_or_default(), data, id: id.clone() });
        }
    }
    told
}

/// The events of a text are those that both oracles give.
pub fn sse_equals_oracles(text: &str, cuts: &[usize]) {
    // Both wait for the byte behind a carriage return, which the end of the stream is not.
    let text = format!("{text}\n:\n");
    let (decoded, _) = decode(SseDecoder::new(SseLimits::default()), pieces(text.as_bytes(), cuts));
    let named = |mut event: SseEvent| {
        if event.event == "message" {
            event.event.clear();
        }
        event
    };
    let ours: Vec<SseEvent> = decoded.events.into_iter().map(named).collect();
    // It panics at a byte order mark.
    if !text.starts_with('\u{feff}') {
        assert_eq!(ours, first_oracle(text.as_bytes(), cuts), "eventsource-stream, of {text:?}");
    }
    let second: Vec<SseEvent> = second_oracle(text.as_bytes(), cuts).into_iter().map(named).collect();
    assert_eq!(ours, second, "sse-stream, of {text:?}");
}
