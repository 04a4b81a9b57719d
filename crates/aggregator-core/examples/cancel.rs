//! Two ways to end a query early: a canceller in another task, and dropping the stream.
//! `cargo run -p aggregator-core --example cancel`

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::{
    CancelReason, Engine, EventKind, Hit, HitStream, Query, QueryOutcome, SearchProvider, SearchRequest,
};
use futures::{StreamExt as _, stream};

/// Gives one hit, and then nothing more. Each running search holds a clone.
struct Endless(Arc<()>);

impl SearchProvider for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn search(&self, _request: SearchRequest) -> HitStream {
        let call = Arc::clone(&self.0);
        let hit = Hit::new("https://example.org/", "First").with_snippet("A page.");
        stream::iter([Ok(hit)]).chain(stream::pending()).inspect(move |_| _ = &call).boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::disallowed_methods, reason = "a program may spawn tasks; the engine spawns none")]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = Arc::new(());
    let engine = Engine::builder().provider(Endless(Arc::clone(&provider))).build()?;
    let running = || Arc::strong_count(&provider) - 2;

    let mut reply = engine.ask(Query::new("is there more?")?);
    let canceller = reply.canceller();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        canceller.cancel(CancelReason::Requested);
    });
    let reply = reply.await;
    println!("{:?} with {} source", reply.ending, reply.summary.sources.len());
    assert_eq!(reply.ending, QueryOutcome::Cancelled(CancelReason::Requested));
    assert_eq!(reply.summary.sources.len(), 1, "the summary keeps what was found");
    assert_eq!(running(), 0, "the call was dropped");

    let mut events = engine.run(Query::new("is there more?")?);
    while !matches!(events.next().await.ok_or("no result")?.kind, EventKind::Result { .. }) {}
    assert_eq!(running(), 1);
    drop(events); // The stream gives no last event, and every call of the query is dropped with it.
    assert_eq!(running(), 0);
    println!("dropped with its calls");
    Ok(())
}
