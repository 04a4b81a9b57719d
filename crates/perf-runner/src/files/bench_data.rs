//! The content of the data folder, read and checked as a whole before anything is built or measured.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use perf_gate::{Acceptance, Baseline, BaselineError, CaseName, Class, MetricName, Tools};
use perf_judge::anchor::{self, AnchorRules};
use perf_judge::baseline_update::with_instructions_of;
use perf_judge::budget::{self, Budget};
use perf_judge::thresholds::{self, MAX_TOLERANCE_DAYS, Thresholds, is_past_max_tolerance, parse_date};

use super::checked_read::{self, InvalidFile};
use crate::clock::today;
use crate::error::Error;
use crate::workspace::{ANCHOR, HISTORY, Harness, QUALITY_RESULTS, Workspace};

/// The stored data; all of it is valid.
#[derive(Debug)]
pub struct BenchData {
    /// The budgets of `budgets.toml`.
    pub budgets: Vec<Budget>,
    /// The margins of cases that override the default.
    pub thresholds: Thresholds,
    /// The anchor of `anchor.toml`; the default if there is no such file.
    pub anchor: AnchorRules,
    /// Baselines by harness package and target triple.
    baselines: BTreeMap<(String, String), Baseline>,
    /// Instructions under further tools, by harness package and name of the file without its end.
    counted: BTreeMap<(String, String), Baseline>,
    /// Texts of the other files, by their path relative to the data folder.
    other_files: BTreeMap<String, String>,
    /// The number of files that were read.
    pub files: usize,
    baselines_dir: PathBuf,
}

impl BenchData {
    /// Reads and checks every file; `baselines` replaces the default directory of the baselines.
    ///
    /// # Errors
    /// If a folder or an input is missing, or a file is invalid.
    pub fn read(workspace: &Workspace, baselines: Option<&Path>) -> Result<Self, Error> {
        let dir = workspace.data_dir();
        let default_baselines = dir.join("baselines");
        let baselines_dir = baselines.unwrap_or(&default_baselines).to_owned();
        let budgets_file = dir.join("budgets.toml");
        if baselines.is_some() && !baselines_dir.exists() {
            return Err(Error::environment(
                format!("`--baselines {}` does not exist", baselines_dir.display()),
                format!(
                    "create the directory, or omit the option to use {}",
                    workspace.display_path(&default_baselines)
                ),
            ));
        }

        if !dir.is_dir() {
            return Err(Error::environment(
                format!("the data folder {} does not exist", workspace.display_path(&dir)),
                "correct `data` in [workspace.metadata.perf], or create the folder with a budgets.toml that contains \
                 `schema = 1` and `budget = []`",
            ));
        }
        for (harness, input) in
            workspace.harnesses.iter().flat_map(|harness| harness.named_inputs().map(move |input| (harness, input)))
        {
            if !dir.join(input).exists() {
                return Err(Error::environment(
                    format!(
                        "`inputs` of {} names `{input}`, which is not in {}",
                        harness.package,
                        workspace.display_path(&dir)
                    ),
                    "correct `inputs` in [workspace.metadata.perf]; otherwise changes of that input go unnoticed",
                ));
            }
        }
        let budgets = read_budgets(&budgets_file, &workspace.display_path(&budgets_file))?;
        let thresholds_file = dir.join("thresholds.toml");
        let thresholds = match thresholds_file.exists() {
            true => read_thresholds(&thresholds_file, &workspace.display_path(&thresholds_file))?,
            false => Thresholds::default(),
        };
        let anchor_file = dir.join(ANCHOR);
        let anchor = match anchor_file.exists() {
            true => read_anchor(&anchor_file, &workspace.display_path(&anchor_file))?,
            false => AnchorRules::default(),
        };
        let (mut baselines, mut counted) = (BTreeMap::new(), BTreeMap::new());
        for (package, path) in baseline_files(&baselines_dir, workspace)? {
            let baseline = read_baseline(&path, workspace)?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let kind = if stem == baseline.key.target { &mut baselines } else { &mut counted };
            kind.insert((package, stem), baseline);
        }
        // A margin for an unknown case would silently apply to a later case. Without a baseline no case is known.
        let unknown = thresholds.entries().find(|entry| {
            !baselines.values().any(|baseline: &Baseline| baseline.records().any(|record| *record.case() == entry.case))
        });
        if let (Some(entry), false) = (unknown, baselines.is_empty()) {
            let what = format!("it has a margin for the case `{}`, which is in no baseline", entry.case);
            let hint = "correct the name; a new case needs no margin, because the base does not have it";
            return Err(InvalidFile::new(&workspace.display_path(&thresholds_file), what, hint).into());
        }
        let mut paths = Vec::new();
        walk(&dir, workspace, &mut |path| {
            // The results of `perf quality` and the history have readers and limits of their own.
            let is_read_elsewhere = ["selftest", QUALITY_RESULTS, HISTORY].iter().any(|name| path == dir.join(name));
            if path != default_baselines && path != budgets_file && !is_read_elsewhere {
                paths.push(path.to_owned());
                return true;
            }
            false
        })?;
        let mut other_files = BTreeMap::new();
        let mut files = 1 + baselines.len() + counted.len();
        for path in paths.iter().filter(|path| !path.is_dir()) {
            let text = read_other(path, &workspace.display_path(path))?;
            files += 1;
            if let Some(name) = name_below(&dir, path) {
                other_files.insert(name, text);
            }
        }
        Ok(Self { budgets, thresholds, anchor, baselines, counted, other_files, files, baselines_dir })
    }

