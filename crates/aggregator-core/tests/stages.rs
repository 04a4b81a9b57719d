//! What an engine does besides searching and answering, where its settings say so: analysis, interims, selection.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::analysis::{AnalysisSettings, UnsuitableReason};
use aggregator_core::answer::contradictions::ContradictionKind;
use aggregator_core::event::{CancelReason, EventKind, ExecutionError, Outcome};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::search::patterns::ContentKind;
use aggregator_core::search::select::{SelectionReason, SelectionSettings};
use aggregator_core::{Engine, Query, SearchProvider, Settings};
use aggregator_mocks::{InvariantChecker, List, Pace, Probe, ScriptedProvider, Step, catalog};
use futures::{StreamExt as _, stream};

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

fn analysing() -> Settings {
    settings(|settings| settings.analysis = Some(AnalysisSettings::default()))
}

/// Yields these hits, and keeps what it was asked for.
struct Pages {
    name: &'static str,
    hits: Vec<Hit>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    fn new(name: &'static str, pages: &[(&str, &str)]) -> Self {
        let hit = |&(url, title): &(&str, &str)| Hit::new(url, title);
        Self { name, hits: pages.iter().map(hit).collect(), asked: Arc::default() }
    }
}

impl SearchProvider for Pages {
    fn name(&self) -> &str {
        self.name
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        self.asked.lock().unwrap().push(request.text().to_owned());
        stream::iter(self.hits.clone().into_iter().map(Ok)).boxed()
    }
}

/// Reads to the end, and checks every invariant that can be seen.
async fn read(engine: &Engine, query: &str) -> Vec<EventKind> {
    let mut events = engine.run(Query::new(query).unwrap());
    let (mut checker, mut kinds) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = events.next().await {
        checker.read(&event);
        kinds.push(event.kind);
    }
    checker.check().unwrap();
    kinds
}

#[tokio::test(start_paused = true)]
async fn the_analysis_is_the_second_event_and_a_provider_is_asked_within_its_limit() {
    let pages = Pages::new("a", &[("https://example.org/1", "t")]);
    let asked = Arc::clone(&pages.asked);
    let engine = Engine::builder().provider(pages).settings(analysing()).build().unwrap();
    let text = "why does this fail?\n\nerror[E0382]: borrow of moved value: `x`\n --> src/main.rs:4:5";
    let events = read(&engine, text).await;
    let EventKind::Analysis(analysis) = &events[1] else { panic!("{events:?}") };
    assert!(matches!(events[2], EventKind::ProviderStarted { .. }));
    assert_eq!(*asked.lock().unwrap(), [text.replace('\n', " ")], "whole, on one line");
    assert!(analysis.segments.len() > 1, "its lines are seen: {analysis:?}");

    let pages = Pages::new("a", &[("https://example.org/1", "t")]);
    let asked = Arc::clone(&pages.asked);
    let engine = Engine::builder().provider(pages).build().unwrap();
    let events = read(&engine, text).await;
    assert!(!events.iter().any(|kind| matches!(kind, EventKind::Analysis(_))), "the setting is off");
    assert_eq!(*asked.lock().unwrap(), [text.replace('\n', " ")], "on one line");
}

fn refusing() -> Settings {
    let mut analysis = AnalysisSettings::default();
    analysis.refuse_unsuitable = true;
    settings(|settings| settings.analysis = Some(analysis))
}

fn probed(name: &str, probe: &Probe) -> ScriptedProvider {
    let list = List { pool: 30, repeats: 0 };
    let script = [Step::Emit { items: 3, every: Duration::ZERO }];
    ScriptedProvider::new(name, &script, Pace::Scripted, &catalog::corpus(), list, 0).probed(probe)
}

