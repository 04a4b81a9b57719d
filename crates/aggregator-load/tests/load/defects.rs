//! Eleven defects between engine and client, planted one at a time: each fails the threshold that names it, and without one nothing
//! fails.
//!
//! The first seven are those that the test suite which this project replaces let through.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::Event;
use aggregator_core::event::EventKind;
use aggregator_load::{Events, MockTarget};
use futures::{StreamExt as _, stream};
use perf_load::{Report, Run, Scenario, Usage, Verdict};
use tokio::time::sleep;

use crate::support::{failed, report, scenario, virtual_time};

/// What 100 users may expect of the mocks' scenario `standard`, with values that leave it some room.
const PROMISED: &str = r#"
stall = "1s"
[closed]
users = 100
queries_per_user = 1
think = { constant = "100ms" }
[[stages]]
kind = "hold"
duration = "60s"
[target]
profile = "standard"
data = { variants = 8 }
"#;

const THRESHOLDS: &str = r#"
thresholds = [
    "errors.rate < 5%",
    "errors.wrong-answer-results-are-missing.count < 1",
    "errors.wrong-answer-other-sources.count < 1",
    "errors.wrong-answer-no-text.count < 1",
    "errors.wrong-answer-another-text.count < 1",
    "errors.wrong-answer-events-out-of-order.count < 1",
    "errors.wrong-answer-a-score-is-not-above-zero.count < 1",
    "ttfe.p95 < 50ms",
    "ttlr.p95 < 600ms",
    "max_stall.p95 < 1s",
    "gap_max.p95 < 100ms",
]
"#;

fn promised() -> Scenario {
    scenario(&format!("{THRESHOLDS}{PROMISED}"))
}

fn with(defect: impl Fn(Events) -> Events + Send + Sync + 'static) -> Report {
    report(&promised(), |target: MockTarget| target.through(defect))
}

/// Waits before each event for which a time is given.
fn late(events: Events, wait: impl Fn(&Event) -> Duration + Send + Sync + Clone + 'static) -> Events {
    events
        .then(move |event| {
            let wait = wait(&event);
            async move {
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                event
            }
        })
        .boxed()
}

/// The same events with numbers without a gap, as a middleware that drops some would send them.
fn renumbered(events: Events) -> Events {
    events.enumerate().map(|(seq, event)| Event::new(seq as u64, event.elapsed(), event.kind)).boxed()
}

fn is_text(event: &Event) -> bool {
    matches!(event.kind, EventKind::AnswerDelta { .. })
}

#[test]
fn without_a_defect_all_thresholds_pass() {
    let report = with(|events| events);
    assert_eq!(failed(&report), [""; 0]);
    let verdicts: Vec<Verdict> = report.thresholds.iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, vec![Verdict::Pass; verdicts.len()], "{:#?}", report.thresholds);
    assert_eq!((report.requests.started, report.requests.succeeded), (100, 100));
}

#[test]
fn eighty_milliseconds_before_the_first_event() {
    let report = with(|events| late(events, |event| Duration::from_millis(if event.seq == 0 { 80 } else { 0 })));
    assert_eq!(failed(&report), ["ttfe.p95 < 50ms"]);
}

#[test]
fn twenty_milliseconds_for_each_result() {
    let is_result = |event: &Event| matches!(event.kind, EventKind::Result { .. });
    let report =
        with(move |events| late(events, move |event| Duration::from_millis(if is_result(event) { 20 } else { 0 })));
    assert_eq!(failed(&report), ["ttlr.p95 < 600ms"]);
}

#[test]
fn most_results_dropped() {
    let report = with(|events| {
        let kept = events.filter(|event| {
            let is_dropped = matches!(event.kind, EventKind::Result { id, .. } if id.0 % 4 > 0);
            async move { !is_dropped }
        });
        renumbered(kept.boxed())
    });
    assert_eq!(failed(&report), ["errors.rate < 5%", "errors.wrong-answer-results-are-missing.count < 1"]);
}

#[test]
fn no_final_answer() {
    let report = with(|events| renumbered(events.filter(|event| std::future::ready(!is_text(event))).boxed()));
    assert_eq!(failed(&report), ["errors.rate < 5%", "errors.wrong-answer-no-text.count < 1"]);
}

#[test]
fn all_scores_minus_one() {
    let report = with(|events| {
        events
            .map(|mut event| {
                if let EventKind::Result { score, .. } | EventKind::ResultRevised { score, .. } = &mut event.kind {
                    *score = -1.0;
                }
                event
            })
            .boxed()
    });
    assert_eq!(failed(&report), ["errors.rate < 5%", "errors.wrong-answer-a-score-is-not-above-zero.count < 1"]);
}

