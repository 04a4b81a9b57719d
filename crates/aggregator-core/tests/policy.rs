//! The engine emits the reports of policies in order, before the last event. One reader can leave a run that several readers share.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aggregator_core::event::{CancelReason, Event, EventKind};
use aggregator_core::policy::PolicyAction;
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    AnswerRequest, Chunk, ChunkStream, Cost, Engine, LanguageModel, Price, ProviderError, ProviderErrorKind, Query,
    SearchProvider,
};
use aggregator_mocks::{InvariantChecker, Pace, TerminalEvent, catalog};
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::time::{advance, sleep};

const MS: Duration = Duration::from_millis(1);
const WAITING: PolicyAction = PolicyAction::Waiting { wait: MS };

/// A service that reports, waits and reports again; the second report comes with its end.
struct Guarded {
    says_so: bool,
    works: bool,
}

impl Guarded {
    async fn act(&self, report: impl Fn(PolicyAction)) {
        report(WAITING);
        sleep(MS).await;
        report(PolicyAction::Probing);
    }
}

impl SearchProvider for Guarded {
    fn name(&self) -> &str {
        "search"
    }

    fn has_policies(&self) -> bool {
        self.says_so
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let Self { says_so, works } = *self;
        let failure = ProviderError::new(ProviderErrorKind::NotAsked, "as planned");
        let answer = if works { Ok(Hit::new("https://a.example/", "A page")) } else { Err(failure) };
        let acts = async move {
            Self { says_so, works }.act(|action| request.report("search", action)).await;
            answer
        };
        acts.into_stream().boxed()
    }
}

impl LanguageModel for Guarded {
    fn name(&self) -> &str {
        "model"
    }

    fn has_policies(&self) -> bool {
        self.says_so
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let Self { says_so, works } = *self;
        let acts = async move {
            Self { says_so, works }.act(|action| request.report("model", action)).await;
            Ok(Chunk::Text("It is [1].".into()))
        };
        acts.into_stream().boxed()
    }
}

async fn events(engine: &Engine) -> Vec<Event> {
    let mut query = engine.run(Query::new("when does the tide turn?").unwrap());
    let (mut checker, mut events) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = query.next().await {
        checker.read(&event);
        events.push(event);
    }
    checker.check().unwrap();
    events
}

/// What was reported, and when, in milliseconds.
fn reports(events: &[Event]) -> Vec<(u128, String, PolicyAction)> {
    let report = |event: &Event| match &event.kind {
        EventKind::Policy(report) => Some((event.elapsed().as_millis(), report.service.to_string(), report.action)),
        _ => None,
    };
    events.iter().filter_map(report).collect()
}

#[tokio::test(start_paused = true)]
async fn the_engine_emits_a_report_when_the_policy_acts() {
    let all = [
        (0, "search".to_owned(), WAITING),
        (1, "search".to_owned(), PolicyAction::Probing),
        (1, "model".to_owned(), WAITING),
        (2, "model".to_owned(), PolicyAction::Probing),
    ];
    // One of them says that it has policies: enough.
    for (search, model) in [(true, true), (true, false), (false, true)] {
        let search = Guarded { says_so: search, works: true };
        let engine = Engine::builder().provider(search).model(Guarded { says_so: model, works: true }).build().unwrap();
        assert_eq!(reports(&events(&engine).await), all);
    }
    let quiet = Guarded { says_so: false, works: true };
    let engine = Engine::builder().provider(quiet).build().unwrap();
    assert_eq!(reports(&events(&engine).await), []);
}

#[tokio::test(start_paused = true)]
async fn a_report_comes_before_the_last_event_when_all_providers_fail() {
    let engine = Engine::builder().provider(Guarded { says_so: true, works: false }).build().unwrap();
    let events = events(&engine).await;
    assert_eq!(reports(&events).len(), 2, "{events:?}");
    assert!(matches!(events.last().unwrap().kind, EventKind::Failed { .. }));
}

/// Runs a scenario; after each poll one of several readers leaves, if they are to. Returns how many have left.
async fn run(name: &str, leaves: bool) -> (InvariantChecker, u32) {
    let scenario = catalog::scenario(name);
    let mut query = scenario.engine(&catalog::corpus(), Pace::Yielding, None).run(scenario.query());
    assert!(query.leave(CancelReason::Requested).is_empty(), "a query that does not run cannot be left");
    let (mut checker, mut left) = (InvariantChecker::new(), Vec::new());
    loop {
        match query.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(event)) => checker.read(&event),
            Poll::Ready(None) => break,
            Poll::Pending => advance(MS * 500).await,
        }
        if !leaves || checker.summary().is_some() {
            continue;
        }
        let mut leaving = checker.clone();
        for (seq, kind) in (checker.events..).zip(query.leave(CancelReason::Shutdown)) {
            leaving.read(&Event::new(seq, checker.latest, kind));
        }
        leaving.check().unwrap_or_else(|broken| panic!("{name}, after {} events: {broken}", checker.events));
        assert_eq!(leaving.summary().unwrap().0, TerminalEvent::Cancelled);
        left.push(leaving.summary().unwrap().1.providers.len());
    }
    checker.check().unwrap();
    // Also the providers that the engine had not asked yet.
    let all = checker.summary().unwrap().1.providers.len();
    assert!(left.iter().all(|reports| *reports == all), "{name}: {left:?} of {all}");
    (checker, left.len() as u32)
}

#[tokio::test(start_paused = true)]
async fn i5_i7_a_run_goes_on_when_one_of_its_readers_leaves_after_any_poll() {
    for name in ["floor", "standard", "degraded", "wide"] {
        let (shared, left) = run(name, true).await;
        assert!(left > 20, "{name}: left {left} times");
        assert_eq!(shared.checksum(), run(name, false).await.0.checksum(), "{name}");
    }
}

/// A model that refuses, for this reason, before its first word.
struct Refusing(ProviderErrorKind);

impl LanguageModel for Refusing {
    fn name(&self) -> &str {
        "refusing"
    }

    fn price(&self) -> Option<Price> {
        Some(Price::new(250, 2_000))
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        stream::iter([Err(ProviderError::new(self.0, "no"))]).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_refused_costs_nothing() {
    use ProviderErrorKind::{BadResponse, NotAsked, RateLimited, Unauthorized, Unreachable};
    for (kind, is_free) in
        [(Unauthorized, true), (RateLimited, true), (Unreachable, true), (NotAsked, true), (BadResponse, false)]
    {
        let provider = Guarded { says_so: false, works: true };
        let engine = Engine::builder().provider(provider).model(Refusing(kind)).build().unwrap();
        let answer = events(&engine).await.last().unwrap().kind.summary().unwrap().answer.unwrap();
        assert_eq!(answer.cost == Some(Cost(0)) && !answer.usage_is_estimated, is_free, "{kind:?}: {answer:?}");
    }
}
