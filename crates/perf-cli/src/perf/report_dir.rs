//! The directory of reports.

use std::fs;
use std::path::Path;

use perf_runner::error::Error;

/// Creates the directory and removes reports of earlier runs, so that after an aborted run no old report looks like its result.
pub fn prepare(dir: &Path, reports: &[&str]) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
    for name in reports {
        let old = dir.join(name);
        if old.is_file() {
            fs::remove_file(&old).map_err(|error| Error::path("remove the old", &old, &error))?;
        }
    }
    Ok(())
}
