//! What a gateway allocates, and whether the weight of a kept run is what it needs. A program of its own, because it counts all
//! that is allocated in the process, so it has one test.

use std::time::Duration;

use aggregator_core::{Engine, Query};
use aggregator_gateway::{CacheSettings, Gateway};
use aggregator_mocks::{Pace, catalog};
use dhat::HeapStats;
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn engine(name: &str) -> (Engine, Query) {
    let scenario = catalog::scenario(name);
    (scenario.engine(&catalog::corpus(), Pace::Instant, None), scenario.query())
}

/// Blocks that are allocated while a query is read.
async fn blocks(mut events: impl Stream + Unpin) -> u64 {
    let before = HeapStats::get().total_blocks;
    let read = async { while events.next().await.is_some() {} };
    timeout(Duration::from_secs(3_600), read).await.expect("it is woken within its deadline");
    HeapStats::get().total_blocks - before
}

#[tokio::test(start_paused = true)]
async fn nothing_is_allocated_for_what_is_off_and_the_weight_of_a_kept_run_is_its_memory() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let (floor, query) = engine("floor");
    let gateway = Gateway::builder(floor.clone()).build().unwrap();
    // The first query also allocates what the process keeps.
    blocks(floor.run(query.clone())).await;
    let total = || HeapStats::get().total_blocks;
    let same = query.clone();
    let before = total();
    let direct = floor.run(same);
    let made = total() - before;
    let direct = blocks(direct).await;
    let before = total();
    let passed = gateway.run(query).unwrap();
    assert_eq!(total() - before, made, "blocks of making a query");
    assert_eq!(blocks(passed).await, direct, "blocks of reading it");

    for (name, settings) in [
        ("floor", CacheSettings::default()),
        ("standard", CacheSettings::default()),
        ("wide", CacheSettings::default()),
        ("typical", CacheSettings::default()),
    ] {
        let (engine, query) = engine(name);
        let gateway = Gateway::builder(engine.clone()).cache(settings).build().unwrap();
        blocks(engine.run(query.clone())).await;
        let before = HeapStats::get().curr_bytes;
        blocks(gateway.run(query).unwrap()).await;
        let occupied = (HeapStats::get().curr_bytes - before) as u64;
        let load = gateway.load();
        println!("{name}: {} bytes by estimate, {occupied} in fact", load.kept_bytes);
        assert_eq!(load.kept, 1, "{name}");
        let differs = load.kept_bytes.abs_diff(occupied);
        assert!(differs * 20 < occupied, "{name}: {} bytes by estimate, {occupied} in fact", load.kept_bytes);
    }
}
