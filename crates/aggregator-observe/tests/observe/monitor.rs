//! Operations of an embedder.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aggregator_observe::{Allocated, Observer, Status, counted, names};
use futures::{StreamExt as _, stream};
use opentelemetry::trace::Status as SpanStatus;

use crate::world::*;

/// Overlaps are of the process, so these tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn an_operation_ends_well_badly_or_is_dropped() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (observer, lines) = observer();
        let sleep = || tokio::time::sleep(MS);
        observer.monitor("future").future(sleep()).await;
        let _ = observer.monitor("ok").try_future(async { Ok::<_, ()>(()) }).await;
        let _ = observer.monitor("error").try_future(async { Err::<(), _>(()) }).await;
        assert_eq!(observer.monitor("stream").stream(stream::iter([1, 2])).count().await, 2);
        observer.monitor("try-stream").try_stream(stream::iter([Ok(1), Err(2), Ok(3)])).count().await;
        let never = observer.monitor("dropped").future(std::future::pending::<()>());
        assert!(tokio::time::timeout(MS, never).await.is_err());
        // What is never polled has not begun.
        drop(observer.monitor("unpolled").future(sleep()));
        drop(observer.monitor("guard").start());
        let expected = [
            "future ok",
            "ok ok",
            "error error",
            "stream ok",
            "try-stream error",
            "dropped cancelled",
            "guard cancelled",
        ];
        assert_eq!(lines.take(), expected);
    });
}

#[test]
fn times_and_memory_are_those_of_the_operation() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let before = SystemTime::now();
        let operation = Observer::new().monitor("load").start();
        tokio::time::sleep(Duration::from_secs(3)).await;
        // Every page is written, so all of it is resident.
        let kept = vec![1_u8; 64 << 20];
        let report = operation.end(Status::Ok);
        assert_eq!((report.duration, report.status, report.overlapped), (Duration::from_secs(3), Status::Ok, false));
        assert!(report.started >= before && report.started <= SystemTime::now());
        let allocated = report.allocated.unwrap();
        assert!(allocated.bytes >= 64 << 20 && allocated.bytes < 128 << 20, "{allocated:?}");
        assert!(allocated.blocks >= 1);
        #[cfg(target_os = "linux")]
        {
            let change = report.resident_change.unwrap();
            assert!((60 << 20..90 << 20).contains(&change), "{change} bytes for {}", kept.len());
            let operation = Observer::new().monitor("free").start();
            drop(kept);
            assert!(operation.end(Status::Ok).resident_change.unwrap() < -(60 << 20));
        }
    });
}

#[test]
fn operations_that_overlap_say_so() {
    let _alone = alone();
    let (observer, end) = (Observer::new(), Status::Ok);
    let start = |name: &'static str| observer.monitor(name).start();
    let first = start("first");
    let second = start("second");
    assert!(second.end(end).overlapped);
    assert!(first.end(end).overlapped, "the other one was within it");
    assert!(!start("after").end(end).overlapped);
    let (early, late) = (start("early"), start("late"));
    assert!(early.end(end).overlapped);
    assert!(late.end(end).overlapped, "the other one has ended meanwhile");
}

#[test]
fn the_allocator_of_an_embedder_can_count() {
    let _alone = alone();
    // Twice what the one of this program counts.
    fn twice() -> Option<Allocated> {
        counted().map(|counted| Allocated { bytes: counted.bytes * 2, ..counted })
    }
    let measured = |observer: Observer| {
        let operation = observer.monitor("m").start();
        let kept = std::hint::black_box(vec![0_u8; 1 << 20]);
        let report = operation.end(Status::Ok);
        drop(kept);
        report.allocated
    };
    let own = measured(Observer::new()).unwrap().bytes;
    let theirs = measured(Observer::new().with_allocations(twice)).unwrap().bytes;
    assert!(own >= 1 << 20 && (2 << 20..4 << 20).contains(&theirs), "{own}, {theirs}");
    assert_eq!(measured(Observer::new().with_allocations(|| None)), None);
}

#[test]
fn an_operation_has_a_span_around_what_it_does() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (_, spans) = runtime.block_on(spans_of(async {
        let observer = Observer::new();
        let inner = observer.monitor("inner").future(tokio::time::sleep(2 * MS));
        let failing = async {
            inner.await;
            tokio::time::sleep(3 * MS).await;
            Err::<(), ()>(())
        };
        let _ = observer.monitor("outer").try_future(failing).await;
    }));
    let [inner, outer] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!((&*inner.name, inner.parent_span_id), ("inner", outer.span_context.span_id()));
    assert_eq!((attribute(outer, names::OVERLAPPED).as_deref(), &outer.status), (Some("true"), &SpanStatus::error("")));
    assert!(attribute(outer, names::ALLOCATED_BYTES).is_some());
    for (span, outcome, error, duration) in [(inner, "ok", None, "0.002"), (outer, "error", Some("_OTHER"), "0.005")] {
        assert_eq!(attribute(span, names::OUTCOME).as_deref(), Some(outcome));
        assert_eq!(attribute(span, names::ERROR_TYPE).as_deref(), error, "{outcome}");
        assert_eq!(attribute(span, names::DURATION).as_deref(), Some(duration));
    }
}
