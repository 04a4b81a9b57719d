//! What stands before an engine: a query is admitted or refused, answered from a cache, or joins the run of the same query.
//!
//! - [`Gateway`]: the engine behind it; [`Gateway::run`] is where a query begins.
//! - [`GatewayStream`]: the events of one query, as those of a [`QueryStream`](aggregator_core::QueryStream).
//! - [`AdmissionSettings`] and [`Overloaded`]: how many queries run and wait, and the error of a query that is refused.
//! - [`CacheSettings`]: how long complete runs are kept, and how much memory they may need.
//!
//! ```
//! use aggregator_core::Query;
//! use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway};
//! # use aggregator_core::provider::{HitStream, SearchRequest};
//! # struct Web;
//! # impl aggregator_core::SearchProvider for Web {
//! #     fn name(&self) -> &str { "web" }
//! #     fn search(&self, _: SearchRequest) -> HitStream { Box::pin(futures::stream::empty()) }
//! # }
//!
//! let engine = aggregator_core::Engine::builder().provider(Web).build()?;
//! let gateway = Gateway::builder(engine)
//!     .admission(AdmissionSettings::default().running(64))
//!     .cache(CacheSettings::default())
//!     .single_flight(true)
//!     .build()?;
//! let events = gateway.run(Query::new("who asks first?")?)?;
//! assert_eq!(gateway.load().running, 1);
//! drop(events);
//! assert_eq!(gateway.load().running, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! No task, no thread and no channel is behind it. The readers of a shared run poll it themselves: each one
//! that finds no new event does. A slow reader, or one that its task no longer polls, delays no other reader.

// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod admission;
mod cache;
mod flight;
mod gateway;
mod reader;
mod registry;
mod run;
mod settings;
mod stream;
mod waiting_readers;
mod weight;

pub use admission::Overloaded;
pub use gateway::{Gateway, GatewayBuilder, Load};
pub use settings::{AdmissionSettings, CacheSettings, SettingsError};
pub use stream::GatewayStream;
