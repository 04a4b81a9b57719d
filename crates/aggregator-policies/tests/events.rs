//! What policies do is told to the reader of the query, when they do it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Engine, EventKind, LanguageModel, PolicyAction, ProviderError,
    ProviderErrorKind, Query, RateWindow, SearchProvider,
};
use aggregator_mocks::InvariantChecker;
use aggregator_policies::{
    Answer, Ask, Backoff, Breaker, BreakerSettings, Decision, Guarded, LimitStore, Limiter, Policies, Rate,
    RetryBudget, SharedLimitSettings, SharedLimiter, StoreError,
};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A service that fails as planned, and then works.
#[derive(Debug, Clone, Default)]
struct Service {
    failures: Arc<Mutex<VecDeque<ProviderError>>>,
    windows: Vec<(u64, u64, Duration, Duration)>,
}

impl Service {
    fn failing(kinds: impl IntoIterator<Item = ProviderErrorKind>) -> Self {
        Self::failing_with(kinds.into_iter().map(|kind| ProviderError::new(kind, "as planned")))
    }

    fn failing_with(errors: impl IntoIterator<Item = ProviderError>) -> Self {
        Self { failures: Arc::new(Mutex::new(errors.into_iter().collect())), windows: Vec::new() }
    }

    fn answer<T>(&self, answer: T) -> Result<T, ProviderError> {
        match self.failures.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }
}

impl SearchProvider for Service {
    fn name(&self) -> &str {
        "search"
    }

    fn rate_windows(&self) -> Vec<RateWindow> {
        let window = |&(limit, remaining, reset, length): &(u64, u64, Duration, Duration)| {
            RateWindow::new(limit, remaining, Instant::now() + reset).with_length(Some(length))
        };
        self.windows.iter().map(window).collect()
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let service = self.clone();
        async move { service.answer(Hit::new("https://a.example/", "A page")) }.into_stream().boxed()
    }
}

impl LanguageModel for Service {
    fn name(&self) -> &str {
        "model"
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        let service = self.clone();
        async move { service.answer(Chunk::Text("It is [1].".into())) }.into_stream().boxed()
    }
}

/// What was told, and when, in milliseconds.
async fn told(engine: &Engine, seed: u64) -> Vec<(u128, String, PolicyAction)> {
    let mut query = engine.run(Query::new("who waits for a turn?").unwrap().with_seed(seed));
    let (mut checker, mut told) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = query.next().await {
        checker.read(&event);
        if let EventKind::Policy(report) = &event.kind {
            told.push((event.elapsed().as_millis(), report.service.to_string(), report.action));
        }
    }
    checker.check().unwrap();
    told
}

