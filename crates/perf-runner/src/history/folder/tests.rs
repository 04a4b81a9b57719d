use std::collections::BTreeMap;

use perf_gate::{Checksum, Class, Key, Unit};
use perf_history::run::{RecordedCase, RecordedHarness, RecordedValue, WallChanges};

use super::*;
use crate::files::atomic_write::tests::FailingDisk;

pub(crate) fn folder(dir: &Path) -> HistoryFolder {
    HistoryFolder::at(dir.join("history"), "data/history".into())
}

/// A run of one case with this number of blocks.
pub(crate) fn a_run(blocks: u64) -> RecordedRun {
    let text = |text: &str| text.to_owned();
    let (rustc, target, profile, rustflags) = (text("rustc 1.95.0"), text("x86_64"), text("1"), text(""));
    let key = Key { rustc, target, profile, rustflags, packages: text("2"), inputs: text("3") };
    let value = RecordedValue(blocks, Unit::Blocks, Class::Heap);
    let values = BTreeMap::from([("heap-blocks".parse().unwrap(), value)]);
    let case = RecordedCase { checksum: Checksum(7), values, wall: None };
    let cases = BTreeMap::from([("query/floor/10".parse().unwrap(), case)]);
    let package = text("words-bench");
    RecordedRun {
        commit: format!("{blocks:040x}"),
        committed: 1_760_000_000 + blocks as i64,
        measured: 1_760_000_100 + blocks as i64,
        machine: text("a processor, 2 processors"),
        quick: false,
        base: None,
        anchor: None,
        harnesses: vec![RecordedHarness { package, key, tools: None, cases, together: WallChanges::default() }],
    }
}

fn noon() -> Timestamp {
    "2026-11-30T12:00:00.5Z".parse().unwrap()
}

#[test]
fn a_run_is_one_file_that_git_does_not_see() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    assert!(folder.names().unwrap().is_empty());
    let name = folder.append_on(&RealDisk, &a_run(56), noon()).unwrap();
    assert_eq!(name, "2026-11/20261130T120000.500000000-000000000000.json.gz");
    assert_eq!(folder.names().unwrap(), [name.as_str()]);
    assert_eq!(folder.read(&name).unwrap(), a_run(56));
    assert!(is_of_commit(&name, &a_run(56).commit) && !is_of_commit(&name, &"f".repeat(40)));
    assert!(fs::read_to_string(folder.path().join(".gitignore")).unwrap().ends_with("\n*\n"));
    // Files of others, and those of interrupted processes, are no runs.
    fs::write(folder.path().join("2026-11/.perf-x.tmp"), "half").unwrap();
    fs::write(folder.path().join("README"), "text").unwrap();
    assert_eq!(folder.names().unwrap().len(), 1);
}

/// Two runs of the same commit at the same time are two files.
#[test]
fn equal_times_and_commits_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let names: Vec<String> = (0..3).map(|_| folder.append_on(&RealDisk, &a_run(56), noon()).unwrap()).collect();
    assert_eq!(folder.names().unwrap(), names);
    assert!(names[2].contains("120000.500000002"), "{names:?}");
}

#[test]
fn each_step_of_an_append_may_fail() {
    for fails_at in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(dir.path());
        let first = folder.append_on(&RealDisk, &a_run(1), noon()).unwrap();
        // The file that ignores the folder is written again, too.
        fs::remove_file(folder.path().join(".gitignore")).unwrap();
        let appended =
            folder.append_on(&FailingDisk::new(fails_at), &a_run(2), noon() + std::time::Duration::from_secs(1));
        let names = folder.names().unwrap();
        assert_eq!(folder.read(&first).unwrap(), a_run(1), "step {fails_at}");
        assert!(names.iter().all(|name| folder.read(name).is_ok()), "step {fails_at}: {names:?}");
        if let Ok(second) = appended {
            assert_eq!((folder.read(&second).unwrap(), fails_at), (a_run(2), 12), "two files of six steps each");
            break;
        }
    }
}

#[test]
fn a_run_that_was_changed_is_an_error_with_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let name = folder.append_on(&RealDisk, &a_run(56), noon()).unwrap();
    let whole = folder.bytes(&name).unwrap();
    for bytes in [&whole[..whole.len() / 2], b"", b"text"] {
        fs::write(folder.path().join(&name), bytes).unwrap();
        let Err(Error::InvalidFile(error)) = folder.read(&name) else { panic!("{bytes:?} is no run") };
        assert!(error.to_string().contains(&format!("invalid file data/history/{name}")), "{error}");
    }
}

#[test]
fn names_lead_nowhere_else() {
    let name = "2026-11/20261130T120000.500000000-000000000000.json.gz";
    assert!(is_run_name(name));
    for bad in [
        "../20261130T120000.500000000-000000000000.json.gz",
        "2026-11/../20261130T120000.500000000-000000000000.json.gz",
        "2026-11/20261130T120000.500000000-00000000000/.json.gz",
        "2026-11/20261130T120000.500000000-00000000000.json.gz",
        "2026-11/20261130T120000.50000000-000000000000.json.gz",
        "2026-11/20261130T120000.500000000-000000000000.json",
        "2026-1/20261130T120000.500000000-000000000000.json.gz",
        "20261130T120000.500000000-000000000000.json.gz",
        "index/runs.txt",
        "",
    ] {
        assert!(!is_run_name(bad), "{bad}");
        let dir = tempfile::tempdir().unwrap();
        let bytes = file::to_bytes(&a_run(1)).unwrap();
        assert!(folder(dir.path()).import(bad, &bytes).is_err(), "{bad}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(folder(dir.path()).import(name, b"not a run").is_err());
    let bytes = file::to_bytes(&a_run(1)).unwrap();
    assert!(folder(dir.path()).import(name, &bytes).unwrap());
    assert!(!folder(dir.path()).import(name, &bytes).unwrap(), "it is there");
}