#[tokio::test(start_paused = true)]
async fn an_unsuitable_query_fails_and_no_provider_is_called() {
    let probe = Probe::new();
    let builder = || Engine::builder().provider(probed("a", &probe)).provider(probed("b", &probe));
    let engine = builder().settings(refusing()).build().unwrap();
    for (text, expected) in [
        ("12 * (3 - 4)", UnsuitableReason::Arithmetic),
        ("fn main() {\n    let x = 5;\n    println!(\"hi {x}\");\n}", UnsuitableReason::OnlyCode),
        ("?!?", UnsuitableReason::NoWords),
    ] {
        let events = read(&engine, text).await;
        assert!(matches!(events[1], EventKind::Analysis(_)));
        let [EventKind::ProviderFinished(a), EventKind::ProviderFinished(b)] = &events[2..4] else {
            panic!("{events:?}")
        };
        assert_eq!((&a.outcome, &b.outcome), (&Outcome::Skipped, &Outcome::Skipped));
        let [EventKind::Failed { error, partial }] = &events[4..] else { panic!("{events:?}") };
        let ExecutionError::Unsuitable { reason, suggestions } = &**error else { panic!("{error}") };
        assert_eq!(*reason, expected);
        assert!(!suggestions.is_empty() && error.to_string().contains(&suggestions[0].to_string()), "{error}");
        assert_eq!(partial.hits.yielded, 0);
    }
    assert!(probe.calls().is_empty(), "a provider was called");

    let engine = builder().settings(analysing()).build().unwrap();
    let events = read(&engine, "12 * (3 - 4)").await;
    assert!(matches!(events.last(), Some(EventKind::Done { .. })));
    assert_eq!(probe.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_query_is_cancelled_before_and_after_its_analysis() {
    let probe = Probe::new();
    let engine = Engine::builder().provider(probed("a", &probe)).settings(refusing()).build().unwrap();
    for (text, read) in [("rust", 1), ("rust", 2), ("3 * (1 + 1)", 2), ("3 * (1 + 1)", 3)] {
        let mut events = engine.run(Query::new(text).unwrap());
        let canceller = events.canceller();
        let mut checker = InvariantChecker::new();
        for _ in 0..read {
            checker.read(&events.next().await.unwrap());
        }
        canceller.cancel(CancelReason::Requested);
        while let Some(event) = events.next().await {
            checker.read(&event);
        }
        checker.check().unwrap();
        let (end, summary) = checker.summary().unwrap();
        assert_eq!((end, summary.providers.len()), (aggregator_mocks::TerminalEvent::Cancelled, 1), "{text} {read}");
    }
    assert!(probe.calls().is_empty());
}

const MIXED: [(&str, &str); 7] = [
    ("https://a.example/ownership", "Ownership in Rust"),
    ("https://a.example/ownership.pdf", "Ownership in Rust, the paper"),
    ("https://b.example/talk.mp4", "A talk on ownership"),
    ("https://www.a.example/borrowing", "Borrowing in Rust"),
    ("https://b.example/lifetimes", "Lifetimes"),
    ("https://c.example/garden", "Gardening"),
    ("https://d.example/spring", "Spring"),
];

#[tokio::test(start_paused = true)]
async fn an_interim_comes_after_every_batch_and_says_what_the_results_have_in_common() {
    let batches = |size| settings(|settings| settings.streaming_batch_size = Some(size));
    let builder = || Engine::builder().provider(Pages::new("a", &MIXED)).provider(Pages::new("b", &MIXED[..1]));
    let events = read(&builder().settings(batches(3)).build().unwrap(), "rust").await;
    let interims: Vec<_> = events
        .iter()
        .filter_map(|kind| match kind {
            EventKind::Interim(interim) => Some(interim),
            _ => None,
        })
        .collect();
    let [first, second] = interims[..] else { panic!("{interims:?}") };
    assert_eq!((first.results, second.results), (3, 6));
    let domains: Vec<_> = second.patterns.domains.iter().map(|domain| (&*domain.name, domain.results)).collect();
    assert_eq!(domains, [("a.example", 3), ("b.example", 2)]);
    let kinds = [(ContentKind::WebPage, 4), (ContentKind::Document, 1), (ContentKind::Video, 1)];
    assert_eq!(second.patterns.kinds, kinds);
    assert_eq!(second.patterns.confirmed, 1, "both list the first page");
    assert_eq!(second.best[0].as_str(), "Ownership in Rust");
    assert_eq!(second.progress.providers, 2);

    for (size, expected) in [(1, 7), (2, 3), (7, 1), (8, 0)] {
        let events = read(&builder().settings(batches(size)).build().unwrap(), "rust").await;
        let interims = events.iter().filter(|kind| matches!(kind, EventKind::Interim(_))).count();
        assert_eq!(interims, expected, "every {size}");
    }
    let events = read(&builder().build().unwrap(), "rust").await;
    assert!(!events.iter().any(|kind| matches!(kind, EventKind::Interim(_))), "the setting is off");
}

#[tokio::test(start_paused = true)]
async fn an_interim_tells_how_far_the_search_is() {
    let settings = settings(|s| {
        (s.streaming_batch_size, s.deadline) = (Some(2), Duration::from_secs(10));
        s.provider_timeout = Duration::from_secs(10);
    });
    let slow = Late("slow", Duration::from_secs(4));
    let quick = Late("quick", Duration::from_millis(1));
    let engine = Engine::builder().provider(quick).provider(slow).provider(Silent).settings(settings).build().unwrap();
    let events = read(&engine, "rust").await;
    let progress: Vec<_> = events
        .iter()
        .filter_map(|kind| match kind {
            EventKind::Interim(interim) => {
                let progress = &interim.progress;
                Some((progress.finished, progress.providers, progress.time_percent))
            }
            _ => None,
        })
        .collect();
    assert_eq!(progress, [(0, 3, 0), (1, 3, 40)]);
}

/// Two pages, after a while.
struct Late(&'static str, Duration);

impl SearchProvider for Late {
    fn name(&self) -> &str {
        self.0
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let name = self.0;
        let page = move |number: u32| Hit::new(format!("https://{name}.example/{number}"), "Late");
        let wait = tokio::time::sleep(self.1);
        stream::once(wait).flat_map(move |()| stream::iter((0..2).map(page).map(Ok))).boxed()
    }
}

/// Never says anything.
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
async fn sources_are_selected_with_reasons_where_that_is_asked_for() {
    let select = |relevance_threshold, diversity_factor| {
        settings(|settings| {
            settings.max_sources = 3;
            let mut selection = SelectionSettings::default();
            (selection.relevance_threshold, selection.diversity_factor) = (relevance_threshold, diversity_factor);
            selection.min_sources = 1;
            settings.selection = Some(selection);
        })
    };
    let mut seen = Vec::new();
    for (threshold, diversity) in [(0.0, 0.0), (0.0, 0.7), (0.9, 0.0)] {
        let builder = Engine::builder().provider(Pages::new("a", &MIXED)).settings(select(threshold, diversity));
        let events = read(&builder.build().unwrap(), "rust ownership").await;
        let sources = events.iter().find_map(|kind| match kind {
            EventKind::Sources { list, selection } => Some((list, selection)),
            _ => None,
        });
        let (list, selection) = sources.unwrap();
        let selection = selection.as_ref().unwrap();
        assert_eq!(list.len(), selection.choices.len());
        assert!(list.iter().zip(1..).all(|(source, number)| source.number == number));
        let left_out = selection.below_threshold + selection.passed_over;
        assert_eq!(list.len() as u32 + left_out, 7, "each result is a source or told as left out");
        seen.push((
            list.iter().map(|source| source.id.0).collect::<Vec<_>>(),
            selection.choices.iter().any(|choice| choice.why == SelectionReason::Different),
        ));
    }
    let [(by_relevance, none), (diverse, some), (strict, _)] = &seen[..] else { panic!() };
    assert!(!none && *some && by_relevance != diverse, "{seen:?}");
    assert!(strict.len() < by_relevance.len(), "{seen:?}");

    let events = read(&Engine::builder().provider(Pages::new("a", &MIXED)).build().unwrap(), "rust").await;
    assert!(events.iter().any(|kind| matches!(kind, EventKind::Sources { selection: None, list } if list.len() == 7)));
}

#[tokio::test(start_paused = true)]
async fn contradicting_sources_are_reported_right_after_they_are_frozen() {
    let pages = || {
        Pages::new(
            "a",
            &[
                ("https://a.example/", "The planet Saturn has 146 moons"),
                ("https://b.example/", "The planet Saturn has 82 known moons"),
            ],
        )
    };
    let looking = settings(|settings| settings.report_contradictions = true);
    let events = read(&Engine::builder().provider(pages()).settings(looking.clone()).build().unwrap(), "moons").await;
    let at = events.iter().position(|kind| matches!(kind, EventKind::Sources { .. })).unwrap();
    let EventKind::Contradictions(found) = &events[at + 1] else { panic!("{events:?}") };
    assert_eq!((found[0].sources, &found[0].matter), ([1, 2], &ContradictionKind::NumberOf("moons".into())));
    assert_eq!(found[0].given, ["146", "82"]);
    assert!(matches!(events[at + 2], EventKind::Done { .. }));

    let has_any = |events: &[EventKind]| events.iter().any(|kind| matches!(kind, EventKind::Contradictions(_)));
    let agreeing = Pages::new("a", &[("https://a.example/", "The planet Saturn has 146 moons")]);
    assert!(!has_any(&read(&Engine::builder().provider(agreeing).settings(looking).build().unwrap(), "moons").await));
    assert!(
        !has_any(&read(&Engine::builder().provider(pages()).build().unwrap(), "moons").await),
        "the setting is off"
    );
}

/// The events of the reference system's first generation, under our names, one a line. It told nothing of providers. Two of
/// them have another place: it analysed before it said that it searches, where our first event comes at once; and it selected
/// sources after the fifth result, whatever followed, where ours are selected when all results are known.
async fn order(results: u32) -> String {
    let list = List { pool: 40, repeats: 0 };
    let script = [Step::Emit { items: results, every: Duration::ZERO }];
    let provider = ScriptedProvider::new("a", &script, Pace::Scripted, &catalog::corpus(), list, 0);
    let settings = settings(|settings| {
        settings.analysis = Some(AnalysisSettings::default());
        settings.streaming_batch_size = Some(3);
        // The corpus is about nothing, so no page of it is relevant.
        let mut selection = SelectionSettings::default();
        selection.relevance_threshold = 0.0;
        settings.selection = Some(selection);
    });
    let engine = Engine::builder().provider(provider).settings(settings).build().unwrap();
    let (mut order, mut count) = (String::new(), 0);
    for kind in read(&engine, "why do tail latencies grow with fan-out?").await {
        let name = match kind {
            EventKind::ProviderStarted { .. } | EventKind::ProviderFinished(_) => continue,
            EventKind::Status { stage } => format!("status: {stage}"),
            EventKind::Analysis(analysis) => format!("analysis: {}", analysis.complexity.level),
            EventKind::Result { id, .. } => format!("result {}", id.0 + 1),
            EventKind::Interim(interim) => format!("interim of {} results", interim.results),
            EventKind::Sources { list, .. } => format!("sources: {}", list.len()),
            EventKind::Done { .. } => "done".to_owned(),
            other => format!("{other:?}"),
        };
        count += 1;
        writeln!(order, "{count:>3} {name}").unwrap();
    }
    order
}

#[tokio::test(start_paused = true)]
async fn ten_results_are_seventeen_events() {
    let order = order(10).await;
    assert_eq!(order.lines().count(), 17, "{order}");
    insta::assert_snapshot!(order);
}

#[tokio::test(start_paused = true)]
async fn twenty_results_are_thirty_events() {
    let order = order(20).await;
    assert_eq!(order.lines().count(), 30, "{order}");
    insta::assert_snapshot!(order);
}