    /// The baseline of a harness for a target triple, if one is stored.
    pub fn baseline(&self, harness: &Harness, target: &str) -> Option<&Baseline> {
        self.baselines.get(&(harness.package.clone(), target.to_owned()))
    }

    /// The baseline of a harness for a target triple and the tools that count here. If they are others than those of the
    /// baseline, its instructions are those that are stored for these tools, if there are some with the same key.
    pub fn baseline_under(&self, harness: &Harness, target: &str, tools: Option<&Tools>) -> Option<Cow<'_, Baseline>> {
        let main = self.baseline(harness, target)?;
        let counted = tools.filter(|tools| main.tools.as_ref() != Some(*tools)).and_then(|tools| {
            let counted = self.counted(harness, target, tools)?;
            (counted.key == main.key).then_some(counted)
        });
        Some(match counted.and_then(|counted| with_instructions_of(main, Some(counted))) {
            Some(merged) => Cow::Owned(merged),
            None => Cow::Borrowed(main),
        })
    }

    /// The instructions that are stored for further tools.
    pub fn counted(&self, harness: &Harness, target: &str, tools: &Tools) -> Option<&Baseline> {
        self.counted.get(&(harness.package.clone(), counted_stem(target, tools)))
    }

    /// The file of a harness' instructions under further tools.
    pub fn counted_file(&self, harness: &Harness, target: &str, tools: &Tools) -> PathBuf {
        self.baselines_dir.join(&harness.package).join(format!("{}.toml", counted_stem(target, tools)))
    }

    /// All files of baselines: harness package, name without its end, and content.
    pub fn baseline_files(&self) -> impl Iterator<Item = (&(String, String), &Baseline)> {
        self.baselines.iter().chain(&self.counted)
    }

    /// All baselines, with the names of their harness packages.
    pub fn baselines(&self) -> impl Iterator<Item = (&str, &Baseline)> {
        self.baselines.iter().map(|((package, _), baseline)| (package.as_str(), baseline))
    }

    /// The inputs of a harness: pairs of a path relative to the data folder and a text.
    pub fn inputs<'a>(&'a self, harness: &'a Harness) -> impl Iterator<Item = (&'a str, &'a str)> {
        let inputs = self.other_files.iter().filter(|(name, _)| harness.reads(name));
        inputs.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The file of a harness' baseline for a target triple.
    pub fn baseline_file(&self, harness: &Harness, target: &str) -> PathBuf {
        self.baselines_dir.join(baseline_file_name(harness, target))
    }
}

/// Name of the file of instructions under further tools, without its end: `<target>+valgrind-3.22.0+glibc-2.39`.
fn counted_stem(target: &str, tools: &Tools) -> String {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' }).collect()
    };
    format!("{target}+valgrind-{}+{}", plain(&tools.valgrind), plain(&tools.libc))
}

/// The path of a baseline file, relative to the directory of the baselines.
pub fn baseline_file_name(harness: &Harness, target: &str) -> String {
    format!("{}/{target}.toml", harness.package)
}

fn repair_hint(workspace: &Workspace, shown: &str) -> String {
    format!("`git restore {shown}`, or delete it and run `{}`", workspace.gate_command("baseline update"))
}

