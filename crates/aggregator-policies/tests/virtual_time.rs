//! Policies around an engine's providers and models, in virtual time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::event::{Outcome, RankedSource};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, EventKind, LanguageModel, ProviderError, ProviderErrorKind, Query,
    SearchProvider,
};
use aggregator_policies::{Backoff, Breaker, BreakerSettings, Guarded, Limiter, Policies, Rate, RetryBudget};
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::time::{Instant, sleep};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A service that answers at once, unless it is down, and knows when it was asked.
#[derive(Debug, Clone, Default)]
struct Service {
    asked: Arc<Mutex<Vec<Instant>>>,
    failure: Arc<Mutex<Option<ProviderError>>>,
}

impl Service {
    fn down(&self, kind: ProviderErrorKind) {
        *self.failure.lock().unwrap() = Some(ProviderError::new(kind, "down"));
    }

    fn fails_with(&self, error: ProviderError) {
        *self.failure.lock().unwrap() = Some(error);
    }

    fn up(&self) {
        *self.failure.lock().unwrap() = None;
    }

    fn asked(&self) -> Vec<Instant> {
        self.asked.lock().unwrap().clone()
    }

    fn answers(&self) -> Result<(), ProviderError> {
        self.asked.lock().unwrap().push(Instant::now());
        match self.failure.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl SearchProvider for Service {
    fn name(&self) -> &str {
        "service"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let service = self.clone();
        let answer = async move { service.answers().map(|()| Hit::new("https://example.org/", "a page")) };
        answer.into_stream().boxed()
    }
}

fn engine(service: &Service, policies: Policies) -> Engine {
    Engine::builder().provider(Guarded::new(service.clone(), policies)).build().unwrap()
}

fn query(seed: u64) -> Query {
    Query::new("who waits for a turn?").unwrap().with_seed(seed)
}

/// The outcome of the only provider.
async fn ask(engine: &Engine, seed: u64) -> Outcome {
    let mut events = engine.run(query(seed));
    let mut outcome = None;
    while let Some(event) = events.next().await {
        if let EventKind::ProviderFinished(report) = event.kind {
            outcome = Some(report.outcome.clone());
        }
    }
    outcome.expect("each provider has one outcome")
}

/// All of these queries, begun at once.
async fn ask_all(engine: &Engine, queries: u64) -> Vec<Outcome> {
    futures::future::join_all((0..queries).map(|seed| ask(engine, seed))).await
}

#[tokio::test(start_paused = true)]
async fn a_hundred_queries_at_twenty_a_second_wait_and_none_fails() {
    let service = Service::default();
    let limiter = Limiter::new(Rate::per_second(20, 20).unwrap());
    let engine = engine(&service, Policies::default().limiter(limiter.clone()));
    let begun = Instant::now();
    assert!(ask_all(&engine, 100).await.iter().all(|outcome| *outcome == Outcome::Ok));
    assert_eq!(begun.elapsed(), 4 * SECOND);
    assert_eq!((service.asked().len(), limiter.waiting()), (100, 0));
    // Never more than the burst at once, and then evenly.
    let at: Vec<u128> = service.asked().iter().map(|at| (*at - begun).as_millis()).collect();
    assert!(
        at[..20].iter().all(|at| *at == 0) && at[20..].iter().copied().eq((1..=80).map(|turn| turn * 50)),
        "{at:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn where_waiting_cannot_help_the_query_is_told_at_once() {
    let service = Service::default();
    let engine = engine(&service, Policies::default().limiter(Limiter::new(Rate::new(1, 60 * SECOND, 1).unwrap())));
    assert_eq!(ask(&engine, 0).await, Outcome::Ok);
    let begun = Instant::now();
    let Outcome::Error(error) = ask(&engine, 1).await else { panic!("its turn comes after its deadline") };
    let message = "the limit of requests is reached: the next turn is in 60.0 s, after the deadline";
    assert_eq!((error.kind, error.message(), begun.elapsed()), (ProviderErrorKind::NotAsked, message, Duration::ZERO));
    assert_eq!(service.asked().len(), 1);
}

/// The next caller in the queue takes the place of one that was dropped.
#[tokio::test(start_paused = true)]
async fn queries_that_are_dropped_while_they_wait_take_no_turn() {
    let service = Service::default();
    let limiter = Limiter::new(Rate::per_second(10, 1).unwrap());
    let engine = engine(&service, Policies::default().limiter(limiter.clone()));
    let mut waiting: Vec<_> = (0..30).map(|seed| engine.run(query(seed))).collect();
    for events in &mut waiting {
        while let Some(Some(_)) = events.next().now_or_never() {}
    }
    assert_eq!(limiter.waiting(), 29);
    // Every second query is dropped, among them the first in the queue.
    let kept: Vec<_> =
        waiting.into_iter().enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, events)| events).collect();
    assert_eq!(limiter.waiting(), 14);
    let begun = Instant::now();
    futures::future::join_all(kept.into_iter().map(|events| events.collect::<Vec<_>>())).await;
    assert_eq!((service.asked().len(), begun.elapsed()), (15, 1_400 * MS));
}

/// The first caller in the queue keeps its permission, also while its task has not been polled since the permission was due.
#[tokio::test(start_paused = true)]
async fn a_new_caller_does_not_overtake_the_queue() {
    let limiter = Limiter::new(Rate::per_second(10, 1).unwrap());
    let deadline = Instant::now() + 60 * SECOND;
    limiter.turn(deadline).await.unwrap();
    let mut first = limiter.turn(deadline);
    assert!((&mut first).now_or_never().is_none());
    tokio::time::advance(150 * MS).await;
    let mut second = limiter.turn(deadline);
    assert!((&mut second).now_or_never().is_none());
    assert_eq!(first.now_or_never(), Some(Ok(150 * MS)));
    assert_eq!(second.await, Ok(100 * MS));
}

/// Also where the first caller in the queue has not taken its turn, because its task was not polled.
#[tokio::test(start_paused = true)]
async fn a_caller_leaves_the_queue_at_its_deadline() {
    let limiter = Limiter::new(Rate::per_second(10, 1).unwrap());
    let begun = Instant::now();
    limiter.turn(begun).await.unwrap();
    let mut first = limiter.turn(begun + 60 * SECOND);
    let mut second = limiter.turn(begun + 250 * MS);
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    tokio::time::advance(300 * MS).await;
    assert!(matches!(second.now_or_never(), Some(Err(_))));
    assert_eq!(limiter.waiting(), 1);
    assert!(first.now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_the_budget_bounds_the_attempts() {
    let service = Service::default();
    service.down(ProviderErrorKind::Unreachable);
    let budget = Arc::new(RetryBudget::default());
    let engine = engine(&service, Policies::default().retries(Backoff::default(), budget));
    let outcomes = ask_all(&engine, 1_000).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Error(error) if error.message() == "down")));
    let attempts = service.asked().len();
    assert!((1_010..=1_210).contains(&attempts), "{attempts} attempts of 1,000 requests");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_repeated_and_no_other() {
    let policies = || Policies::default().retries(Backoff::default(), Arc::new(RetryBudget::default()));
    for (kind, attempts) in [
        (ProviderErrorKind::Unreachable, 3),
        (ProviderErrorKind::BadResponse, 3),
        (ProviderErrorKind::Truncated, 3),
        (ProviderErrorKind::RateLimited, 3),
        (ProviderErrorKind::Unauthorized, 1),
        (ProviderErrorKind::Other, 1),
    ] {
        let service = Service::default();
        service.down(kind);
        ask(&engine(&service, policies()), 7).await;
        assert_eq!(service.asked().len(), attempts, "{kind:?}");
    }
    // The wait that a service asks for is kept, and one beyond the deadline is not begun.
    for (wait, attempts) in [(3, 3), (30, 1)] {
        let service = Service::default();
        let error = ProviderError::new(ProviderErrorKind::RateLimited, "slow down").with_retry_after(wait * SECOND);
        service.fails_with(error);
        let begun = Instant::now();
        let outcome = ask(&engine(&service, policies()), 7).await;
        assert!(matches!(outcome, Outcome::Error(error) if error.kind == ProviderErrorKind::RateLimited));
        assert!(
            attempts > 1 || begun.elapsed() == Duration::ZERO,
            "a query does not wait for a retry after its deadline"
        );
        let asked = service.asked();
        let gaps: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(asked.len(), attempts.min(3), "{gaps:?}");
        assert!(gaps.iter().all(|gap| *gap >= wait * SECOND && *gap < (wait + 1) * SECOND), "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_learns_when_the_service_may_be_asked_again() {
    let service = Service::default();
    service.fails_with(ProviderError::new(ProviderErrorKind::RateLimited, "wait").with_retry_after(3 * SECOND));
    let limiter = Limiter::new(Rate::per_second(100, 100).unwrap());
    let engine = engine(&service, Policies::default().limiter(limiter));
    ask(&engine, 0).await;
    service.up();
    let begun = Instant::now();
    // All of them, and one at a time.
    assert!(ask_all(&engine, 3).await.iter().all(|outcome| *outcome == Outcome::Ok));
    assert_eq!(begun.elapsed(), 3 * SECOND + 20 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_probes_once_and_closes() {
    let service = Service::default();
    service.down(ProviderErrorKind::BadResponse);
    let breaker = Breaker::new(BreakerSettings::default());
    let engine = engine(&service, Policies::default().breaker(breaker.clone()));
    for seed in 0..5 {
        ask(&engine, seed).await;
    }
    assert!(breaker.is_open());
    let Outcome::Error(error) = ask(&engine, 5).await else { panic!("it is open") };
    let message = "it has failed again and again, and is asked again in 10.0 s";
    assert_eq!((error.kind, error.message()), (ProviderErrorKind::NotAsked, message));
    assert_eq!(service.asked().len(), 5);

    // A service that is only asked too often is alive.
    let limited = Service::default();
    limited.down(ProviderErrorKind::RateLimited);
    let busy = Breaker::new(BreakerSettings::default());
    ask_all(&self::engine(&limited, Policies::default().breaker(busy.clone())), 10).await;
    assert!(!busy.is_open());

    // One decides; the others are not asked meanwhile.
    sleep(10 * SECOND).await;
    ask_all(&engine, 20).await;
    assert_eq!(service.asked().len(), 6);
    sleep(10 * SECOND).await;
    service.up();
    assert_eq!(ask(&engine, 30).await, Outcome::Ok);
    assert!(!breaker.is_open());
    assert!(ask_all(&engine, 20).await.iter().all(|outcome| *outcome == Outcome::Ok));
}

/// A service that never answers.
struct Silent;

impl SearchProvider for Silent {
    fn name(&self) -> &str {
        "silent"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        stream::pending().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_a_query_that_is_dropped_frees_the_breaker() {
    let mut settings = BreakerSettings::default();
    settings.failures = 1;
    let breaker = Breaker::new(settings);
    assert_eq!(breaker.pass(Instant::now()).unwrap().failed(Instant::now()), Some(10 * SECOND));
    sleep(10 * SECOND).await;
    let engine =
        Engine::builder().provider(Guarded::new(Silent, Policies::default().breaker(breaker.clone()))).build().unwrap();
    let mut events = engine.run(query(0));
    while let Some(Some(_)) = events.next().now_or_never() {}
    assert!(breaker.pass(Instant::now()).is_err(), "one is under way");
    drop(events);
    assert!(breaker.pass(Instant::now()).unwrap().succeeded() && !breaker.is_open());
}

/// What is dropped when its time is up is a failure of the service; what a caller drops before is none.
#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_opens_its_breaker() {
    let breaker = Breaker::new(BreakerSettings::default());
    let guarded = Guarded::new(Silent, Policies::default().breaker(breaker.clone()));
    let engine = Engine::builder().provider(guarded).build().unwrap();
    for seed in 0..20 {
        let mut events = engine.run(query(seed));
        while let Some(Some(_)) = events.next().now_or_never() {}
    }
    assert!(!breaker.is_open());
    for seed in 0..5 {
        assert!(!breaker.is_open());
        assert_eq!(ask(&engine, seed).await, Outcome::Timeout);
    }
    assert!(breaker.is_open());
    sleep(4 * SECOND).await;
    let Outcome::Error(error) = ask(&engine, 5).await else { panic!("it is open") };
    assert_eq!((error.kind, error.retry_after()), (ProviderErrorKind::NotAsked, Some(6 * SECOND)));
}

/// A service that has a result at once, and then nothing more.
struct Slow;

impl SearchProvider for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        stream::iter([Ok(Hit::new("https://example.org/", "a page"))]).chain(stream::pending()).boxed()
    }
}

/// It answers, so others need not be kept from it.
#[tokio::test(start_paused = true)]
async fn a_service_that_is_slow_after_its_first_result_opens_no_breaker() {
    let breaker = Breaker::new(BreakerSettings::default());
    let guarded = Guarded::new(Slow, Policies::default().breaker(breaker.clone()));
    let engine = Engine::builder().provider(guarded).build().unwrap();
    for seed in 0..20 {
        assert!(matches!(ask(&engine, seed).await, Outcome::Partial(_)));
    }
    assert!(!breaker.is_open());
}

/// A service may ask for any wait, also for one that no clock can add to its time.
#[tokio::test(start_paused = true)]
async fn a_wait_without_an_end_is_no_panic() {
    for wait in [Duration::MAX, Duration::from_secs(u64::MAX), 400 * 86_400 * SECOND] {
        let service = Service::default();
        service.fails_with(ProviderError::new(ProviderErrorKind::RateLimited, "wait").with_retry_after(wait));
        let limiter = Limiter::new(Rate::per_second(100, 100).unwrap());
        let retries = (Backoff::default(), Arc::new(RetryBudget::default()));
        let policies = Policies::default().limiter(limiter).retries(retries.0, retries.1);
        let Outcome::Error(error) = ask(&engine(&service, policies), 0).await else { panic!("it fails") };
        assert_eq!((error.kind, service.asked().len()), (ProviderErrorKind::RateLimited, 1));
    }
}

/// A model that fails the first times, before or after its first word.
struct Unsteady {
    failures: AtomicU32,
    says_first: bool,
    calls: Arc<AtomicU32>,
}

impl LanguageModel for Unsteady {
    fn name(&self) -> &str {
        "unsteady"
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let failed = Err(ProviderError::new(ProviderErrorKind::Truncated, "broken off"));
        let usage = Ok(Chunk::Usage(aggregator_core::Usage::new(3, 0)));
        let text = Ok(Chunk::Text("word".into()));
        let fails =
            self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        stream::iter(match (fails, self.says_first) {
            (false, _) => vec![usage, text],
            (true, true) => vec![usage, text, failed],
            (true, false) => vec![usage, failed],
        })
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_never_repeated_after_its_first_word() {
    for (says_first, calls, text) in [(true, 1, "word"), (false, 2, "word")] {
        let count = Arc::new(AtomicU32::new(0));
        let model = Unsteady { failures: AtomicU32::new(1), says_first, calls: Arc::clone(&count) };
        let policies = Policies::default().retries(Backoff::default(), Arc::new(RetryBudget::default()));
        let sources: Arc<[RankedSource]> = Arc::new([]);
        let request = AnswerRequest::new(Arc::new(query(0)), sources, Instant::now() + 60 * SECOND);
        let items: Vec<_> = Guarded::new(model, policies).answer(request).collect().await;
        let said: String = items
            .iter()
            .filter_map(|item| if let Ok(Chunk::Text(text)) = item { Some(&**text) } else { None })
            .collect();
        assert_eq!((count.load(Ordering::Relaxed), said.as_str()), (calls, text));
        assert_eq!(items.last().unwrap().is_err(), says_first);
    }
}
