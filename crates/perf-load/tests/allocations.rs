//! What observing a stream and driving a run allocate. Alone in their process, because the allocator counts for all of it.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures::{Stream as _, StreamExt as _, stream};
use perf_load::{Answer, Chunk, Observer, Request, Run, Scenario, Snapshot, Trace, observe};

/// There is one profiler at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn blocks() -> u64 {
    dhat::HeapStats::get().total_blocks
}

#[test]
fn a_chunk_allocates_nothing() {
    let _alone = ALONE.lock();
    let _profiler = dhat::Profiler::builder().testing().build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let chunks = [Chunk::Event, Chunk::Result, Chunk::text("some text"), Chunk::Heartbeat];
        let mut observed =
            pin!(observe(stream::iter(chunks.iter().cycle().take(1_000)), |chunk: &&Chunk| Some((*chunk).clone())));
        let mut context = Context::from_waker(Waker::noop());
        let before = blocks();
        let mut read = 0;
        while let Poll::Ready(Some(_)) = observed.as_mut().poll_next(&mut context) {
            read += 1;
        }
        assert_eq!((read, blocks() - before), (1_000, 0));
        assert_eq!(observed.metrics().chunks, 250);
        // The counter sees what there is.
        assert!(blocks() > before);
    });
}

/// The live heap at each snapshot.
struct LiveHeap(Vec<u64>);

impl Observer for LiveHeap {
    fn snapshot(&mut self, _: &Snapshot) {
        self.0.push(dhat::HeapStats::get().curr_bytes as u64);
    }
}

/// What a driver in the process of its target keeps would look like a leak of the target.
#[test]
fn a_long_run_keeps_little_of_what_is_over() {
    let _alone = ALONE.lock();
    let _profiler = dhat::Profiler::builder().testing().build();
    let text = "schema = 1\nname = \"long\"\nduration = \"290s\"\n[closed]\nusers = 5\nthink = { exponential = \"500ms\" }\n\
                [[queries]]\nname = \"q\"\ntext = \"what\"\n";
    let scenario = Scenario::parse("long.toml", text, &|name| Trace::parse(name, "")).unwrap();
    let target = |request: Request| {
        let wait = std::time::Duration::from_micros(request.seed % 3_000_000);
        stream::once(tokio::time::sleep(wait))
            .map(|()| Chunk::text("an answer"))
            .chain(stream::iter([Chunk::text("of two pieces"), Chunk::End(Answer::Right)]))
            .boxed()
    };
    let mut heap = LiveHeap(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let report = runtime.block_on(Run::new(&scenario, Arc::new(target)).run(&mut heap));
    assert!(report.requests.succeeded > 500 && report.intervals.len() >= 290, "{:?}", report.requests);
    let median = |snapshots: &[u64]| {
        let mut sorted = snapshots.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    };
    let (early, late) = (median(&heap.0[80..100]), median(&heap.0[260..280]));
    let each = late.saturating_sub(early) / 180;
    println!("{early} bytes after 90 s, {late} after 270 s: {each} a second");
    assert!(each < 1_000, "{each} bytes a second");
}
