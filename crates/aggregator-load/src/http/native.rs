//! The events of `aggregator serve`, as far as they are checked.
//!
//! These are parts of the events of `aggregator-wire`, with borrowed texts: reading all of each event would cost the client more than
//! it costs the server to write it.

use std::borrow::Cow;
use std::collections::VecDeque;

use aggregator_providers::decode::SseEvent;
use perf_load::{Answer, Chunk, ErrorKind};
use serde::Deserialize;

use super::expectation::{Contains, Expectation};
use super::response::Parse;
use crate::answer::{AnswerCheck, Ending, Seen, digest_sources};

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

impl Kind<'_> {
    fn error(&self) -> ErrorKind {
        let name = self.kind.as_ref().unwrap_or(&self.of);
        match name.as_ref() {
            "rate_limited" => ErrorKind::RateLimited,
            "unreachable" => ErrorKind::Connection,
            "all_providers_failed" => ErrorKind::Other("no provider answered".into()),
            other => ErrorKind::Other(other.replace('_', " ").into()),
        }
    }
}

/// Reads the events of one query.
pub(super) struct Events {
    check: AnswerCheck,
    min_results: u64,
    results: u64,
    /// The texts that are still to come, and the answer so far where there are some.
    contains: Contains,
}

impl Events {
    pub(super) fn new(expectation: &Expectation) -> Self {
        Self {
            check: AnswerCheck::new(expectation.complete.as_deref().copied()),
            min_results: expectation.min_results,
            results: 0,
            contains: Contains::new(expectation),
        }
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
            "provider_finished" => of(data, |ProviderLine { seq, outcome }| match outcome.of.as_ref() {
                "ok" | "enough" | "skipped" => (seq, Seen::Other),
                _ => (seq, Seen::ProviderFailed(outcome.error())),
            }),
            "done" => of(data, |AnyLine { seq }| (seq, Seen::End(Ending::Done))),
            "failed" => of(data, |FailedLine { seq, error }| (seq, Seen::End(Ending::Failed(error.error())))),
            "cancelled" => of(data, |AnyLine { seq }| (seq, Seen::End(Ending::Cancelled))),
            _ => of(data, |AnyLine { seq }| (seq, Seen::Other)),
        };
        let Some((seq, seen)) = seen else {
            chunks.push_back(Chunk::Error(ErrorKind::Protocol));
            return;
        };
        self.results += u64::from(matches!(seen, Seen::Result { .. }));
        if let Seen::Text(text) = &seen {
            self.contains.read(text);
        }
        let (mut chunk, second) = self.check.read(seq, seen);
        if let Chunk::End(answer @ (Answer::Right | Answer::Unchecked)) = &mut chunk {
            if self.results < self.min_results {
                *answer = Answer::Wrong("results are missing".into());
            } else {
                self.contains.judge(answer);
            }
            if self.min_results > 0 && *answer == Answer::Unchecked {
                *answer = Answer::Right;
            }
        }
        chunks.push_back(chunk);
        chunks.extend(second);
    }
}

fn of<'a, T: Deserialize<'a>>(data: &'a str, seen: impl FnOnce(T) -> (u64, Seen<'a>)) -> Option<(u64, Seen<'a>)> {
    serde_json::from_str(data).ok().map(seen)
}
