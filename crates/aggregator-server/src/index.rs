//! `aggregator index`: brings the index up to date and says what is in it.

use std::io::{self, Write};

use aggregator_index::SkippedFile;

use crate::documents::{Documents, UpdatedIndex};
use crate::exit::{self, Exit, ProgramError};
use crate::interrupt::Interrupt;
use crate::terminal;

/// Maximum number of named files without `--all`.
const MAX_NAMED: usize = 10;

/// Brings the index up to date.
pub fn run(documents: &Documents, all: bool, interrupt: &Interrupt) -> Result<Exit, ProgramError> {
    let ready = documents.update(interrupt)?;
    print(documents, &ready, all).map_err(|error| exit::output(&error))?;
    Ok(if ready.report.stopped { Exit::Interrupted } else { Exit::Done })
}

fn print(documents: &Documents, UpdatedIndex { report, took, .. }: &UpdatedIndex, all: bool) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{report}")?;
    let megabytes = report.bytes as f64 / 1e6;
    writeln!(
        out,
        "{megabytes:.1} MB read in {:.2} s; the index is in {}",
        took.as_secs_f64(),
        terminal::clean(documents.index_folder.display())
    )?;
    let kinds: Vec<String> = report.other_kinds.iter().map(|(kind, files)| format!("{kind} {files}")).collect();
    if !kinds.is_empty() {
        writeln!(out, "kinds that are not read: {}", kinds.join(", "))?;
    }
    out.flush()?;
    print_skipped(&report.skipped, report.more_skipped, all)
}

/// Prints the files that were left out although their kind is read.
pub fn print_skipped(skipped: &[SkippedFile], more: u64, all: bool) -> io::Result<()> {
    let mut notes = anstream::stderr().lock();
    let named = if all { skipped.len() } else { MAX_NAMED };
    for skipped in skipped.iter().take(named) {
        writeln!(notes, "left out: {skipped}")?;
    }
    let others = skipped.len().saturating_sub(named) as u64 + more;
    if others > 0 {
        writeln!(notes, "left out: {others} more; `aggregator index --all` names them")?;
    }
    Ok(())
}
