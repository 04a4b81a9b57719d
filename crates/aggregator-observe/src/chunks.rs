//! The pieces of an answer, watched.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aggregator_core::{Chunk, ChunkStream, FinishReason, ProviderError, Usage};
use futures::Stream;
use tokio::time::Instant;
use tracing::Span;

use crate::names;
use crate::spans::{record_count, record_finish, record_provider_error, record_time};

pub(crate) struct WatchedChunks {
    // Dropped before the span ends.
    chunks: ChunkStream,
    call: ModelCall,
}

struct ModelCall {
    span: Span,
    content: bool,
    began: Instant,
    first: Option<Duration>,
    bytes: u64,
    usage: Option<Usage>,
    outcome: &'static str,
}

impl WatchedChunks {
    pub(crate) fn new(chunks: ChunkStream, span: Span, content: bool) -> Self {
        let (began, outcome) = (Instant::now(), "dropped");
        Self { chunks, call: ModelCall { span, content, began, first: None, bytes: 0, usage: None, outcome } }
    }
}

impl Stream for WatchedChunks {
    type Item = Result<Chunk, ProviderError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { chunks, call } = self.get_mut();
        let polled = call.span.in_scope(|| chunks.as_mut().poll_next(cx));
        match &polled {
            Poll::Ready(Some(Ok(chunk))) => call.see(chunk),
            Poll::Ready(Some(Err(error))) => {
                call.outcome = "error";
                record_provider_error(&call.span, error, call.content);
            }
            Poll::Ready(None) if call.outcome == "dropped" => call.outcome = "ok",
            _ => {}
        }
        polled
    }
}

impl ModelCall {
    fn see(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Text(text) => {
                self.bytes += text.len() as u64;
                self.first.get_or_insert_with(|| self.began.elapsed());
            }
            // It is cumulative.
            Chunk::Usage(usage) => self.usage = Some(self.usage.unwrap_or_default().max_of_each(*usage)),
            Chunk::Finish(reason) => record_finish(&self.span, finish_name(*reason)),
            _ => {}
        }
    }
}

impl Drop for ModelCall {
    fn drop(&mut self) {
        self.span.record(names::OUTCOME, self.outcome);
        record_count(&self.span, names::TEXT_BYTES, self.bytes);
        if let Some(usage) = self.usage {
            record_count(&self.span, names::INPUT_TOKENS, usage.input_tokens);
            record_count(&self.span, names::OUTPUT_TOKENS, usage.output_tokens);
        }
        record_time(&self.span, names::TIME_TO_FIRST_CHUNK, self.first);
        record_time(&self.span, names::DURATION, Some(self.began.elapsed()));
    }
}

/// The words of OpenAI's interface, which the conventions take over.
fn finish_name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::Filter => "content_filter",
        _ => "stop",
    }
}
