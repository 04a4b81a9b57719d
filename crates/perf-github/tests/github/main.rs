//! The program on a stand-in of the API, and the workflows that start it.
//!
//! - [`pull_requests`]: from the event of a run to its comment and its check. [`hostile_artifacts`]: artifacts that mean harm.
//! - [`workflows`]: what the program assumes about the workflows. [`stand_in`]: the API on loopback.

mod hostile_artifacts;
mod pull_requests;
mod stand_in;
mod workflows;
