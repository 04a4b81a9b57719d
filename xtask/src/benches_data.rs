//! Everything stored in `benches-data`, read and checked as a whole before anything is built or measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use perf_gate::{Baseline, BaselineError, CaseName, Metric};

use crate::budget::{self, Budget};
use crate::data_file::{self, InvalidFile};
use crate::failure::Failure;
use crate::thresholds::{self, Thresholds};
use crate::workspace::Workspace;

/// Where the stored files are.
#[derive(Debug, Default, clap::Args)]
pub struct Places {
    /// Directory of the baselines [default: benches-data/baselines]
    #[arg(long, value_name = "DIR")]
    baselines: Option<PathBuf>,
    /// The file of budgets (for tests of this program)
    #[arg(long, hide = true, value_name = "FILE")]
    budgets: Option<PathBuf>,
}

/// What is stored, all of it valid.
#[derive(Debug)]
pub struct BenchesData {
    /// The promises.
    pub budgets: Vec<Budget>,
    /// Where the ordinary margins are not what people want.
    pub thresholds: Thresholds,
    /// Baselines by target triple.
    pub baselines: BTreeMap<String, Baseline>,
    /// Text of each file that the cases read, by its name below `benches-data`.
    pub inputs: BTreeMap<String, String>,
    /// How many files were read.
    pub files: usize,
    baselines_dir: PathBuf,
}

impl BenchesData {
    /// Reads and checks every file.
    pub fn read(workspace: &Workspace, places: &Places) -> Result<Self, Failure> {
        let dir = workspace.benches_data();
        let default_baselines = dir.join("baselines");
        let baselines_dir = places.baselines.clone().unwrap_or_else(|| default_baselines.clone());
        let budgets_file = places.budgets.clone().unwrap_or_else(|| dir.join("budgets.toml"));
        if places.baselines.is_some() && !baselines_dir.exists() {
            return Err(Failure::environment(
                format!("`--baselines {}` does not exist", baselines_dir.display()),
                "create the directory, or leave the option away for benches-data/baselines",
            ));
        }

        let budgets = read_budgets(&budgets_file, &workspace.shown(&budgets_file))?;
        let thresholds_file = dir.join("thresholds.toml");
        let thresholds = match thresholds_file.exists() {
            true => read_thresholds(&thresholds_file, &workspace.shown(&thresholds_file))?,
            false => Thresholds::default(),
        };
        let mut baselines = BTreeMap::new();
        for path in baseline_files(&baselines_dir, &workspace.shown(&baselines_dir))? {
            let baseline = read_baseline(&path, &workspace.shown(&path))?;
            baselines.insert(baseline.key.target.clone(), baseline);
        }
        let mut others = Vec::new();
        walk(&dir, workspace, &mut |path| {
            if path != default_baselines && path != dir.join("budgets.toml") && path != dir.join("selftest") {
                others.push(path.to_owned());
                return true;
            }
            false
        })?;
        let mut inputs = BTreeMap::new();
        let mut files = 1 + baselines.len();
        for path in others.iter().filter(|path| !path.is_dir()) {
            let text = read_other(path, &workspace.shown(path))?;
            files += 1;
            if let Some(name) = input_name(&dir, path) {
                inputs.insert(name, text);
            }
        }
        Ok(Self { budgets, thresholds, baselines, inputs, files, baselines_dir })
    }

    /// The file of a target's baseline.
    pub fn baseline_file(&self, target: &str) -> PathBuf {
        self.baselines_dir.join(format!("{target}.toml"))
    }

    /// The directory of the baselines.
    pub fn baselines_dir(&self) -> &Path {
        &self.baselines_dir
    }
}

/// Reads the text of a baseline; also what checks a file that was just written.
pub fn parse_baseline(text: &str, shown: &str) -> Result<Baseline, InvalidFile> {
    let repair = format!("`git restore {shown}`, or delete it and run `cargo xtask baseline update`");
    let baseline = Baseline::from_toml(text)
        .map_err(|error| InvalidFile::new(shown, error.to_string(), &repair).at(text, place(&error, text)))?;
    for entry in &baseline.accepted {
        let span = line_with(text, entry.expires.as_str(), entry.case.as_str());
        if parse_date(&entry.expires).is_none() {
            let what = format!("`{}` of the accepted row `{}` is no date", entry.expires, entry.case);
            return Err(InvalidFile::new(shown, what, "write it as YYYY-MM-DD").at(text, span));
        }
        if baseline.get(&entry.case, entry.metric).is_none() {
            let what = format!("it accepts `{}` of `{}`, but has no record of it", entry.metric, entry.case);
            return Err(InvalidFile::new(shown, what, &repair).at(text, span));
        }
    }
    Ok(baseline)
}

/// A day written `YYYY-MM-DD` and in no other way.
pub fn parse_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

fn read_baseline(path: &Path, shown: &str) -> Result<Baseline, InvalidFile> {
    let repair = format!("`git restore {shown}`, or delete it and run `cargo xtask baseline update`");
    let text = data_file::read(path, shown, &repair)?;
    let baseline = parse_baseline(&text, shown)?;
    let named = path.file_stem().and_then(|stem| stem.to_str());
    if named != Some(baseline.key.target.as_str()) {
        let what = format!("it is the baseline of target `{}`, which its name does not say", baseline.key.target);
        return Err(InvalidFile::new(shown, what, repair).at(&text, line_with(&text, "key.target", "")));
    }
    Ok(baseline)
}

