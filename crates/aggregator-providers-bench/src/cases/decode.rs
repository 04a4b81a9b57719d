//! Decoders alone: bytes become events.

use std::hint::black_box;

use aggregator_providers::decode::{Decode, NdjsonDecoder, NdjsonLimits, SseDecoder, SseLimits};
use bytes::Bytes;

use super::metrics::{EVENTS, TEXT};
use crate::case::{Digest, Observation, Workload};
use crate::fault::Fault;
use crate::recorded;

/// Sets up the decoding of 1.2 MB of server-sent events, 4,000 pieces of an answer as chat completions send them.
pub(super) fn sse(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = recorded::openai(&recorded::texts(4_000));
    let pieces = recorded::in_packets(&body);
    Box::new(Decoding { pieces, fault, decoder: || SseDecoder::new(SseLimits::default()) })
}

/// Sets up the decoding of 1.0 MB of lines, 8,000 pieces of an answer as Ollama sends them.
pub(super) fn ndjson(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = recorded::ollama(&recorded::texts(8_000));
    let pieces = recorded::in_packets(&body);
    Box::new(Decoding { pieces, fault, decoder: || NdjsonDecoder::new(NdjsonLimits::default()) })
}

struct Decoding<D> {
    pieces: Vec<Bytes>,
    decoder: fn() -> D,
    fault: Option<Fault>,
}

impl<D: Decode<Event: AsRef<str> + Clone>> Decoding<D> {
    /// Decodes all pieces; `read` gets the text of each event.
    fn decode(&self, mut read: impl FnMut(&str)) {
        let mut decoder = (self.decoder)();
        let mut held = Vec::new();
        let mut events = 0_u64;
        for piece in &self.pieces {
            let mut rest = &piece[..];
            while let Some(event) = decoder.next_event(&mut rest) {
                let event = event.expect("the events are within the limits");
                events += 1;
                match self.fault {
                    Some(Fault::LostItem) if events % 10 == 3 => continue,
                    Some(Fault::CopiedItem) => drop(black_box(event.clone())),
                    Some(Fault::HeldItems) => held.push(event.clone()),
                    _ => {}
                }
                read(event.as_ref());
            }
        }
        assert!(decoder.finish().is_none(), "the body ends with an event");
    }
}

impl<D: Decode<Event: AsRef<str> + Clone>> Workload for Decoding<D> {
    fn run(&mut self) -> u64 {
        let mut bytes = 0;
        self.decode(|text| bytes += black_box(text).len() as u64);
        bytes
    }

    fn observe(&mut self) -> Observation {
        let (mut events, mut bytes, mut digest) = (0, 0, Digest::new());
        self.decode(|text| {
            events += 1;
            bytes += text.len() as u64;
            digest.add(text);
        });
        Observation { amount: bytes, checksum: digest.finish(), counts: vec![(EVENTS, events), (TEXT, bytes)] }
    }
}
