//! Each setting of time and size moves what its name says, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::answer::ensemble::{Ensemble, Strategy};
use aggregator_core::event::{AnswerSummary, EventKind, ExecutionError, Outcome};
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{BuildError, Engine, LanguageModel, Query, SearchProvider, Settings};
use aggregator_mocks::InvariantChecker;
use futures::{StreamExt as _, stream};

/// Gives some pages at once and then never ends.
struct Endless {
    pages: usize,
}

impl SearchProvider for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let page = |number| {
            Hit::new(format!("https://example.org/{number}"), format!("Page {number}"))
                .with_snippet("about it".repeat(20))
        };
        stream::iter((0..self.pages).map(page).map(Ok)).chain(stream::pending()).boxed()
    }
}

/// Says some texts and then never ends; keeps what it was asked.
#[derive(Clone, Default)]
struct Writer {
    says: &'static [&'static str],
    requests: Arc<Mutex<Vec<AnswerRequest>>>,
}

impl LanguageModel for Writer {
    fn name(&self) -> &str {
        "writer"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        self.requests.lock().unwrap().push(request);
        let texts = self.says.iter().map(|text| Ok(Chunk::Text((*text).to_owned())));
        stream::iter(texts).chain(stream::pending()).boxed()
    }
}

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// The events of a query with their milliseconds.
async fn read(engine: &Engine) -> Vec<(u128, EventKind)> {
    read_of(engine, "what is it?").await
}

async fn read_of(engine: &Engine, query: &str) -> Vec<(u128, EventKind)> {
    let mut events = engine.run(Query::new(query).unwrap());
    let (mut checker, mut told) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = events.next().await {
        checker.read(&event);
        told.push((event.elapsed().as_millis(), event.kind));
    }
    checker.check().unwrap();
    told
}

#[tokio::test(start_paused = true)]
async fn deadline_is_when_a_query_ends() {
    for ms in [700, 2_000] {
        let settings = settings(|s| s.deadline = Duration::from_millis(ms));
        let model = Writer { says: &["begun"], ..Writer::default() };
        let engine = Engine::builder().provider(Endless { pages: 2 }).model(model).settings(settings).build().unwrap();
        let events = read(&engine).await;
        let (at, EventKind::Failed { error, .. }) = events.last().unwrap() else { panic!("{events:?}") };
        assert_eq!(*at, u128::from(ms));
        assert!(matches!(**error, ExecutionError::DeadlineExceeded { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn provider_timeout_is_when_a_silent_provider_is_given_up() {
    for ms in [300, 9_000] {
        let settings = settings(|s| s.provider_timeout = Duration::from_millis(ms));
        let events = read(&Engine::builder().provider(Endless { pages: 0 }).settings(settings).build().unwrap()).await;
        let finished = events.iter().find_map(|(at, kind)| match kind {
            EventKind::ProviderFinished(report) => Some((*at, &report.outcome)),
            _ => None,
        });
        assert_eq!(finished, Some((u128::from(ms), &Outcome::Timeout)));
    }
}

#[tokio::test(start_paused = true)]
async fn search_share_is_what_the_model_leaves_to_the_search() {
    for (share, ends) in [(20, 2_000), (80, 8_000)] {
        let settings = settings(|s| {
            (s.deadline, s.provider_timeout) = (Duration::from_secs(10), Duration::from_secs(60));
            s.search_share = share;
        });
        let with = |builder: aggregator_core::EngineBuilder| {
            builder.provider(Endless { pages: 2 }).settings(settings.clone()).build().unwrap()
        };
        let frozen = |events: &[(u128, EventKind)]| {
            events.iter().find(|(_, kind)| matches!(kind, EventKind::Sources { .. })).unwrap().0
        };
        assert_eq!(frozen(&read(&with(Engine::builder().model(Writer::default()))).await), ends);
        assert_eq!(frozen(&read(&with(Engine::builder())).await), 10_000, "without a model the search has all of it");
    }
}

/// Sources are frozen for a reader, and as many as fit are in the prompt: what a model did not see, it cannot cite.
#[tokio::test(start_paused = true)]
async fn only_what_was_in_the_prompt_can_be_cited() {
    /// The text of an answer, with its summary.
    async fn answered(
        most: u32,
        several: bool,
        query: &str,
        says: &'static [&'static str],
    ) -> (String, AnswerSummary, usize) {
        let model = Writer { says, ..Writer::default() };
        let settings = settings(|s| s.max_prompt_tokens = most);
        let builder = Engine::builder().provider(Endless { pages: 20 }).settings(settings);
        let engine = match several {
            true => builder.models(Ensemble::new(Strategy::Fallback).model(model.clone())),
            false => builder.model(model.clone()),
        };
        let events = read_of(&engine.build().unwrap(), query).await;
        let pieces = events.iter().filter_map(|(_, kind)| match kind {
            EventKind::AnswerDelta { text } => Some(text.as_str()),
            _ => None,
        });
        let summary = events.last().unwrap().1.summary().unwrap().answer.unwrap();
        let in_prompt = model.requests.lock().unwrap()[0].prompt().sources.len();
        (pieces.collect(), summary, in_prompt)
    }
    for several in [false, true] {
        let all = answered(6_000, several, "what?", &["first [1] and last [20]. "]).await;
        assert_eq!(
            (&*all.0, all.1.shown, all.1.citations, all.1.invalid_citations),
            ("first [1] and last [20]. ", 20, 2, 0)
        );
        let (text, summary, in_prompt) =
            answered(500, several, "what?", &["first [1] and last [20] or [1, 20]. "]).await;
        assert_eq!(
            (text.as_str(), summary.citations, summary.invalid_citations),
            ("first [1] and last  or [1]. ", 2, 2)
        );
        assert!(summary.shown as usize == in_prompt && (1..20).contains(&in_prompt) && summary.has_citations);
        let (text, summary, in_prompt) = answered(256, several, &"what? ".repeat(50), &["first [1]. "]).await;
        assert_eq!((text.as_str(), summary.shown, in_prompt, summary.has_citations), ("first . ", 0, 0, false));
    }
}

#[tokio::test(start_paused = true)]
async fn max_prompt_tokens_is_what_a_prompt_may_have() {
    let prompt = |most| async move {
        let model = Writer::default();
        let settings = settings(|s| s.max_prompt_tokens = most);
        let engine =
            Engine::builder().provider(Endless { pages: 20 }).model(model.clone()).settings(settings).build().unwrap();
        read(&engine).await;
        let requests = model.requests.lock().unwrap();
        requests[0].prompt()
    };
    let (small, large) = (prompt(500).await, prompt(100_000).await);
    assert!(small.tokens() <= 500 && (1..20).contains(&small.sources.len()), "{}", small.tokens());
    assert_eq!(large.sources.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn max_sources_is_how_many_are_frozen() {
    for most in [1, 7] {
        let settings = settings(|s| s.max_sources = most);
        let events = read(&Engine::builder().provider(Endless { pages: 9 }).settings(settings).build().unwrap()).await;
        let list = events.iter().find_map(|(_, kind)| match kind {
            EventKind::Sources { list, .. } => Some(list.len() as u32),
            _ => None,
        });
        assert_eq!(list, Some(most));
    }
}

#[test]
fn partial_syntheses_without_batches_are_refused() {
    let settings = settings(|s| s.interim_synthesis = true);
    let error = Engine::builder().provider(Endless { pages: 0 }).settings(settings).build().unwrap_err();
    assert_eq!(error, BuildError::InterimWithoutBatches);
    assert!(error.to_string().contains("streaming_batch_size"), "{error}");
}
