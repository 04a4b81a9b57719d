//! What is measured of one stream.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::metric::Metric;
use crate::target::Chunk;

/// Gaps for which room is made at the start, so that a chunk allocates nothing until there are more; then the room doubles.
const ROOM: usize = 256;
/// The most gaps of which the median and the 95th percentile of a stream are computed. Further ones count in everything else.
const MAX_GAPS: usize = 65_536;

/// The metrics of one stream. Times are in nanoseconds from the actual start; the formulas are those of [`Metric`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamMetrics {
    /// When the headers arrived.
    pub headers_ns: Option<u64>,
    /// When the first event arrived.
    pub first_event_ns: Option<u64>,
    /// When the first result arrived.
    pub first_result_ns: Option<u64>,
    /// When the last result arrived.
    pub last_result_ns: Option<u64>,
    /// When the first source arrived.
    pub first_source_ns: Option<u64>,
    /// When the first text that is not empty arrived.
    pub first_text_ns: Option<u64>,
    /// When the last text that is not empty arrived.
    pub last_text_ns: Option<u64>,
    /// When the stream ended, or was left; of a stream that goes on, when its last chunk arrived.
    pub end_ns: u64,
    /// The longest time between two events; the end is one.
    pub max_stall_ns: Option<u64>,
    /// Such times above the limit.
    pub stalls: u64,
    /// The gaps between pieces of text, if there are at least two pieces.
    pub gaps: Option<Gaps>,
    /// Pieces of text that are not empty.
    pub chunks: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Tokens of text; a piece without a number counts as one.
    pub tokens: u64,
    /// Tokens of the first piece, in the same way.
    pub first_tokens: u64,
    /// Mean time at which a byte of text arrived.
    pub mean_text_ns: Option<u64>,
    /// Results.
    pub results: u64,
    /// Sources.
    pub sources: u64,
}

/// The gaps between pieces of text of one stream, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// How many.
    pub n: u64,
    /// Their mean.
    pub mean_ns: u64,
    /// Their median, by nearest rank.
    pub median_ns: u64,
    /// Their 95th percentile, by nearest rank.
    pub p95_ns: u64,
    /// The largest one.
    pub max_ns: u64,
    /// The smallest one.
    pub min_ns: u64,
}

impl StreamMetrics {
    /// The value of a metric in its [unit](Metric::unit), where the request was to start `lag` before its actual start; 0 is the value
    /// from the actual start. `None` if the stream has none, or the metric is not [of a request](Metric::is_of_a_request).
    pub fn value(&self, metric: Metric, lag: Duration) -> Option<u64> {
        let lag = nanos(lag);
        let from_start = |time: Option<u64>| Some(time?.saturating_add(lag));
        match metric {
            Metric::Ttfh => from_start(self.headers_ns),
            Metric::Ttfe => from_start(self.first_event_ns),
            Metric::Ttfr => from_start(self.first_result_ns),
            Metric::Ttlr => from_start(self.last_result_ns),
            Metric::Ttfs => from_start(self.first_source_ns),
            Metric::Ttft => from_start(self.first_text_ns),
            Metric::E2e => from_start(Some(self.end_ns)),
            Metric::GapMean => self.gaps.map(|gaps| gaps.mean_ns),
            Metric::GapMedian => self.gaps.map(|gaps| gaps.median_ns),
            Metric::GapP95 => self.gaps.map(|gaps| gaps.p95_ns),
            Metric::GapMax => self.gaps.map(|gaps| gaps.max_ns),
            Metric::GapMin => self.gaps.map(|gaps| gaps.min_ns),
            Metric::Tpot => {
                let time = self.last_text_ns? - self.first_text_ns?;
                time.checked_div(self.tokens - self.first_tokens)
            }
            Metric::MaxStall => self.max_stall_ns,
            Metric::Stalls => Some(self.stalls),
            Metric::Efficiency => {
                let whole = self.end_ns.saturating_add(lag);
                let read = self.end_ns.saturating_sub(self.mean_text_ns?);
                (whole > 0).then(|| (u128::from(read) * 1_000_000 / u128::from(whole)) as u64)
            }
            Metric::Chunks => Some(self.chunks),
            Metric::TextBytes => Some(self.text_bytes),
            Metric::Results => Some(self.results),
            Metric::Sources => Some(self.sources),
            Metric::Gap | Metric::ChunkBytes | Metric::SendLag | Metric::RuntimeLag => None,
        }
    }
}

/// The pieces of text of one stream, as far as they were kept.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// The gaps between them in nanoseconds, ascending.
    pub(crate) gaps: Vec<u64>,
    /// Their sizes in bytes.
    pub(crate) sizes: Vec<u32>,
}