/// Parses the text of a baseline file; `shown` is its name in messages.
///
/// # Errors
/// If the text is not a valid baseline, or one of its acceptances is invalid.
pub fn parse_baseline(text: &str, shown: &str, workspace: &Workspace) -> Result<Baseline, InvalidFile> {
    let repair_hint = repair_hint(workspace, shown);
    let baseline = Baseline::from_toml(text)
        .map_err(|error| InvalidFile::new(shown, error.to_string(), &repair_hint).at(text, error_span(&error, text)))?;
    for entry in &baseline.accepted {
        let span = line_with(text, entry.expires.as_str(), entry.case.as_str());
        match parse_date(&entry.expires) {
            None => {
                let what =
                    format!("the accepted row `{}` expires on `{}`, which is not a date", entry.case, entry.expires);
                return Err(InvalidFile::new(shown, what, "write it as YYYY-MM-DD").at(text, span));
            }
            Some(day) if is_past_max_tolerance(day, today()) => {
                let Acceptance { case, expires, .. } = entry;
                let what = format!(
                    "the accepted row `{case}` expires on `{expires}`, more than {MAX_TOLERANCE_DAYS} days ahead"
                );
                let hint = "accept it for at most three months, and renew the acceptance then";
                return Err(InvalidFile::new(shown, what, hint).at(text, span));
            }
            Some(_) => {}
        }
        if baseline.get(&entry.case, entry.metric).is_none() {
            let what = format!("it accepts `{}` of `{}`, but has no record of it", entry.metric, entry.case);
            return Err(InvalidFile::new(shown, what, &repair_hint).at(text, span));
        }
    }
    Ok(baseline)
}

fn read_baseline(path: &Path, workspace: &Workspace) -> Result<Baseline, InvalidFile> {
    let shown = &workspace.display_path(path);
    let repair_hint = repair_hint(workspace, shown);
    let text = checked_read::read(path, shown, &repair_hint)?;
    let baseline = parse_baseline(&text, shown, workspace)?;
    let named = path.file_stem().and_then(|stem| stem.to_str());
    let counted = baseline.tools.as_ref().map(|tools| counted_stem(&baseline.key.target, tools));
    if named.is_some() && named == counted.as_deref() {
        let other = baseline.records().find(|record| record.metric().class() != Class::Instructions);
        if let Some(record) = other {
            let what = format!(
                "it stores `{}` of `{}`, but only instructions belong to tools",
                record.metric(),
                record.case()
            );
            return Err(InvalidFile::new(shown, what, repair_hint));
        }
    } else if named != Some(baseline.key.target.as_str()) {
        let what = format!("its `key.target` is `{}`, which does not match the file name", baseline.key.target);
        return Err(InvalidFile::new(shown, what, repair_hint).at(&text, line_with(&text, "key.target", "")));
    }
    Ok(baseline)
}

fn read_budgets(path: &Path, shown: &str) -> Result<Vec<Budget>, InvalidFile> {
    let repair_hint = format!("this file is edited by hand: correct it, or `git restore {shown}`");
    let text = checked_read::read(path, shown, &repair_hint)?;
    budget::parse(&text).map_err(|error| InvalidFile::new(shown, error.what, repair_hint).at(&text, error.span))
}

fn read_anchor(path: &Path, shown: &str) -> Result<AnchorRules, InvalidFile> {
    let repair_hint = format!("this file is edited by hand: correct it, or `git restore {shown}`");
    let text = checked_read::read(path, shown, &repair_hint)?;
    anchor::parse(&text).map_err(|error| InvalidFile::new(shown, error.what, repair_hint).at(&text, error.span))
}

fn read_thresholds(path: &Path, shown: &str) -> Result<Thresholds, InvalidFile> {
    let repair_hint = format!("this file is edited by hand: correct it, or `git restore {shown}`");
    let text = checked_read::read(path, shown, &repair_hint)?;
    thresholds::parse(&text, today())
        .map_err(|error| InvalidFile::new(shown, error.what, repair_hint).at(&text, error.span))
}

/// Reads an input of the cases. Only its syntax is checked here; the cases check its meaning.
fn read_other(path: &Path, shown: &str) -> Result<String, InvalidFile> {
    let repair_hint = format!("correct it, or `git restore {shown}`");
    let text = checked_read::read(path, shown, &repair_hint)?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        toml::from_str::<toml::Table>(&text)
            .map_err(|error| InvalidFile::new(shown, error.message(), repair_hint).at(&text, error.span()))?;
    }
    Ok(text)
}

