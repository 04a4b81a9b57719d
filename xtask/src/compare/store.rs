//! Pairs that were measured, kept so that a comparison can be interrupted, repeated and resampled.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::whole_file;

/// What a pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// To find what may have changed.
    First,
    /// To confirm it, on fresh pairs.
    Confirm,
    /// The base against itself, to see whether the machine can tell equal from different.
    Control,
}

/// One process of the base and one of the change, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// What it is for.
    pub stage: Stage,
    /// Which of the pairs of its stage and case it is; also chooses the layouts.
    pub round: u32,
    /// The case.
    pub case: CaseName,
    /// Nanoseconds of one operation of the base.
    pub base: f64,
    /// The same of the change; of a control, of the base again.
    pub head: f64,
    /// Milliseconds that it took to measure both.
    pub took: f64,
}

impl Pair {
    /// Logarithm of the ratio of the change to the base: 0.01 is 1 % slower, near enough.
    pub fn difference(&self) -> f64 {
        (self.head / self.base).ln()
    }
}

/// All pairs of a comparison, in the order of stage, case and round.
#[derive(Debug, Clone, Default)]
pub struct Pairs(BTreeMap<(Stage, CaseName, u32), Pair>);

impl Pairs {
    /// Adds a pair; what was there for its stage, case and round stays.
    pub fn add(&mut self, pair: Pair) {
        self.0.entry((pair.stage, pair.case.clone(), pair.round)).or_insert(pair);
    }

    /// Whether a pair was measured.
    pub fn has(&self, stage: Stage, case: &CaseName, round: u32) -> bool {
        self.0.contains_key(&(stage, case.clone(), round))
    }

    /// The pairs of a case in a stage, in the order of rounds.
    pub fn of<'a>(&'a self, stage: Stage, case: &CaseName) -> impl Iterator<Item = &'a Pair> + use<'a> {
        self.0.range((stage, case.clone(), 0)..=(stage, case.clone(), u32::MAX)).map(|(_, pair)| pair)
    }

    /// The differences of a case in a stage.
    pub fn differences(&self, stage: Stage, case: &CaseName) -> Vec<f64> {
        self.of(stage, case).map(Pair::difference).collect()
    }

    /// Every pair.
    pub fn all(&self) -> impl Iterator<Item = &Pair> {
        self.0.values()
    }

    /// Seconds that it took to measure them all.
    pub fn seconds(&self) -> f64 {
        self.all().map(|pair| pair.took / 1e3).sum()
    }
}

/// What was asked for after somebody had seen the pairs that there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// How often.
    pub looks: u32,
    /// How many pairs each case should have at least before they are judged again.
    pub pairs: BTreeMap<CaseName, usize>,
}

impl Asked {
    /// What was asked for; nothing, if nobody did.
    pub fn read(of_pairs: &Path) -> Result<Self, Failure> {
        let path = of_pairs.with_extension("asked");
        match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::path("read", &path, &error)),
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                Failure::environment(
                    format!("{} is not what was written there: {error}", path.display()),
                    format!("remove {} and run this again", dir_of(&path)),
                )
            }),
        }
    }

    /// Asks for as many pairs again, and writes that down: it has to be known when they are judged, also later.
    pub fn again(self, of_pairs: &Path, pairs: &Pairs) -> Result<Self, Failure> {
        let mut twice: BTreeMap<CaseName, usize> = BTreeMap::new();
        for pair in pairs.all().filter(|pair| pair.stage == Stage::First) {
            *twice.entry(pair.case.clone()).or_default() += 2;
        }
        let asked = Self { looks: self.looks + 1, pairs: twice };
        let text = serde_json::to_string(&asked).unwrap_or_default();
        whole_file::write(&of_pairs.with_extension("asked"), &text, |text| {
            serde_json::from_str::<Self>(text).is_ok_and(|read| read == asked)
        })?;
        Ok(asked)
    }
}

fn dir_of(path: &Path) -> String {
    path.parent().unwrap_or(path).display().to_string()
}

/// The file of a comparison's pairs: one a line, in JSON. It is only ever appended to.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Opens the file, and reads what is there already. A last line that was cut off by an interruption is dropped.
    pub fn open(path: &Path) -> Result<(Self, Pairs), Failure> {
        let failed = |error: std::io::Error| Failure::path("use", path, &error);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(|error| Failure::path("create", dir, &error))?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(failed)?;
        let text = fs::read_to_string(path).map_err(failed)?;
        let mut pairs = Pairs::default();
        for line in text.lines() {
            // A line that is not whole is measured again.
            if let Ok(pair) = serde_json::from_str(line) {
                pairs.add(pair);
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok((Self { path: path.to_owned(), file }, pairs))
    }

    /// Appends pairs in one write.
    pub fn append(&mut self, pairs: &[Pair]) -> Result<(), Failure> {
        let mut text = String::new();
        for pair in pairs {
            let line = serde_json::to_string(pair).map_err(|error| {
                Failure::environment(
                    format!("a pair cannot be written as JSON: {error}"),
                    "this is a bug: please report it",
                )
            })?;
            text.push_str(&line);
            text.push('\n');
        }
        self.file.write_all(text.as_bytes()).map_err(|error| Failure::path("write", &self.path, &error))
    }
}
