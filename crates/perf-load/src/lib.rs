//! Load on a streaming service: users and arrivals from a scenario, honest latencies, memory over time, the breaking point.
//!
//! One [`Scenario`] is put on one [`Target`] by [`run()`], and becomes one [`Report`]. The same driver runs in real time and under
//! tokio's paused clock, where a run is exact and repeats to the last digit.
//!
//! - [`Scenario`]: users or arrivals, stages, queries, thresholds, from a TOML file. [`plan()`]: the intended starts.
//! - [`Target`], [`Request`], [`Chunk`]: what load is put on.
//! - [`Run`], [`Stop`], [`Observer`], [`Snapshot`]: a run, and what is seen of it.
//! - [`Metric`]: what is measured, with formulas. [`StreamMetrics`], [`Record`]: of one stream, of one request.
//! - [`Report`]: what came of it, as data, text and picture. [`Judged`]: thresholds with their verdicts.
//! - [`observe()`]: the metrics of any stream of an embedder.
//! - [`leak`]: whether memory leaks. [`ProcessSampler`]: what a process uses.
//! - [`find_limit()`]: the breaking point, and what saturates there.
//! - [`locust()`]: the same load for Locust's distributed workers.
// Only rustdoc reads the README.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod draw;
mod error_kind;
mod find_limit;
mod histogram;
mod judge;
pub mod leak;
mod locust;
mod metric;
mod observe;
mod observer;
mod plan;
mod process;
mod record;
pub mod report;
mod run;
mod scenario;
mod size;
mod stream_metrics;
mod support;
mod target;

pub use error_kind::ErrorKind;
pub use find_limit::{Capacity, Cause, Evidence, FoundLimit, LevelError, Search, Step, find_limit};
pub use judge::{Judged, Verdict};
pub use locust::{LocustError, LocustOptions, locust};
pub use metric::{Metric, Unit};
pub use observe::{Observed, observe};
pub use observer::{Observer, Snapshot, SoFar};
pub use plan::{IntendedStart, plan};
pub use process::{ProcessSampler, Sampler, Usage, machine_memory};
pub use record::{Outcome, Record, write_record};
pub use report::Report;
pub use run::{Run, Stop, run};
pub use scenario::{
    Aggregate, Arrival, Arrivals, CancelAfter, Cancels, ClientSettings, Closed, Comparison, Fault, Gaps, HIGHEST_LEVEL,
    LONGEST, Level, Limit, Model, Objective, Open, Query, Scenario, ScenarioError, Share, SlowReaders, Stage,
    StageKind, Subject, TargetSettings, Think, Threshold, Trace, Weighted,
};
pub use size::Size;
pub use stream_metrics::{Gaps as StreamGaps, StreamMetrics};
pub use support::{fewest, is_shown, most_over};
pub use target::{Answer, Chunk, Request, Target};
