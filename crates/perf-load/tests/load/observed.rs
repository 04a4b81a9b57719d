//! Streams of an embedder that are observed.

use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use perf_load::{Answer, Chunk, Metric, StreamMetrics, observe};

use crate::common::{answer, millis, steps, virtual_time};

#[test]
fn items_pass_unchanged_and_the_metrics_are_those_of_a_run() {
    virtual_time(async {
        let mut observed = observe(steps(answer()), |chunk: &Chunk| Some(chunk.clone())).stall(millis(15));
        let mut passed = Vec::new();
        while let Some(chunk) = observed.next().await {
            passed.push(chunk);
            assert_eq!(observed.metrics().chunks > 0, passed.iter().any(|chunk| matches!(chunk, Chunk::Text { .. })));
        }
        assert_eq!(passed, answer().into_iter().map(|(_, chunk)| chunk).collect::<Vec<_>>());
        assert!(observed.has_ended() && observed.next().await.is_none());
        let metrics = observed.metrics();
        let of = |metric| metrics.value(metric, millis(0)).map(|nanos| nanos / 1_000_000);
        assert_eq!((of(Metric::Ttft), of(Metric::E2e), of(Metric::MaxStall)), (Some(60), Some(100), Some(20)));
        assert_eq!(metrics.stalls, 2);
    });
}

#[test]
fn dropping_in_mid_stream_gives_what_there_was() {
    let got = Arc::new(Mutex::new(None::<StreamMetrics>));
    let put = Arc::clone(&got);
    virtual_time(async move {
        let ignored = |chunk: &Chunk| (!matches!(chunk, Chunk::Result)).then(|| chunk.clone());
        let mut observed =
            observe(steps(answer()), ignored).when_dropped(move |metrics| *put.lock().unwrap() = Some(metrics));
        while let Some(chunk) = observed.next().await {
            if passed_text(&chunk) && observed.metrics().chunks == 2 {
                break;
            }
        }
        // The time until the drop is the embedder's.
        tokio::time::sleep(millis(500)).await;
    });
    let metrics = got.lock().unwrap().take().expect("it was called");
    assert_eq!((metrics.chunks, metrics.results, metrics.end_ns), (2, 0, 70_000_000));
}

#[test]
fn an_end_of_the_stream_is_no_event_but_ends_the_time() {
    virtual_time(async {
        let stream = steps(vec![(10, Chunk::text("a")), (10, Chunk::End(Answer::Unchecked))]);
        let mut observed = observe(stream, |chunk: &Chunk| match chunk {
            Chunk::End(_) => None,
            chunk => Some(chunk.clone()),
        });
        while observed.next().await.is_some() {}
        assert_eq!((observed.metrics().end_ns, observed.metrics().max_stall_ns), (20_000_000, Some(10_000_000)));
    });
}

fn passed_text(chunk: &Chunk) -> bool {
    matches!(chunk, Chunk::Text { .. })
}
