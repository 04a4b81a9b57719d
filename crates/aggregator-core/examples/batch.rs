//! Several queries over one engine, two at a time: replies come as they finish.
//! `cargo run -p aggregator-core --example batch`

use std::time::Duration;

use aggregator_core::{Engine, Hit, HitStream, SearchProvider, SearchRequest};
use futures::{StreamExt as _, stream};

/// Answers after as many milliseconds as the query's text has bytes.
struct Slow;

impl SearchProvider for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let text = request.text().to_owned();
        stream::once(async move {
            tokio::time::sleep(Duration::from_millis(text.len() as u64)).await;
            Ok(Hit::new("https://example.org/", text).with_snippet("A page."))
        })
        .boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().provider(Slow).build()?;
    // Queries or plain texts. The list is read as queries begin, and may be endless.
    let texts = ["a query with a longer text, so with a later reply", "a short query", "", "one more"];
    let mut batch = engine.batch(texts, 2);
    let (mut order, mut invalid) = (Vec::new(), Vec::new());
    while let Some(item) = batch.next().await {
        match item.outcome {
            Ok(reply) => {
                println!("{}: {:?}, {} sources", item.index, reply.ending, reply.summary.sources.len());
                order.push(item.index);
            }
            // A text that is not a query is one item; the others go on.
            Err(error) => {
                println!("{}: {error}", item.index);
                invalid.push(item.index);
            }
        }
    }
    assert_eq!(order, [1, 3, 0], "in the order in which they finish");
    assert_eq!(invalid, [2]);
    Ok(())
}
