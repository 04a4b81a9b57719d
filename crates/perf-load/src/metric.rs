//! The metrics of requests: names, units, formulas.

use serde::{Deserialize, Serialize};

/// A metric of one request, or of what its client did. A report has one distribution of each.
///
/// `start` is the *intended* start, unless a report or threshold says `actual`. All times are those at which the driver's task
/// received a chunk; a heartbeat is no chunk of any metric. *Events* are all other chunks but [`Headers`](crate::Chunk::Headers).
/// Distributions are of requests that succeeded. Those that ended by their timeout count with what they had shown until then, with
/// their longest stall and with the time for which they ran as [`E2e`](Self::E2e), or only fast requests would count. Where a request
/// has no value (no text, no source) it is not in the distribution. A threshold takes what a request had not yet shown at its timeout,
/// and a start that was skipped, for later than any limit; a mean, minimum or maximum then fails or is INSUFFICIENT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// Time to the headers of the response: `headers - start`.
    Ttfh,
    /// Time to the first event of any kind: `first event - start`.
    Ttfe,
    /// Time to the first result: `first result - start`.
    Ttfr,
    /// Time to the last result: `last result - start`.
    Ttlr,
    /// Time to the first source: `first source - start`.
    Ttfs,
    /// Time to the first text that is not empty: `first text - start`.
    Ttft,
    /// End to end: `end - start`.
    E2e,
    /// All gaps between pieces of text that are not empty, of all requests together: `text[i] - text[i - 1]`.
    Gap,
    /// The mean gap of a request: `(last text - first text) / (n - 1)`, of n ≥ 2 pieces.
    GapMean,
    /// The median gap of a request, of n ≥ 2 pieces.
    GapMedian,
    /// The 95th percentile of the gaps of a request, of n ≥ 2 pieces.
    GapP95,
    /// The largest gap of a request, of n ≥ 2 pieces.
    GapMax,
    /// The smallest gap of a request, of n ≥ 2 pieces.
    GapMin,
    /// Time per output token: `(last text - first text) / (tokens - tokens of the first piece)`. A piece whose tokens the target does
    /// not know counts as one token, so without tokens this is [`GapMean`](Self::GapMean).
    Tpot,
    /// The longest stall: the longest time between two events after each other, the end included.
    MaxStall,
    /// How many stalls are longer than the scenario's `stall`.
    Stalls,
    /// How much of the waiting time a reader has text to read: `Σ bytes[i] · (end - text[i]) / (Σ bytes[i] · (end - start))`. It is 0
    /// if all text comes at the end, 0.5 if it flows evenly from start to end, and near 1 if all of it comes at once.
    Efficiency,
    /// Pieces of text that are not empty.
    Chunks,
    /// The size of a piece of text, of all requests together.
    ChunkBytes,
    /// Bytes of text.
    TextBytes,
    /// Results.
    Results,
    /// Sources.
    Sources,
    /// How late the driver was: `actual start - intended start`. It is the error of the measurement. Over every request that was
    /// started.
    SendLag,
    /// How late a timer of the runtime was that is set every 10 ms: what a task that blocks does to all others.
    RuntimeLag,
}

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds; shown with a suitable unit.
    Nanoseconds,
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Parts of a million of a share; shown as percent.
    PerMillion,
}

impl Metric {
    /// All metrics in the order of reports.
    pub const ALL: [Self; 24] = [
        Self::Ttfh,
        Self::Ttfe,
        Self::Ttfr,
        Self::Ttlr,
        Self::Ttfs,
        Self::Ttft,
        Self::E2e,
        Self::Gap,
        Self::GapMean,
        Self::GapMedian,
        Self::GapP95,
        Self::GapMax,
        Self::GapMin,
        Self::Tpot,
        Self::MaxStall,
        Self::Stalls,
        Self::Efficiency,
        Self::Chunks,
        Self::ChunkBytes,
        Self::TextBytes,
        Self::Results,
        Self::Sources,
        Self::SendLag,
        Self::RuntimeLag,
    ];

    /// The name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttfh => "ttfh",
            Self::Ttfe => "ttfe",
            Self::Ttfr => "ttfr",
            Self::Ttlr => "ttlr",
            Self::Ttfs => "ttfs",
            Self::Ttft => "ttft",
            Self::E2e => "e2e",
            Self::Gap => "gap",
            Self::GapMean => "gap_mean",
            Self::GapMedian => "gap_median",
            Self::GapP95 => "gap_p95",
            Self::GapMax => "gap_max",
            Self::GapMin => "gap_min",
            Self::Tpot => "tpot",
            Self::MaxStall => "max_stall",
            Self::Stalls => "stalls",
            Self::Efficiency => "efficiency",
            Self::Chunks => "chunks",
            Self::ChunkBytes => "chunk_bytes",
            Self::TextBytes => "text_bytes",
            Self::Results => "results",
            Self::Sources => "sources",
            Self::SendLag => "send_lag",
            Self::RuntimeLag => "runtime_lag",
        }
    }

    /// The metric with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// What it counts in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Stalls | Self::Chunks | Self::Results | Self::Sources => Unit::Count,
            Self::ChunkBytes | Self::TextBytes => Unit::Bytes,
            Self::Efficiency => Unit::PerMillion,
            _ => Unit::Nanoseconds,
        }
    }

    /// Whether it depends on the start of the request, so that there are two of it: from intended and from actual start.
    pub const fn has_start(self) -> bool {
        matches!(
            self,
            Self::Ttfh | Self::Ttfe | Self::Ttfr | Self::Ttlr | Self::Ttfs | Self::Ttft | Self::E2e | Self::Efficiency
        )
    }

    /// Whether a larger value is better; of most a smaller one is.
    pub const fn larger_is_better(self) -> bool {
        matches!(self, Self::Efficiency | Self::Results | Self::Sources | Self::Chunks | Self::TextBytes)
    }

    /// Whether one request has one value of it, so that an objective can limit it.
    pub const fn is_of_a_request(self) -> bool {
        !matches!(self, Self::Gap | Self::ChunkBytes | Self::SendLag | Self::RuntimeLag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_has_a_name_of_its_own_and_serde_knows_the_same() {
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(Metric::named(metric.name()), Some(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
            assert!(!Metric::ALL[..index].contains(&metric));
        }
    }
}
