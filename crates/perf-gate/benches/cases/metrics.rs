//! What is counted here. A name is stored in baselines, so it must not change.

use perf_gate::{Class, Metric, Unit};

/// Events a query emitted, or items a case produced.
pub const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
/// Distinct results emitted.
pub const RESULTS: Metric = Metric::new("results", Unit::Count, Class::Behaviour);
/// Hits merged into a result that was already known.
pub const MERGED: Metric = Metric::new("merged", Unit::Count, Class::Behaviour);
/// Hits dropped for a stated reason.
pub const DROPPED: Metric = Metric::new("dropped", Unit::Count, Class::Behaviour);
/// Citations emitted.
pub const CITATIONS: Metric = Metric::new("citations", Unit::Count, Class::Behaviour);
/// Answer deltas emitted.
pub const DELTAS: Metric = Metric::new("deltas", Unit::Count, Class::Behaviour);
/// Queries that failed, or were refused.
pub const ERRORS: Metric = Metric::new("errors", Unit::Count, Class::Behaviour);
/// Queries that were in flight at the same time, at most.
pub const IN_FLIGHT: Metric = Metric::new("in-flight", Unit::Count, Class::Behaviour);
/// Smallest answer delta.
pub const CHUNK_MIN: Metric = Metric::new("chunk-min", Unit::Bytes, Class::Behaviour);
/// Median answer delta.
pub const CHUNK_MEDIAN: Metric = Metric::new("chunk-median", Unit::Bytes, Class::Behaviour);
/// Largest answer delta.
pub const CHUNK_MAX: Metric = Metric::new("chunk-max", Unit::Bytes, Class::Behaviour);
/// Labelled queries whose type of input was recognised.
pub const RIGHT_INPUT_TYPE: Metric = Metric::new("right-input-type", Unit::Count, Class::Quality);
/// Labelled queries whose complexity was.
pub const RIGHT_COMPLEXITY: Metric = Metric::new("right-complexity", Unit::Count, Class::Quality);
/// Labelled queries of which it was told whether they are ambiguous.
pub const RIGHT_AMBIGUITY: Metric = Metric::new("right-ambiguity", Unit::Count, Class::Quality);
/// Labelled queries of which it was told whether they suit a search.
pub const RIGHT_SUITABILITY: Metric = Metric::new("right-suitability", Unit::Count, Class::Quality);
/// Labelled queries that were cut into as many segments as a person would.
pub const RIGHT_SEGMENTS: Metric = Metric::new("right-segments", Unit::Count, Class::Quality);
/// Labelled queries of which as many sub-queries were made.
pub const RIGHT_SUB_QUERIES: Metric = Metric::new("right-sub-queries", Unit::Count, Class::Quality);
/// Real queries that a search can help with and that are not called unsuitable.
pub const SEARCHABLE_NOT_ACCUSED: Metric = Metric::new("searchable-not-accused", Unit::Count, Class::Quality);
/// Real queries that no search can help with and that are called unsuitable.
pub const UNSEARCHABLE_TOLD: Metric = Metric::new("unsearchable-told", Unit::Count, Class::Quality);
/// Pieces of long queries that have to reach a search service, and do.
pub const PIECES_SENT: Metric = Metric::new("pieces-sent", Unit::Count, Class::Quality);
/// Labelled answers that are shown and cited as a careful reader would.
pub const ANSWERS_AS_LABELLED: Metric = Metric::new("answers-as-labelled", Unit::Count, Class::Quality);
/// Labelled answers from which nothing is gone that a reader needs.
pub const ANSWERS_WHOLE: Metric = Metric::new("answers-whole", Unit::Count, Class::Quality);
/// Labelled pages that are relevant to their query and become sources.
pub const RELEVANT_KEPT: Metric = Metric::new("relevant-kept", Unit::Count, Class::Quality);
/// Labelled pairs of URLs of one page that have one key.
pub const PAIRS_MERGED: Metric = Metric::new("pairs-merged", Unit::Count, Class::Quality);
/// Labelled pairs of URLs of two pages that have two keys.
pub const PAIRS_APART: Metric = Metric::new("pairs-apart", Unit::Count, Class::Quality);
/// Polls of the future or stream under measurement.
pub const POLLS: Metric = Metric::new("polls", Unit::Polls, Class::Schedule);
/// Wake-ups delivered to the task that polls it.
pub const WAKEUPS: Metric = Metric::new("wakeups", Unit::Wakes, Class::Schedule);
/// Virtual time to the first event.
pub const FIRST_EVENT: Metric = Metric::new("first-event", Unit::Ns, Class::Schedule);
/// Virtual time to the first result.
pub const FIRST_RESULT: Metric = Metric::new("first-result", Unit::Ns, Class::Schedule);
/// Virtual time to the first text of the answer.
pub const FIRST_TEXT: Metric = Metric::new("first-text", Unit::Ns, Class::Schedule);
/// Virtual time to the frozen sources.
pub const SOURCES: Metric = Metric::new("sources", Unit::Ns, Class::Schedule);
/// Virtual time to the terminal event.
pub const TOTAL: Metric = Metric::new("total", Unit::Ns, Class::Schedule);
/// Smallest virtual gap between two events.
pub const GAP_MIN: Metric = Metric::new("gap-min", Unit::Ns, Class::Schedule);
/// Mean virtual gap between two events, rounded down.
pub const GAP_MEAN: Metric = Metric::new("gap-mean", Unit::Ns, Class::Schedule);
/// Median virtual gap between two events.
pub const GAP_MEDIAN: Metric = Metric::new("gap-median", Unit::Ns, Class::Schedule);
/// Largest virtual gap between two events: the worst stall.
pub const GAP_MAX: Metric = Metric::new("gap-max", Unit::Ns, Class::Schedule);
/// Mean virtual gap between two results, rounded down.
pub const RESULT_GAP_MEAN: Metric = Metric::new("result-gap-mean", Unit::Ns, Class::Schedule);
/// Largest virtual gap between two results.
pub const RESULT_GAP_MAX: Metric = Metric::new("result-gap-max", Unit::Ns, Class::Schedule);
/// Mean virtual time from a result to the next but one, so that three came; rounded down.
pub const THREE_RESULTS_MEAN: Metric = Metric::new("three-results-mean", Unit::Ns, Class::Schedule);
/// Largest virtual time from a result to the next but one, so that three came.
pub const THREE_RESULTS_MAX: Metric = Metric::new("three-results-max", Unit::Ns, Class::Schedule);
/// Largest virtual gap between two deltas of the answer.
pub const TEXT_GAP_MAX: Metric = Metric::new("text-gap-max", Unit::Ns, Class::Schedule);
/// Polls of a query that always has something, before each of the others had its first event.
pub const POLLS_AHEAD: Metric = Metric::new("polls-ahead", Unit::Polls, Class::Schedule);
