//! The invariants of `crates/ARCHITECTURE.md`, by number, under a paused clock.
//!
//! `InvariantChecker` checks I1 to I6 on every stream it reads; the tests here make the situations.

mod events;
mod hostile;
mod lifetime;
mod limits;
mod support;
