//! Pages of the best results are read: what comes of it, and what becomes of pages that fail, hang or are not wanted any more.

use std::time::Duration;

use aggregator_core::event::{EventKind, Outcome, PageReport, RankedSource, Stage};
use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{
    Engine, EngineBuilder, Event, PageReader, ProviderErrorKind, Query, ReadingSettings, SearchProvider, Settings,
};
use aggregator_mocks::{InvariantChecker, ScriptedPage, ScriptedReader};
use futures::{FutureExt as _, StreamExt as _, stream};

const MS: Duration = Duration::from_millis(1);
const QUERY: &str = "when does the tide turn?";
const TIDE: &str = "The tide turns every six hours.";

/// Finds these addresses at once.
struct Web(&'static [&'static str]);

impl SearchProvider for Web {
    fn name(&self) -> &str {
        "web"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let hits: Vec<_> = self.0.iter().map(|url| Ok(Hit::new(*url, "A page").with_snippet("The tide."))).collect();
        stream::iter(hits).boxed()
    }
}

const PAGES: Web = Web(&["https://a.example/", "https://b.example/", "https://c.example/", "https://d.example/"]);

fn engine(reader: impl PageReader + 'static) -> EngineBuilder {
    Engine::builder().provider(PAGES).page_reader(reader)
}

/// All events of a query, of which the invariants hold.
async fn events(engine: &Engine) -> Vec<Event> {
    let mut query = engine.run(Query::new(QUERY).unwrap());
    let (mut checker, mut events) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = query.next().await {
        checker.read(&event);
        events.push(event);
    }
    checker.check().unwrap();
    events
}

fn reports(events: &[Event]) -> Vec<&PageReport> {
    events.iter().filter_map(page_read).collect()
}

fn page_read(event: &Event) -> Option<&PageReport> {
    if let EventKind::PageRead(report) = &event.kind { Some(report) } else { None }
}

fn sources(events: &[Event]) -> &[RankedSource] {
    events
        .iter()
        .find_map(|event| if let EventKind::Sources { list, .. } = &event.kind { Some(&**list) } else { None })
        .unwrap()
}

fn snippets(events: &[Event]) -> Vec<&str> {
    sources(events).iter().map(|source| source.source.snippet.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn passages_that_fit_take_the_place_of_snippets() {
    let reader = ScriptedReader::new([
        ("https://a.example/", ScriptedPage::of(MS * 40, &["We use cookies.", TIDE, "Ferries are white."])),
        ("https://b.example/", ScriptedPage::of(MS * 10, &["Ferries are white."])),
        ("https://c.example/", ScriptedPage::Fails(MS * 20, ProviderErrorKind::Unreachable)),
        ("https://d.example/", ScriptedPage::Panics),
    ]);
    let events = events(&engine(reader.clone()).build().unwrap()).await;
    assert_eq!(snippets(&events), [TIDE, "The tide.", "The tide.", "The tide."]);
    let read: Vec<_> = reports(&events).iter().map(|report| (report.id.0, report.latency, report.bytes)).collect();
    assert_eq!(read, [(1, MS * 10, 0), (2, MS * 20, 0), (0, MS * 40, TIDE.len() as u32)]);
    assert!(
        matches!(&reports(&events)[1].outcome, Outcome::Error(error) if error.kind == ProviderErrorKind::Unreachable)
    );
    assert_eq!((reader.asked(), reader.running()), (3, 0), "three pages are read unless a setting says otherwise");
    let stages: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Status { stage: Stage::Reading } => Some("reading"),
            EventKind::ProviderFinished(_) => Some("found"),
            EventKind::PageRead(_) => Some("page"),
            EventKind::Sources { .. } => Some("sources"),
            _ => None,
        })
        .collect();
    assert_eq!(stages, ["found", "reading", "page", "page", "page", "sources"]);
    assert_eq!(events.last().unwrap().kind.summary().unwrap().sources[0].source.snippet.as_str(), TIDE);
}

#[tokio::test(start_paused = true)]
async fn a_page_has_its_time_and_a_panic_is_an_outcome() {
    let reader = ScriptedReader::new([
        ("https://a.example/", ScriptedPage::Panics),
        ("https://b.example/", ScriptedPage::Hangs),
        ("https://c.example/", ScriptedPage::of(MS * 2_500, &[TIDE])),
        ("https://d.example/", ScriptedPage::of(MS, &[TIDE])),
    ]);
    let settings = Settings::default().reading(ReadingSettings::default().pages(4));
    let events = events(&engine(reader.clone()).settings(settings).build().unwrap()).await;
    let outcomes: Vec<_> = reports(&events).iter().map(|report| (report.id.0, report.outcome.clone())).collect();
    assert!(
        matches!(&outcomes[0], (0, Outcome::Error(error)) if error.kind == ProviderErrorKind::Panicked),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1..], [(3, Outcome::Ok), (1, Outcome::Timeout), (2, Outcome::Timeout)]);
    assert_eq!(events.last().unwrap().elapsed(), MS * 2_000);
    assert_eq!((snippets(&events)[3], reader.running()), (TIDE, 0));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_query_ends_it() {
    let reader = ScriptedReader::new([("https://a.example/", ScriptedPage::Hangs)]);
    let settings = Settings::default().deadline(MS * 300);
    let events = events(&engine(reader).settings(settings).build().unwrap()).await;
    assert_eq!(events.last().unwrap().elapsed(), MS * 300);
    assert!(matches!(events.last().unwrap().kind, EventKind::Done { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_dropped_or_cancelled_drops_its_pages_at_once() {
    for cancels in [true, false] {
        let reader = ScriptedReader::new([
            ("https://a.example/", ScriptedPage::Hangs),
            ("https://b.example/", ScriptedPage::Hangs),
        ]);
        let engine = engine(reader.clone()).build().unwrap();
        let mut query = engine.run(Query::new(QUERY).unwrap());
        let canceller = query.canceller();
        while reader.running() < 2 {
            let _ = query.next().now_or_never();
        }
        if cancels {
            canceller.cancel(aggregator_core::event::CancelReason::Requested);
            let rest: Vec<_> = query.by_ref().collect().await;
            assert!(matches!(rest.last().unwrap().kind, EventKind::Cancelled { .. }), "{rest:?}");
            let pages = rest.iter().filter(|event| matches!(event.kind, EventKind::PageRead(_)));
            // The third page has no script, so it was through before.
            assert_eq!(pages.count(), 0);
        } else {
            drop(query);
        }
        assert_eq!(reader.running(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_reader_or_pages_of_the_web_nothing_is_read() {
    let plain = events(&Engine::builder().provider(PAGES).build().unwrap()).await;
    assert!(
        reports(&plain).is_empty()
            && !plain.iter().any(|event| matches!(event.kind, EventKind::Status { stage: Stage::Reading }))
    );
    let reader = ScriptedReader::default();
    let nothing = events(&Engine::builder().provider(Web(&[])).page_reader(reader.clone()).build().unwrap()).await;
    assert_eq!((sources(&nothing).len(), reader.asked()), (0, 0));
}
