//! What one run says about one case: the line of an index.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Checksum, Key, MetricName, Tools};
use serde::{Deserialize, Serialize};

use crate::file::fnv;
use crate::run::{RecordedRun, RecordedValue, RecordedWall, WallChanges};

/// The name under which the wall time of all cases together is a case.
pub const ALL_CASES: &str = "all-cases/timed/together";

/// What one run says about one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePoint {
    /// The name of the run's file.
    pub run: String,
    /// Full hash of the measured commit.
    pub commit: String,
    /// Committer date of the commit, in seconds since the Unix epoch.
    pub committed: i64,
    /// When it was measured, in seconds since the Unix epoch.
    pub measured: i64,
    /// Processor and number of processors.
    pub machine: String,
    /// Digest of the key; exact values are comparable if it is equal.
    pub key: String,
    /// The tools that counted instructions, such as `valgrind 3.19.0, glibc 2.36`; `None` if none were counted.
    pub tools: Option<String>,
    /// Full hash of the commit that the wall time is compared with.
    pub base: Option<String>,
    /// Full hash of the anchor that the wall time is compared with.
    pub anchor: Option<String>,
    /// Digest of what the case computed.
    pub checksum: Checksum,
    /// The values of the stored classes.
    pub values: BTreeMap<MetricName, RecordedValue>,
    /// The wall time of a case that was timed. That of all cases together has changes and no time.
    pub wall: Option<RecordedWall>,
    /// The changes of all cases together.
    #[serde(default, skip_serializing_if = "WallChanges::is_empty")]
    pub together: WallChanges,
}

/// The points of a run, one for each case; `name` is the name of its file.
pub fn points(name: &str, run: &RecordedRun) -> Vec<(CaseName, CasePoint)> {
    let mut found = Vec::new();
    for harness in &run.harnesses {
        let point = |checksum: Checksum| CasePoint {
            run: name.to_owned(),
            commit: run.commit.clone(),
            committed: run.committed,
            measured: run.measured,
            machine: run.machine.clone(),
            key: key_digest(&harness.key),
            tools: harness.tools.as_ref().map(describe_tools),
            base: run.base.clone(),
            anchor: run.anchor.clone(),
            checksum,
            values: BTreeMap::new(),
            wall: None,
            together: WallChanges::default(),
        };
        for (case, recorded) in &harness.cases {
            let (values, wall) = (recorded.values.clone(), recorded.wall.clone());
            found.push((case.clone(), CasePoint { values, wall, ..point(recorded.checksum) }));
        }
        if let (false, Ok(case)) = (harness.together.is_empty(), CaseName::new(ALL_CASES)) {
            found.push((case, CasePoint { together: harness.together.clone(), ..point(Checksum(0)) }));
        }
    }
    found
}

/// The tools as one text.
pub fn describe_tools(tools: &Tools) -> String {
    format!("valgrind {}, {}", tools.valgrind, tools.libc)
}

/// FNV-1a of the fields of a key, as 16 hexadecimal digits.
pub fn key_digest(key: &Key) -> String {
    let Key { rustc, target, profile, rustflags, packages, inputs } = key;
    let fields = [rustc, target, profile, rustflags, packages, inputs];
    fnv(fields.iter().flat_map(|field| field.bytes().chain([0])))
}

impl CasePoint {
    /// The point as a line of JSON, without its end.
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Parses a line.
    ///
    /// # Errors
    /// If it is not a point.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::a_run;

    #[test]
    fn a_run_has_a_point_for_each_case_and_one_for_all_together() {
        let found = points("a-run.json.gz", &a_run());
        let names: Vec<&str> = found.iter().map(|(case, _)| case.as_str()).collect();
        assert_eq!(names, ["query/floor/10", ALL_CASES]);
        for (_, point) in &found {
            assert_eq!(&CasePoint::from_line(&point.to_line().unwrap()).unwrap(), point);
            assert_eq!(point.tools.as_deref(), Some("valgrind 3.19.0, glibc 2.36"));
        }
        assert_eq!((found[0].1.values.len(), found[1].1.values.len()), (2, 0));
        assert!(found[0].1.together.is_empty() && found[1].1.together.base.is_some());
        assert!(CasePoint::from_line("{}").is_err());
    }

    #[test]
    fn the_digest_of_a_key_changes_with_each_field() {
        let key = a_run().harnesses[0].key.clone();
        let mut digests = vec![key_digest(&key)];
        let more = |text: &String| format!("{text}x");
        digests.push(key_digest(&Key { rustc: more(&key.rustc), ..key.clone() }));
        digests.push(key_digest(&Key { target: more(&key.target), ..key.clone() }));
        digests.push(key_digest(&Key { profile: more(&key.profile), ..key.clone() }));
        digests.push(key_digest(&Key { rustflags: more(&key.rustflags), ..key.clone() }));
        digests.push(key_digest(&Key { packages: more(&key.packages), ..key.clone() }));
        digests.push(key_digest(&Key { inputs: more(&key.inputs), ..key.clone() }));
        let (all, distinct) = (digests.len(), digests.into_iter().collect::<std::collections::BTreeSet<_>>().len());
        assert_eq!(distinct, all);
    }
}
