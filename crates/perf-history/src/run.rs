//! A recorded run.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Checksum, Class, Key, MetricName, Tools, Unit};
use serde::{Deserialize, Serialize};

/// What one run of the gate measured of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRun {
    /// Full hash of the measured commit.
    pub commit: String,
    /// Committer date of the commit, in seconds since the Unix epoch. It orders a history.
    pub committed: i64,
    /// When the run ended, in seconds since the Unix epoch.
    pub measured: i64,
    /// Processor and number of processors; never compared.
    pub machine: String,
    /// Whether fewer samples were taken (`--quick`).
    pub quick: bool,
    /// Full hash of the commit that wall times are compared with, usually the parent; `None` if there were no pairs.
    pub base: Option<String>,
    /// Full hash of the anchor that wall times are compared with; `None` if there were no pairs with it.
    pub anchor: Option<String>,
    /// The harnesses that were measured.
    pub harnesses: Vec<RecordedHarness>,
}

/// What a run measured with one harness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedHarness {
    /// The package of the harness.
    pub package: String,
    /// What has to be equal for values to be comparable.
    pub key: Key,
    /// What also has to be equal for instructions; `None` if none were counted.
    pub tools: Option<Tools>,
    /// The cases that were measured.
    pub cases: BTreeMap<CaseName, RecordedCase>,
    /// The change of the wall time of all cases together.
    #[serde(default, skip_serializing_if = "WallChanges::is_empty")]
    pub together: WallChanges,
}

/// What a run measured of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedCase {
    /// Digest of what the case computed: values of cases that compute something else are not comparable.
    pub checksum: Checksum,
    /// The values of the stored classes.
    pub values: BTreeMap<MetricName, RecordedValue>,
    /// Its wall time; `None` if it was not timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<RecordedWall>,
}

/// A value with its unit and class, as `[value, unit, class]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedValue(
    /// The value, in its unit.
    pub u64,
    /// The unit of the value.
    pub Unit,
    /// The class, whose rule judges the value.
    pub Class,
);

/// The wall time of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedWall {
    /// Median of one operation in nanoseconds on this machine. It is shown, and never compared.
    pub ns: u64,
    /// The changes from the base and from the anchor.
    #[serde(flatten)]
    pub changes: WallChanges,
}

/// Changes of a wall time, each from pairs of processes of both sides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WallChanges {
    /// The change from the base of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<WallChange>,
    /// The change from the anchor of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<WallChange>,
}

impl WallChanges {
    /// Whether there is no change of either kind.
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.anchor.is_none()
    }
}

/// A change of a wall time in percent, positive if slower: estimate, lower bound and upper bound; each bound is one-sided, of the
/// level of the run.
///
/// Stored in thousandths of a percent as whole numbers: a decimal fraction may read back as its neighbour, and the digest of a run
/// would not match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[i64; 3]", into = "[i64; 3]")]
pub struct WallChange(pub f64, pub f64, pub f64);

impl From<[i64; 3]> for WallChange {
    fn from(stored: [i64; 3]) -> Self {
        let [estimate, lower, upper] = stored.map(|thousandths| thousandths as f64 / 1_000.0);
        Self(estimate, lower, upper)
    }
}

impl From<WallChange> for [i64; 3] {
    fn from(change: WallChange) -> Self {
        [change.0, change.1, change.2].map(|percent| (percent * 1_000.0).round() as i64)
    }
}

impl RecordedRun {
    /// The number of values of all cases; wall times are not counted.
    pub fn number_of_values(&self) -> usize {
        self.harnesses.iter().flat_map(|harness| harness.cases.values()).map(|case| case.values.len()).sum()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run of one case with all kinds of values.
    pub fn a_run() -> RecordedRun {
        let text = |text: &str| text.to_owned();
        let key = Key {
            rustc: text("rustc 1.95.0 (abc 2026-04-01)"),
            target: text("x86_64-unknown-linux-gnu"),
            profile: text("0123456789abcdef"),
            rustflags: text(""),
            packages: text("1123456789abcdef"),
            inputs: text("2123456789abcdef"),
        };
        let value = |name: &str, value, unit, class| (name.parse().unwrap(), RecordedValue(value, unit, class));
        let case = RecordedCase {
            checksum: Checksum(7),
            values: BTreeMap::from([
                value("heap-blocks", 56, Unit::Blocks, Class::Heap),
                value("instructions", 42_000, Unit::Instr, Class::Instructions),
            ]),
            wall: Some(RecordedWall {
                ns: 1_234,
                changes: WallChanges {
                    base: Some(WallChange(0.1, -0.4, 0.6)),
                    anchor: Some(WallChange(2.5, 1.9, 3.1)),
                },
            }),
        };
        RecordedRun {
            commit: "a".repeat(40),
            committed: 1_700_000_000,
            measured: 1_700_000_100,
            machine: text("a processor, 2 processors"),
            quick: false,
            base: Some("b".repeat(40)),
            anchor: Some("c".repeat(40)),
            harnesses: vec![RecordedHarness {
                package: text("words-bench"),
                key,
                tools: Some(Tools { valgrind: text("3.19.0"), libc: text("glibc 2.36") }),
                cases: BTreeMap::from([(CaseName::new("query/floor/10").unwrap(), case)]),
                together: WallChanges { base: Some(WallChange(0.02, -0.1, 0.1)), anchor: None },
            }],
        }
    }
}
