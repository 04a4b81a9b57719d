//! The metrics of these cases. Their names are stored in baselines and never change.

use perf_gate::{Class, Metric, Unit};

/// Frames of server-sent events in a response, comments too; or events of a query.
pub const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
/// Bytes of the body of a response.
pub const BODY: Metric = Metric::new("body-bytes", Unit::Bytes, Class::Behaviour);
/// Calls of providers and models that are under way while all streams are open.
pub const CALLS_OPEN: Metric = Metric::new("calls-open", Unit::Count, Class::Behaviour);
/// Those that are left 1 ms of virtual time after all clients are gone.
pub const CALLS_LEFT: Metric = Metric::new("calls-left", Unit::Count, Class::Behaviour);
/// Bytes that the server wrote to connections: heads, bodies and their framing.
pub const BYTES_WRITTEN: Metric = Metric::new("bytes-written", Unit::Bytes, Class::Schedule);
/// Writes to connections; over a socket each is a system call.
pub const WRITES: Metric = Metric::new("writes", Unit::Count, Class::Schedule);
/// Polls of the futures of connections, or of the stream of events. A connection is a task, so each poll is a wake-up of it.
pub const POLLS: Metric = Metric::new("polls", Unit::Polls, Class::Schedule);
/// Virtual time to the first byte of a response.
pub const FIRST_BYTE: Metric = Metric::new("first-byte", Unit::Ns, Class::Schedule);
/// Virtual time to the end of a response.
pub const TOTAL: Metric = Metric::new("total", Unit::Ns, Class::Schedule);
/// Virtual time from the moment when all clients are gone to the end of the last connection, with which its query is dropped.
pub const CANCEL: Metric = Metric::new("cancel", Unit::Ns, Class::Schedule);
