//! Sources, requests, and answers read to their end.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aggregator_core::event::{CleanText, ProviderName, RankedSource, ResultId, Source};
use aggregator_core::model::{AnswerRequest, Chunk, FinishReason};
use aggregator_core::{LanguageModel, Query};
use tokio::time::Instant;

/// Sources of titles and snippets, numbered from 1.
pub fn sources(pages: &[(&str, &str)]) -> Arc<[RankedSource]> {
    let source = |(index, &(title, snippet)): (usize, &(&str, &str))| RankedSource {
        number: index as u32 + 1,
        id: ResultId(index as u32),
        score: 1.0,
        source: Arc::new(Source {
            url: CleanText::single_line(format!("https://example.com/{index}")),
            title: CleanText::single_line(title),
            snippet: CleanText::multi_line(snippet),
            provider: ProviderName::new("test"),
        }),
    };
    pages.iter().enumerate().map(source).collect()
}

pub fn request(question: &str, sources: Arc<[RankedSource]>) -> AnswerRequest {
    let query = Query::new(question).expect("a question");
    AnswerRequest::new(Arc::new(query), sources, Instant::now() + Duration::from_secs(60))
}

/// What a stream gave.
#[allow(dead_code, reason = "not every test looks at all of it")]
pub struct Given {
    pub pieces: Vec<String>,
    pub polls: usize,
    pub usages: usize,
    pub finish: Option<FinishReason>,
}

impl Given {
    pub fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// Reads an answer to its end. Each poll that is pending has to have woken.
pub fn read(model: &dyn LanguageModel, request: AnswerRequest) -> Given {
    let mut stream = model.answer(request);
    let mut given = Given { pieces: Vec::new(), polls: 0, usages: 0, finish: None };
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        given.polls += 1;
        assert!(given.polls < 10_000, "the answer does not end");
        match stream.as_mut().poll_next(&mut cx) {
            Poll::Pending => {}
            Poll::Ready(None) => return given,
            Poll::Ready(Some(Ok(Chunk::Text(text)))) => given.pieces.push(text),
            Poll::Ready(Some(Ok(Chunk::Usage(_)))) => given.usages += 1,
            Poll::Ready(Some(Ok(Chunk::Finish(reason)))) => given.finish = Some(reason),
            Poll::Ready(Some(other)) => panic!("{other:?}"),
        }
    }
}
