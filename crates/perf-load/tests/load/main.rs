//! Runs of scenarios in virtual time.

mod clients;
mod common;
mod files;
mod limits;
mod observed;
mod omission;
mod plans;
mod ready;
mod runs;
mod screens;