/// Nanoseconds of a duration; those of 584 years and more are the largest number.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Collects the metrics of one stream. A chunk costs some comparisons and additions, and no allocation for the first 256 pieces of
/// text.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    seen: StreamMetrics,
    stall_ns: u64,
    last_event_ns: Option<u64>,
    gaps: Vec<u64>,
    sizes: Vec<u32>,
    gap_sum: u64,
    gap_max: u64,
    gap_min: u64,
    /// Bytes of each piece times the time at which it arrived.
    weighted: u128,
}

impl Meter {
    pub(crate) fn new(stall: Duration) -> Self {
        Self {
            seen: StreamMetrics::default(),
            stall_ns: nanos(stall),
            last_event_ns: None,
            gaps: Vec::with_capacity(ROOM),
            sizes: Vec::with_capacity(ROOM),
            gap_sum: 0,
            gap_max: 0,
            gap_min: u64::MAX,
            weighted: 0,
        }
    }

    /// Takes a chunk that arrived at this time from the start.
    pub(crate) fn note(&mut self, chunk: &Chunk, at: Duration) {
        let at = nanos(at);
        match chunk {
            Chunk::Heartbeat => return,
            Chunk::Headers => {
                self.seen.headers_ns.get_or_insert(at);
                return;
            }
            Chunk::Result => {
                self.seen.results += 1;
                self.seen.first_result_ns.get_or_insert(at);
                self.seen.last_result_ns = Some(at);
            }
            Chunk::Source => {
                self.seen.sources += 1;
                self.seen.first_source_ns.get_or_insert(at);
            }
            &Chunk::Text { bytes, tokens } if bytes > 0 => self.text(bytes, tokens, at),
            Chunk::Text { .. } | Chunk::Event | Chunk::Warning(_) | Chunk::Error(_) | Chunk::End(_) => {}
        }
        self.event(at);
    }

    /// Whether there was text.
    pub(crate) fn has_text(&self) -> bool {
        self.seen.chunks > 0
    }

    fn event(&mut self, at: u64) {
        self.seen.first_event_ns.get_or_insert(at);
        self.seen.end_ns = at;
        if let Some(last) = self.last_event_ns.replace(at) {
            let stall = at.saturating_sub(last);
            self.seen.max_stall_ns = Some(self.seen.max_stall_ns.map_or(stall, |max| max.max(stall)));
            self.seen.stalls += u64::from(stall > self.stall_ns);
        }
    }

    fn text(&mut self, bytes: u32, tokens: u32, at: u64) {
        let tokens = u64::from(tokens.max(1));
        if self.sizes.len() < MAX_GAPS {
            self.sizes.push(bytes);
        }
        if let Some(last) = self.seen.last_text_ns {
            let gap = at.saturating_sub(last);
            if self.gaps.len() < MAX_GAPS {
                self.gaps.push(gap);
            }
            self.gap_sum = self.gap_sum.saturating_add(gap);
            self.gap_max = self.gap_max.max(gap);
            self.gap_min = self.gap_min.min(gap);
        } else {
            self.seen.first_text_ns = Some(at);
            self.seen.first_tokens = tokens;
        }
        self.seen.last_text_ns = Some(at);
        self.seen.chunks += 1;
        self.seen.tokens += tokens;
        self.seen.text_bytes += u64::from(bytes);
        self.weighted += u128::from(bytes) * u128::from(at);
    }

    /// The metrics so far.
    pub(crate) fn metrics(&self) -> StreamMetrics {
        let mut sorted = self.gaps.clone();
        self.summary(&mut sorted)
    }

    /// The metrics of a stream that ended at this time, and its pieces of text.
    pub(crate) fn finish(mut self, at: Duration) -> (StreamMetrics, Pieces) {
        // What ended the stream may be no chunk: then waiting for it was a stall.
        let at = nanos(at);
        if at > self.seen.end_ns {
            self.event(at);
        }
        let mut gaps = std::mem::take(&mut self.gaps);
        let metrics = self.summary(&mut gaps);
        (metrics, Pieces { gaps, sizes: self.sizes })
    }

