//! The command line through child processes, in workspaces of their own: exit codes, verdicts, files, and what is left behind.
//!
//! - [`world`]: a workspace whose measuring programs print what a test wants. [`tiny`]: one that cargo builds in a second.
//!   [`folder`]: files and commits in both.
//! - [`verdicts`], [`instructions`]: what is judged how. [`update`]: baselines. [`files`]: files that are not valid.
//! - [`build`]: the way through cargo. [`against`]: the base of a change, built and measured beside it.
//! - [`rules`]: a change that loosens the rules it is judged by.
//! - [`environments`]: repositories, files, variables and settings of many kinds.
//! - [`foreign`]: a workspace of another project, with names, metrics and harnesses of its own.
//! - [`watchdog`], [`kills`]: nothing outlives a run, however it ends.

mod against;
mod build;
#[cfg(target_os = "linux")]
mod environments;
mod files;
mod folder;
mod foreign;
mod instructions;
#[cfg(target_os = "linux")]
mod kills;
mod rules;
mod tiny;
mod update;
mod verdicts;
mod watchdog;
mod world;
