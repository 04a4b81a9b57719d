//! Runs of scenarios in virtual time.

mod common;
mod observed;
mod omission;
mod runs;
mod screens;
