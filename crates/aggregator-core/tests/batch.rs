//! Many queries over one engine: bounded, isolated from each other, and gone when dropped.

use std::time::Duration;

use aggregator_core::event::{CancelReason, ExecutionError};
use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{BatchItem, Engine, Query, QueryError, QueryOutcome, SearchProvider};
use aggregator_mocks::{Pace, Probe, catalog};
use futures::stream::FusedStream;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::{Instant, sleep};

/// Waits as many milliseconds as the query says, and does what it says then.
struct Obedient;

impl SearchProvider for Obedient {
    fn name(&self) -> &str {
        "obedient"
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let text = request.query.text().to_string();
        stream::once(async move {
            let (ms, what) = text.split_once(' ').expect("<milliseconds> <what>");
            sleep(Duration::from_millis(ms.parse().expect("a number"))).await;
            match what {
                "fail" => Err(ProviderError::new(ProviderErrorKind::Unreachable, "as told")),
                "panic" => std::panic::resume_unwind(Box::new("as told")),
                other => Ok(Hit::new(format!("https://example.org/{other}"), other)),
            }
        })
        .boxed()
    }
}

fn obedient() -> Engine {
    Engine::builder().provider(Obedient).build().unwrap()
}

fn indices(items: &[BatchItem]) -> Vec<u64> {
    items.iter().map(|item| item.index).collect()
}

#[tokio::test(start_paused = true)]
async fn replies_come_as_queries_finish() {
    let began = Instant::now();
    let items: Vec<_> = obedient().batch(["30 a", "10 b", "20 c"], 3).collect().await;
    assert_eq!(indices(&items), [1, 2, 0]);
    assert_eq!(began.elapsed(), Duration::from_millis(30));

    let began = Instant::now();
    let items: Vec<_> = obedient().batch(["30 a", "10 b", "20 c"], 1).collect().await;
    assert_eq!(indices(&items), [0, 1, 2]);
    assert_eq!(began.elapsed(), Duration::from_millis(60));
    // With two at a time, c begins when b is through.
    let began = Instant::now();
    let items: Vec<_> = obedient().batch(["30 a", "10 b", "25 c"], 2).collect().await;
    assert_eq!(indices(&items), [1, 0, 2]);
    assert_eq!(began.elapsed(), Duration::from_millis(35));
}

