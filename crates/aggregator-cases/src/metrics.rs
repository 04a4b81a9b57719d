//! The metrics of these cases. Their names are stored in baselines and never change.

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
/// Queries that failed or were rejected.
pub const ERRORS: Metric = Metric::new("errors", Unit::Count, Class::Behaviour);
/// Maximum number of queries in flight at the same time.
pub const IN_FLIGHT: Metric = Metric::new("in-flight", Unit::Count, Class::Behaviour);
/// Length of the smallest answer delta.
pub const CHUNK_MIN: Metric = Metric::new("chunk-min", Unit::Bytes, Class::Behaviour);
/// Median length of the answer deltas.
pub const CHUNK_MEDIAN: Metric = Metric::new("chunk-median", Unit::Bytes, Class::Behaviour);
/// Length of the largest answer delta.
pub const CHUNK_MAX: Metric = Metric::new("chunk-max", Unit::Bytes, Class::Behaviour);
/// Labelled queries whose type of input is predicted correctly.
pub const RIGHT_INPUT_TYPE: Metric = Metric::new("right-input-type", Unit::Count, Class::Quality);
/// Labelled queries whose complexity is predicted correctly.
pub const RIGHT_COMPLEXITY: Metric = Metric::new("right-complexity", Unit::Count, Class::Quality);
/// Labelled queries whose ambiguity is predicted correctly.
pub const RIGHT_AMBIGUITY: Metric = Metric::new("right-ambiguity", Unit::Count, Class::Quality);
/// Labelled queries whose suitability for a search is predicted correctly.
pub const RIGHT_SUITABILITY: Metric = Metric::new("right-suitability", Unit::Count, Class::Quality);
/// Labelled queries that have the labelled number of segments.
pub const RIGHT_SEGMENTS: Metric = Metric::new("right-segments", Unit::Count, Class::Quality);
/// Labelled queries that have the labelled number of sub-queries.
pub const RIGHT_SUB_QUERIES: Metric = Metric::new("right-sub-queries", Unit::Count, Class::Quality);
/// Real queries with the label `searchable` that are not reported as unsuitable.
pub const SEARCHABLE_NOT_ACCUSED: Metric = Metric::new("searchable-not-accused", Unit::Count, Class::Quality);
/// Real queries without the label `searchable` that are reported as unsuitable.
pub const UNSEARCHABLE_TOLD: Metric = Metric::new("unsearchable-told", Unit::Count, Class::Quality);
/// Labelled pieces of shortened queries that reach the search service.
pub const PIECES_SENT: Metric = Metric::new("pieces-sent", Unit::Count, Class::Quality);
/// Labelled answers whose text and citations equal the label.
pub const ANSWERS_AS_LABELLED: Metric = Metric::new("answers-as-labelled", Unit::Count, Class::Quality);
/// Labelled answers that are at least as long as the labelled text.
pub const ANSWERS_WHOLE: Metric = Metric::new("answers-whole", Unit::Count, Class::Quality);
/// Relevant labelled pages that become sources.
pub const RELEVANT_KEPT: Metric = Metric::new("relevant-kept", Unit::Count, Class::Quality);
/// Labelled pairs of URLs of one page that have the same canonical URL.
pub const PAIRS_MERGED: Metric = Metric::new("pairs-merged", Unit::Count, Class::Quality);
/// Labelled pairs of URLs of two pages that have different canonical URLs.
pub const PAIRS_APART: Metric = Metric::new("pairs-apart", Unit::Count, Class::Quality);
/// Labelled pairs of texts that contradict each other and are reported.
pub const CONTRADICTIONS_FOUND: Metric = Metric::new("contradictions-found", Unit::Count, Class::Quality);
/// Labelled pairs of texts that do not contradict each other and are not reported.
pub const OTHERS_NOT_REPORTED: Metric = Metric::new("others-not-reported", Unit::Count, Class::Quality);
/// Labelled questions that go on from earlier ones and are searched with what they need.
pub const FOLLOW_UPS_RESOLVED: Metric = Metric::new("follow-ups-resolved", Unit::Count, Class::Quality);
/// Labelled questions that do not go on from earlier ones and are searched without these.
pub const OTHERS_LEFT_ALONE: Metric = Metric::new("others-left-alone", Unit::Count, Class::Quality);
/// Polls of the future or stream under measurement.
pub const POLLS: Metric = Metric::new("polls", Unit::Polls, Class::Schedule);
/// Wake-ups of the task that polls the future or stream under measurement.
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
/// Minimum virtual gap between two consecutive events.
pub const GAP_MIN: Metric = Metric::new("gap-min", Unit::Ns, Class::Schedule);
/// Mean virtual gap between two consecutive events, rounded down.
pub const GAP_MEAN: Metric = Metric::new("gap-mean", Unit::Ns, Class::Schedule);
/// Median virtual gap between two consecutive events.
pub const GAP_MEDIAN: Metric = Metric::new("gap-median", Unit::Ns, Class::Schedule);
/// Maximum virtual gap between two consecutive events: the worst stall.
pub const GAP_MAX: Metric = Metric::new("gap-max", Unit::Ns, Class::Schedule);
/// Mean virtual gap between two consecutive results, rounded down.
pub const RESULT_GAP_MEAN: Metric = Metric::new("result-gap-mean", Unit::Ns, Class::Schedule);
/// Maximum virtual gap between two consecutive results.
pub const RESULT_GAP_MAX: Metric = Metric::new("result-gap-max", Unit::Ns, Class::Schedule);
/// Mean virtual time in which three consecutive results arrive, from the first to the third; rounded down.
pub const THREE_RESULTS_MEAN: Metric = Metric::new("three-results-mean", Unit::Ns, Class::Schedule);
/// Maximum virtual time in which three consecutive results arrive, from the first to the third.
pub const THREE_RESULTS_MAX: Metric = Metric::new("three-results-max", Unit::Ns, Class::Schedule);
/// Maximum virtual gap between two consecutive deltas of the answer.
pub const TEXT_GAP_MAX: Metric = Metric::new("text-gap-max", Unit::Ns, Class::Schedule);
/// Polls of a provider or model, on two threads, that no poll of the other thread's query overlapped.
pub const POLLS_ALONE: Metric = Metric::new("polls-alone", Unit::Polls, Class::Schedule);
/// Peak of the resident memory of the process.
#[cfg(target_os = "linux")]
pub const RESIDENT_PEAK: Metric = Metric::new("resident-peak", Unit::Bytes, Class::Resident);
/// Bytes of the program that are loaded: code and data, without debug information.
#[cfg(target_os = "linux")]
pub const PROGRAM_SIZE: Metric = Metric::new("program-size", Unit::Bytes, Class::Size);
/// Polls of a query that is always ready, before the last of the other queries emits its first event.
pub const POLLS_AHEAD: Metric = Metric::new("polls-ahead", Unit::Polls, Class::Schedule);
