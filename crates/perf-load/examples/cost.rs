//! What measuring a chunk costs: `cargo run --release -p perf-load --example cost`.
//!
//! Three times the same chunks: read as they are, observed, and through the driver of a run with everything that it sums up. The
//! median of nine rounds each; the difference to the first one is the cost. And how long a crowd in virtual time takes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use perf_load::{Answer, Chunk, Request, Run, Scenario, observe};

const CHUNKS: usize = 200;
const STREAMS: usize = 500;

fn chunks() -> impl Iterator<Item = Chunk> {
    (0..CHUNKS - 1).map(|_| Chunk::Text { bytes: black_box(12), tokens: 0 }).chain([Chunk::End(Answer::Right)])
}

fn median(mut round: impl FnMut()) -> f64 {
    let mut nanos: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_nanos() as f64 / (CHUNKS * STREAMS) as f64
        })
        .collect();
    nanos.sort_unstable_by(f64::total_cmp);
    nanos[4]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let plain = median(|| {
        runtime.block_on(async {
            for _ in 0..STREAMS {
                stream::iter(chunks()).for_each(async |chunk| drop(black_box(chunk))).await;
            }
        });
    });
    let observed = median(|| {
        runtime.block_on(async {
            for _ in 0..STREAMS {
                let mut observed = observe(stream::iter(chunks()), |chunk: &Chunk| Some(chunk.clone()));
                while let Some(chunk) = observed.next().await {
                    black_box(chunk);
                }
                black_box(observed.metrics());
            }
        });
    });
    // Each user sends its queries one after the other, without pauses, so that nothing is waited for.
    let text = format!(
        "schema = 1\nname = \"cost\"\nduration = \"1h\"\n[closed]\nusers = 1\nqueries_per_user = {STREAMS}\n[[queries]]\nname = \"q\"\ntext = \"t\"\n"
    );
    let scenario = Scenario::parse("cost.toml", &text, &|_| unreachable!("it has no trace")).expect("a scenario");
    let target = Arc::new(|_: Request| stream::iter(chunks().collect::<Vec<_>>()).boxed());
    let driven = median(|| {
        let report = runtime.block_on(Run::new(&scenario, target.clone()).run(&mut ()));
        assert_eq!(report.requests.succeeded, STREAMS as u64);
    });
    let crowd = "schema = 1\nname = \"crowd\"\nduration = \"60s\"\n[closed]\nusers = 10_000\nthink = { between = [\"100ms\", \"2s\"] }\n\
                 [[queries]]\nname = \"q\"\ntext = \"t\"\n";
    let crowd = Scenario::parse("crowd.toml", crowd, &|_| unreachable!("it has no trace")).expect("a scenario");
    let paced = |_: Request| {
        let pieces = stream::iter(0..20).then(async |_| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Chunk::text("some words of it")
        });
        pieces.chain(stream::once(async { Chunk::End(Answer::Right) })).boxed()
    };
    let paused =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let start = Instant::now();
    let report = paused.block_on(Run::new(&crowd, Arc::new(paced)).run(&mut ()));
    println!(
        "10,000 users for 60 s of virtual time, answers of 2 s in 20 pieces: {} requests in {:.1} s",
        report.requests.succeeded,
        start.elapsed().as_secs_f64()
    );
    println!(
        "ns per chunk, of {STREAMS} streams of {CHUNKS} chunks: read {plain:.0}, observed {observed:.0}, run {driven:.0}"
    );
}
