//! The metrics of schema 2, whose records have no class: each reader knew this list.

use crate::{Class, Metric, MetricName, Unit};

const fn metric(name: &str, unit: Unit, class: Class) -> Metric {
    Metric::new(name, unit, class)
}

/// The complete list of metrics of schema 2.
const METRICS: [Metric; 41] = [
    metric("events", Unit::Count, Class::Behaviour),
    metric("results", Unit::Count, Class::Behaviour),
    metric("merged", Unit::Count, Class::Behaviour),
    metric("dropped", Unit::Count, Class::Behaviour),
    metric("citations", Unit::Count, Class::Behaviour),
    metric("deltas", Unit::Count, Class::Behaviour),
    metric("errors", Unit::Count, Class::Behaviour),
    metric("in-flight", Unit::Count, Class::Behaviour),
    metric("chunk-min", Unit::Bytes, Class::Behaviour),
    metric("chunk-median", Unit::Bytes, Class::Behaviour),
    metric("chunk-max", Unit::Bytes, Class::Behaviour),
    metric("right-input-type", Unit::Count, Class::Quality),
    metric("right-complexity", Unit::Count, Class::Quality),
    metric("right-ambiguity", Unit::Count, Class::Quality),
    metric("right-suitability", Unit::Count, Class::Quality),
    metric("right-segments", Unit::Count, Class::Quality),
    metric("right-sub-queries", Unit::Count, Class::Quality),
    metric("polls", Unit::Polls, Class::Schedule),
    metric("wakeups", Unit::Wakes, Class::Schedule),
    metric("first-event", Unit::Ns, Class::Schedule),
    metric("first-result", Unit::Ns, Class::Schedule),
    metric("first-text", Unit::Ns, Class::Schedule),
    metric("sources", Unit::Ns, Class::Schedule),
    metric("total", Unit::Ns, Class::Schedule),
    metric("gap-min", Unit::Ns, Class::Schedule),
    metric("gap-mean", Unit::Ns, Class::Schedule),
    metric("gap-median", Unit::Ns, Class::Schedule),
    metric("gap-max", Unit::Ns, Class::Schedule),
    metric("result-gap-mean", Unit::Ns, Class::Schedule),
    metric("result-gap-max", Unit::Ns, Class::Schedule),
    metric("three-results-mean", Unit::Ns, Class::Schedule),
    metric("three-results-max", Unit::Ns, Class::Schedule),
    metric("text-gap-max", Unit::Ns, Class::Schedule),
    metric("polls-ahead", Unit::Polls, Class::Schedule),
    metric("heap-bytes", Unit::Bytes, Class::Heap),
    metric("heap-blocks", Unit::Blocks, Class::Heap),
    metric("heap-peak", Unit::Bytes, Class::Heap),
    metric("heap-live", Unit::Bytes, Class::Heap),
    metric("heap-growth", Unit::Bytes, Class::Heap),
    metric("instructions", Unit::Instr, Class::Instructions),
    metric("time", Unit::Ns, Class::Wall),
];

/// Finds the metric of a record of schema 2 by its name.
pub fn find_metric(name: MetricName) -> Option<Metric> {
    METRICS.into_iter().find(|metric| metric.name() == name)
}