fn engine(service: Service, policies: Policies) -> Engine {
    Engine::builder().provider(Guarded::new(service, policies)).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_query_that_waits_says_for_how_long() {
    let policies = Policies::default().limiter(Limiter::new(Rate::per_second(2, 1).unwrap()));
    let engine = engine(Service::default(), policies);
    let three = futures::future::join_all((0..3).map(|seed| told(&engine, seed))).await;
    let waiting = |wait| vec![(0, "search".to_owned(), PolicyAction::Waiting { wait })];
    assert_eq!(three, [vec![], waiting(SECOND / 2), waiting(SECOND)]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_says_why_and_when() {
    use ProviderErrorKind::{BadResponse, Unreachable};
    let policies = || Policies::default().retries(Backoff::default(), Arc::new(RetryBudget::default()));
    let search = Guarded::new(Service::failing([Unreachable, BadResponse]), policies());
    let model = Guarded::new(Service::failing([Unreachable]), policies());
    let engine = Engine::builder().provider(search).model(model).build().unwrap();
    let told = told(&engine, 7).await;
    let retries: Vec<_> = told
        .iter()
        .map(|(_, service, action)| match action {
            PolicyAction::Retrying { retry, error, .. } => (service.as_str(), *retry, *error),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(retries, [("search", 1, Unreachable), ("search", 2, BadResponse), ("model", 1, Unreachable)]);
    let waits = [Backoff::default().wait(0, 7), Backoff::default().wait(1, 7)];
    assert_eq!(told[1].0 - told[0].0, waits[0].as_millis() + 1, "tokio rounds up to a millisecond");
    assert!(told[2].0 - told[1].0 >= waits[1].as_millis());
}

#[tokio::test(start_paused = true)]
async fn a_breaker_says_when_it_opens_probes_and_closes() {
    let service = Service::failing([ProviderErrorKind::BadResponse; 6]);
    let engine = engine(service, Policies::default().breaker(Breaker::new(BreakerSettings::default())));
    let search = |action| vec![(0, "search".to_owned(), action)];
    for seed in 0..4 {
        assert_eq!(told(&engine, seed).await, []);
    }
    assert_eq!(told(&engine, 4).await, search(PolicyAction::BreakerOpened { wait: 10 * SECOND }));
    assert_eq!(told(&engine, 5).await, [], "the outcome says that it is not asked");
    let probing = search(PolicyAction::Probing);
    sleep(10 * SECOND).await;
    let reopens = search(PolicyAction::BreakerOpened { wait: 10 * SECOND });
    assert_eq!(told(&engine, 6).await, [probing.clone(), reopens].concat());
    sleep(10 * SECOND).await;
    assert_eq!(told(&engine, 7).await, [probing, search(PolicyAction::BreakerClosed)].concat());
    assert_eq!(told(&engine, 8).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_a_service_tells_is_said_once_and_kept() {
    let windows = vec![(2, 2, SECOND, SECOND), (2_000, 1_000, 20 * SECOND, 86_400 * SECOND)];
    let service = Service { windows, ..Service::default() };
    let engine = engine(service, Policies::default().limiter(Limiter::learning()));
    let learnt = PolicyAction::LimitLearnt { count: 2, period: SECOND };
    assert_eq!(told(&engine, 0).await, [(0, "search".to_owned(), learnt)]);
    let begun = Instant::now();
    let all = futures::future::join_all((1..=10).map(|seed| told(&engine, seed))).await;
    assert!(all.iter().flatten().all(|(_, _, action)| matches!(action, PolicyAction::Waiting { .. })), "{all:?}");
    assert_eq!((all.iter().flatten().count(), begun.elapsed()), (8, 4 * SECOND));
}

/// A store that is away.
#[derive(Debug)]
struct Away;

impl LimitStore for Away {
    fn take(&self, _: Ask) -> BoxFuture<'static, Result<Answer, StoreError>> {
        Box::pin(async { Err(StoreError::new("it is away")) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_limit_that_cannot_be_read_is_said_and_its_share_is_kept() {
    let mut settings = SharedLimitSettings::default();
    settings.peers_at_first = 4;
    let rate = Rate::per_second(8, 1).unwrap();
    let shared = SharedLimiter::with_settings(Arc::new(Away), "search", rate, settings).unwrap();
    let engine = engine(Service::default(), Policies::default().shared_limiter(shared));
    let local = |at| (at, "search".to_owned(), PolicyAction::LimitIsLocal { servers: 4 });
    let waiting = |wait| (0, "search".to_owned(), PolicyAction::Waiting { wait });
    let three = futures::future::join_all((0..3).map(|seed| told(&engine, seed))).await;
    assert_eq!(three, [vec![local(0)], vec![waiting(SECOND / 2), local(500)], vec![waiting(SECOND), local(1_000)]]);
}

/// A store that permits everything, and knows what it is told of waits.
#[derive(Debug, Clone, Default)]
struct Open(Arc<Mutex<Vec<Duration>>>);

impl LimitStore for Open {
    fn take(&self, _: Ask) -> BoxFuture<'static, Result<Answer, StoreError>> {
        Box::pin(async { Ok(Answer { decision: Decision::Granted, peers: 1 }) })
    }

    fn hold(&self, ask: Ask) {
        self.0.lock().unwrap().push(ask.held);
    }
}

/// The other processes must not ask a service either that has asked one of them to wait.
#[tokio::test(start_paused = true)]
async fn a_wait_that_a_service_asks_for_is_told_to_the_other_processes() {
    let store = Open::default();
    let rate = Rate::per_second(8, 1).unwrap();
    let shared = SharedLimiter::new(Arc::new(store.clone()), "search", rate).unwrap();
    let busy = ProviderError::new(ProviderErrorKind::RateLimited, "as planned").with_retry_after(3 * SECOND);
    let engine = engine(Service::failing_with([busy]), Policies::default().shared_limiter(shared));
    told(&engine, 0).await;
    assert_eq!(*store.0.lock().unwrap(), [3 * SECOND]);
}
