//! The form of events, seen from outside: whole queries, every variant of the core, and readers that are older or
//! newer.

mod lines;
mod names;
mod page;
mod reading;
mod runs;
