//! Profiled mocks perform what was drawn for a request, at the time that was drawn, for any seed and in any order.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::event::ProviderName;
use aggregator_core::internals::{RankedProvider, ResultSet, Weight};
use aggregator_core::model::{AnswerRequest, Chunk};
use aggregator_core::provider::{Hit, ProviderError, ProviderErrorKind, SearchRequest};
use aggregator_core::{LanguageModel, Query, SearchProvider};
use aggregator_mocks::contract::{check_provider, check_repeatable};
use aggregator_mocks::profile::{ModelProfile, SearchProfile};
use aggregator_mocks::{List, Pace, ProfiledModel, ProfiledProvider, Scenario, Style, TerminalEvent, catalog};
use futures::StreamExt as _;
use tokio::time::Instant;

const LIST: List = List { pool: 60, repeats: 1 };
const STYLE: Style = Style { sources: 20, citations: 12, invented: 2 };

fn search_profile(refusals: bool) -> Arc<SearchProfile> {
    let (latency, texts) = (catalog::profile("search-default"), catalog::profile("text-passages"));
    let refusals = refusals.then(|| catalog::profile("refusals-lepton"));
    Arc::new(SearchProfile::new(&latency, &texts, refusals.as_ref()).unwrap())
}

fn model_profile() -> Arc<ModelProfile> {
    let (speed, tokens) = (catalog::profile("llm-groq-70b"), catalog::profile("azure-conversation"));
    Arc::new(ModelProfile::new(&speed, &tokens, &catalog::profile("gap-gamma"), None).unwrap())
}

fn provider(pace: Pace, refusals: bool, seeds: &[u64]) -> ProfiledProvider {
    ProfiledProvider::new("alder", search_profile(refusals), pace, &catalog::corpus(), LIST, seeds)
}

fn query(seed: u64) -> Arc<Query> {
    Arc::new(Query::new("what do profiles do?").unwrap().with_seed(seed))
}

