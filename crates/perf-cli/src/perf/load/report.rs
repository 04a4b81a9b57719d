//! The report of a load run as a file.

use std::fs;
use std::path::Path;

use perf_judge::load::LoadReport;
use perf_runner::error::Error;

/// The file of the report, which the program writes into the folder of `--out`.
pub(super) const REPORT: &str = "report.json";

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<LoadReport, Error> {
    let json = fs::read_to_string(path).map_err(|error| Error::path("read", path, &error))?;
    LoadReport::parse(&json).map_err(|error| {
        Error::environment(format!("{}: {error}", path.display()), "build the program and the gate of the same sources")
    })
}
