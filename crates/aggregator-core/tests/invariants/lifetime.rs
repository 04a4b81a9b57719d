//! I7: a query leaves nothing behind, however it ends.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use aggregator_core::event::{CancelReason, EventKind, ExecutionError, Outcome, Stage};
use aggregator_core::{Engine, Query, QueryStream};
use aggregator_mocks::{CallEnd, InvariantChecker, Pace, Probe, Step, TerminalEvent, catalog};
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::{Instant, advance, sleep};

use crate::support::*;

/// Drops the query after its k-th poll, for every k until it ends, and looks whether anything is left.
#[tokio::test(start_paused = true)]
async fn i7_dropping_after_any_poll_leaves_nothing() {
    let corpus = catalog::corpus();
    for name in ["floor", "standard", "degraded"] {
        let scenario = catalog::scenario(name);
        let mut polls = 0;
        loop {
            let probe = Probe::new();
            let mut query = scenario.engine(&corpus, Pace::Yielding, Some(&probe)).run(scenario.query());
            let mut checker = InvariantChecker::new();
            let mut ended = false;
            for _ in 0..polls {
                match query.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Some(event)) => checker.read(&event),
                    Poll::Ready(None) => ended = true,
                    // A hanging provider wakes no task: time has to pass.
                    Poll::Pending => advance(MS * 500).await,
                }
            }
            if ended {
                break;
            }
            checker.check().unwrap();
            drop(query);
            assert_eq!(probe.active_calls(), 0, "{name}: after {polls} polls a call is still alive");
            polls += 1;
        }
        assert!(polls > 20, "{name}: only {polls} polls were swept");
    }
}

#[tokio::test(start_paused = true)]
async fn i7_at_the_last_event_nothing_is_left_although_the_stream_is_kept() {
    let probe = Probe::new();
    let engine = Engine::builder()
        .provider(provider("a", &[emit(2)]).probed(&probe))
        .provider(provider("b", &[Step::Hang]).probed(&probe))
        .model(model(&[emit(4), Step::Hang]).probed(&probe))
        .build()
        .unwrap();
    let mut query = engine.run(query());
    let events = read(&mut query).await;
    let (at, EventKind::Failed { error, .. }) = last(&events) else { panic!("{:?}", last(&events)) };
    assert_eq!((*at, &**error), (60_000 * MS, &ExecutionError::DeadlineExceeded { stage: Stage::Answering }));
    assert_eq!(probe.active_calls(), 0);
    let ends: Vec<_> = probe.calls().iter().map(|call| (call.mock.clone(), call.end)).collect();
    let expected = [("a", CallEnd::Completed), ("b", CallEnd::Dropped), ("m", CallEnd::Dropped)];
    assert_eq!(ends, expected.map(|(name, end)| (name.to_owned(), end)));
}