#[test]
fn a_stall_of_two_seconds_in_the_answer() {
    // After the 20th piece of text, whatever its number is.
    let report = with(|events| {
        let mut texts = 0;
        events
            .then(move |event| {
                texts += u32::from(is_text(&event));
                let waits = texts == 20 && is_text(&event);
                async move {
                    if waits {
                        sleep(Duration::from_secs(2)).await;
                    }
                    event
                }
            })
            .boxed()
    });
    assert_eq!(failed(&report), ["max_stall.p95 < 1s", "gap_max.p95 < 100ms"]);
}

#[test]
fn reordered_pieces() {
    let report = with(|events| {
        // Each second piece changes places with the one before it; numbers are those of the new order.
        let mut held: Option<Event> = None;
        let swapped = events.flat_map(move |event| {
            let out: Vec<Event> = match held.take() {
                Some(before) if is_text(&event) => vec![event, before],
                Some(before) => vec![before, event],
                None if is_text(&event) => {
                    held = Some(event);
                    vec![]
                }
                None => vec![event],
            };
            stream::iter(out)
        });
        renumbered(swapped.boxed())
    });
    assert_eq!(failed(&report), ["errors.rate < 5%", "errors.wrong-answer-another-text.count < 1"]);
}

#[test]
fn a_lost_last_piece() {
    let report = with(|events| {
        // Each piece is sent when the next one is there, and the last one never.
        let mut held: Option<Event> = None;
        let cut = events.flat_map(move |event| {
            let sent = if is_text(&event) { held.replace(event) } else { Some(event) };
            stream::iter(sent)
        });
        renumbered(cut.boxed())
    });
    assert_eq!(failed(&report), ["errors.rate < 5%", "errors.wrong-answer-another-text.count < 1"]);
}

#[test]
fn bursts_instead_of_an_even_flow() {
    let report = with(|events| {
        // Texts are held until there are 20, and then come at once.
        let mut held = VecDeque::new();
        let bursts = events.flat_map(move |event| {
            if is_text(&event) {
                held.push_back(event);
                let burst = if held.len() >= 20 { held.drain(..).collect() } else { Vec::new() };
                return stream::iter(burst);
            }
            stream::iter(held.drain(..).chain([event]).collect::<Vec<_>>())
        });
        renumbered(bursts.boxed())
    });
    assert_eq!(failed(&report), ["gap_max.p95 < 100ms"]);
}

/// Memory that a defect holds shows in the sampled memory of the process, which is made of what is held here: the allocator's own noise
/// is tested where real processes are measured.
fn with_memory(defect: impl Fn(Events, &Arc<Mutex<u64>>) -> Events + Send + Sync + 'static) -> Report {
    let scenario = scenario(&format!(
        "thresholds = [\"memory.per_request < 20KiB\", \"memory.max < 64MiB\"]\n{}",
        PROMISED.replace("queries_per_user = 1\n", "").replace("duration = \"60s\"", "duration = \"20s\"")
    ));
    virtual_time(async {
        let held = Arc::new(Mutex::new(32_u64 << 20));
        let held_here = held.clone();
        let target = MockTarget::new(&scenario).await.unwrap().through(move |events| defect(events, &held_here));
        let sampler = move || Some(Usage { resident_bytes: *held.lock().unwrap(), processor: Duration::ZERO });
        Run::new(&scenario, Arc::new(target)).sampler(sampler).run(&mut ()).await
    })
}

#[test]
fn memory_without_a_defect_passes() {
    let report = with_memory(|events, _| events);
    let verdicts: Vec<Verdict> = report.thresholds.iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass; 2], "{:#?}", report.thresholds);
}

#[test]
fn a_leak_of_150_kb_a_query() {
    let report = with_memory(|events, held| {
        *held.lock().unwrap() += 150_000;
        events
    });
    assert_eq!(failed(&report), ["memory.per_request < 20KiB", "memory.max < 64MiB"]);
}

#[test]
fn an_unbounded_buffer() {
    // Every event of the running queries is kept until its query ends; 100 queries at once hold more than they may.
    let report = with_memory(|events, held| {
        let (held, at_end) = (held.clone(), held.clone());
        let mut kept = 0;
        let events = events.map(move |event| {
            kept += 4_096;
            *held.lock().unwrap() += 4_096;
            if matches!(event.kind, EventKind::Done { .. }) {
                *at_end.lock().unwrap() -= kept;
            }
            event
        });
        events.boxed()
    });
    assert!(failed(&report).contains(&"memory.max < 64MiB"), "{:#?}", report.thresholds);
}
