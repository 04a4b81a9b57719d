//! What measuring a chunk costs: `cargo run --release -p perf-load --example cost`.
//!
//! Three times the same chunks: read as they are, observed, and through the driver of a run with everything that it sums up. The
//! median of nine rounds each; the difference to the first one is the cost.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

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
    println!(
        "ns per chunk, of {STREAMS} streams of {CHUNKS} chunks: read {plain:.0}, observed {observed:.0}, run {driven:.0}"
    );
}
