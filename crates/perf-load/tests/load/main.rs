//! Runs of scenarios in virtual time.

mod common;
mod limits;
mod observed;
mod omission;
mod ready;
mod runs;
mod screens;
