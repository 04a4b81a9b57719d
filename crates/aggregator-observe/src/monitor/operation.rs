//! An operation that runs.

use std::borrow::Cow;
use std::time::SystemTime;

use tokio::time::Instant;
use tracing::Span;

use super::overlap::Place;
use crate::allocated::Allocated;
use crate::measure::Measure;
use crate::names;
use crate::observer::Observer;
use crate::operation_report::{OperationReport, Status};
use crate::spans;

/// An operation that runs. Dropping it without [`end`](Self::end) reports it as cancelled.
#[derive(Debug)]
#[must_use = "an operation that is dropped at once is cancelled"]
pub struct Operation {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    observer: Observer,
    name: Cow<'static, str>,
    place: Place,
    span: Span,
    started: SystemTime,
    began: Instant,
    resident: Option<usize>,
    allocated: Option<Allocated>,
}

impl Operation {
    pub(super) fn start(observer: Observer, name: Cow<'static, str>) -> Self {
        let place = Place::take();
        let span = spans::operation(&name);
        let (started, began) = (SystemTime::now(), Instant::now());
        // Last, so that it counts none of this.
        let (resident, allocated) = (resident(), observer.allocated());
        Self { running: Some(Running { observer, name, place, span, started, began, resident, allocated }) }
    }

    /// The span, in which a future or a stream is polled.
    pub(super) fn span(&self) -> Option<&Span> {
        self.running.as_ref().map(|running| &running.span)
    }

    /// Ends the operation, and returns what is known of it.
    pub fn end(mut self, status: Status) -> OperationReport {
        match self.running.take() {
            Some(running) => running.end(status),
            None => unreachable!("an operation ends once"),
        }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end(Status::Cancelled);
        }
    }
}

impl Running {
    fn end(self, status: Status) -> OperationReport {
        // First, as what follows allocates.
        let (allocated, resident) = (self.observer.allocated(), resident());
        let report = OperationReport {
            status,
            started: self.started,
            duration: self.began.elapsed(),
            resident_change: self.resident.zip(resident).map(|(before, after)| {
                i64::try_from(after).unwrap_or(i64::MAX).saturating_sub(i64::try_from(before).unwrap_or(i64::MAX))
            }),
            allocated: self.allocated.zip(allocated).map(|(before, after)| Allocated {
                bytes: after.bytes.saturating_sub(before.bytes),
                blocks: after.blocks.saturating_sub(before.blocks),
            }),
            overlapped: self.place.overlapped(),
            name: self.name,
        };
        let span = self.span;
        span.record(names::OUTCOME, status.name()).record(names::OVERLAPPED, report.overlapped);
        if status == Status::Error {
            span.record(names::OTEL_STATUS, "error").record(names::ERROR_TYPE, names::ERROR_TYPE_OTHER);
        }
        spans::record_time(&span, names::DURATION, Some(report.duration));
        if let Some(change) = report.resident_change {
            span.record(names::RESIDENT_CHANGE, change);
        }
        if let Some(allocated) = report.allocated {
            spans::record_count(&span, names::ALLOCATED_BYTES, allocated.bytes);
        }
        drop(span);
        self.observer.record(&Measure::Operation(&report));
        report
    }
}

/// Resident memory of the process in bytes, where the system says it.
fn resident() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}
