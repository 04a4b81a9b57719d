//! The breaking point, where each cause is provoked.

use std::sync::{Arc, Mutex};

use futures::stream::{BoxStream, StreamExt as _, once};
use perf_load::{
    Answer, Capacity, Cause, Chunk, ErrorKind, Evidence, FoundLimit, Request, Run, Sampler, Search, Target, Usage,
    find_limit,
};
use tokio::time::{Instant, sleep};

use crate::common::{millis, scenario, steps, virtual_time};
use crate::omission::one_at_a_time;

/// Searches from 10 requests in a second, each level for 20 s; `target` and `sampler` are made anew for each.
fn searched<T: Target + 'static, S: Sampler + 'static>(
    thresholds: &str,
    capacity: Capacity,
    mut parts: impl FnMut() -> (T, S),
) -> FoundLimit {
    let scenario =
        scenario(&format!("duration = \"1s\"\nthresholds = [{thresholds}]\n[open]\nrate = 1.0\nmax_in_flight = 60\n"));
    let search = Search { from: 10.0, to: 80.0, step: 2.0, resolution: 1.15, whole: false };
    virtual_time(find_limit(&search, async |rate| {
        let level = scenario.at_level(rate, millis(20_000)).unwrap();
        let (target, sampler) = parts();
        Evidence::of(&Run::new(&level, Arc::new(target)).sampler(sampler).run(&mut ()).await, &capacity)
    }))
}

fn no_sampler() -> impl Sampler + 'static {
    || None
}

#[track_caller]
fn assert_limit(found: &FoundLimit, limit: f64, causes: &[Cause]) {
    let (Some(passed), Some(failed)) = (&found.passed, &found.failed) else { panic!("no limit: {found}") };
    assert!(passed.level <= limit * 1.01 && limit <= failed.level, "{limit}: {found}");
    assert_eq!(found.causes, causes, "{found}");
}

const FAST: &str = "\"e2e.p95 < 500ms\"";

/// One processor of which each request needs 20 ms: 50 requests in a second.
#[test]
fn processors() {
    let capacity = Capacity { processors: Some(1.0), memory_bytes: None, elsewhere: false };
    let found = searched(FAST, capacity, || {
        let busy = Arc::new(Mutex::new(0));
        let (counted, inner) = (Arc::clone(&busy), one_at_a_time(20, 0, 0));
        let target = move |request: Request| {
            let done = Arc::clone(&counted);
            let count = once(async move {
                *done.lock().unwrap() += 20;
                Chunk::Heartbeat
            });
            let answer = inner(request);
            // It counts after the answer's text, which comes when its 20 ms are over.
            answer.take(1).chain(count).chain(once(async { Chunk::End(Answer::Right) })).boxed()
        };
        (target, move || Some(Usage { resident_bytes: 1 << 20, processor: millis(*busy.lock().unwrap()) }))
    });
    assert_limit(&found, 50.0, &[Cause::Processor]);
    insta::assert_snapshot!(found);
}

/// The same queue somewhere else: nothing here is busy.
#[test]
fn not_known() {
    let found = searched(FAST, Capacity::default(), || (one_at_a_time(20, 0, 0), no_sampler()));
    assert_limit(&found, 50.0, &[]);
    assert!(found.to_string().ends_with("what saturates is not known\n"));
}

/// Requests that block the thread for 25 ms each, as an answer that is computed inside a poll.
#[test]
fn runtime_lag() {
    let found = searched(FAST, Capacity::default(), || {
        let target = |_: Request| -> BoxStream<'static, Chunk> {
            once(async {
                tokio::time::advance(millis(25)).await;
                Chunk::text("answer")
            })
            .chain(once(async { Chunk::End(Answer::Right) }))
            .boxed()
        };
        (target, no_sampler())
    });
    assert_limit(&found, 40.0, &[Cause::RuntimeLag]);
}

/// A provider that takes 30 requests in a second and refuses the others.
#[test]
fn provider_limit() {
    let found = searched("\"errors.rate < 5%\"", Capacity::default(), || {
        let window: Arc<Mutex<Option<(Instant, f64)>>> = Arc::default();
        let target = move |_: Request| {
            let mut window = window.lock().unwrap();
            let now = Instant::now();
            let (last, tokens) = window.unwrap_or((now, 5.0));
            let tokens = (tokens + (now - last).as_secs_f64() * 30.0).min(5.0);
            *window = Some((now, (tokens - 1.0).max(tokens.fract())));
            if tokens >= 1.0 {
                steps(vec![(20, Chunk::text("answer")), (5, Chunk::End(Answer::Right))])
            } else {
                steps(vec![(1, Chunk::Error(ErrorKind::RateLimited))])
            }
        };
        (target, no_sampler())
    });
    // The limit refuses more than 5 % from 30 / 0.95 on.
    assert_limit(&found, 31.6, &[Cause::ProviderLimit]);
}

/// Requests that take a second, and a megabyte each while they do.
#[test]
fn memory() {
    let capacity = Capacity { processors: Some(2.0), memory_bytes: Some(50 << 20), elsewhere: false };
    let found = searched("\"memory.max < 48MiB\"", capacity, || {
        let alive = Arc::new(());
        let weak = Arc::downgrade(&alive);
        let target = move |_: Request| -> BoxStream<'static, Chunk> {
            let held = Arc::clone(&alive);
            once(async move {
                sleep(millis(1_000)).await;
                drop(held);
                Chunk::End(Answer::Right)
            })
            .boxed()
        };
        (target, move || {
            let resident_bytes = (8 + weak.strong_count() as u64 - 1) << 20;
            Some(Usage { resident_bytes, processor: millis(0) })
        })
    });
    assert_limit(&found, 40.0, &[Cause::Memory]);
}

/// The same with a generator that keeps at most 60 requests in flight: with more it would not load the target.
#[test]
fn the_generator() {
    let found = searched("\"skipped.rate < 5%\"", Capacity::default(), || {
        let target = |_: Request| steps(vec![(2_000, Chunk::End(Answer::Right))]);
        (target, no_sampler())
    });
    assert_limit(&found, 31.0, &[Cause::Generator]);
}
