//! `summary.json`: the part of a report that the comment on a pull request shows.
//!
//! The code of a pull request makes the file, and a program with write access reads it. So the file has numbers, verdicts and
//! names of a known grammar only, and [`Summary::read`] rejects anything else. It has no reason, no path and no command: the
//! reader makes the commands itself.
//!
//! - `data`: the types. `names`: the texts that are allowed. `rows`: the form of a row in the file.
//! - `extract`: the summary of a report. `read`: the reader.

mod data;
mod extract;
mod names;
mod read;
mod rows;

pub use data::{DetectableEffect, HarnessSummary, MAX_ROWS, SUMMARY_FILE, Summary};
pub use names::{CommitId, InvalidName, PackageName, Percent};
pub use read::{MAX_SUMMARY_BYTES, SummaryError};
