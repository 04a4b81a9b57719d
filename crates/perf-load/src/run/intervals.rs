//! A run over time, and how many requests are in flight.

use std::time::Duration;

use super::coarse::Coarse;
use crate::report::{Interval, Spread};
use crate::stream_metrics::nanos;

/// The most intervals of a report. A picture has no room for more.
const MOST: u64 = 300;

/// Counts starts and ends, which tasks report when they happen.
pub(super) struct InFlight {
    length_ns: u64,
    now: u64,
    pub(super) peak: u64,
    pub(super) started: u64,
    pub(super) skipped: u64,
    counts: Vec<Counts>,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    started: u64,
    skipped: u64,
    most: u64,
}

impl InFlight {
    /// Intervals of whole seconds, at most 300 over the planned duration.
    pub(super) fn new(planned: Duration) -> Self {
        let length_ns = planned.as_secs().div_ceil(MOST).max(1) * 1_000_000_000;
        Self { length_ns, now: 0, peak: 0, started: 0, skipped: 0, counts: Vec::new() }
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    pub(super) fn length_ns(&self) -> u64 {
        self.length_ns
    }

    /// A request starts, unless as many as allowed are in flight. Returns whether it may.
    pub(super) fn start(&mut self, at: Duration, max: usize) -> bool {
        if self.now >= max as u64 {
            self.skipped += 1;
            self.counts(at).skipped += 1;
            return false;
        }
        self.now += 1;
        self.started += 1;
        self.peak = self.peak.max(self.now);
        let counts = self.counts(at);
        counts.started += 1;
        true
    }

    pub(super) fn end(&mut self, at: Duration) {
        // An interval without starts begins with those that are in flight.
        self.counts(at);
        self.now = self.now.saturating_sub(1);
    }

    /// The counts of the interval of a time, with all that are in flight now seen in it and in those before it that are new.
    fn counts(&mut self, at: Duration) -> &mut Counts {
        let index = (nanos(at) / self.length_ns) as usize;
        let now = self.now;
        while self.counts.len() <= index {
            self.counts.push(Counts { most: now, ..Counts::default() });
        }
        let counts = &mut self.counts[index];
        counts.most = counts.most.max(now);
        counts
    }
}

/// Collects what requests that ended say about each interval.
#[derive(Default)]
pub(super) struct Timeline {
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    succeeded: u64,
    failed: u64,
    ttft: Coarse,
    e2e: Coarse,
    resident: Option<u64>,
}

impl Timeline {
    pub(super) fn ended(&mut self, index: u64, success: bool) {
        let part = self.part(index);
        if success {
            part.succeeded += 1;
        } else {
            part.failed += 1;
        }
    }

    pub(super) fn latency(&mut self, index: u64, ttft: Option<u64>, e2e: Option<u64>) {
        let part = self.part(index);
        ttft.into_iter().for_each(|value| part.ttft.add(value));
        e2e.into_iter().for_each(|value| part.e2e.add(value));
    }

    pub(super) fn resident(&mut self, index: u64, bytes: u64) {
        self.part(index).resident = Some(bytes);
    }

    fn part(&mut self, index: u64) -> &mut Part {
        let index = index as usize;
        if self.parts.len() <= index {
            self.parts.resize_with(index + 1, Part::default);
        }
        &mut self.parts[index]
    }

    pub(super) fn intervals(&self, in_flight: &InFlight) -> Vec<Interval> {
        let length_ns = in_flight.length_ns;
        let number = self.parts.len().max(in_flight.counts.len());
        let interval = |index: usize| {
            let counts = in_flight.counts.get(index).copied().unwrap_or_default();
            let part = self.parts.get(index);
            Interval {
                start_ns: index as u64 * length_ns,
                length_ns,
                started: counts.started,
                skipped: counts.skipped,
                succeeded: part.map_or(0, |part| part.succeeded),
                failed: part.map_or(0, |part| part.failed),
                in_flight: counts.most,
                ttft: part.and_then(|part| spread(&part.ttft)),
                e2e: part.and_then(|part| spread(&part.e2e)),
                resident_bytes: part.and_then(|part| part.resident),
            }
        };
        (0..number).map(interval).collect()
    }
}

fn spread(values: &Coarse) -> Option<Spread> {
    let at = |percent| values.percentile(percent);
    Some(Spread { p50: at(50.0)?, p95: at(95.0)?, p99: at(99.0)?, max: values.max()? })
}
