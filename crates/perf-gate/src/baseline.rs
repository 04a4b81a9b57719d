//! Baselines: stored runs that later runs are compared with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{CaseName, Checksum, Class, MetricName, Record, SCHEMA};

/// A stored run: the conditions under which its values are comparable, its provenance, and its records.
///
/// It stores the classes for which [`Class::is_stored`] is true: all but wall time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The conditions under which the exact values are comparable.
    pub key: Key,
    /// The conditions under which instruction counts are comparable; `None` if and only if there are no such counts.
    pub tools: Option<Tools>,
    /// Commit and machine that were measured; information only.
    pub provenance: Provenance,
    /// Rows that may be worse than their stored value until a date.
    pub accepted: Vec<Acceptance>,
    records: BTreeMap<(CaseName, MetricName), Record>,
}

/// The conditions under which exact values are comparable: all fields are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// First line of `rustc --version --verbose` with its commit.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Digest of the workspace's build profiles.
    pub profile: String,
    /// Flags that reach rustc from the environment or configuration; empty when there are none.
    pub rustflags: String,
    /// Digest of the packages and features that the measuring programs are built from.
    pub packages: String,
    /// Digest of the inputs that the cases read.
    pub inputs: String,
}

impl Key {
    /// The fields that differ, as `(name, value in self, value in other)`.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<(&'static str, &'a str, &'a str)> {
        let fields = |key: &'a Self| {
            [
                ("rustc", key.rustc.as_str()),
                ("target", key.target.as_str()),
                ("profile", key.profile.as_str()),
                ("rustflags", key.rustflags.as_str()),
                ("packages", key.packages.as_str()),
                ("inputs", key.inputs.as_str()),
            ]
        };
        let pairs = fields(self).into_iter().zip(fields(other));
        pairs.filter(|(a, b)| a.1 != b.1).map(|(a, b)| (a.0, a.1, b.1)).collect()
    }
}

/// The conditions, in addition to the [`Key`], under which instruction counts are comparable: all fields are equal. The
/// counts include the C library, and valgrind's emulated processor decides which of its functions run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// Version of valgrind.
    pub valgrind: String,
    /// Name and version of the C library; `unknown` if they cannot be determined.
    pub libc: String,
}

impl Tools {
    /// The fields that differ, as `(name, value in self, value in other)`.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<(&'static str, &'a str, &'a str)> {
        let pairs = [("valgrind", &self.valgrind, &other.valgrind), ("libc", &self.libc, &other.libc)];
        pairs.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| (name, a.as_str(), b.as_str())).collect()
    }
}

/// Commit and machine of a baseline; never compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Measured commit, with the suffix `-dirty` if the work tree differed from it.
    pub commit: String,
    /// Processor model and number of processors.
    pub machine: String,
}

/// A row that may be worse than its stored value, up to a limit and until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The case of the row.
    pub case: CaseName,
    /// The metric of the row.
    pub metric: MetricName,
    /// Maximum value that is accepted, in the unit of the metric.
    pub value: u64,
    /// Reason for the acceptance, written by a person.
    pub reason: String,
    /// Last day of the acceptance, `YYYY-MM-DD`.
    pub expires: String,
}

/// The error for a text that is not a valid baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Invalid TOML, unknown field, wrong type, negative or fractional value, or duplicate key.
    #[error("{}", .0.message())]
    Shape(#[from] toml::de::Error),
    /// Written by another version of this library.
    #[error("schema {found} is not the version this program reads ({SCHEMA})")]
    Schema {
        /// Schema number in the file.
        found: u32,
    },
    /// Two records of the same case and metric.
    #[error("`{case}` has two records for `{metric}`")]
    Duplicate {
        /// Case of the repeated row.
        case: CaseName,
        /// Metric of the repeated row.
        metric: MetricName,
    },
    /// Records of one case with different checksums.
    #[error("`{case}` has records with different checksums")]
    Contradiction {
        /// Case of the contradicting rows.
        case: CaseName,
    },
    /// A record of a class that is not stored, such as wall time.
    #[error("`{case}` stores `{metric}`, which is never compared across runs")]
    NotStored {
        /// Case of the row.
        case: CaseName,
        /// Metric of the row.
        metric: MetricName,
    },
    /// Instruction counts without `tools`.
    #[error(
        "`{case}` has a record for `{metric}`, but `tools` does not say which valgrind and libc it was counted with"
    )]
    MissingTools {
        /// Case of the row.
        case: CaseName,
        /// Metric of the row.
        metric: MetricName,
    },
    /// `tools` without instruction counts.
    #[error("`tools` says what instructions were counted with, but there is no such record")]
    UnusedTools,
    /// Values or acceptances do not match `digest`.
    #[error("`digest` does not match the stored values: the file was edited by hand or merged")]
    Edited,
    /// A file of the current schema without `digest`.
    #[error("missing field `digest`, which detects edits by hand")]
    MissingDigest,
    /// No records: every run would pass.
    #[error("it has no records, so every run would pass")]
    Empty,
}

