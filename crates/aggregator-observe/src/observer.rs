//! What watches queries, calls and operations, and where it reports.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::allocated::Allocated;
use crate::measure::{Measure, Metrics};

/// Watches queries, calls of providers and models, and operations. Cheap to clone; clones report to the same places.
///
/// All of it writes spans with the crate `tracing`, which cost a few nanoseconds as long as no subscriber is installed, and
/// measurements to each of the [`Metrics`]. It has no task and no thread.
#[derive(Clone, Default)]
pub struct Observer(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    metrics: Vec<Arc<dyn Metrics>>,
    content: bool,
    report_content: bool,
    stalls_after: Duration,
    allocated: fn() -> Option<Allocated>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            content: false,
            report_content: false,
            stalls_after: Observer::STALLS_AFTER,
            allocated: crate::allocated::counted,
        }
    }
}

impl Observer {
    /// The default of [`stalls_after`](Self::stalls_after): after a second a reader's thought is interrupted (J. Nielsen, Usability
    /// Engineering, 1993, chapter 5).
    pub const STALLS_AFTER: Duration = Duration::from_secs(1);

    /// An observer that writes spans, and measures for nobody.
    pub fn new() -> Self {
        Self::default()
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Reports to these metrics, too.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<dyn Metrics>) -> Self {
        self.changed(|inner| inner.metrics.push(metrics))
    }

    /// Sets whether spans have what is asked, and the messages of errors, which may repeat it. They have not, unless this is set.
    /// Answers, prompts, addresses and keys are in none.
    #[must_use]
    pub fn with_content(self, content: bool) -> Self {
        self.changed(|inner| inner.content = content)
    }

    /// Sets whether reports of queries have what is asked. They have not, unless this is set.
    #[must_use]
    pub fn with_report_content(self, content: bool) -> Self {
        self.changed(|inner| inner.report_content = content)
    }

    /// Sets the gap between two events of a query that is a stall. Default [`STALLS_AFTER`](Self::STALLS_AFTER).
    #[must_use]
    pub fn with_stalls_after(self, gap: Duration) -> Self {
        self.changed(|inner| inner.stalls_after = gap)
    }

    /// Sets what says how much the process has allocated. Default: the counting allocator of this crate, where it is installed.
    #[must_use]
    pub fn with_allocations(self, allocated: fn() -> Option<Allocated>) -> Self {
        self.changed(|inner| inner.allocated = allocated)
    }

    /// Whether spans have what is asked.
    pub fn content(&self) -> bool {
        self.0.content
    }

    /// Whether reports have what is asked.
    pub fn report_content(&self) -> bool {
        self.0.report_content
    }

    /// The gap between two events that is a stall.
    pub fn stalls_after(&self) -> Duration {
        self.0.stalls_after
    }

    /// What the process has allocated so far, if that is known.
    pub(crate) fn allocated(&self) -> Option<Allocated> {
        (self.0.allocated)()
    }

    /// Reports a measurement, for what measures something that this crate does not see.
    pub fn record(&self, measure: &Measure<'_>) {
        self.0.metrics.iter().for_each(|metrics| metrics.record(measure));
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Observer");
        shown.field("metrics", &self.0.metrics.len()).field("content", &self.0.content).finish_non_exhaustive()
    }
}
