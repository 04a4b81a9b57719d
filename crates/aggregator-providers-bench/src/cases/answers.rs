//! Answers of models: the bytes of a response become pieces of text.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::model::ChunkStream;
use aggregator_core::{AnswerRequest, Chunk, LanguageModel, ProviderError, Query};
use aggregator_providers::http::Limits;
use aggregator_providers::model::{
    Anthropic, HttpModel, Ollama, OpenAi, OpenAiParser, Reasoning, Service, Settings, chunks,
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::metrics::{DELTAS, POLLS, POLLS_TO_FIRST, TEXT};
use crate::case::{Digest, Observation, Workload};
use crate::fault::Fault;
use crate::items::{WithFault, with_fault};
use crate::polls::PollCounter;
use crate::recorded;
use crate::runtime;
use crate::transport::MemoryTransport;

/// Sets up the parsing of 1.2 MB of chat completions, all of which are there at once.
pub(super) fn parse_openai(fault: Option<Fault>) -> Box<dyn Workload> {
    let pieces = recorded::in_packets(&recorded::openai(&recorded::texts(4_000)));
    let answer = move || {
        let body = stream::iter(pieces.clone()).map(Ok::<Bytes, ProviderError>);
        with_fault(chunks(body, OpenAiParser::new(Reasoning::Keep)).boxed(), fault)
    };
    Box::new(Answering { runtime: runtime::paused(), answer })
}

/// Sets up an answer of 200 pieces in chat completions.
pub(super) fn openai(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = recorded::openai(&recorded::texts(200));
    over_http(OpenAi::new("gpt-4.1-mini"), "https://api.openai.com/v1", body, fault)
}

/// Sets up an answer of 200 pieces in messages of Anthropic.
pub(super) fn anthropic(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = recorded::anthropic(&recorded::texts(200));
    over_http(Anthropic::new("claude-sonnet-4"), "https://api.anthropic.com/v1", body, fault)
}

/// Sets up an answer of 200 pieces in lines of Ollama.
pub(super) fn ollama(fault: Option<Fault>) -> Box<dyn Workload> {
    let body = recorded::ollama(&recorded::texts(200));
    over_http(Ollama::new("llama3.2"), "http://localhost:11434", body, fault)
}

fn over_http<S: Service + 'static>(
    service: S,
    base: &'static str,
    body: Vec<Bytes>,
    fault: Option<Fault>,
) -> Box<dyn Workload> {
    let headers = [("content-type", service.content_type())];
    let client = MemoryTransport::new(&headers, body, fault).into_client(Limits::MODEL);
    let model = HttpModel::new(client, service, Settings::new("model", base)).expect("the base is an address");
    let model = WithFault(model, fault);
    let query = Arc::new(Query::new("why do tail latencies grow with fan-out?").expect("it is a query"));
    let answer = move || {
        let deadline = Instant::now() + Duration::from_secs(60);
        model.answer(AnswerRequest::new(query.clone(), Arc::new([]), deadline))
    };
    Box::new(Answering { runtime: runtime::paused(), answer })
}

/// Answers that are read to their ends; `answer` makes the stream of one.
struct Answering<F> {
    runtime: Runtime,
    answer: F,
}

impl<F: Fn() -> ChunkStream> Answering<F> {
    /// Reads one answer; `read` gets each piece of its text. Returns the stream at its end.
    fn read(&self, mut read: impl FnMut(&str)) -> PollCounter<ChunkStream> {
        self.runtime.block_on(async {
            let mut answer = PollCounter::new((self.answer)());
            while let Some(chunk) = answer.next().await {
                if let Chunk::Text(text) = chunk.expect("the response is an answer") {
                    read(&text);
                }
            }
            answer
        })
    }
}

impl<F: Fn() -> ChunkStream> Workload for Answering<F> {
    fn run(&mut self) -> u64 {
        let mut bytes = 0;
        self.read(|text| bytes += black_box(text).len() as u64);
        bytes
    }

    fn observe(&mut self) -> Observation {
        let (mut deltas, mut bytes, mut digest) = (0, 0, Digest::new());
        let answer = self.read(|text| {
            deltas += 1;
            bytes += text.len() as u64;
            digest.add(text);
        });
        let counts =
            vec![(DELTAS, deltas), (TEXT, bytes), (POLLS, answer.polls), (POLLS_TO_FIRST, answer.polls_to_first)];
        Observation { amount: bytes, checksum: digest.finish(), counts }
    }
}