impl BaselineError {
    /// Byte range of the error in the text, if known.
    pub fn span(&self) -> Option<std::ops::Range<usize>> {
        match self {
            Self::Shape(error) => error.span(),
            _ => None,
        }
    }
}

/// The last schema whose records have no class; it is still read.
const SCHEMA_WITHOUT_CLASSES: u32 = 2;

#[derive(Deserialize)]
struct SchemaVersion {
    schema: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    #[serde(rename = "schema")]
    _schema: u32,
    key: Key,
    tools: Option<Tools>,
    provenance: Provenance,
    accepted: Vec<Acceptance>,
    record: Vec<Record>,
    /// Absent in schema 2.
    digest: Option<Checksum>,
}

/// Computes the digest of values and acceptances: FNV-1a of their lines. It detects accidental edits; an author can recompute
/// it.
fn digest(body: &str) -> Checksum {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    Checksum(body.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}

/// Checks that each record of the current schema has a class.
#[derive(Deserialize)]
struct RequiredClasses {
    #[serde(rename = "record")]
    _record: Vec<RequiredClass>,
}

#[derive(Deserialize)]
struct RequiredClass {
    #[serde(rename = "class")]
    _class: Class,
}

impl Baseline {
    /// Makes a baseline of records, without acceptances.
    ///
    /// # Errors
    /// - There are no records, or two records of one case and metric.
    /// - The records of a case have different checksums.
    /// - A record is of a class that is not stored.
    /// - There are instruction counts without `tools`, or `tools` without instruction counts.
    pub fn new(
        key: Key,
        tools: Option<Tools>,
        provenance: Provenance,
        records: Vec<Record>,
    ) -> Result<Self, BaselineError> {
        if records.is_empty() {
            return Err(BaselineError::Empty);
        }
        let mut checksums: BTreeMap<CaseName, Checksum> = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for record in records {
            let (case, metric) = (record.case().clone(), record.metric().name());
            if !record.metric().class().is_stored() {
                return Err(BaselineError::NotStored { case, metric });
            }
            if *checksums.entry(case.clone()).or_insert(record.checksum()) != record.checksum() {
                return Err(BaselineError::Contradiction { case });
            }
            if rows.insert((case.clone(), metric), record).is_some() {
                return Err(BaselineError::Duplicate { case, metric });
            }
        }
        let counted = rows.values().find(|record: &&Record| record.metric().class() == Class::Instructions);
        match (&tools, counted) {
            (None, Some(record)) => {
                return Err(BaselineError::MissingTools {
                    case: record.case().clone(),
                    metric: record.metric().name(),
                });
            }
            (Some(_), None) => return Err(BaselineError::UnusedTools),
            _ => {}
        }
        Ok(Self { key, tools, provenance, accepted: Vec::new(), records: rows })
    }

    /// Parses the stored form.
    ///
    /// # Errors
    /// When the text is not a valid baseline of schema 2, 3 or 4; see [`BaselineError`].
    pub fn from_toml(text: &str) -> Result<Self, BaselineError> {
        // The schema is parsed first, so that the error for a newer file is its schema and not an unknown field.
        let SchemaVersion { schema } = toml::from_str(text)?;
        if !(SCHEMA_WITHOUT_CLASSES..=SCHEMA).contains(&schema) {
            return Err(BaselineError::Schema { found: schema });
        }
        if schema != SCHEMA_WITHOUT_CLASSES {
            let RequiredClasses { .. } = toml::from_str(text)?;
        }
        let stored: BaselineFile = toml::from_str(text)?;
        let mut baseline = Self::new(stored.key, stored.tools, stored.provenance, stored.record)?;
        baseline.accepted = stored.accepted;
        let found = digest(&baseline.body());
        match stored.digest {
            None if schema != SCHEMA_WITHOUT_CLASSES => Err(BaselineError::MissingDigest),
            Some(written) if written != found => Err(BaselineError::Edited),
            _ => Ok(baseline),
        }
    }

    /// Formats the stored form: one line a record, in a fixed order, so that a change can be reviewed line by line. `writer`
    /// is the command named in the first line.
    pub fn to_toml(&self, writer: &str) -> String {
        let mut out = format!("# Written by `{writer}`, never by hand.\n");
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "schema = {SCHEMA}");
        let tools = self.tools.iter();
        let tools = tools.flat_map(|tools| [("tools.valgrind", &tools.valgrind), ("tools.libc", &tools.libc)]);
        let key = [
            ("key.rustc", &self.key.rustc),
            ("key.target", &self.key.target),
            ("key.profile", &self.key.profile),
            ("key.rustflags", &self.key.rustflags),
            ("key.packages", &self.key.packages),
            ("key.inputs", &self.key.inputs),
        ];
        let provenance =
            [("provenance.commit", &self.provenance.commit), ("provenance.machine", &self.provenance.machine)];
        for (name, value) in key.into_iter().chain(tools).chain(provenance) {
            let _ = writeln!(out, "{name} = {}", quoted(value));
        }
        let body = self.body();
        let _ = writeln!(out, "digest = \"{}\"", digest(&body));
        out.push_str(&body);
        out
    }

    /// Formats acceptances and records, which `digest` covers.
    fn body(&self) -> String {
        let mut out = String::new();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let _ = writeln!(out, "accepted = [");
        for Acceptance { case, metric, value, reason, expires } in &self.accepted {
            let (reason, expires) = (quoted(reason), quoted(expires));
            let _ = writeln!(
                out,
                "  {{ case = \"{case}\", metric = \"{metric}\", value = {value}, expires = {expires}, reason = {reason} }},",
            );
        }
        let _ = writeln!(out, "]\nrecord = [");
        let mut records: Vec<&Record> = self.records.values().collect();
        records.sort_by_key(|record| (record.case(), record.metric()));
        for record in records {
            let (case, metric, value, checksum) = (record.case(), record.metric(), record.value(), record.checksum());
            let (unit, class) = (metric.unit(), metric.class());
            let _ = writeln!(
                out,
                "  {{ case = \"{case}\", metric = \"{metric}\", unit = \"{unit}\", class = \"{class}\", value = {value}, checksum = \"{checksum}\" }},",
            );
        }
        let _ = writeln!(out, "]");
        out
    }

    /// Replaces the digest in an edited baseline text by that of its current values. A text that is not a baseline is returned
    /// unchanged. For programs that change stored values on purpose, such as a merge tool or a test.
    pub fn update_digest(text: &str) -> String {
        let Ok(stored) = toml::from_str::<BaselineFile>(text) else { return text.to_owned() };
        let Ok(mut baseline) = Self::new(stored.key, stored.tools, stored.provenance, stored.record) else {
            return text.to_owned();
        };
        baseline.accepted = stored.accepted;
        let digest = format!("digest = \"{}\"", digest(&baseline.body()));
        let line = |line: &str| if line.starts_with("digest = ") { digest.clone() } else { line.to_owned() };
        text.lines().map(|text| line(text) + "\n").collect()
    }

    /// All records, ordered by case and metric name.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.records.values()
    }

    /// Finds the record of a case and metric.
    pub fn get(&self, case: &CaseName, metric: MetricName) -> Option<&Record> {
        self.records.get(&(case.clone(), metric))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Metric, Unit};

    const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
    const RESULTS: Metric = Metric::new("results", Unit::Count, Class::Behaviour);
    const HEAP_BYTES: Metric = Metric::new("heap-bytes", Unit::Bytes, Class::Heap);
    const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);

    fn key() -> Key {
        Key {
            rustc: "rustc 1.95.0 (59807616e 2026-04-14)".into(),
            target: "x86_64-unknown-linux-gnu".into(),
            profile: "00".into(),
            rustflags: String::new(),
            packages: "01".into(),
            inputs: "02".into(),
        }
    }

    fn tools() -> Option<Tools> {
        Some(Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() })
    }

    fn provenance() -> Provenance {
        Provenance { commit: "0123abc".into(), machine: "a \"quoted\" processor, 2 processors".into() }
    }

    fn record(case: &str, metric: Metric, value: u64, checksum: u64) -> Record {
        Record::new(CaseName::new(case).unwrap(), metric, value, Checksum(checksum)).unwrap()
    }

    fn sample() -> Baseline {
        let records = vec![
            record("query/floor/10", HEAP_BLOCKS, 61, 7),
            record("query/floor/10", EVENTS, 15, 7),
            record("url/ordinary/40", HEAP_BYTES, 2_048, 9),
            record("query/floor/10", Metric::INSTRUCTIONS, 42_366, 7),
        ];
        let mut baseline = Baseline::new(key(), tools(), provenance(), records).unwrap();
        baseline.accepted.push(Acceptance {
            case: CaseName::new("query/floor/10").unwrap(),
            metric: HEAP_BLOCKS.name(),
            value: 62,
            reason: "one more \"block\" until the parser is replaced".into(),
            expires: "2026-12-31".into(),
        });
        baseline
    }

    /// The stored form. If this test has to change, raise [`SCHEMA`].
    #[test]
    fn schema_4_on_disk() {
        assert_eq!(SCHEMA, 4);
        assert_eq!(
            sample().to_toml("a command"),
            r#"# Written by `a command`, never by hand.
schema = 4
key.rustc = "rustc 1.95.0 (59807616e 2026-04-14)"
key.target = "x86_64-unknown-linux-gnu"
key.profile = "00"
key.rustflags = ""
key.packages = "01"
key.inputs = "02"
tools.valgrind = "3.19.0"
tools.libc = "glibc 2.36"
provenance.commit = "0123abc"
provenance.machine = 'a "quoted" processor, 2 processors'
digest = "c15e8d3f8f7d1e15"
accepted = [
  { case = "query/floor/10", metric = "heap-blocks", value = 62, expires = "2026-12-31", reason = 'one more "block" until the parser is replaced' },
]
record = [
  { case = "query/floor/10", metric = "events", unit = "count", class = "behaviour", value = 15, checksum = "0000000000000007" },
  { case = "query/floor/10", metric = "heap-blocks", unit = "blocks", class = "heap", value = 61, checksum = "0000000000000007" },
  { case = "query/floor/10", metric = "instructions", unit = "instr", class = "instructions", value = 42366, checksum = "0000000000000007" },
  { case = "url/ordinary/40", metric = "heap-bytes", unit = "bytes", class = "heap", value = 2048, checksum = "0000000000000009" },
]
"#
        );
    }

    #[test]
    fn a_written_baseline_reads_back() {
        assert_eq!(Baseline::from_toml(&sample().to_toml("a command")).unwrap(), sample());
    }

    #[test]
    fn schema_3_is_read() {
        let old = sample().to_toml("a command").replace("schema = 4", "schema = 3");
        assert_eq!(Baseline::from_toml(&old).unwrap(), sample());
        let without_class = old.replace("class = \"behaviour\", ", "");
        assert!(matches!(Baseline::from_toml(&without_class), Err(BaselineError::Shape(_))));
    }

    /// A baseline without classes is equal to the same baseline with them.
    #[test]
    fn schema_2_is_read() {
        let new = sample().to_toml("a command");
        let digest = new.lines().find(|line| line.starts_with("digest")).unwrap();
        let mut old = new.replace("schema = 4", "schema = 2").replace(&format!("{digest}\n"), "");
        for class in ["behaviour", "heap", "instructions"] {
            old = old.replace(&format!("class = \"{class}\", "), "");
        }
        assert!(!old.contains("class"), "{old}");
        assert_eq!(Baseline::from_toml(&old).unwrap(), sample());
    }

    #[test]
    fn a_truncated_text_is_rejected() {
        let text = sample().to_toml("a command");
        let end = text.trim_end().len();
        for cut in 0..end {
            assert!(Baseline::from_toml(&text[..cut]).is_err(), "cut at {cut} was accepted");
        }
    }

    /// A merge can change a value by accident; `baseline update` writes deliberate changes.
    #[test]
    fn an_edited_value_is_detected() {
        let text = sample().to_toml("a command");
        for (from, to) in
            [("value = 61", "value = 62"), ("value = 62, expires", "value = 63, expires"), ("2026-12-31", "2027-12-31")]
        {
            let edited = text.replacen(from, to, 1);
            assert!(matches!(Baseline::from_toml(&edited), Err(BaselineError::Edited)), "{from}");
            assert!(Baseline::from_toml(&Baseline::update_digest(&edited)).is_ok(), "{from}");
        }
        let elsewhere = text.replacen("provenance.commit = \"0123abc\"", "provenance.commit = \"4567def\"", 1);
        assert!(Baseline::from_toml(&elsewhere).is_ok(), "provenance is information");
        let without: String =
            text.lines().filter(|line| !line.starts_with("digest")).map(|line| format!("{line}\n")).collect();
        assert!(matches!(Baseline::from_toml(&without), Err(BaselineError::MissingDigest)));
        assert_eq!(Baseline::update_digest(&text), text);
        assert_eq!(Baseline::update_digest("no baseline"), "no baseline");
    }

    #[test]
    fn contradictions_are_rejected() {
        let refuse = |records: Vec<Record>| Baseline::new(key(), None, provenance(), records).unwrap_err();
        assert!(matches!(refuse(vec![]), BaselineError::Empty));
        let (events, time) = (record("a/b/c", EVENTS, 1, 1), record("a/b/c", Metric::TIME, 1, 1));
        assert!(matches!(refuse(vec![events.clone(), events.clone()]), BaselineError::Duplicate { .. }));
        assert!(matches!(refuse(vec![time]), BaselineError::NotStored { .. }));
        let other = record("a/b/c", RESULTS, 1, 2);
        assert!(matches!(refuse(vec![events.clone(), other]), BaselineError::Contradiction { .. }));
        let instructions = record("a/b/c", Metric::INSTRUCTIONS, 1, 1);
        assert!(matches!(refuse(vec![instructions]), BaselineError::MissingTools { .. }));
        let idle = Baseline::new(key(), tools(), provenance(), vec![events]);
        assert!(matches!(idle.unwrap_err(), BaselineError::UnusedTools));
    }

    #[test]
    fn errors_name_the_cause() {
        let text = sample().to_toml("a command");
        for (from, to, says) in [
            ("schema = 4", "schema = 5", "schema 5"),
            ("value = 15", "value = -15", "integer"),
            ("value = 15", "value = nan", "floating"),
            ("value = 15", "value = 1.5", "floating"),
            ("value = 15", "value = 15, colour = 1", "unknown field `colour`"),
            ("schema = 4\n", "schema = 4\nschema = 4\n", "duplicate key"),
            ("tools.libc = \"glibc 2.36\"\n", "", "missing field `libc`"),
            ("tools.libc", "tools.colour = \"red\"\ntools.libc", "unknown field `colour`"),
            ("tools.libc = \"glibc 2.36\"\n", "tools.libc = 2.36\n", "floating"),
            ("class = \"behaviour\", ", "", "missing field `class`"),
            ("unit = \"count\"", "unit = \"furlongs\"", "unknown variant `furlongs`"),
            ("metric = \"events\"", "metric = \"Events\"", "not the name of a metric"),
        ] {
            let broken = text.replacen(from, to, 1);
            assert_ne!(broken, text);
            let error = Baseline::from_toml(&broken).unwrap_err().to_string();
            assert!(error.contains(says), "{from} -> {to}: {error}");
        }
    }
}
