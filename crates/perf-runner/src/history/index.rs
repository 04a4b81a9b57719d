//! The index of a history: for each case one file with a line for each run.
//!
//! It is made of the run files and can be removed at any time. A run is added to the files of its cases, and then to the list of
//! what the index has. If a process ends in between, the run is added again, and the second line replaces the first. A line that
//! cannot be read makes the index be built anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use perf_gate::CaseName;
use perf_history::point::{self, CasePoint};

use super::folder::HistoryFolder;
use crate::error::Error;
use crate::files::atomic_write::{self, DirectoryLock};
use crate::process::interrupt;

/// First line of the list of indexed runs. Another form of the lines has another number.
const HEADER: &str = "index 1";

/// An index that has every run of its folder.
#[derive(Debug)]
pub struct Index {
    dir: PathBuf,
}

impl Index {
    /// Adds the runs that the index does not have. An index that has runs that the folder does not is built anew.
    ///
    /// # Errors
    /// If a run file is invalid, or a file cannot be read or written.
    pub fn refresh(folder: &HistoryFolder) -> Result<Self, Error> {
        let index = Self { dir: folder.path().join("index") };
        let names: BTreeSet<String> = folder.names()?.into_iter().collect();
        if names.is_empty() {
            return Ok(index);
        }
        let _alone = DirectoryLock::wait(&index.dir, "index of the history")?;
        let mut known = index.known();
        if !known.is_subset(&names) {
            index.clear()?;
            known.clear();
        }
        let new: Vec<&String> = names.difference(&known).collect();
        if !new.is_empty() {
            index.add(folder, &new)?;
            let list: String = names.iter().map(|name| format!("{name}\n")).collect();
            atomic_write::write(&index.dir.join("runs.txt"), &format!("{HEADER}\n{list}"), |_| true)?;
        }
        Ok(index)
    }

    /// The runs that the index has; empty if the list is of another form.
    fn known(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.dir.join("runs.txt")).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next() == Some(HEADER) { lines.map(str::to_owned).collect() } else { BTreeSet::new() }
    }

    fn clear(&self) -> Result<(), Error> {
        // The list first: without it the files of cases are not used.
        for path in [self.dir.join("runs.txt"), self.dir.join("cases")] {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::path("remove", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&self, folder: &HistoryFolder, names: &[&String]) -> Result<(), Error> {
        const RUNS_AT_ONCE: usize = 100;
        for several in names.chunks(RUNS_AT_ONCE) {
            let mut lines: BTreeMap<CaseName, String> = BTreeMap::new();
            for name in several {
                interrupt::check()?;
                for (case, point) in point::points(name, &folder.read(name)?) {
                    let line = point.to_line().map_err(|error| {
                        Error::environment(format!("a point of {name} cannot be written: {error}"), "report this bug")
                    })?;
                    // The line break comes first, so that a line that an interrupted process cut off ends here.
                    lines.entry(case).or_default().extend(["\n", &line]);
                }
            }
            for (case, lines) in lines {
                let path = self.file(&case);
                let failed = |error: std::io::Error| Error::path("write", &path, &error);
                if let Some(dir) = path.parent() {
                    fs::create_dir_all(dir).map_err(failed)?;
                }
                let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
                file.write_all(lines.as_bytes()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The file of a case. `+` is in no name of a case.
    fn file(&self, case: &CaseName) -> PathBuf {
        self.dir.join("cases").join(format!("{}.jsonl", case.as_str().replace('/', "+")))
    }

    /// The names of the cases.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn cases(&self) -> Result<Vec<CaseName>, Error> {
        let dir = self.dir.join("cases");
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| Error::path("list", &dir, &error))?,
        };
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let file = entry.ok()?.file_name().to_string_lossy().into_owned();
            file.strip_suffix(".jsonl")?.replace('+', "/").parse().ok()
        };
        let mut names: Vec<CaseName> = entries.filter_map(name).collect();
        names.sort();
        Ok(names)
    }

    /// The points of a case, in no order; empty if no run has it. `None` if a line cannot be read: the index has to be built anew.
    fn points(&self, case: &CaseName) -> Result<Option<Vec<CasePoint>>, Error> {
        let path = self.file(case);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Some(Vec::new())),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(None),
            text => text.map_err(|error| Error::path("read", &path, &error))?,
        };
        let mut points = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let Ok(point) = CasePoint::from_line(line) else { return Ok(None) };
            points.insert(point.run.clone(), point);
        }
        Ok(Some(points.into_values().collect()))
    }
}

/// The points of a case; empty if no run has it.
///
/// # Errors
/// If a run file is invalid, or a file cannot be read or written.
pub fn case_points(folder: &HistoryFolder, case: &CaseName) -> Result<Vec<CasePoint>, Error> {
    let index = Index::refresh(folder)?;
    if let Some(points) = index.points(case)? {
        return Ok(points);
    }
    index.clear()?;
    Index::refresh(folder)?.points(case)?.ok_or_else(|| {
        Error::environment(format!("the index of `{case}` cannot be read"), "remove the folder `index` of the history")
    })
}

/// The names of all cases that a run has.
///
/// # Errors
/// As [`case_points`].
pub fn cases(folder: &HistoryFolder) -> Result<Vec<CaseName>, Error> {
    Index::refresh(folder)?.cases()
}

#[cfg(test)]
mod tests;
