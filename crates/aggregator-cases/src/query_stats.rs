//! Statistics of one query: events and their times, polls and wake-ups.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use aggregator_core::QueryStream;
use aggregator_core::event::{Event, EventKind};
use aggregator_mocks::InvariantChecker;
use futures::{Stream, StreamExt as _};
use tokio::time::sleep;

use super::metrics;
use super::workload::Observation;

/// Statistics of one query, collected while its stream is read.
#[derive(Default)]
pub struct QueryStats {
    pub checker: InvariantChecker,
    pub polls: u64,
    pub wakeups: u64,
    first_event: Option<Duration>,
    sources: Option<Duration>,
    results: Vec<Duration>,
    texts: Vec<Duration>,
    gaps: Vec<Duration>,
    chunks: Vec<u64>,
}

impl QueryStats {
    /// Reads a query to its end. The reader sleeps for `read_every` after each event.
    pub async fn collect(query: QueryStream, read_every: Option<Duration>) -> Self {
        let mut stats = Self::default();
        let mut counter = PollCounter::new(query);
        while let Some(event) = counter.next().await {
            stats.record(&event);
            if let Some(every) = read_every {
                sleep(every).await;
            }
        }
        stats.finish(&counter);
        stats
    }

    /// Adds an event.
    pub fn record(&mut self, event: &Event) {
        if self.first_event.replace(self.first_event.unwrap_or(event.elapsed())).is_some() {
            self.gaps.push(event.elapsed() - self.checker.latest);
        }
        match &event.kind {
            EventKind::Result { .. } => self.results.push(event.elapsed()),
            EventKind::Sources { .. } => self.sources = Some(event.elapsed()),
            EventKind::AnswerDelta { text } => {
                self.chunks.push(text.len() as u64);
                self.texts.push(event.elapsed());
            }
            _ => {}
        }
        self.checker.read(event);
    }

    /// Adds the number of polls and wake-ups.
    pub fn finish(&mut self, counter: &PollCounter<QueryStream>) {
        (self.polls, self.wakeups) = (counter.polls, counter.wakes.0.load(Ordering::Relaxed));
    }

    /// Converts the statistics to an observation.
    pub fn into_observation(mut self) -> Result<Observation, String> {
        let checker = &self.checker;
        let mut counts = vec![
            (metrics::EVENTS, checker.events),
            (metrics::RESULTS, checker.results),
            (metrics::CITATIONS, checker.citations),
            (metrics::DELTAS, checker.deltas),
            (metrics::POLLS, self.polls),
            (metrics::WAKEUPS, self.wakeups),
            (metrics::TOTAL, nanos(checker.latest)),
        ];
        if let Some((_, summary)) = checker.summary() {
            counts.push((metrics::MERGED, u64::from(summary.hits.merged)));
            counts.push((metrics::DROPPED, u64::from(summary.hits.dropped.total())));
        }
        let times = [
            (metrics::FIRST_EVENT, self.first_event),
            (metrics::FIRST_RESULT, checker.first_result),
            (metrics::FIRST_TEXT, checker.first_text),
            (metrics::SOURCES, self.sources),
        ];
        counts.extend(times.into_iter().filter_map(|(metric, time)| Some((metric, nanos(time?)))));
        let steps = |times: &[Duration], step| times.windows(step + 1).map(|w| w[step] - w[0]).collect::<Vec<_>>();
        for (times, step, mean, max) in [
            (&self.results, 1, Some(metrics::RESULT_GAP_MEAN), metrics::RESULT_GAP_MAX),
            (&self.results, 2, Some(metrics::THREE_RESULTS_MEAN), metrics::THREE_RESULTS_MAX),
            (&self.texts, 1, None, metrics::TEXT_GAP_MAX),
        ] {
            let steps = steps(times, step);
            if let Some(longest) = steps.iter().max() {
                counts.extend(mean.map(|mean| (mean, nanos(self::mean(&steps)))));
                counts.push((max, nanos(*longest)));
            }
        }
        self.gaps.sort_unstable();
        if let (Some(min), Some(max)) = (self.gaps.first(), self.gaps.last()) {
            let mean = mean(&self.gaps);
            let median = self.gaps[self.gaps.len() / 2];
            counts.push((metrics::GAP_MIN, nanos(*min)));
            counts.push((metrics::GAP_MEAN, nanos(mean)));
            counts.push((metrics::GAP_MEDIAN, nanos(median)));
            counts.push((metrics::GAP_MAX, nanos(*max)));
        }
        self.chunks.sort_unstable();
        if let (Some(min), Some(max)) = (self.chunks.first(), self.chunks.last()) {
            counts.push((metrics::CHUNK_MIN, *min));
            counts.push((metrics::CHUNK_MEDIAN, self.chunks[self.chunks.len() / 2]));
            counts.push((metrics::CHUNK_MAX, *max));
        }
        Ok(Observation { amount: checker.events, checksum: checker.checksum(), counts })
    }
}

/// Mean of a non-empty list of times, rounded down.
fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / times.len() as u32
}

/// A time in nanoseconds.
pub fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A stream that counts its polls, and the wake-ups of the task that polls it.
pub struct PollCounter<S> {
    stream: S,
    polls: u64,
    wakes: Arc<WakeCount>,
}

#[derive(Default)]
struct WakeCount(AtomicU64);

struct CountingWaker {
    wakes: Arc<WakeCount>,
    task: Waker,
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.0.fetch_add(1, Ordering::Relaxed);
        self.task.wake_by_ref();
    }
}

impl<S> PollCounter<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, polls: 0, wakes: Arc::default() }
    }
}

impl<S: Stream + Unpin> Stream for PollCounter<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.polls += 1;
        let waker = Waker::from(Arc::new(CountingWaker { wakes: Arc::clone(&self.wakes), task: cx.waker().clone() }));
        self.stream.poll_next_unpin(&mut Context::from_waker(&waker))
    }
}
