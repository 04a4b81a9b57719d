//! What metrics are told.

use aggregator_core::{Engine, PolicyAction, ProviderErrorKind, Usage};
use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway};
use aggregator_observe::{QueryEnd, QueryReport};
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::sync::mpsc::channel;

use crate::world::*;

#[tokio::test(start_paused = true)]
async fn times_stalls_and_outcomes_are_measured_once() {
    let (observer, lines) = observer();
    let mut web = Planned::new("web", vec![(20 * MS, hit(1)), (20 * MS, hit(2))]);
    web.reports = vec![PolicyAction::Retrying { retry: 1, wait: MS, error: ProviderErrorKind::Unreachable }];
    let chunks = vec![(10 * MS, text("It ")), (1_500 * MS, text("turns.")), (999 * MS, text(" Twice."))];
    let engine = engine(&observer, web, Planned::new("writer", chunks));
    let watch = observer.query(&question(), None);
    // Before it is polled it waits, as for a place.
    tokio::time::sleep(100 * MS).await;
    let (sender, receiver) = channel::<QueryReport>();
    read(watch.then(move |report| sender.send(report).unwrap()).around(engine.run(question()))).await;
    assert_eq!(
        lines.take(),
        [
            "began",
            "first event 100ms",
            "web retrying",
            "first result 120ms",
            "web ok 40ms 2",
            "first text 150ms",
            "stall 1.5s",
            "done 2.649s",
        ]
    );
    let report = receiver.recv().unwrap();
    assert_eq!((report.stalls, report.longest_gap, report.retries, report.results), (1, 1_500 * MS, 1, 2));
    assert_eq!((report.providers.len(), report.text), (1, None));
    assert!(receiver.try_recv().is_err(), "it is given once");
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_refused_or_dropped_ends_once() {
    let (observer, lines) = observer();
    let web = Planned::new("web", vec![(20 * MS, hit(1))]);
    let engine = built(Engine::builder().provider(web));
    let admission = AdmissionSettings::default().running(1).waiting(0);
    let gateway = Gateway::builder(engine).admission(admission).build().unwrap();
    let first = observer.query(&question(), None);
    let mut events = first.around(gateway.run(question()).unwrap());
    events.next().await.unwrap();
    let second = observer.query(&question(), None);
    assert!(gateway.run(question()).is_err());
    second.refuse();
    drop(events);
    let dropped = observer.query(&question(), None);
    drop(dropped);
    assert_eq!(
        lines.take(),
        ["began", "first event 0ns", "began", "refused 0ns", "dropped 0ns", "began", "dropped 0ns"]
    );
}

/// Calls and tokens of a run are counted for the query that made it, and not again for those that read it from the cache.
#[tokio::test(start_paused = true)]
async fn what_another_query_spent_is_not_counted_again() {
    let (observer, lines) = observer();
    let chunks = vec![(MS, text("It turns [1].")), (MS, Ok(aggregator_core::Chunk::Usage(Usage::new(70, 7))))];
    let engine = engine(&observer, Planned::new("web", vec![(MS, hit(1))]), Planned::new("writer", chunks));
    let gateway = Gateway::builder(engine).cache(CacheSettings::default()).build().unwrap();
    let mut reports = Vec::new();
    for _ in 0..2 {
        let (sender, receiver) = channel::<QueryReport>();
        let watch = observer.query(&question(), None).then(move |report| sender.send(report).unwrap());
        read(watch.around(gateway.run(question()).unwrap())).await;
        reports.push(receiver.recv().unwrap());
    }
    let calls = lines.take().into_iter().filter(|line| line.starts_with("web")).count();
    assert_eq!(calls, 1);
    assert!(reports.iter().all(|report| report.outcome == QueryEnd::Done));
    assert_eq!((reports[0].usage, reports[0].reused.is_some()), (Usage::new(70, 7), false));
    assert_eq!((reports[1].usage, reports[1].reused.is_some()), (Usage::default(), true));
}

/// What the README says of a shared run whose first query is dropped: the second query gets all events, and no metric counts what the
/// run spends from then on.
#[tokio::test(start_paused = true)]
async fn what_a_run_spends_after_its_first_reader_has_left_is_not_counted() {
    for leaves in [false, true] {
        let (observer, lines) = observer();
        let chunks = vec![(MS, text("It turns [1].")), (MS, Ok(aggregator_core::Chunk::Usage(Usage::new(70, 7))))];
        let engine = engine(&observer, Planned::new("web", vec![(MS, hit(1))]), Planned::new("writer", chunks));
        let gateway = Gateway::builder(engine).single_flight(true).build().unwrap();
        let (sender, reports) = channel::<QueryReport>();
        let query = || {
            let sender = sender.clone();
            let watch = observer.query(&question(), None).then(move |report| sender.send(report).unwrap());
            watch.around(gateway.run(question()).unwrap())
        };
        let (mut first, second) = (query(), query());
        first.next().await.unwrap();
        if leaves {
            drop(first);
            read(second).await;
        } else {
            tokio::join!(read(first), read(second));
        }
        let reports = reports.try_iter().map(|report| (report.reused.is_some(), report.outcome, report.usage));
        let reports: BTreeMap<bool, _> = reports.map(|(shares, outcome, usage)| (shares, (outcome, usage))).collect();
        let calls = lines.take().into_iter().filter(|line| line.starts_with("web")).count();
        assert_eq!(reports[&true], (QueryEnd::Done, Usage::default()));
        let (of_first, counted) =
            if leaves { ((QueryEnd::Dropped, Usage::default()), 0) } else { ((QueryEnd::Done, Usage::new(70, 7)), 1) };
        assert_eq!((reports[&false], calls), (of_first, counted));
    }
}

#[tokio::test(start_paused = true)]
async fn the_text_is_in_a_report_only_on_request() {
    for content in [false, true] {
        let (observer, _) = observer();
        let observer = observer.with_report_content(content);
        let engine = built(Engine::builder().provider(Planned::new("web", vec![(MS, hit(1))])));
        let (sender, receiver) = channel::<QueryReport>();
        let watch = observer.query(&question(), None).then(move |report| sender.send(report).unwrap());
        read(watch.around(engine.run(question()))).await;
        assert_eq!(receiver.recv().unwrap().text.is_some_and(|text| text.contains(CANARY)), content);
    }
}
