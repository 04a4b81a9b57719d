//! The events of `aggregator serve`, as far as they are checked.
//!
//! These are parts of the events of `aggregator-wire`, with borrowed texts: reading all of each event would cost the client more than
//! it costs the server to write it.

use std::borrow::Cow;
use std::collections::VecDeque;

use aggregator_providers::decode::SseEvent;
use perf_load::{Chunk, ErrorKind};
use serde::Deserialize;

use super::response::Parse;
use crate::answer::{AnswerCheck, Ending, Seen, digest_sources};
use crate::error_kinds;
use crate::expectation::Expectation;

#[derive(Deserialize)]
struct AnyLine {
    seq: u64,
}

#[derive(Deserialize)]
struct TextLine<'a> {
    seq: u64,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct ResultLine {
    seq: u64,
    score: f64,
}

#[derive(Deserialize)]
struct SourcesLine<'a> {
    seq: u64,
    #[serde(borrow)]
    list: Vec<SourceLine<'a>>,
}

#[derive(Deserialize)]
struct SourceLine<'a> {
    number: u32,
    score: f64,
    #[serde(borrow)]
    source: Page<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
struct ProviderLine<'a> {
    seq: u64,
    #[serde(borrow)]
    outcome: Kind<'a>,
}

#[derive(Deserialize)]
struct FailedLine<'a> {
    seq: u64,
    #[serde(borrow)]
    error: Kind<'a>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    of: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
}

/// Reads the events of one query.
pub(super) struct Events(AnswerCheck);

impl Events {
    pub(super) fn new(expectation: Expectation) -> Self {
        Self(AnswerCheck::new(expectation))
    }
}

impl Parse for Events {
    fn read(&mut self, event: &SseEvent, chunks: &mut VecDeque<Chunk>) {
        let data = event.data.as_str();
        let seen = match event.event.as_str() {
            "status" => of(data, |AnyLine { seq }| (seq, Seen::Status)),
            "result" => of(data, |ResultLine { seq, score }| (seq, Seen::Result { score })),
            "result_revised" => of(data, |ResultLine { seq, score }| (seq, Seen::Revised { score })),
            "answer_delta" => of(data, |TextLine { seq, text }| (seq, Seen::Text(text))),
            "citation" => of(data, |AnyLine { seq }| (seq, Seen::Citation)),
            "sources" => of(data, |SourcesLine { seq, list }| {
                let sources = list.iter().map(|line| (line.number, line.source.url.as_ref(), line.score));
                (seq, Seen::Sources(digest_sources(sources)))
            }),
            "provider_finished" => of(data, |ProviderLine { seq, outcome }| {
                (seq, Seen::provider(error_kinds::of_provider(&outcome.of, outcome.kind.as_deref())))
            }),
            "done" => of(data, |AnyLine { seq }| (seq, Seen::End(Ending::Done))),
            "failed" => of(data, |FailedLine { seq, error }| {
                (seq, Seen::End(Ending::Failed(error_kinds::of_query(&error.of, error.kind.as_deref()))))
            }),
            "cancelled" => of(data, |AnyLine { seq }| (seq, Seen::End(Ending::Cancelled))),
            _ => of(data, |AnyLine { seq }| (seq, Seen::Other)),
        };
        let Some((seq, seen)) = seen else {
            chunks.push_back(Chunk::Error(ErrorKind::Protocol));
            return;
        };
        let (chunk, second) = self.0.read(seq, seen);
        chunks.push_back(chunk);
        chunks.extend(second);
    }
}

fn of<'a, T: Deserialize<'a>>(data: &'a str, seen: impl FnOnce(T) -> (u64, Seen<'a>)) -> Option<(u64, Seen<'a>)> {
    serde_json::from_str(data).ok().map(seen)
}
