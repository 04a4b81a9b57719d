//! Enough providers or results: the others have only a grace time left, so that one that hangs does not delay the first word.

use std::time::Duration;

use aggregator_core::event::{EventKind, Outcome, Truncation};
use aggregator_core::provider::{Hit, HitStream, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{AnswerRequest, Chunk, ChunkStream, Engine, LanguageModel, Query, SearchProvider, Settings};
use aggregator_mocks::InvariantChecker;
use futures::{StreamExt as _, stream};
use tokio::time::sleep;

/// What a provider does.
#[derive(Clone, Copy)]
enum Act {
    /// Gives this many hits after some milliseconds, and ends.
    Find(u64, usize),
    /// Gives this many hits after some milliseconds, and hangs.
    FindAndHang(u64, usize),
    Hang,
    Fail(u64),
}
use Act::{Fail, Find, FindAndHang, Hang};

struct Actor(&'static str, Act);

impl SearchProvider for Actor {
    fn name(&self) -> &str {
        self.0
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let Self(name, act) = *self;
        let hits = move |count: usize| {
            stream::iter((0..count).map(move |number| {
                let (url, title) = (format!("https://example.org/{name}/{number}"), "a page".to_owned());
                Ok(Hit::new(url, title))
            }))
        };
        let after = |ms| stream::once(sleep(Duration::from_millis(ms)));
        match act {
            Find(ms, count) => after(ms).flat_map(move |()| hits(count)).boxed(),
            FindAndHang(ms, count) => after(ms).flat_map(move |()| hits(count)).chain(stream::pending()).boxed(),
            Hang => stream::pending().boxed(),
            Fail(ms) => after(ms).map(|()| Err(ProviderError::new(ProviderErrorKind::Other, "as planned"))).boxed(),
        }
    }
}

struct Model;

impl LanguageModel for Model {
    fn name(&self) -> &str {
        "model"
    }

    fn answer(&self, _: AnswerRequest) -> ChunkStream {
        stream::iter([Ok(Chunk::Text("it is [1]".into()))]).boxed()
    }
}

/// Milliseconds until the first word, and the outcome of each provider in name order.
async fn ask(providers: &[(&'static str, Act)], change: fn(&mut Settings)) -> (u64, Vec<Outcome>) {
    let mut settings = Settings::default();
    change(&mut settings);
    let engine = Engine::builder().settings(settings).model(Model);
    let engine = providers.iter().fold(engine, |engine, &(name, act)| engine.provider(Actor(name, act)));
    let mut events = engine.build().unwrap().run(Query::new("what is it?").unwrap());
    let (mut checker, mut first_word) = (InvariantChecker::new(), None);
    while let Some(event) = events.next().await {
        checker.read(&event);
        if matches!(event.kind, EventKind::AnswerDelta { .. }) {
            first_word.get_or_insert(event.elapsed().as_millis() as u64);
        }
        if let Some(summary) = event.kind.summary() {
            checker.check().unwrap();
            return (first_word.unwrap(), summary.providers.iter().map(|report| report.outcome.clone()).collect());
        }
    }
    unreachable!("a query has a last event")
}

const QUICK_AND_HUNG: [(&str, Act); 4] = [("a", Find(50, 2)), ("b", Find(80, 2)), ("c", Find(100, 2)), ("d", Hang)];

#[tokio::test(start_paused = true)]
async fn a_hung_provider_delays_the_first_word_by_the_grace_time_only() {
    let (first_word, outcomes) = ask(&QUICK_AND_HUNG, |_| {}).await;
    assert_eq!((first_word, &outcomes[3]), (8_000, &Outcome::Timeout), "off unless set");
    let (first_word, outcomes) = ask(&QUICK_AND_HUNG, |settings| settings.enough_providers = Some(3)).await;
    assert_eq!((first_word, &outcomes[3]), (600, &Outcome::Enough), "100 ms and the grace time");
    assert!(outcomes[..3].iter().all(|outcome| *outcome == Outcome::Ok));
    let (first_word, _) = ask(&QUICK_AND_HUNG, |settings| {
        (settings.enough_providers, settings.enough_grace) = (Some(3), Duration::from_millis(1));
    })
    .await;
    assert_eq!(first_word, 101);
}

#[tokio::test(start_paused = true)]
async fn results_can_be_enough_and_a_provider_that_gave_some_is_partial() {
    let providers = [("a", FindAndHang(100, 7)), ("b", Find(200, 3)), ("c", Hang)];
    let (first_word, outcomes) = ask(&providers, |settings| settings.enough_sources = Some(10)).await;
    let partial = Outcome::Partial(Truncation::Enough);
    assert_eq!((first_word, outcomes), (700, vec![partial, Outcome::Ok, Outcome::Enough]));
    let (first_word, _) = ask(&providers, |settings| settings.enough_sources = Some(11)).await;
    assert_eq!(first_word, 8_000, "ten are not eleven");
}

#[tokio::test(start_paused = true)]
async fn providers_that_fail_or_find_nothing_do_not_count() {
    let providers = [("a", Find(50, 1)), ("b", Fail(10)), ("c", Find(20, 0)), ("d", Hang)];
    let (first_word, _) = ask(&providers, |settings| settings.enough_providers = Some(2)).await;
    assert_eq!(first_word, 8_000);
    let (first_word, _) = ask(&providers, |settings| settings.enough_providers = Some(1)).await;
    assert_eq!(first_word, 550);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_provider_is_not_extended() {
    let (first_word, outcomes) = ask(&QUICK_AND_HUNG, |settings| {
        settings.provider_timeout = Duration::from_millis(300);
        settings.enough_providers = Some(3);
    })
    .await;
    assert_eq!((first_word, &outcomes[3]), (300, &Outcome::Timeout));
}
