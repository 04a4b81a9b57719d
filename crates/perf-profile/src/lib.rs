//! Profiles as data: what callgrind and dhat write is read, and shown as tables, flame graphs and sentences.
//!
//! Everything is pure: texts in, values and texts out; no file, process, clock or environment (`clippy.toml`). `perf-runner`
//! makes the profiles and writes the files.
//!
//! ```text
//! callgrind, dhat ──► stacks ──► functions ──► table, increase
//!                        └─────► difference ──► flame
//! ```
//!
//! | module | contents |
//! |---|---|
//! | [`callgrind`] | the costs in callgrind's file, by function and its callers |
//! | [`dhat`] | the allocations in dhat's file, by stack |
//! | [`stacks`] | costs as a tree of stacks, and how much of them lost its callers |
//! | [`mod@functions`] | costs of each function: alone, with what it calls, with what it calls in other crates |
//! | [`difference`] | two trees as one, frame by frame |
//! | [`increase`] | what grew most between two sides, as a sentence |
//! | [`flame`] | flame graphs and difference flame graphs, as SVG |
//! | [`table`] | tables for people |
//! | [`name`] | names of functions, as they are compared and shown |
//! | [`number`] | numbers, as they are shown |

pub mod callgrind;
pub mod dhat;
pub mod difference;
pub mod flame;
pub mod functions;
pub mod increase;
pub mod name;
pub mod number;
pub mod stacks;
pub mod table;
