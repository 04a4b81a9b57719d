//! The metrics of these cases. Their names are stored in baselines and never change.

use perf_gate::{Class, Metric, Unit};

/// Events that a decoder gave or a query emitted.
pub const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
/// Bytes of text: of events, of an answer.
pub const TEXT: Metric = Metric::new("text-bytes", Unit::Bytes, Class::Behaviour);
/// Hits of a search.
pub const HITS: Metric = Metric::new("hits", Unit::Count, Class::Behaviour);
/// Pieces of an answer.
pub const DELTAS: Metric = Metric::new("deltas", Unit::Count, Class::Behaviour);
/// Distinct results of a query.
pub const RESULTS: Metric = Metric::new("results", Unit::Count, Class::Behaviour);
/// Citations of an answer.
pub const CITATIONS: Metric = Metric::new("citations", Unit::Count, Class::Behaviour);
/// Queries whose provider did not end well.
pub const ERRORS: Metric = Metric::new("errors", Unit::Count, Class::Behaviour);
/// Requests to a service, with those that were repeated.
pub const ATTEMPTS: Metric = Metric::new("attempts", Unit::Count, Class::Behaviour);
/// Virtual time from the moment when a service is back to the first result of it.
pub const RECOVERY: Metric = Metric::new("recovery", Unit::Ns, Class::Schedule);
/// Virtual time of all queries.
pub const TOTAL: Metric = Metric::new("total", Unit::Ns, Class::Schedule);
/// Polls of the stream under measurement.
pub const POLLS: Metric = Metric::new("polls", Unit::Polls, Class::Schedule);
/// Polls until the stream gave its first item. A body comes in pieces, each after a poll, so this is how much of it is waited for.
pub const POLLS_TO_FIRST: Metric = Metric::new("polls-to-first", Unit::Polls, Class::Schedule);
