//! What a program that embeds the engine writes: a provider and models of its own, a fallback, settings, a batch, a
//! cancellation, and errors with their causes. `cargo run -p aggregator-core --example embedding`

use std::error::Error;
use std::time::Duration;

use aggregator_core::event::CancelReason;
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, Ensemble, EventKind, ExecutionError, FinishReason, Hit, HitStream,
    LanguageModel, Outcome, Price, ProviderError, ProviderErrorKind, Query, QueryOutcome, SearchProvider,
    SearchRequest, Settings, Strategy, Usage,
};
use futures::{FutureExt as _, StreamExt as _, stream};

struct Shelf;

impl SearchProvider for Shelf {
    fn name(&self) -> &str {
        "shelf"
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        if request.text() == "down" {
            let error = ProviderError::new(ProviderErrorKind::RateLimited, "too many queries");
            let error = error.with_retry_after(Duration::from_secs(30)).with_source(std::io::Error::other("429"));
            return stream::iter([Err(error)]).boxed();
        }
        let hit = Hit::new("https://shelf.example/streams", "Streams").with_snippet("A stream ends with None.");
        stream::once(tokio::time::sleep(Duration::from_millis(5)).map(|()| Ok(hit))).boxed()
    }
}

struct Writer(&'static str, bool);

impl LanguageModel for Writer {
    fn name(&self) -> &str {
        self.0
    }

    fn price(&self) -> Option<Price> {
        Some(Price::new(250, 2_000))
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        if self.1 {
            return stream::iter([Err(ProviderError::new(ProviderErrorKind::Unreachable, "no route"))]).boxed();
        }
        let text = Chunk::Text("It ends with None [1].".into());
        stream::iter([text, Chunk::Usage(Usage::new(90, 6)), Chunk::Finish(FinishReason::Stop)].map(Ok)).boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let shelf: Box<dyn SearchProvider> = Box::new(Shelf);
    let models = Ensemble::new(Strategy::Fallback).model(Writer("down", true)).model(Writer("up", false));
    let settings = Settings::default().deadline(Duration::from_secs(10)).enough_providers(Some(3));
    let engine = Engine::builder().provider(shelf).models(models).settings(settings).build()?;
    let mut batch = engine.batch((1..=3).map(|number| format!("how does stream {number} end?")), 2);
    while let Some(item) = batch.next().await {
        let reply = item.outcome?;
        assert_eq!((reply.answer.as_str(), reply.summary.usage().input_tokens > 90), ("It ends with None [1].", true));
    }
    let mut events = engine.run(Query::new("how does a stream end?")?);
    let canceller = events.canceller();
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Result { .. } => canceller.cancel(CancelReason::Requested),
            EventKind::Cancelled { partial, .. } => println!("cancelled with {} results", partial.hits.emitted),
            _ => {}
        }
    }
    let QueryOutcome::Failed(failure) = engine.ask(Query::new("down")?).await.ending else { panic!("it is down") };
    let ExecutionError::AllProvidersFailed { reports } = *failure else { panic!("{failure}") };
    let Outcome::Error(error) = &reports[0].outcome else { panic!("{:?}", reports[0]) };
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    println!("{error}; again after {:?}; caused by {:?}", error.retry_after(), error.source().map(ToString::to_string));
    Ok(())
}
