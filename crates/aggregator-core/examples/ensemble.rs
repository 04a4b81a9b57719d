//! Two models as a fallback: the second one answers where the first one is down, and the reply says what both used and cost.
//! `cargo run -p aggregator-core --example ensemble`

use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, Ensemble, Hit, HitStream, LanguageModel, Mode, ModelOptions, Price,
    ProviderError, ProviderErrorKind, Query, SearchProvider, SearchRequest, Strategy, Usage,
};
use futures::{StreamExt as _, stream};

struct Manual;

impl SearchProvider for Manual {
    fn name(&self) -> &str {
        "manual"
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        let (url, title, snippet) = ("https://example.org/drop", "Drop", "Dropping a stream cancels it.");
        stream::iter([Ok(Hit::new(url, title).with_snippet(snippet))]).boxed()
    }
}

struct Model(&'static str, Result<&'static str, ProviderErrorKind>);

const USAGE: Usage = Usage::new(400, 5);

impl LanguageModel for Model {
    fn name(&self) -> &str {
        self.0
    }

    fn price(&self) -> Option<Price> {
        Some(Price::new(3_000, 15_000)) // billionths of a dollar for a token
    }

    fn answer(&self, _request: AnswerRequest) -> ChunkStream {
        match self.1 {
            Ok(text) => stream::iter([Ok(Chunk::Text(text.into())), Ok(Chunk::Usage(USAGE))]).boxed(),
            Err(kind) => stream::iter([Err(ProviderError::new(kind, "503"))]).boxed(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let models = Ensemble::new(Strategy::Fallback) // or Race, or Panel
        .model(Model("large", Err(ProviderErrorKind::Unreachable)))
        .model_with(Model("small", Ok("Drop it [1].")), ModelOptions::default().with_suitability(Mode::Creative, 0.2));
    let engine = Engine::builder().provider(Manual).models(models).build()?;
    let reply = engine.ask(Query::new("how do I cancel a stream?")?.with_mode(Mode::Coding)).await;
    for model in &reply.summary.models {
        println!("{}: {:?}, {:?}, {:?}", model.model, model.outcome, model.usage, model.cost);
    }
    let (usage, cost) = (reply.summary.usage(), reply.summary.cost().ok_or("no price")?);
    println!("{} ({usage:?}, {cost})", reply.answer);
    assert_eq!((reply.answer.as_str(), reply.summary.models.len()), ("Drop it [1].", 2));
    assert!(usage.input_tokens > USAGE.input_tokens, "the failed call may cost its prompt, so that is estimated");
    Ok(())
}
