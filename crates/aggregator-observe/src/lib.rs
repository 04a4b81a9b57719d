//! Spans, measurements and a monitor of operations, around an engine and its providers and models.
//!
//! - [`Observer`]: watches [queries](Observer::query), [calls](Observer::calls) and [operations](Observer::monitor).
//! - [`Metrics`]: a trait of one method that takes each [`Measure`]; [`QueryReport`] and [`OperationReport`] are what is known at an end.
//! - [`names`]: the names of spans and attributes, those of OpenTelemetry's conventions where there are any.
//! - [`TraceParent`]: the span of a client, out of the header `traceparent`.
//! - `otel`, with the feature of that name: spans in batches to a collector over OTLP.
//!
//! ```
//! use std::sync::Arc;
//!
//! use aggregator_core::{Engine, Query};
//! use aggregator_observe::{Measure, Metrics, Observer};
//! use futures::StreamExt as _;
//! # use aggregator_core::provider::{HitStream, SearchRequest};
//! # struct Web;
//! # impl aggregator_core::SearchProvider for Web {
//! #     fn name(&self) -> &str { "web" }
//! #     fn search(&self, _: SearchRequest) -> HitStream { Box::pin(futures::stream::empty()) }
//! # }
//!
//! struct Print;
//!
//! impl Metrics for Print {
//!     fn record(&self, measure: &Measure<'_>) {
//!         if let Measure::QueryEnded(report) = measure {
//!             println!("{} after {:?}", report.outcome.name(), report.duration);
//!         }
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let observer = Observer::new().with_metrics(Arc::new(Print));
//! let engine = Engine::builder().provider(observer.calls(Web)).build()?;
//! let query = Query::new("who asks first?")?;
//! let watch = observer.query(&query, None);
//! let mut events = watch.around(engine.run(query));
//! while let Some(event) = events.next().await {
//!     // …
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod allocated;
mod chunks;
mod hits;
mod measure;
mod monitor;
pub mod names;
mod observed;
mod observer;
mod operation_report;
#[cfg(feature = "otel")]
pub mod otel;
#[cfg(feature = "otel")]
mod otel_span;
mod outcome;
mod query;
mod query_report;
mod spans;
mod trace_parent;

pub use allocated::{Allocated, counted};
#[cfg(feature = "counting-allocator")]
pub use allocated::{COUNTING_ALLOCATOR, CountingAllocator};
pub use measure::{Export, Measure, Metrics};
pub use monitor::{Monitor, Operation, Watched, WatchedTry};
pub use observed::Observed;
pub use observer::Observer;
pub use operation_report::{OperationReport, Status};
pub use outcome::{QueryEnd, error_of, outcome_name};
pub use query::{QueryWatch, WatchedQuery, policy_name};
pub use query_report::{QueryReport, origin_name};
pub use trace_parent::{NoTraceParent, TraceParent};
