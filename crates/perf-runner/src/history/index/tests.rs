use std::fs;

use super::super::folder::tests::{a_run, folder};
use super::*;

fn case() -> CaseName {
    "query/floor/10".parse().unwrap()
}

fn blocks(folder: &HistoryFolder) -> Vec<u64> {
    let points = case_points(folder, &case()).unwrap();
    let mut found: Vec<u64> = points.iter().flat_map(|point| point.values.values().map(|value| value.0)).collect();
    found.sort_unstable();
    found
}

#[test]
fn an_index_has_every_run_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    assert!(blocks(&folder).is_empty());
    assert!(!folder.path().exists(), "looking creates nothing");
    let names: Vec<String> = [5, 6, 7].map(|blocks| folder.append(&a_run(blocks)).unwrap()).into();
    assert_eq!(blocks(&folder), [5, 6, 7]);
    assert_eq!(cases(&folder).unwrap(), [case()]);
    folder.append(&a_run(8)).unwrap();
    assert_eq!(blocks(&folder), [5, 6, 7, 8]);
    // A run that was removed is no longer there.
    fs::remove_file(folder.path().join(&names[1])).unwrap();
    assert_eq!(blocks(&folder), [5, 7, 8]);
}

#[test]
fn an_index_that_is_damaged_is_built_anew() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    [5, 6].iter().for_each(|blocks| drop(folder.append(&a_run(*blocks)).unwrap()));
    assert_eq!(blocks(&folder), [5, 6]);
    let index = Index::refresh(&folder).unwrap();
    let (file, list) = (index.file(&case()), index.dir.join("runs.txt"));
    let (lines, runs) = (fs::read_to_string(&file).unwrap(), fs::read_to_string(&list).unwrap());
    // The process ended while it added a line, after it, and before it wrote the list.
    for (lines, runs) in [
        (&lines[..lines.len() - 9], runs.as_str()),
        (&lines[..lines.len() - 9], ""),
        (&lines[..lines.len() / 2 + 1], ""),
        (&lines, ""),
        (&lines, "index 0\n"),
        (&format!("{lines}{lines}"), &runs),
        ("{}", &runs),
    ] {
        fs::write(&file, lines).unwrap();
        fs::write(&list, runs).unwrap();
        assert_eq!(blocks(&folder), [5, 6], "{lines:?} {runs:?}");
    }
    fs::remove_dir_all(&index.dir).unwrap();
    assert_eq!(blocks(&folder), [5, 6]);
    fs::write(&file, [0xff, 0xfe]).unwrap();
    assert_eq!(blocks(&folder), [5, 6]);
}

#[test]
fn a_damaged_run_is_an_error_and_not_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let name = folder.append(&a_run(5)).unwrap();
    fs::write(folder.path().join(&name), "text").unwrap();
    assert!(matches!(case_points(&folder, &case()), Err(Error::InvalidFile(_))));
}