#[tokio::test(start_paused = true)]
async fn i7_cancelling_drops_every_call_and_reports_each_provider() {
    let scenario = catalog::scenario("standard");
    let corpus = catalog::corpus();
    // Before the first poll, in the search, and in the answer.
    for after in [0, 100, 250, 1_200] {
        let probe = Probe::new();
        let mut query = scenario.engine(&corpus, Pace::Scripted, Some(&probe)).run(scenario.query());
        let canceller = query.canceller();
        let (mut checker, started) = (InvariantChecker::new(), Instant::now());
        let cancel = async {
            sleep(MS * after).await;
            canceller.cancel(CancelReason::Shutdown);
            canceller.cancel(CancelReason::Requested);
        };
        let run = async {
            while let Some(event) = query.next().await {
                checker.read(&event);
            }
        };
        futures::future::join(cancel, run).await;
        assert_eq!(started.elapsed(), MS * after, "the query was not woken at once");
        checker.check().unwrap();
        let (end, summary) = checker.summary().unwrap();
        assert_eq!((end, summary.providers.len()), (TerminalEvent::Cancelled, 4), "after {after} ms");
        let cancelled = summary.providers.iter().filter(|report| report.outcome == Outcome::Cancelled).count();
        assert_eq!(cancelled, [(0, 4), (100, 4), (250, 2), (1_200, 0)].iter().find(|(at, _)| *at == after).unwrap().1);
        assert_eq!(probe.active_calls(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn i7_a_waker_that_a_provider_keeps_and_a_canceller_hold_no_task() {
    for ends in [false, true] {
        let kept: Arc<Mutex<Vec<Waker>>> = Arc::default();
        let keeper = Custom("a", {
            let kept = Arc::clone(&kept);
            move |_| {
                let kept = Arc::clone(&kept);
                stream::poll_fn(move |cx: &mut Context<'_>| {
                    kept.lock().unwrap().push(cx.waker().clone());
                    Poll::Pending
                })
                .boxed()
            }
        });
        let engine = Engine::builder().provider(keeper).build().unwrap();
        let mut query = engine.run(query_for(1_000));
        let canceller = query.canceller();
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        while query.poll_next_unpin(&mut Context::from_waker(&waker)).is_ready() {}
        if ends {
            advance(MS * 1_000).await;
            while query.poll_next_unpin(&mut Context::from_waker(&waker)) != Poll::Ready(None) {}
        }
        let _ended = ends.then_some(query);
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1, "the task is kept although the query is over");
        let woken = task.0.load(Ordering::Relaxed);
        kept.lock().unwrap().drain(..).for_each(Waker::wake);
        canceller.cancel(CancelReason::Requested);
        assert_eq!(task.0.load(Ordering::Relaxed), woken, "the task was woken after the query was over");
    }
}

/// Cancels the query, or lets its time pass, after its k-th poll, for every k until it ends.
#[tokio::test(start_paused = true)]
async fn i7_cancelling_and_the_deadline_after_any_poll_keep_the_invariants() {
    let corpus = catalog::corpus();
    for (cancels, late) in [(true, false), (false, true), (true, true)] {
        let scenario = catalog::scenario("degraded");
        for polls in 1.. {
            let probe = Probe::new();
            let mut query = scenario.engine(&corpus, Pace::Yielding, Some(&probe)).run(scenario.query());
            let (canceller, mut checker) = (query.canceller(), InvariantChecker::new());
            for _ in 0..polls {
                match query.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(event) => event.iter().for_each(|event| checker.read(event)),
                    Poll::Pending => advance(MS * 500).await,
                }
            }
            let ended = checker.summary().is_some();
            if cancels {
                canceller.cancel(CancelReason::Requested);
            }
            if late {
                advance(Query::MAX_DEADLINE).await;
            }
            while let Some(event) = query.next().now_or_never().expect("nothing is waited for any more") {
                checker.read(&event);
            }
            let after = format!("cancelled: {cancels}, late: {late}, after {polls} polls");
            assert_eq!(checker.check(), Ok(()), "{after}");
            assert_eq!(probe.active_calls(), 0, "{after}");
            let end = checker.summary().unwrap().0;
            assert!(ended || !cancels || end == TerminalEvent::Cancelled, "{after}: {end:?}");
            if ended {
                assert!(polls > 20, "only {polls} polls were swept");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i7_the_first_poll_after_cancelling_drops_every_call() {
    let scenario = catalog::scenario("standard");
    // In the search, where several providers are still to be reported, and in the answer.
    for events in [20, 100] {
        let probe = Probe::new();
        let mut query = scenario.engine(&catalog::corpus(), Pace::Scripted, Some(&probe)).run(scenario.query());
        let canceller = query.canceller();
        for _ in 0..events {
            query.next().await;
        }
        assert!(probe.active_calls() > 0, "nothing to drop after {events} events");
        canceller.cancel(CancelReason::Requested);
        assert!(poll(&mut query).is_ready());
        assert_eq!(probe.active_calls(), 0, "a call outlived the poll that noticed the request, after {events} events");
    }
}

/// After 128 events in a row a query lets others run: not when it has to end.
#[tokio::test(start_paused = true)]
async fn i7_a_pause_puts_off_neither_a_cancellation_nor_the_deadline() {
    for events in [127, 128, 129, 256] {
        for cancels in [true, false] {
            let probe = Probe::new();
            let engine = Engine::builder()
                .provider(provider("a", &[emit(9)]).probed(&probe))
                .model(model(&[emit(400)]).probed(&probe))
                .build()
                .unwrap();
            let mut query = engine.run(query());
            let canceller = query.canceller();
            for _ in 0..events {
                query.next().await;
            }
            assert_eq!(probe.active_calls(), 1);
            match cancels {
                true => canceller.cancel(CancelReason::Requested),
                false => advance(Query::MAX_DEADLINE).await,
            }
            let next = poll(&mut query);
            assert!(next.is_ready(), "after {events} events, cancelled: {cancels}");
            assert_eq!(probe.active_calls(), 0, "after {events} events, cancelled: {cancels}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn i7_cancelling_a_query_that_ended_does_nothing() {
    let engine = Engine::builder().provider(provider("a", &[emit(1)])).build().unwrap();
    let mut query = engine.run(query());
    let canceller = query.canceller();
    read(&mut query).await;
    canceller.cancel(CancelReason::Requested);
    assert!(matches!(poll(&mut query), Poll::Ready(None)));
}

#[tokio::test(start_paused = true)]
async fn a_query_is_a_value_that_may_move() {
    fn requires<T: Stream + futures::stream::FusedStream + Send + Unpin + 'static>(_: &T) {}
    let engine = Engine::builder().provider(provider("a", &[Step::Wait(MS), emit(1)])).build().unwrap();
    let mut query = engine.run(query());
    requires(&query);
    while poll(&mut query).is_ready() {}
    let mut moved: Pin<Box<QueryStream>> = Box::pin(query);
    drop(engine);
    // Not at its timeout, as it would be if only the former task were woken.
    assert_eq!(moved.next().await.unwrap().elapsed(), MS);
}
