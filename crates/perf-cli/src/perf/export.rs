//! `perf export`: the rows of the last run in a format of another program.

use std::fs::File;
use std::io::Read as _;
use std::path::{self, Path, PathBuf};

use perf_judge::exit_status;
use perf_judge::report::export::{self, Export, ExportError};
use perf_judge::report::{JSON_FILE, stored};
use perf_judge::row::Row;
use perf_judge::text::{pluralize, sanitize_line};
use perf_runner::error::Error;
use perf_runner::files::atomic_write;
use perf_runner::workspace::Workspace;

use crate::stdout;

const AFTER: &str = "\
Exit codes:
    0  the rows are written; a note on standard error says which the format has no place for
    2  usage or environment: no report, or a report of another version

Examples:
  {command} perf export bmf --out bmf.json
  {command} perf export github-action-benchmark --from perf-report/report.json
  {command} perf export csv";

/// Maximum size of a report in bytes. A row has about a kilobyte.
const MAX_BYTES: u64 = 64 << 20;

/// Write the rows of the last run in a format that another program reads
///
/// Nothing is measured: the rows are those of report.json, whatever its verdict.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Format to write
    #[arg(value_enum)]
    format: Format,
    /// The report, or the directory that it is in [default: target/perf/latest]
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A format of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Bencher Metric Format (JSON): every measured number, with the bounds of wall time
    Bmf,
    /// customSmallerIsBetter of github-action-benchmark (JSON): every number of which less is better
    GithubActionBenchmark,
    /// Comma-separated values: every row
    Csv,
}

impl Format {
    fn write(self, rows: &[Row]) -> Result<Export, ExportError> {
        match self {
            Self::Bmf => export::bencher::export(rows),
            Self::GithubActionBenchmark => export::custom_smaller_is_better::export(rows),
            Self::Csv => Ok(export::csv::export(rows)),
        }
    }
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let file = match &options.from {
        None => workspace.perf_dir().join("latest").join(JSON_FILE),
        Some(dir) if dir.is_dir() => dir.join(JSON_FILE),
        Some(file) => file.clone(),
    };
    let rows = read(&file, workspace)?;
    let export = options.format.write(&rows).map_err(|error| {
        let message = format!("{} cannot be exported: {error}", workspace.display_path(&file));
        Error::environment(message, "export it as csv, which has a column for the harness")
    })?;
    for left_out in &export.left_out {
        let rows = pluralize(left_out.rows, "row");
        anstream::eprintln!("note: {rows} left out: {}", left_out.why);
    }
    match &options.out {
        Some(out) => write(out, &export.text)?,
        None => stdout::print(&export.text)?,
    }
    Ok(exit_status::PASS)
}

fn read(file: &Path, workspace: &Workspace) -> Result<Vec<Row>, Error> {
    let shown = workspace.display_path(file);
    let hint = format!("measure first: {}", workspace.gate_command("perf"));
    let invalid = |why: String| {
        let message = format!("{shown} is not a report of this version: {}", sanitize_line(&why));
        Error::environment(message, &hint)
    };
    let mut text = String::new();
    let opened = File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    opened.map_err(|error| Error::environment(format!("cannot read {shown}: {error}"), &hint))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(invalid(format!("it has more than {MAX_BYTES} bytes")));
    }
    let report = stored::read(&text).map_err(|error| invalid(error.to_string()))?;
    Ok(report.rows)
}

fn write(out: &Path, text: &str) -> Result<(), Error> {
    // The folder of a bare file name is empty, and cannot be opened.
    let out = path::absolute(out).map_err(|error| Error::path("write", out, &error))?;
    atomic_write::write(&out, text, |_| true)
}