/// The baseline files, each with its harness package, which is the name of its folder; empty if the directory does not exist.
fn baseline_files(dir: &Path, workspace: &Workspace) -> Result<Vec<(String, PathBuf)>, InvalidFile> {
    if fs::symlink_metadata(dir).is_err() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for folder in list_dir(dir, &workspace.display_path(dir))?.into_iter().filter(|path| !is_hidden(path)) {
        let shown = workspace.display_path(&folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !folder.is_dir() {
            let what =
                "only folders named like harness packages belong here, with one baseline `<target>.toml` per target";
            return Err(InvalidFile::new(&shown, what, "move it to the folder of its harness"));
        }
        if !workspace.harnesses.iter().any(|harness| harness.package == name) {
            let what = format!("`{name}` is not a harness in [workspace.metadata.perf]");
            return Err(InvalidFile::new(&shown, what, "add the package to `harness`, or remove the folder"));
        }
        for path in list_dir(&folder, &shown)?.into_iter().filter(|path| !is_hidden(path)) {
            if path.extension().is_none_or(|extension| extension != "toml") {
                let what = "only baselines (`<target>.toml`) belong here";
                return Err(InvalidFile::new(&workspace.display_path(&path), what, "move it elsewhere"));
            }
            files.push((name.clone(), path));
        }
    }
    Ok(files)
}

/// Visits every path below a directory, except those for which `enter` returns false.
fn walk(dir: &Path, workspace: &Workspace, enter: &mut impl FnMut(&Path) -> bool) -> Result<(), InvalidFile> {
    for path in list_dir(dir, &workspace.display_path(dir))? {
        if is_hidden(&path) || !enter(&path) {
            continue;
        }
        if path.is_symlink() && path.is_dir() {
            let hint = "copy the files here; links could form a circle";
            return Err(InvalidFile::new(&workspace.display_path(&path), "it is a link to a directory", hint));
        }
        if path.is_dir() {
            walk(&path, workspace, enter)?;
        }
    }
    Ok(())
}

/// The paths in a directory, sorted by name.
fn list_dir(dir: &Path, shown: &str) -> Result<Vec<PathBuf>, InvalidFile> {
    let unreadable = |error: std::io::Error| {
        InvalidFile::new(shown, format!("it cannot be listed: {error}"), "make it a readable directory")
    };
    let entries = fs::read_dir(dir).map_err(unreadable)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// Whether a name starts with a dot, as those of lock, temporary and editor files do.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The path of a file relative to a directory, with `/` on every system.
fn name_below(dir: &Path, path: &Path) -> Option<String> {
    let parts: Vec<_> = path.strip_prefix(dir).ok()?.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}

/// The span of an error in the text: its own, or the line of the row that it names. The gate writes each row on one line.
fn error_span(error: &BaselineError, text: &str) -> Option<std::ops::Range<usize>> {
    let quoted = |name: &dyn std::fmt::Display| format!("\"{name}\"");
    match error {
        // The span of an invalid record is the whole list, but its message starts with the row.
        BaselineError::Shape(shape) => leading_row(shape.message())
            .and_then(|(case, metric)| line_with(text, &quoted(&case), &quoted(&metric)))
            .or_else(|| error.span()),
        BaselineError::Schema { .. } => line_with(text, "schema", ""),
        BaselineError::Empty => line_with(text, "record", ""),
        BaselineError::UnusedTools => line_with(text, "tools", ""),
        BaselineError::Edited | BaselineError::MissingDigest => line_with(text, "digest", ""),
        BaselineError::Contradiction { case } => line_with(text, &quoted(case), "checksum"),
        BaselineError::Duplicate { case, metric }
        | BaselineError::NotStored { case, metric }
        | BaselineError::MissingTools { case, metric } => line_with(text, &quoted(case), &quoted(metric)),
    }
}

fn leading_row(message: &str) -> Option<(CaseName, MetricName)> {
    let (case, rest) = message.split_once(' ')?;
    let (metric, _) = rest.split_once(':')?;
    Some((case.parse().ok()?, metric.parse().ok()?))
}

/// The last line that contains both texts; of two contradicting rows the second is the wrong one.
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
