//! The checker notices every broken invariant, and names what is not as expected.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::Event;
use aggregator_core::event::{EventKind, ResultId, Stage};
use aggregator_mocks::{InvariantChecker, Pace, catalog};
use futures::StreamExt as _;

/// All events of the standard scenario.
async fn standard() -> Vec<Event> {
    let scenario = catalog::scenario("standard");
    scenario.engine(&catalog::corpus(), Pace::Scripted, None).run(scenario.query()).collect().await
}

fn read(events: &[Event]) -> InvariantChecker {
    let mut checker = InvariantChecker::new();
    events.iter().for_each(|event| checker.read(event));
    checker
}

/// The event numbered anew, so that only the invariant in question is broken.
fn renumbered(events: &[Event]) -> Vec<Event> {
    let again = |(seq, event): (u64, &Event)| Event::new(seq, event.elapsed(), event.kind.clone());
    (0..).zip(events).map(again).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_as_it_should_be_is_accepted() {
    let checker = read(&standard().await);
    assert_eq!(checker.check_against(&catalog::scenario("standard").expect), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn every_broken_invariant_is_noticed() {
    let events = standard().await;
    let position = |wanted: fn(&EventKind) -> bool| events.iter().position(|event| wanted(&event.kind)).unwrap();
    let first_result = position(|kind| matches!(kind, EventKind::Result { .. }));
    let revised = position(|kind| matches!(kind, EventKind::ResultRevised { .. }));
    let finished = position(|kind| matches!(kind, EventKind::ProviderFinished(_)));
    let sources = position(|kind| matches!(kind, EventKind::Sources { .. }));
    let delta = position(|kind| matches!(kind, EventKind::AnswerDelta { .. }));
    let citation = position(|kind| matches!(kind, EventKind::Citation { .. }));
    let last = events.len() - 1;

    type Change<'a> = &'a dyn Fn(&mut Vec<Event>);
    let changes: [(&str, Change<'_>); 14] = [
        ("I1", &|events| events.swap(0, 1)),
        ("I2", &|events| events[3] = Event::new(9, Duration::ZERO, events[3].kind.clone())),
        ("I2", &|events| events.push(events[last].clone())),
        ("I3", &|events| {
            let EventKind::Done { summary } = &mut events[last].kind else { panic!() };
            summary.hits.merged += 1;
        }),
        ("I4", &|events| events.swap(first_result, first_result + 1)),
        ("I4", &|events| {
            let EventKind::Result { score, .. } = &mut events[first_result].kind else { panic!() };
            *score = -1.0;
        }),
        ("I4", &|events| {
            let EventKind::ResultRevised { id, .. } = &mut events[revised].kind else { panic!() };
            *id = ResultId(99);
        }),
        ("I4", &|events| {
            let EventKind::Sources { list, .. } = &mut events[sources].kind else { panic!() };
            let mut reversed = list.to_vec();
            reversed.reverse();
            *list = Arc::from(reversed);
        }),
        ("I5", &|events| drop(events.remove(finished))),
        ("I6", &|events| events.swap(sources, delta)),
        ("I6", &|events| {
            let EventKind::Citation { number, .. } = &mut events[citation].kind else { panic!() };
            *number = 21;
        }),
        ("I6", &|events| drop(events.remove(delta))),
        ("I12", &|events| {
            let EventKind::AnswerDelta { text } = &mut events[delta].kind else { panic!() };
            *text = aggregator_core::event::CleanText::multi_line("x".repeat(16_385));
        }),
        ("I2", &|events| drop(events.pop())),
    ];
    for (at, (invariant, change)) in changes.iter().enumerate() {
        let mut changed = events.clone();
        change(&mut changed);
        // Only the second and third change are about the numbers themselves.
        if !matches!(at, 1 | 2) {
            changed = renumbered(&changed);
        }
        let error = read(&changed).check_against(&catalog::scenario("standard").expect).unwrap_err();
        assert!(error.starts_with(invariant), "change {at} should break {invariant}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_difference_is_named_with_both_values() {
    let mut expected = catalog::scenario("standard").expect;
    expected.results += 1;
    let checker = read(&standard().await);
    assert_eq!(checker.check_against(&expected), Err("results 26 instead of 27".into()));
}

#[test]
fn the_stages_are_distinguished() {
    let status = |stage| {
        let mut checker = InvariantChecker::new();
        checker.read(&Event::new(0, Duration::ZERO, EventKind::Status { stage }));
        checker.checksum()
    };
    assert_ne!(status(Stage::Searching), status(Stage::Answering));
}
