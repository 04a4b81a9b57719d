//! The command line as child processes in temporary workspaces: exit codes, verdicts, files, and leftovers.
//!
//! - [`world`]: a workspace with scripted measuring programs. [`tiny`]: one that cargo builds in a second.
//!   [`folder`]: files and commits in both.
//! - [`verdicts`], [`instructions`]: the rules of the classes. [`update`]: baselines. [`files`]: files that are not valid.
//! - [`build`]: the way through cargo. [`against`]: the base of a change, built and measured beside it.
//! - [`creep`]: small steps that add up, and the anchor. [`history`]: recorded runs. [`profile`]: where the cost of a case is.
//! - [`quality`]: scores of labelled questions: verdicts, the stored file, the program that prints them.
//! - [`export`]: the last run in other formats, and its summary.
//! - [`rules`]: changes that loosen the rules that judge them.
//! - [`environments`]: repositories, files, variables and settings of many kinds.
//! - [`foreign`]: a workspace of another project, with names, metrics and harnesses of its own.
//! - [`watchdog`], [`kills`]: no process outlives a run.

mod against;
mod build;
mod creep;
#[cfg(target_os = "linux")]
mod environments;
mod export;
mod files;
mod folder;
mod foreign;
mod history;
mod instructions;
#[cfg(target_os = "linux")]
mod kills;
mod load;
mod profile;
mod quality;
mod rules;
mod tiny;
mod update;
mod verdicts;
mod watchdog;
mod world;
