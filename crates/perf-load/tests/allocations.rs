//! What observing a stream allocates. Alone in its process, because the allocator counts for all of it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::{Stream as _, stream};
use perf_load::{Chunk, observe};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn blocks() -> u64 {
    dhat::HeapStats::get().total_blocks
}

#[test]
fn a_chunk_allocates_nothing() {
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
