//! Files of recorded suites: one file for each arm, one line of JSON for each suite.
//!
//! Each suite is a gzip member of its own, so a suite is appended without rewriting the file.

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

/// One run of the gate over all cases, with a known correct result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Seed of link layouts and run order.
    pub seed: u64,
    /// The commit whose work tree was measured.
    pub commit: String,
    /// Processor model and number of processors.
    pub machine: String,
    /// Day of measuring, `YYYY-MM-DD`.
    pub day: String,
    /// Duration of measuring, in seconds.
    pub seconds: f64,
    /// The change or fault of the head; empty if all suites of the arm have the same.
    #[serde(rename = "what")]
    pub change: String,
    /// Pairs of the control: the base against itself.
    pub control: Vec<[Times; 2]>,
    /// Number of failing rows, in the arm that records nothing else.
    #[serde(rename = "red_rows", default, skip_serializing_if = "Option::is_none")]
    pub failing_rows: Option<usize>,
    /// Measurements of each case.
    pub cases: BTreeMap<CaseName, CaseRecord>,
}

/// Measurements of one case in a suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// First sample: pairs of base and head, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<[Times; 2]>,
    /// Confirming sample: pairs of base and head, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<[Times; 2]>,
    /// The fault planted in the head, as a value of the variable SEEDED_FAULT.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fault: String,
    /// Instructions of one operation of base and head, in the arms that count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<[u64; 2]>,
}

impl CaseRecord {
    /// The difference of each pair.
    pub fn differences(pairs: &[[Times; 2]]) -> Vec<LogRatios> {
        pairs.iter().map(|[base, head]| LogRatios::between(*base, *head)).collect()
    }
}

/// Converts measured pairs into the control and the cases of a suite.
pub fn case_records(measured: &PairedResults, cases: &[CaseName]) -> (Vec<[Times; 2]>, BTreeMap<CaseName, CaseRecord>) {
    let pairs = |stage, case: &CaseName| -> Vec<[Times; 2]> {
        measured.pairs.select(stage, case).map(|Pair { base, head, .. }| [*base, *head]).collect()
    };
    let record = |case: &CaseName| {
        let (first, confirm) = (pairs(Stage::First, case), pairs(Stage::Confirm, case));
        (case.clone(), CaseRecord { first, confirm, ..CaseRecord::default() })
    };
    (pairs(Stage::Control, &measured.control), cases.iter().map(record).collect())
}

/// Reads every suite of a file; none if the file does not exist.
pub fn read(path: &Path) -> Result<Vec<Suite>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| Error::path("read", path, &error);
    let mut text = String::new();
    // A suite has a few kilobytes.
    const MAX_BYTES: u64 = 256 << 20;
    let file = fs::File::open(path).map_err(failed)?;
    MultiGzDecoder::new(file).take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    let suites = text.lines().enumerate().map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| {
            Error::environment(
                format!("{}: suite {} cannot be read: {error}", path.display(), index + 1),
                format!("`git restore {}`, or measure it again without --append", path.display()),
            )
        })
    });
    suites.collect()
}

/// Appends a suite to a file, which is created if it does not exist.
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
    // One write, so that an interruption leaves no partial suite.
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

        // Truncated in the middle of a suite, as by a full disk.
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
