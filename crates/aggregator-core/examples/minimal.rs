//! One provider and one model: prints the results, then the answer with its sources.
//! `cargo run -p aggregator-core --example minimal`

use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, EventKind, Hit, HitStream, LanguageModel, Query, SearchProvider,
    SearchRequest,
};
use futures::{StreamExt as _, stream};

/// A provider is a stream of hits, best first. A real one asks a service here.
struct Shelf;

impl SearchProvider for Shelf {
    fn name(&self) -> &str {
        "shelf"
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        let book = |number: u32| {
            Hit::new(format!("https://example.org/book/{number}?utm_source=shelf"), format!("Book {number}"))
                .with_snippet("A book about streams.")
        };
        stream::iter([Ok(book(1)), Ok(book(2))]).boxed()
    }
}

/// A model is a stream of text that cites the numbered sources of its request. A real one sends `request.prompt()`.
struct Librarian;

impl LanguageModel for Librarian {
    fn name(&self) -> &str {
        "librarian"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let text = format!("Read {} [1], and ignore [7].", request.sources[0].source.title);
        stream::iter([Ok(Chunk::Text(text))]).boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().provider(Shelf).model(Librarian).build()?;
    let mut events = engine.run(Query::new("what should I read about streams?")?);
    let mut answer = String::new();
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Result { rank, source, .. } => println!("{rank}. {} <{}>", source.title, source.url),
            EventKind::AnswerDelta { text } => answer.push_str(&text),
            EventKind::Citation { number, .. } => assert_eq!(number, 1, "only a source of the prompt is cited"),
            EventKind::Failed { error, .. } => return Err(error.into()),
            _ => {}
        }
    }
    println!("{answer}");
    assert_eq!(answer, "Read Book 1 [1], and ignore .", "a marker without a source is removed");
    Ok(())
}