#[tokio::test(start_paused = true)]
async fn one_bad_query_stops_none_of_the_others() {
    let long = "x".repeat(20_000);
    let texts = ["5 a", "", "1 fail", &long, "2 panic", "3 b"];
    let mut items: Vec<_> = obedient().batch(texts, 2).collect().await;
    items.sort_by_key(|item| item.index);
    assert_eq!(indices(&items), [0, 1, 2, 3, 4, 5]);
    let sources = |item: &BatchItem| item.outcome.clone().map(|reply| reply.summary.sources.len());
    assert_eq!(sources(&items[0]), Ok(1));
    assert_eq!(sources(&items[1]), Err(QueryError::Empty));
    assert_eq!(sources(&items[3]), Err(QueryError::TooLong { chars: 20_000 }));
    assert_eq!(sources(&items[5]), Ok(1));
    for index in [2, 4] {
        let ending = &items[index].outcome.as_ref().unwrap().ending;
        let QueryOutcome::Failed(error) = ending else { panic!("{ending:?}") };
        assert!(matches!(**error, ExecutionError::AllProvidersFailed { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_queries_do_not_delay_replies() {
    let texts = ["5 a"].into_iter().chain(std::iter::repeat_n("", 10_000));
    let mut batch = obedient().batch(texts, 2);
    let mut before = 0;
    while let Some(item) = batch.next().await {
        if item.index == 0 {
            break;
        }
        before += 1;
        sleep(Duration::from_millis(1)).await;
    }
    assert!(before <= 6, "a query of 5 ms came after {before} refused texts, each read in 1 ms");
}

/// Everything is ready at once, so that nothing but the batch itself can make it pause.
#[tokio::test(start_paused = true)]
async fn a_batch_lets_others_run() {
    let scenario = catalog::scenario("floor");
    let engine = scenario.engine(&catalog::corpus(), Pace::Instant, None);
    let query = scenario.query();
    let queries = std::iter::repeat_with(|| query.clone()).take(1_000);
    let (mut batch, mut in_a_row, mut longest, mut items) = (engine.batch(queries, 3), 0, 0, 0);
    loop {
        match batch.next().now_or_never() {
            Some(Some(_)) => {
                items += 1;
                in_a_row += 1;
                longest = longest.max(in_a_row);
            }
            Some(None) => break,
            None => in_a_row = 0,
        }
    }
    assert_eq!((items, longest), (1_000, 128));
    // A list that is begun as a whole is begun in parts.
    let mut begun = 0;
    let endless = std::iter::from_fn(|| {
        begun += 1;
        Some("10 x")
    });
    let mut batch = obedient().batch(endless, usize::MAX);
    assert!(batch.next().now_or_never().is_none());
    drop(batch);
    assert_eq!(begun, 128);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_a_value_that_may_move() {
    fn requires<T: Stream + FusedStream + Send + Unpin + 'static>(_: &T) {}
    let mut batch = obedient().batch(vec!["1 a", "2 b"], 2);
    requires(&batch);
    assert!(batch.next().now_or_never().is_none());
    let mut moved = Box::pin(batch);
    assert_eq!(moved.by_ref().count().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_reply_can_be_cancelled() {
    let mut asking = obedient().ask(Query::new("10 a").unwrap());
    let canceller = asking.canceller();
    canceller.cancel(CancelReason::Requested);
    let reply = asking.await;
    assert_eq!(reply.ending, QueryOutcome::Cancelled(CancelReason::Requested));
    assert!(reply.answer.is_empty() && reply.summary.sources.is_empty());
}

#[tokio::test(start_paused = true)]
async fn at_most_so_many_run_at_a_time_and_the_list_is_read_as_they_begin() {
    let mut begun = 0;
    let endless = std::iter::from_fn(|| {
        begun += 1;
        Some(format!("{} x", begun % 7))
    });
    let mut batch = obedient().batch(endless, 4);
    for _ in 0..20 {
        assert!(batch.next().await.is_some() && batch.running() < 4 && !batch.is_terminated());
    }
    drop(batch);
    assert_eq!(begun, 23, "20 are through and 3 run");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_batch_at_any_time_drops_every_call() {
    let scenario = catalog::scenario("standard");
    let queries = |seeds: u64| (0..seeds).map(|seed| scenario.query().with_seed(seed)).collect::<Vec<Query>>();
    for polls in 0..60 {
        let probe = Probe::new();
        let engine = scenario.engine(&catalog::corpus(), Pace::Yielding, Some(&probe));
        let mut batch = engine.batch(queries(20), 5);
        for _ in 0..polls {
            assert!(batch.next().now_or_never().is_none() || polls > 20, "the first is through too early");
        }
        let (alive, running) = (probe.active_calls(), batch.running());
        assert!(running <= 5 && alive <= 5 * 5, "{alive} calls of {running} queries are alive");
        assert!(polls == 0 || running == 5, "{running} run after {polls} polls");
        drop(batch);
        assert_eq!(probe.active_calls(), 0, "after {polls} polls a call is still alive");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_says_what_each_query_alone_says() {
    let scenario = catalog::scenario("standard");
    let engine = scenario.engine(&catalog::corpus(), Pace::Scripted, None);
    let query = |seed| scenario.query().with_seed(seed);
    let mut items: Vec<_> = engine.batch((0..10).map(query), 4).collect().await;
    items.sort_by_key(|item| item.index);
    for (seed, item) in (0..).zip(items) {
        let mut alone = engine.ask(query(seed)).await;
        let mut reply = item.outcome.unwrap();
        // When a provider began depends on nothing but the query itself, so that even its latency is the same.
        assert_eq!(reply.ending, QueryOutcome::Done);
        assert!(!reply.answer.is_empty() && !reply.citations.is_empty() && reply.usage.is_some());
        for citation in &reply.citations {
            let marker = &reply.answer[citation.span.start as usize..citation.span.end as usize];
            assert_eq!(marker, format!("[{}]", citation.number));
        }
        assert_eq!(std::mem::take(&mut reply.answer), std::mem::take(&mut alone.answer));
        assert_eq!(reply, alone);
    }
}
