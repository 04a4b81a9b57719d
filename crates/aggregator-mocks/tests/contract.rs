//! The scripted provider keeps the promises of a provider, and the contract test notices who does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Query, SearchProvider};
use aggregator_mocks::contract::{check_provider, check_repeatable};
use aggregator_mocks::{List, Pace, ScriptedProvider, Step, catalog};
use futures::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

const QUERY: &str = "what does a provider promise?";

struct Custom<F>(&'static str, F);

impl<F: Fn(SearchRequest) -> HitStream + Send + Sync> SearchProvider for Custom<F> {
    fn name(&self) -> &str {
        self.0
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        (self.1)(request)
    }
}

fn pages(pages: impl Iterator<Item = u32> + Send + 'static) -> HitStream {
    let hit = |page| Hit::new(format!("https://example.org/{page}"), "t").with_snippet("s");
    stream::iter(pages).map(move |page| Ok(hit(page))).boxed()
}

#[tokio::test(start_paused = true)]
async fn the_scripted_provider_keeps_the_contract() {
    let script = [Step::Wait(Duration::from_millis(20)), Step::Emit { items: 10, every: Duration::from_millis(3) }];
    for pace in [Pace::Scripted, Pace::Instant, Pace::Yielding] {
        let list = List { pool: 30, repeats: 1 };
        let provider = ScriptedProvider::new("a", &script, pace, &catalog::corpus(), list, 7);
        assert_eq!(check_provider(&provider, QUERY).await, Ok(()));
        assert_eq!(check_repeatable(&provider, QUERY).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn each_broken_promise_is_named() {
    let broken = |name, search: fn(SearchRequest) -> HitStream| Custom(name, search);
    for (provider, says) in [
        (broken(" ", |_| pages(0..3)), "the name"),
        (broken("a", |_| pages(0..0)), "promise 2: it found nothing"),
        (broken("a", |_| stream::pending().boxed()), "promise 3"),
        (broken("a", |_| pages(0..10)), "promise 7: asked for 3"),
        (broken("a", |request| pages(0..request.max_hits).chain(pages(0..u32::MAX)).boxed()), "promise 7"),
        (
            broken("a", |_| {
                let hit = Hit::new("/relative", "");
                stream::iter([Ok(hit)]).boxed()
            }),
            "promise 2: \"/relative\"",
        ),
        (
            broken("a", |_| {
                let hit = Hit::new("file:///a.md", "");
                stream::iter([Ok(hit)]).boxed()
            }),
            "promise 2: \"file:///a.md\"",
        ),
    ] {
        let error = check_provider(&provider, QUERY).await.unwrap_err();
        assert!(error.contains(says), "expected {says:?}, was told {error:?}");
    }
    assert!(check_provider(&broken("a", |_| pages(0..3)), " ").await.unwrap_err().contains("\" \" is no query"));
}

/// As a service on the web, whose index goes on growing.
#[tokio::test(start_paused = true)]
async fn who_finds_something_else_each_time_keeps_all_promises_but_one() {
    let provider = Custom("a", |request: SearchRequest| {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        pages(call..call + request.max_hits)
    });
    assert_eq!(check_provider(&provider, QUERY).await, Ok(()));
    let error = check_repeatable(&provider, QUERY).await.unwrap_err();
    assert!(error.starts_with("promise 8: the same seed found \"https://example.org/"), "{error}");
    assert!(error.contains("at rank 1"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn each_wait_of_emit_after_begins_when_the_one_before_was_due() {
    let waits = [2_500, 0, 300, 300, 300, 0, 1_700, 10_000].map(Duration::from_micros);
    let script = [Step::Wait(Duration::from_millis(5)), Step::EmitAfter(Arc::from(waits))];
    let list = List { pool: 30, repeats: 0 };
    let provider = ScriptedProvider::new("a", &script, Pace::Scripted, &catalog::corpus(), list, 7);
    for (late, expected) in [(0, [8, 8, 8, 9, 9, 9, 11, 21]), (4, [8, 12, 16, 20, 24, 28, 32, 36])] {
        let started = Instant::now();
        let query = Query::new("when is it due?").unwrap().with_seed(7);
        let mut hits = provider.search(SearchRequest::new(Arc::new(query), 50, started + Duration::from_secs(9)));
        let mut at = Vec::new();
        while let Some(hit) = hits.next().await {
            hit.unwrap();
            at.push(started.elapsed().as_millis());
            sleep(Duration::from_millis(late)).await;
        }
        // Due at 7.5, 7.5, 7.8, 8.1, 8.4, 8.4, 10.1 and 20.1 ms; tokio's timers are due at whole ones. A late reader
        // finds the next one ready.
        assert_eq!(at, expected, "read {late} ms late");
    }
}
