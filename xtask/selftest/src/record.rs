//! Raw pairs of the self-test, kept compressed: one file an arm, one line of JSON a suite.
//!
//! Each suite is a gzip member of its own, so that a file grows by appending and never has to be written anew.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use perf_gate::CaseName;
use perf_judge::pairs::outcome::PairedResults;
use perf_judge::pairs::{LogRatios, Pair, Stage, Times};
use perf_runner::error::Error;
use serde::{Deserialize, Serialize};

/// One run of the gate over all cases, where it is known what it should have said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// What chose its layouts and orders.
    pub seed: u64,
    /// The commit whose work tree was measured.
    pub commit: String,
    /// Where it was measured.
    pub machine: String,
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// Seconds of measuring.
    pub seconds: f64,
    /// What differed between the sides, where suites of an arm differ in that.
    pub what: String,
    /// The base against itself.
    pub control: Vec<[Times; 2]>,
    /// How many rows were red, in the arm of which nothing else is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_rows: Option<usize>,
    /// What was measured of each case.
    pub cases: BTreeMap<CaseName, Cell>,
}

/// One case of a suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Of base and head, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<[Times; 2]>,
    /// The same, measured to confirm what the first said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<[Times; 2]>,
    /// What slowed the head down on purpose, as in the variable SEEDED_FAULT.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fault: String,
    /// Instructions of base and head, in the arms that count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<[u64; 2]>,
}

impl Cell {
    /// The differences of some pairs.
    pub fn differences(pairs: &[[Times; 2]]) -> Vec<LogRatios> {
        pairs.iter().map(|[base, head]| LogRatios::between(*base, *head)).collect()
    }
}

/// The pairs of a suite as they are recorded.
pub fn cells(measured: &PairedResults, cases: &[CaseName]) -> (Vec<[Times; 2]>, BTreeMap<CaseName, Cell>) {
    let of = |stage, case: &CaseName| -> Vec<[Times; 2]> {
        measured.pairs.select(stage, case).map(|Pair { base, head, .. }| [*base, *head]).collect()
    };
    let cell = |case: &CaseName| {
        let cell = Cell { first: of(Stage::First, case), confirm: of(Stage::Confirm, case), ..Cell::default() };
        (case.clone(), cell)
    };
    (of(Stage::Control, &measured.control), cases.iter().map(cell).collect())
}

/// Every suite of a file; a file that is not there has none.
pub fn read(path: &Path) -> Result<Vec<Suite>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| Error::path("read", path, &error);
    let mut text = String::new();
    // What is stored grows by a few kilobytes a suite.
    const MOST: u64 = 256 << 20;
    let file = fs::File::open(path).map_err(failed)?;
    MultiGzDecoder::new(file).take(MOST).read_to_string(&mut text).map_err(failed)?;
    let suites = text.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| {
            Error::environment(
                format!("{}: suite {} cannot be read: {error}", path.display(), index + 1),
                format!("`git restore {}`, or measure it anew without --append", path.display()),
            )
        })
    });
    suites.collect()
}

/// Appends a suite.
pub fn append(path: &Path, suite: &Suite) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::path("write", path, &error);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
    }
    let mut line = serde_json::to_vec(suite).map_err(|error| failed(error.into()))?;
    line.push(b'\n');
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&line).map_err(failed)?;
    let member = encoder.finish().map_err(failed)?;
    // In one write, so that an interruption leaves no half of it.
    OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(&member)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::tests::suite;

    #[test]
    fn suites_are_appended_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("selftest/same.jsonl.gz");
        assert_eq!(read(&file).unwrap(), []);
        let suites = [suite(1, 0.0, 0.0), suite(2, 0.1, 0.0)];
        for suite in &suites {
            append(&file, suite).unwrap();
        }
        assert!(read(&file).unwrap() == suites, "read back as they were written");

        // Cut off in the middle of a suite, as a full disk would.
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() - 100]).unwrap();
        assert!(read(&file).is_err());
        fs::write(&file, b"not gzip").unwrap();
        assert!(read(&file).is_err());
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"{\"seed\": 1}\n").unwrap();
        fs::write(&file, encoder.finish().unwrap()).unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("suite 1 cannot be read: missing field"), "{error}");
    }
}
