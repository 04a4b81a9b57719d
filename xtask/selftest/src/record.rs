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
use perf_judge::judge::first_sample::{DecisionRule, FirstSample};
use perf_judge::pairs::outcome::PairedResults;
use perf_judge::pairs::{LogTimes, Pair, Stage, Times};
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
    pub control: Vec<RecordedPair>,
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
    pub first: Vec<RecordedPair>,
    /// Extension of the first sample, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<RecordedPair>,
    /// Confirming sample: pairs of base and head, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm: Vec<RecordedPair>,
    /// Confirming sample of all cases together, in the order of measuring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirm_together: Vec<RecordedPair>,
    /// The fault planted in the head, as a value of the variable SEEDED_FAULT.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fault: String,
    /// Instructions of one operation of base and head, in the arms that count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<[u64; 2]>,
}

/// A pair as it is recorded: `[base, head, head first, milliseconds]`, or `[base, head]` in older records.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredPair", into = "StoredPair")]
pub struct RecordedPair {
    /// Times of the base process.
    pub base: Times,
    /// Times of the head process.
    pub head: Times,
    /// Whether the head process ran first, and the milliseconds that both took.
    pub order_and_took: Option<(bool, f64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredPair {
    Timed(Times, Times, bool, f64),
    Plain(Times, Times),
}

impl From<StoredPair> for RecordedPair {
    fn from(stored: StoredPair) -> Self {
        match stored {
            StoredPair::Timed(base, head, first, took) => Self { base, head, order_and_took: Some((first, took)) },
            StoredPair::Plain(base, head) => Self { base, head, order_and_took: None },
        }
    }
}

impl From<RecordedPair> for StoredPair {
    fn from(pair: RecordedPair) -> Self {
        match pair {
            RecordedPair { base, head, order_and_took: Some((first, took)) } => Self::Timed(base, head, first, took),
            RecordedPair { base, head, order_and_took: None } => Self::Plain(base, head),
        }
    }
}

impl RecordedPair {
    /// The logarithms of the times of some pairs.
    pub fn log_times(pairs: &[Self]) -> Vec<LogTimes> {
        pairs.iter().map(|pair| LogTimes::between(pair.base, pair.head)).collect()
    }
}

impl CaseRecord {
    /// The first sample with its extension, which is another look.
    pub fn first_sample(&self) -> FirstSample {
        let mut pairs = RecordedPair::log_times(&self.first);
        pairs.extend(RecordedPair::log_times(&self.extension));
        self.rule().first_sample(&pairs)
    }

    /// The rule by which the case is judged.
    pub fn rule(&self) -> DecisionRule {
        DecisionRule::DEFAULT.after(u32::from(!self.extension.is_empty()))
    }
}

/// Converts measured pairs into the control and the cases of a suite.
pub fn case_records(
    measured: &PairedResults,
    cases: &[CaseName],
) -> (Vec<RecordedPair>, BTreeMap<CaseName, CaseRecord>) {
    let pairs = |stage, case: &CaseName| -> Vec<RecordedPair> {
        let recorded = |pair: &Pair| RecordedPair {
            base: pair.base,
            head: pair.head,
            order_and_took: Some((pair.head_first, pair.took_ms)),
        };
        measured.pairs.select(stage, case).map(recorded).collect()
    };
    let record = |case: &CaseName| {
        let record = CaseRecord {
            first: pairs(Stage::First, case),
            extension: pairs(Stage::Extension, case),
            confirm: pairs(Stage::Confirm, case),
            confirm_together: pairs(Stage::ConfirmTogether, case),
            ..CaseRecord::default()
        };
        (case.clone(), record)
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