/// What a provider finds, and how long after the call its last item came.
async fn found(provider: &ProfiledProvider, seed: u64) -> (Vec<Hit>, Option<ProviderError>, Duration) {
    let started = Instant::now();
    let mut stream = provider.search(SearchRequest::new(query(seed), 50, started + Duration::from_secs(100)));
    let (mut hits, mut error) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        match item {
            Ok(hit) => hits.push(hit),
            Err(its) => {
                error = Some(its);
                break;
            }
        }
    }
    (hits, error, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_profiled_provider_keeps_the_contract() {
    for pace in [Pace::Scripted, Pace::Instant, Pace::Yielding] {
        let provider = provider(pace, false, &[7]);
        assert_eq!(check_provider(&provider, "who is it?").await, Ok(()));
        assert_eq!(check_repeatable(&provider, "who is it?").await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_does_what_was_drawn_for_each_seed() {
    let (profile, provider) = (search_profile(false), provider(Pace::Scripted, false, &[]));
    for seed in 0..300 {
        let draw = profile.draw(seed, "alder");
        let (hits, error, after) = found(&provider, seed).await;
        assert_eq!((hits.len(), error), (draw.hits as usize, None));
        // A timer of tokio's is late by less than 1 ms.
        assert!(after >= draw.latency && after - draw.latency < Duration::from_millis(1), "{after:?} {draw:?}");
        for (hit, index) in hits.iter().zip(0..) {
            let drawn = profile.chars(seed, "alder", index);
            assert!(hit.snippet.chars().count().abs_diff(drawn) <= 10, "{drawn} characters: {}", hit.snippet);
        }
    }
}

/// The pieces of an answer with the times they came at, and its output tokens.
async fn written(model: &ProfiledModel, seed: u64) -> (Vec<(String, Duration)>, u64) {
    let mut results = ResultSet::new(0);
    let provider = RankedProvider { index: 0, name: ProviderName::new("alder"), weight: Weight::default() };
    let hit = Hit::new("https://example.org/", "t").with_snippet("s");
    results.add(&provider, 1, hit);
    let started = Instant::now();
    let deadline = started + Duration::from_secs(1_000);
    let mut stream = model.answer(AnswerRequest::new(query(seed), results.best(20), deadline));
    let (mut pieces, mut tokens) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        match chunk.unwrap() {
            Chunk::Text(text) => pieces.push((text, started.elapsed())),
            Chunk::Usage(usage) => tokens = usage.output_tokens,
            other => panic!("{other:?} is no piece of an answer"),
        }
    }
    (pieces, tokens)
}

#[tokio::test(start_paused = true)]
async fn a_model_writes_each_token_when_it_is_due() {
    let profile = model_profile();
    let model = ProfiledModel::new("ember", Arc::clone(&profile), Pace::Scripted, &catalog::corpus(), STYLE, &[]);
    for seed in 0..40 {
        let draw = profile.draw(seed, "ember");
        let (pieces, tokens) = written(&model, seed).await;
        assert_eq!((pieces.len(), tokens), (draw.generated_tokens as usize, draw.generated_tokens.into()));
        let mut due = Duration::ZERO;
        for ((_, at), wait) in pieces.iter().zip(profile.waits(&draw, seed, "ember").iter()) {
            due += *wait;
            // Late by the coarseness of one timer, however many tokens came before: delays do not add up.
            assert!(*at >= due && *at - due < Duration::from_millis(1), "seed {seed}: due at {due:?}, came at {at:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_made_ahead_is_what_would_be_made_when_asked() {
    let (ahead, asked) = (provider(Pace::Scripted, true, &[3, 4, 5]), provider(Pace::Scripted, true, &[]));
    let model =
        |seeds: &[u64]| ProfiledModel::new("ember", model_profile(), Pace::Scripted, &catalog::corpus(), STYLE, seeds);
    let (model_ahead, model_asked) = (model(&[3, 4, 5]), model(&[]));
    for seed in [5, 3, 6, 4] {
        assert_eq!(found(&ahead, seed).await, found(&asked, seed).await);
        assert_eq!(written(&model_ahead, seed).await, written(&model_asked, seed).await);
    }
}

#[tokio::test(start_paused = true)]
async fn of_150_requests_exactly_130_are_refused_at_once() {
    let (profile, provider) = (search_profile(true), provider(Pace::Scripted, true, &[]));
    let mut refused = 0;
    for seed in 150..300 {
        let (hits, error, after) = found(&provider, seed).await;
        assert_eq!(error.is_some(), profile.draw(seed, "alder").refused);
        if let Some(error) = error {
            refused += 1;
            assert_eq!(
                (error.kind, hits.len(), after),
                (ProviderErrorKind::RateLimited, 0, Duration::from_millis(797))
            );
        }
    }
    assert_eq!(refused, 130);
}

#[tokio::test(start_paused = true)]
async fn queries_of_a_scenario_differ_by_their_seed_and_by_nothing_else() {
    let (corpus, scenario) = (catalog::corpus(), catalog::scenario("rate-limited"));
    let seeds: Vec<u64> = (0..150).collect();
    let engines =
        [scenario.engine(&corpus, Pace::Scripted, None), scenario.engine_for(&corpus, Pace::Scripted, None, &seeds)];
    let mut ends = Vec::new();
    for engine in &engines {
        for &seed in &seeds {
            let checker = scenario.read(&mut engine.run(scenario.query().with_seed(seed))).await;
            let found = checker.found().unwrap();
            ends.push((found.end, found.checksum, checker.first_result, checker.latest));
        }
    }
    let (asked, ahead) = ends.split_at(150);
    assert_eq!(asked, ahead);
    // The model's refusals are what fails a query here.
    assert_eq!(asked.iter().filter(|end| end.0 == TerminalEvent::Failed).count(), 130);
    let distinct: std::collections::BTreeSet<_> = asked.iter().map(|end| &end.1).collect();
    assert_eq!(distinct.len(), 150, "two seeds came to the same events");
}

#[test]
fn invalid_profiles_of_a_scenario_are_errors() {
    let good = include_str!("../../../benches-data/scenarios/rate-limited.toml");
    let told = |from: &str, to: &str| {
        assert!(good.contains(from));
        Scenario::from_toml(&good.replacen(from, to, 1), &catalog::corpus()).unwrap_err().to_string()
    };
    for (from, to, says) in [
        (
            "\"search-google\"",
            "\"search-alta\"",
            "line 8, column 23: no profile is named `search-alta`; there are: azure-",
        ),
        (
            "\"search-google\"",
            "\"llm-groq-70b\"",
            "line 8, column 23: profile `llm-groq-70b`: it has no table `latency`",
        ),
        ("\"text-snippets\"", "\"azure-code\"", "line 8, column 48: profile `azure-code`: it has no table `hits`"),
        ("\"refusals-lepton\"", "\"azure-code\"", "line 12, column 77: profile `azure-code`: it has no [refusals]"),
        ("\"llm-fireworks-70b\"", "\"azure-code\"", "profile `azure-code`: it has no table `first_token`"),
        ("\"azure-conversation\"", "\"llm-groq-70b\"", "profile `llm-groq-70b`: it has no table `context_tokens`"),
        (
            "name = \"birch\"",
            "name = \"birch\"\nscript = []",
            "line 11, column 8: it needs either a `script` or a `profile`",
        ),
        (
            "name = \"birch\"",
            "name = \"birch\"\npanic_on = \"call\"",
            "line 11, column 8: only a provider with a `script`",
        ),
        ("texts =", "text =", "line 8, column 40: unknown field `text`"),
    ] {
        let error = told(from, to);
        assert!(error.contains(says), "expected {says:?}, was told {error:?}");
    }
}
