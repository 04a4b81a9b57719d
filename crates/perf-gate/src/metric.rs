//! What can be counted about a case, in which unit, and to which class of rules it belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The integer base unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds, of virtual time or of wall time as the metric says.
    Ns,
    /// Bytes.
    Bytes,
    /// Heap blocks, that is allocations.
    Blocks,
    /// Calls of a poll function.
    Polls,
    /// Wake-ups of a task.
    Wakes,
    /// Instructions.
    Instr,
    /// A plain number of things.
    Count,
}

impl Unit {
    /// The name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Bytes => "bytes",
            Self::Blocks => "blocks",
            Self::Polls => "polls",
            Self::Wakes => "wakes",
            Self::Instr => "instr",
            Self::Count => "count",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Rows that repeat equally well and are therefore judged by the same rule; in the order of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What the case did: repeats exactly, and any change is red.
    Behaviour,
    /// How often a classifier says what a person says: repeats exactly; less is red, more is an improvement.
    Quality,
    /// Polls, wake-ups and virtual time: repeats exactly; more is red, less is an improvement.
    Schedule,
    /// Heap figures on a current-thread runtime: repeats exactly; more is red, less is an improvement.
    Heap,
    /// Instructions under callgrind: repeats to a few in a million; more than 1 % more is red.
    Instructions,
    /// Wall time: shown with its spread, judged through budgets only.
    Wall,
}

impl Class {
    /// The name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Behaviour => "behaviour",
            Self::Quality => "quality",
            Self::Schedule => "schedule",
            Self::Heap => "heap",
            Self::Instructions => "instructions",
            Self::Wall => "wall",
        }
    }

    /// Whether values of this class are the same in every run of the same build, so that equality is a fair rule.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Behaviour | Self::Quality | Self::Schedule | Self::Heap)
    }

    /// Whether values of this class mean the same in another run of the same build, so that a baseline may hold them.
    pub const fn is_stored(self) -> bool {
        !matches!(self, Self::Wall)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no metric of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown metric; this version knows: {}", known())]
pub struct UnknownMetric;

fn known() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $unit:ident, $class:ident;)*) => {
        /// What is counted about a case.
        ///
        /// Values are per operation of the case unless the description says otherwise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Metric {
            $($(#[$doc])* $variant,)*
        }

        impl Metric {
            /// Every metric, in the order of tables.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in files and tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The unit of its values.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)* }
            }

            /// The class whose rule judges it.
            pub const fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }
        }
    };
}

metrics! {
    /// Events a query emitted, or items a case produced.
    Events = "events", Count, Behaviour;
    /// Distinct results emitted.
    Results = "results", Count, Behaviour;
    /// Hits merged into a result that was already known.
    Merged = "merged", Count, Behaviour;
    /// Hits dropped for a stated reason.
    Dropped = "dropped", Count, Behaviour;
    /// Citations emitted.
    Citations = "citations", Count, Behaviour;
    /// Answer deltas emitted.
    Deltas = "deltas", Count, Behaviour;
    /// Queries that failed, or were refused.
    Errors = "errors", Count, Behaviour;
    /// Queries that were in flight at the same time, at most.
    InFlight = "in-flight", Count, Behaviour;
    /// Smallest answer delta.
    ChunkMin = "chunk-min", Bytes, Behaviour;
    /// Median answer delta.
    ChunkMedian = "chunk-median", Bytes, Behaviour;
    /// Largest answer delta.
    ChunkMax = "chunk-max", Bytes, Behaviour;
    /// Labelled queries whose type of input was recognised.
    RightInputType = "right-input-type", Count, Quality;
    /// Labelled queries whose complexity was.
    RightComplexity = "right-complexity", Count, Quality;
    /// Labelled queries of which it was told whether they are ambiguous.
    RightAmbiguity = "right-ambiguity", Count, Quality;
    /// Labelled queries of which it was told whether they suit a search.
    RightSuitability = "right-suitability", Count, Quality;
    /// Labelled queries that were cut into as many segments as a person would.
    RightSegments = "right-segments", Count, Quality;
    /// Labelled queries of which as many sub-queries were made.
    RightSubQueries = "right-sub-queries", Count, Quality;
    /// Polls of the future or stream under measurement.
    Polls = "polls", Polls, Schedule;
    /// Wake-ups delivered to the task that polls it.
    Wakeups = "wakeups", Wakes, Schedule;
    /// Virtual time to the first event.
    FirstEvent = "first-event", Ns, Schedule;
    /// Virtual time to the first result.
    FirstResult = "first-result", Ns, Schedule;
    /// Virtual time to the first text of the answer.
    FirstText = "first-text", Ns, Schedule;
    /// Virtual time to the frozen sources.
    Sources = "sources", Ns, Schedule;
    /// Virtual time to the terminal event.
    Total = "total", Ns, Schedule;
    /// Smallest virtual gap between two events.
    GapMin = "gap-min", Ns, Schedule;
    /// Mean virtual gap between two events, rounded down.
    GapMean = "gap-mean", Ns, Schedule;
    /// Median virtual gap between two events.
    GapMedian = "gap-median", Ns, Schedule;
    /// Largest virtual gap between two events: the worst stall.
    GapMax = "gap-max", Ns, Schedule;
    /// Mean virtual gap between two results, rounded down.
    ResultGapMean = "result-gap-mean", Ns, Schedule;
    /// Largest virtual gap between two results.
    ResultGapMax = "result-gap-max", Ns, Schedule;
    /// Mean virtual time from a result to the next but one, so that three came; rounded down.
    ThreeResultsMean = "three-results-mean", Ns, Schedule;
    /// Largest virtual time from a result to the next but one, so that three came.
    ThreeResultsMax = "three-results-max", Ns, Schedule;
    /// Largest virtual gap between two deltas of the answer.
    TextGapMax = "text-gap-max", Ns, Schedule;
    /// Polls of a query that always has something, before each of the others had its first event.
    PollsAhead = "polls-ahead", Polls, Schedule;
    /// Bytes allocated, freed or not.
    HeapBytes = "heap-bytes", Bytes, Heap;
    /// Allocations, freed or not.
    HeapBlocks = "heap-blocks", Blocks, Heap;
    /// Largest number of bytes alive at once during one operation, above what was alive before it.
    HeapPeak = "heap-peak", Bytes, Heap;
    /// Bytes alive after one operation, above what was alive before it.
    HeapLive = "heap-live", Bytes, Heap;
    /// Bytes by which the live heaps after N, 2N and 3N operations differ.
    HeapGrowth = "heap-growth", Bytes, Heap;
    /// Instructions of one operation as callgrind counts them, set-up apart.
    Instructions = "instructions", Instr, Instructions;
    /// Wall time: the median over the samples of a process, and over processes.
    Time = "time", Ns, Wall;
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|metric| metric.name() == name).ok_or(UnknownMetric)
    }
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse(), Ok(metric));
        }
        assert_eq!("".parse::<Metric>(), Err(UnknownMetric));
        assert_eq!("Events".parse::<Metric>(), Err(UnknownMetric));
    }
}