    /// Sorts the gaps and sums up.
    fn summary(&self, gaps: &mut [u64]) -> StreamMetrics {
        let mut metrics = self.seen.clone();
        gaps.sort_unstable();
        // Nearest rank, rounded up: the smallest value with at least this share of the values at or below it.
        let rank = |percent: usize| gaps.get((gaps.len() * percent).div_ceil(100).max(1) - 1).copied();
        if let (Some(median_ns), Some(p95_ns)) = (rank(50), rank(95)) {
            let n = self.seen.chunks - 1;
            metrics.gaps = Some(Gaps {
                n,
                mean_ns: self.gap_sum / n,
                median_ns,
                p95_ns,
                max_ns: self.gap_max,
                min_ns: self.gap_min,
            });
        }
        let mean = self.weighted.checked_div(u128::from(self.seen.text_bytes));
        metrics.mean_text_ns = mean.map(|mean| u64::try_from(mean).unwrap_or(u64::MAX));
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Answer;

    fn metered(chunks: &[(u64, Chunk)]) -> StreamMetrics {
        let mut meter = Meter::new(Duration::from_millis(100));
        for (millis, chunk) in chunks {
            meter.note(chunk, Duration::from_millis(*millis));
        }
        meter.metrics()
    }

    fn text(bytes: u32) -> Chunk {
        Chunk::Text { bytes, tokens: 0 }
    }

    #[test]
    fn every_formula_is_what_it_says() {
        let metrics = metered(&[
            (1, Chunk::Headers),
            (2, Chunk::Heartbeat),
            (5, Chunk::Event),
            (20, Chunk::Result),
            (40, Chunk::Result),
            (50, Chunk::Source),
            (60, text(0)),
            (100, text(10)),
            (110, text(20)),
            (260, text(10)),
            (300, Chunk::End(Answer::Right)),
        ]);
        let of = |metric| metrics.value(metric, Duration::ZERO);
        let millis = |millis: u64| Some(millis * 1_000_000);
        assert_eq!(of(Metric::Ttfh), millis(1));
        assert_eq!(of(Metric::Ttfe), millis(5));
        assert_eq!(of(Metric::Ttfr), millis(20));
        assert_eq!(of(Metric::Ttlr), millis(40));
        assert_eq!(of(Metric::Ttfs), millis(50));
        assert_eq!(of(Metric::Ttft), millis(100), "an empty piece is no text");
        assert_eq!(of(Metric::E2e), millis(300));
        assert_eq!(of(Metric::GapMean), millis(80));
        assert_eq!(of(Metric::Tpot), millis(80));
        assert_eq!(of(Metric::GapMedian), millis(10));
        assert_eq!(of(Metric::GapP95), millis(150));
        assert_eq!((of(Metric::GapMax), of(Metric::GapMin)), (millis(150), millis(10)));
        assert_eq!(of(Metric::MaxStall), millis(150));
        assert_eq!((of(Metric::Stalls), of(Metric::Chunks)), (Some(1), Some(3)));
        assert_eq!((of(Metric::TextBytes), of(Metric::Results), of(Metric::Sources)), (Some(40), Some(2), Some(1)));
        // (10 · 200 + 20 · 190 + 10 · 40) / (40 · 300)
        assert_eq!(of(Metric::Efficiency), Some(516_666));
        // From an intended start 100 ms earlier.
        let lag = Duration::from_millis(100);
        assert_eq!(metrics.value(Metric::Ttft, lag), millis(200));
        assert_eq!(metrics.value(Metric::GapMax, lag), millis(150));
        assert_eq!(metrics.value(Metric::Efficiency, lag), Some(387_500));
    }

    #[test]
    fn time_per_token_counts_tokens_where_there_are_some() {
        let tokens = |bytes, tokens| Chunk::Text { bytes, tokens };
        let metrics = metered(&[(10, tokens(9, 3)), (20, tokens(9, 3)), (40, tokens(9, 2))]);
        assert_eq!(metrics.value(Metric::Tpot, Duration::ZERO), Some(6_000_000));
        assert_eq!(metrics.value(Metric::GapMean, Duration::ZERO), Some(15_000_000));
        let one = metered(&[(10, tokens(9, 3))]);
        assert_eq!((one.value(Metric::Tpot, Duration::ZERO), one.gaps), (None, None));
    }

    #[test]
    fn efficiency_tells_even_buffered_and_immediate_text_apart() {
        let of = |times: &[u64]| {
            let mut chunks: Vec<_> = times.iter().map(|&at| (at, text(7))).collect();
            chunks.push((1_000, Chunk::End(Answer::Unchecked)));
            metered(&chunks).value(Metric::Efficiency, Duration::ZERO).unwrap()
        };
        let even: Vec<u64> = (0..=1_000).collect();
        assert_eq!((of(&even), of(&[1_000; 5]), of(&[1; 5])), (500_000, 0, 999_000));
    }

    #[test]
    fn more_gaps_than_are_kept_still_count() {
        let mut meter = Meter::new(Duration::from_secs(1));
        for n in 0..MAX_GAPS as u64 + 10 {
            meter.note(&text(1), Duration::from_micros(n));
        }
        meter.note(&text(1), Duration::from_secs(3));
        let (metrics, Pieces { gaps, .. }) = meter.finish(Duration::from_secs(3));
        let all = metrics.gaps.unwrap();
        assert_eq!((gaps.len(), all.n), (MAX_GAPS, MAX_GAPS as u64 + 10));
        assert_eq!((all.median_ns, metrics.stalls), (1_000, 1));
        assert!(all.max_ns > 2_900_000_000);
    }

    #[test]
    fn waiting_for_an_end_that_is_no_chunk_is_a_stall() {
        let mut meter = Meter::new(Duration::from_millis(100));
        meter.note(&text(1), Duration::from_millis(10));
        let (metrics, _) = meter.finish(Duration::from_millis(500));
        assert_eq!((metrics.end_ns, metrics.max_stall_ns, metrics.stalls), (500_000_000, Some(490_000_000), 1));
    }
}
