//! Scenarios and targets for tests.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use perf_load::{Answer, Chunk, Report, Request, Run, Scenario, ScenarioError, Target, Trace};
use tokio::time::sleep;

/// Parses a scenario; a query is added, and no trace is there.
#[track_caller]
pub fn scenario(text: &str) -> Scenario {
    let text = format!("schema = 1\nname = \"test\"\n{text}\n[[queries]]\nname = \"q\"\ntext = \"what\"\n");
    parsed(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub fn parsed(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse("test.toml", text, &|name| Trace::parse(name, "offset_us\n0\n1000000\n3000000\n"))
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A stream that waits before each chunk, in milliseconds.
pub fn steps(steps: Vec<(u64, Chunk)>) -> BoxStream<'static, Chunk> {
    stream::iter(steps)
        .then(|(wait, chunk)| async move {
            if wait > 0 {
                sleep(millis(wait)).await;
            }
            chunk
        })
        .boxed()
}

/// An answer of 100 ms: a status, two results, three pieces of text.
pub fn answer() -> Vec<(u64, Chunk)> {
    vec![
        (0, Chunk::Headers),
        (10, Chunk::Event),
        (10, Chunk::Result),
        (10, Chunk::Result),
        (10, Chunk::Source),
        (20, Chunk::text("one")),
        (10, Chunk::text("two")),
        (20, Chunk::text("three")),
        (10, Chunk::End(Answer::Right)),
    ]
}

/// Runs a scenario in virtual time.
pub fn report(scenario: &Scenario, target: impl Target + 'static) -> Report {
    virtual_time(Run::new(scenario, Arc::new(target)).run(&mut ()))
}

pub fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// Answers every request alike.
pub fn always(chunks: Vec<(u64, Chunk)>) -> impl Fn(Request) -> BoxStream<'static, Chunk> + Send + Sync {
    move |_| steps(chunks.clone())
}
