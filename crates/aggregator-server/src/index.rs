//! `aggregator index`: brings the index up to date and says what is in it.

use std::io::{self, Write};

use aggregator_index::Skipped;

use crate::documents::{Documents, Ready};
use crate::exit::{self, Exit, Failure};
use crate::interrupt::Interrupt;

/// Files that are named, unless all are asked for.
const NAMED: usize = 10;

/// Brings the index up to date.
pub fn run(documents: &Documents, all: bool, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let ready = documents.ready(interrupt)?;
    print(documents, &ready, all).map_err(|error| exit::output(&error))?;
    Ok(if ready.report.stopped { Exit::Interrupted } else { Exit::Done })
}

fn print(documents: &Documents, Ready { report, took, .. }: &Ready, all: bool) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{report}")?;
    let megabytes = report.bytes as f64 / 1e6;
    writeln!(
        out,
        "{megabytes:.1} MB read in {:.2} s; the index is in {}",
        took.as_secs_f64(),
        documents.index_folder.display()
    )?;
    let kinds: Vec<String> = report.other_kinds.iter().map(|(kind, files)| format!("{kind} {files}")).collect();
    if !kinds.is_empty() {
        writeln!(out, "kinds that are not read: {}", kinds.join(", "))?;
    }
    out.flush()?;
    left_out(&report.skipped, report.more_skipped, all)
}

/// Names what is not in the index although its kind is.
pub fn left_out(skipped: &[Skipped], more: u64, all: bool) -> io::Result<()> {
    let mut notes = anstream::stderr().lock();
    let named = if all { skipped.len() } else { NAMED };
    for skipped in skipped.iter().take(named) {
        writeln!(notes, "left out: {skipped}")?;
    }
    let others = skipped.len().saturating_sub(named) as u64 + more;
    if others > 0 {
        writeln!(notes, "left out: {others} more; `aggregator index --all` names them")?;
    }
    Ok(())
}
