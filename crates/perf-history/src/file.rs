//! The file of a run: JSON in gzip, with a digest of the content. The values stand in columns (`columns.rs`); files of before that, in
//! which each case had its own values, are read too.
//!
//! The CRC of gzip and the digest find accidental changes of the bytes. Neither stops an author who computes them again.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::columns::Columns;
use crate::run::RecordedRun;

/// Version of the stored form.
const SCHEMA: u32 = 2;

/// The version whose JSON was [`RecordedRun`] as it is.
const WITHOUT_COLUMNS: u32 = 1;

/// Maximum size of a file in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Maximum size of its JSON in bytes, so that a small file cannot expand without limit.
const MAX_JSON_BYTES: u64 = 16 << 20;

/// The error for bytes that are not a recorded run.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// More than [`MAX_BYTES`], or the JSON is larger than 16 MiB.
    #[error("it is larger than a recorded run can be")]
    TooLarge,
    /// The bytes are not gzip, or its CRC does not match.
    #[error("it is not a complete gzip file: {0}")]
    Gzip(std::io::Error),
    /// The content is not JSON of this form.
    #[error("its JSON is not a recorded run: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by another version of this program.
    #[error("schema {0} is not the version that this program reads ({SCHEMA})")]
    Schema(u32),
    /// The digest does not match the content.
    #[error("its digest does not match its content")]
    Edited,
    /// A number that no run measures, or lists that do not belong together.
    #[error("{0}")]
    Value(String),
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<R> {
    schema: u32,
    digest: String,
    run: R,
}

/// Formats a run as the bytes of its file. Equal runs have equal bytes.
///
/// # Errors
/// If the run has a number that JSON cannot have, or is too large to be read again.
pub fn to_bytes(run: &RecordedRun) -> Result<Vec<u8>, RunFileError> {
    check(run)?;
    let stored = Stored { schema: SCHEMA, digest: digest(run)?, run: Columns::from(run) };
    let json = serde_json::to_vec(&stored)?;
    // Without a name or a time, so that equal runs have equal bytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let bytes = encoder.write_all(&json).and_then(|()| encoder.finish()).map_err(RunFileError::Gzip)?;
    if bytes.len() > MAX_BYTES || json.len() as u64 > MAX_JSON_BYTES { Err(RunFileError::TooLarge) } else { Ok(bytes) }
}

/// Parses the bytes of a file.
///
/// # Errors
/// If they are not a complete recorded run of this schema; see [`RunFileError`].
pub fn from_bytes(bytes: &[u8]) -> Result<RecordedRun, RunFileError> {
    if bytes.len() > MAX_BYTES {
        return Err(RunFileError::TooLarge);
    }
    let mut json = Vec::new();
    let mut decoder = GzDecoder::new(bytes);
    (&mut decoder).take(MAX_JSON_BYTES + 1).read_to_end(&mut json).map_err(RunFileError::Gzip)?;
    if json.len() as u64 > MAX_JSON_BYTES {
        return Err(RunFileError::TooLarge);
    }
    if !decoder.into_inner().is_empty() {
        let what = "bytes follow its end";
        return Err(RunFileError::Gzip(std::io::Error::new(std::io::ErrorKind::InvalidData, what)));
    }
    // The schema is parsed first, so that the error for a newer file is its schema and not an unknown field.
    let Version { schema } = serde_json::from_slice(&json)?;
    let (written, run) = match schema {
        SCHEMA => {
            let stored: Stored<Columns> = serde_json::from_slice(&json)?;
            (stored.digest, stored.run.try_into().map_err(RunFileError::Value)?)
        }
        WITHOUT_COLUMNS => {
            let stored: Stored<RecordedRun> = serde_json::from_slice(&json)?;
            (stored.digest, stored.run)
        }
        other => return Err(RunFileError::Schema(other)),
    };
    check(&run)?;
    if written != digest(&run)? {
        return Err(RunFileError::Edited);
    }
    Ok(run)
}

/// FNV-1a of bytes, as 16 hexadecimal digits.
pub(crate) fn fnv(bytes: impl IntoIterator<Item = u8>) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// The digest of the JSON of the run, without columns.
fn digest(run: &RecordedRun) -> Result<String, serde_json::Error> {
    Ok(fnv(serde_json::to_vec(run)?))
}