fn read_budgets(path: &Path, shown: &str) -> Result<Vec<Budget>, InvalidFile> {
    let repair = format!("people write this file: correct it, or `git restore {shown}`");
    let text = data_file::read(path, shown, &repair)?;
    budget::parse(&text).map_err(|error| InvalidFile::new(shown, error.what, repair).at(&text, error.span))
}

fn read_thresholds(path: &Path, shown: &str) -> Result<Thresholds, InvalidFile> {
    let repair = format!("people write this file: correct it, or `git restore {shown}`");
    let text = data_file::read(path, shown, &repair)?;
    thresholds::parse(&text).map_err(|error| InvalidFile::new(shown, error.what, repair).at(&text, error.span))
}

/// Scenarios and the like: their meaning is checked by those who use them, here only that they are whole.
fn read_other(path: &Path, shown: &str) -> Result<String, InvalidFile> {
    let repair = format!("correct it, or `git restore {shown}`");
    let text = data_file::read(path, shown, &repair)?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        toml::from_str::<toml::Table>(&text)
            .map_err(|error| InvalidFile::new(shown, error.message(), repair).at(&text, error.span()))?;
    }
    Ok(text)
}

/// The files that have to be baselines; a directory that is not there has none.
fn baseline_files(dir: &Path, shown: &str) -> Result<Vec<PathBuf>, InvalidFile> {
    if fs::symlink_metadata(dir).is_err() {
        return Ok(Vec::new());
    }
    let mut files = entries(dir, shown)?;
    files.retain(|path| !is_hidden(path));
    match files.iter().find(|path| path.extension().is_none_or(|extension| extension != "toml")) {
        Some(stray) => {
            let shown = format!("{shown}/{}", stray.file_name().unwrap_or_default().display());
            Err(InvalidFile::new(&shown, "only baselines (`<target>.toml`) belong here", "move it elsewhere"))
        }
        None => Ok(files),
    }
}

/// Visits everything below a directory; `enter` is asked of each path and may leave it out.
fn walk(dir: &Path, workspace: &Workspace, enter: &mut impl FnMut(&Path) -> bool) -> Result<(), InvalidFile> {
    for path in entries(dir, &workspace.shown(dir))? {
        if is_hidden(&path) || !enter(&path) {
            continue;
        }
        if path.is_symlink() && path.is_dir() {
            let hint = "put the files here themselves: a link can lead in a circle";
            return Err(InvalidFile::new(&workspace.shown(&path), "it is a link to a directory", hint));
        }
        if path.is_dir() {
            walk(&path, workspace, enter)?;
        }
    }
    Ok(())
}

/// What is in a directory, sorted by name.
fn entries(dir: &Path, shown: &str) -> Result<Vec<PathBuf>, InvalidFile> {
    let unreadable = |error: std::io::Error| {
        InvalidFile::new(shown, format!("it cannot be listed: {error}"), "it has to be a readable directory")
    };
    let entries = fs::read_dir(dir).map_err(unreadable)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// Lock, temporary and editor's files.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The name of a file that cases read, with `/` on every system; None for other files.
fn input_name(dir: &Path, path: &Path) -> Option<String> {
    let parts: Vec<_> = path.strip_prefix(dir).ok()?.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/")).filter(|name| is_input(name))
}

/// Whether cases read a file, by its name below `benches-data`.
pub fn is_input(name: &str) -> bool {
    ["corpus", "scenarios/", "profiles/", "queries/"].iter().any(|input| name.starts_with(input))
}

/// Where an error is: at its span, else at the line of the row it names, which is one line in every file written here.
fn place(error: &BaselineError, text: &str) -> Option<std::ops::Range<usize>> {
    let quoted = |name: &dyn std::fmt::Display| format!("\"{name}\"");
    match error {
        // A record that is refused as a whole has only the place of the whole list, but its message begins with its row.
        BaselineError::Shape(shape) => row_at_the_beginning(shape.message())
            .and_then(|(case, metric)| line_with(text, &quoted(&case), &quoted(&metric)))
            .or_else(|| error.span()),
        BaselineError::Schema { .. } => line_with(text, "schema", ""),
        BaselineError::Empty => line_with(text, "record", ""),
        BaselineError::IdleTools => line_with(text, "tools", ""),
        BaselineError::Contradiction { case } => line_with(text, &quoted(case), "checksum"),
        BaselineError::Duplicate { case, metric }
        | BaselineError::NotStored { case, metric }
        | BaselineError::NoTools { case, metric } => line_with(text, &quoted(case), &quoted(metric)),
    }
}

fn row_at_the_beginning(message: &str) -> Option<(CaseName, Metric)> {
    let (case, rest) = message.split_once(' ')?;
    let (metric, _) = rest.split_once(':')?;
    Some((case.parse().ok()?, metric.parse().ok()?))
}

/// The last line with both texts: of two rows that exclude each other, the second is the one to look at.
fn line_with(text: &str, one: &str, other: &str) -> Option<std::ops::Range<usize>> {
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.contains(one) && line.contains(other) && !line.starts_with('#') {
            found = Some(at..at + line.len());
        }
        at += line.len();
    }
    found
}