/// Refuses numbers that no run measures: JSON has no NaN, and would store it as null.
fn check(run: &RecordedRun) -> Result<(), RunFileError> {
    let is_commit = |hash: &String| hash.len() >= 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    for hash in [Some(&run.commit), run.base.as_ref(), run.anchor.as_ref()].into_iter().flatten() {
        if !is_commit(hash) {
            return Err(RunFileError::Value(format!("`{hash}` is not the hash of a commit")));
        }
    }
    for harness in &run.harnesses {
        let together = std::iter::once(("all cases together", &harness.together));
        let walls = harness.cases.iter().filter_map(|(name, case)| Some((name.as_str(), case.wall.as_ref()?)));
        for (name, wall) in walls.clone() {
            if wall.ns == 0 {
                return Err(RunFileError::Value(format!("`{name}` has a wall time of 0 ns")));
            }
        }
        for (name, changes) in walls.map(|(name, wall)| (name, &wall.changes)).chain(together) {
            let changes = [changes.base, changes.anchor].into_iter().flatten();
            for value in changes.flat_map(|change| [change.0, change.1, change.2]) {
                if !(-100.0..=1e9).contains(&value) {
                    return Err(RunFileError::Value(format!("{name} has a change of wall time of {value} %")));
                }
            }
        }
        let values = harness.cases.iter().flat_map(|(case, found)| found.values.iter().map(move |one| (case, one)));
        for (case, (metric, value)) in values {
            if i64::try_from(value.0).is_err() {
                return Err(RunFileError::Value(format!("`{metric}` of `{case}` is {}", value.0)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::tests::a_run;
    use crate::run::{WallChange, WallChanges};

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let run = a_run();
        let bytes = to_bytes(&run).unwrap();
        assert_eq!(from_bytes(&bytes).unwrap(), run);
        assert_eq!(to_bytes(&run).unwrap(), bytes);
    }

    #[test]
    fn numbers_that_no_run_measures_are_refused() {
        let refused = |edit: &dyn Fn(&mut RecordedRun)| {
            let mut run = a_run();
            edit(&mut run);
            to_bytes(&run).unwrap_err().to_string()
        };
        let case = |run: &mut RecordedRun| run.harnesses[0].cases.values().next().unwrap().clone();
        let with = |run: &mut RecordedRun, new: crate::run::RecordedCase| {
            let name = run.harnesses[0].cases.keys().next().unwrap().clone();
            run.harnesses[0].cases.insert(name, new);
        };
        assert!(refused(&|run| run.commit = "HEAD".into()).contains("`HEAD` is not the hash of a commit"));
        assert!(refused(&|run| run.anchor = Some(String::new())).contains("`` is not the hash"));
        let error = refused(&|run| {
            let mut new = case(run);
            new.wall.as_mut().unwrap().ns = 0;
            with(run, new);
        });
        assert!(error.contains("has a wall time of 0 ns"), "{error}");
        for value in [f64::NAN, f64::INFINITY, -100.5] {
            let error = refused(&|run| {
                let anchor = Some(WallChange(0.0, value, 1.0));
                run.harnesses[0].together = WallChanges { base: None, anchor };
            });
            assert!(error.contains("all cases together has a change of wall time"), "{error}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let compressed = |json: &str| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(json.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let refused = |bytes: &[u8]| from_bytes(bytes).unwrap_err().to_string();
        assert!(refused(b"").contains("not a complete gzip file"));
        assert!(refused(b"{}").contains("not a complete gzip file"));
        assert!(refused(&compressed("{}")).contains("missing field `schema`"));
        assert!(refused(&compressed("{\"schema\":3,\"more\":1}")).contains("schema 3 is not the version"));
        for schema in [1, 2] {
            let empty = format!("{{\"schema\":{schema},\"digest\":\"\",\"run\":{{}}}}");
            assert!(refused(&compressed(&empty)).contains("missing field `commit`"));
        }
        assert!(refused(&vec![0; MAX_BYTES + 1]).contains("larger than"));
        let bomb = compressed(&" ".repeat(MAX_JSON_BYTES as usize + 1));
        assert!(bomb.len() < MAX_BYTES);
        assert!(refused(&bomb).contains("larger than"));
        let two = [to_bytes(&a_run()).unwrap(), to_bytes(&a_run()).unwrap()].concat();
        assert!(refused(&two).contains("bytes follow its end"));

        let digest = digest(&a_run()).unwrap();
        let columns = Columns::from(&a_run());
        let json = serde_json::to_string(&Stored { schema: 2, digest: digest.clone(), run: columns }).unwrap();
        let before_columns = serde_json::to_string(&Stored { schema: 1, digest, run: a_run() }).unwrap();
        for json in [json, before_columns] {
            assert_eq!(from_bytes(&compressed(&json)).unwrap(), a_run());
            let edited = json.replacen("56", "55", 1);
            assert_ne!(edited, json);
            assert!(refused(&compressed(&edited)).contains("digest does not match"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Changed bytes are found, or change nothing that is read.
        #[test]
        fn a_changed_file_is_refused_or_says_the_same(
            changes in prop::collection::vec((0_usize..10_000, any::<u8>(), 0_u8..3), 1..4),
            cut in 0_usize..10_000,
        ) {
            let bytes = to_bytes(&a_run()).unwrap();
            let mut changed = bytes.clone();
            for (at, byte, kind) in changes {
                let at = at % changed.len();
                match kind {
                    0 => changed[at] = byte,
                    1 => changed.insert(at, byte),
                    _ => drop(changed.remove(at)),
                }
            }
            if let Ok(read) = from_bytes(&changed) {
                prop_assert_eq!(read, a_run());
            }
            prop_assert!(from_bytes(&bytes[..cut % bytes.len()]).is_err());
        }

        /// Every change reads back, to a thousandth of a percent.
        #[test]
        fn each_change_reads_back(thousandths in prop::array::uniform3(-100_000_i64..1_000_000_000)) {
            let mut run = a_run();
            run.harnesses[0].together.base = Some(WallChange::from(thousandths));
            let back = from_bytes(&to_bytes(&run).unwrap()).unwrap();
            prop_assert_eq!(back, run);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(from_bytes(&bytes).is_err());
        }
    }
}
