//! An update that is killed at any moment leaves the old index or the new one.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aggregator_index::{Index, IndexError, Passage, Stage};

use crate::support::{age, options, update};

const FILES: u32 = 12;
const INDEX: &str = "AGGREGATOR_INDEX_TO_UPDATE";
const FOLDER: &str = "AGGREGATOR_FOLDER_TO_INDEX";

/// How often an update is killed.
const KILLS: u32 = 50;

/// What the process that is killed does.
fn child(index: OsString, folder: OsString) {
    println!("began");
    let index = Index::open(index).unwrap();
    let update = index.update(&[folder.into()], &options(), |progress| {
        if progress.stage == Stage::Writing {
            println!("writing");
        }
        ControlFlow::Continue(())
    });
    update.unwrap();
}

#[test]
fn an_update_that_is_killed_leaves_the_old_index_or_the_new_one() {
    // The test starts itself as that process.
    if let (Some(index), Some(folder)) = (std::env::var_os(INDEX), std::env::var_os(FOLDER)) {
        return child(index, folder);
    }
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("documents");
    fs::create_dir(&folder).unwrap();
    write(&folder, 0);
    let index = Index::open(root.path().join("index")).unwrap();
    // How long it takes, so that the moments are spread over all of it.
    let began = Instant::now();
    let mut whole = start(index.folder(), &folder);
    let writing = wait_for(&mut whole, "writing").unwrap_or(began.elapsed());
    assert!(whole.wait().unwrap().success());
    let (until_writing, until_end) = (writing, began.elapsed());
    let mut seed = 7;
    for version in 1..=KILLS {
        write(&folder, version);
        // Every fourth time the index is made anew.
        let anew = version % 4 == 0;
        let newest = index_folder(index.folder());
        if anew {
            fs::write(newest.join("made-with.json"), "{}").unwrap();
        }
        let mut child = start(index.folder(), &folder);
        // Half of the kills are while it writes.
        let span = match version % 2 {
            0 => {
                wait_for(&mut child, "writing");
                until_end.saturating_sub(until_writing)
            }
            _ => until_end,
        };
        std::thread::sleep(span.mul_f64(random(&mut seed)));
        let _ = child.kill();
        child.wait().unwrap();

        let opened = Index::open(index.folder()).unwrap_or_else(|error| panic!("version {version}: {error}"));
        match opened.search("lighthouse", 50) {
            Ok(found) => assert_one_version(&found, version),
            // The old index is of another version of the program, and the new one is not there yet.
            Err(IndexError::NotBuilt { .. }) if anew => {}
            Err(error) => panic!("version {version}: {error}"),
        }
        let report = update(&opened, &folder);
        assert_eq!((report.files, report.passages), (u64::from(FILES), u64::from(FILES)));
        let found = opened.search(&format!("version{version}"), 50).unwrap();
        assert_eq!(found.len(), FILES as usize, "version {version}");
        assert_eq!(fs::read_dir(opened.folder()).unwrap().count(), 2, "nothing is left over");
    }
}

fn assert_one_version(found: &[Passage], newest: u32) {
    assert_eq!(found.len(), FILES as usize, "version {newest}");
    let version = |passage: &Passage| passage.text.split(' ').nth(1).unwrap().to_owned();
    let first = version(&found[0]);
    assert!(found.iter().all(|passage| version(passage) == first), "{found:?}");
    assert!(first == format!("version{newest}") || first == format!("version{}", newest - 1), "{first} of {newest}");
}

fn write(folder: &Path, version: u32) {
    for number in 0..FILES {
        let path = folder.join(format!("{number}.md"));
        fs::write(&path, format!("lighthouse version{version} {number} {}", "and more words ".repeat(50))).unwrap();
        age(&path, 1_000_000 - u64::from(version));
    }
}

fn start(index: &Path, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::an_update_that_is_killed_leaves_the_old_index_or_the_new_one"])
        .args(["--nocapture", "--test-threads=1"])
        .env(INDEX, index)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the child says so; returns how long it took.
fn wait_for(child: &mut Child, word: &str) -> Option<Duration> {
    let began = Instant::now();
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(word)))?.ok()?;
    // The pipe is kept open, or the child would fail at its next word.
    std::thread::spawn(move || lines.for_each(drop));
    Some(began.elapsed())
}

fn index_folder(root: &Path) -> std::path::PathBuf {
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("index-")).max().unwrap()
}

/// Between 0 and 1 (splitmix64).
fn random(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *seed;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// What a process leaves that is killed after it wrote which passages are removed, and before it committed.
#[test]
fn what_a_killed_update_left_does_not_stop_the_next_one() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("documents");
    fs::create_dir(&folder).unwrap();
    write(&folder, 0);
    let index = Index::open(root.path().join("index")).unwrap();
    update(&index, &folder);
    let generation = index_folder(index.folder());
    let json = |name: &str| fs::read_to_string(generation.join(name)).unwrap();
    let after = |text: &str, key: &str| text.split(key).nth(1).unwrap().trim_start_matches([' ', ':', '"']).to_owned();
    let meta = json("meta.json");
    let segment: String = after(&meta, "\"segment_id\"").chars().filter(|&c| c != '-').take(32).collect();
    let committed: String = after(&meta, "\"opstamp\"").chars().take_while(char::is_ascii_digit).collect();
    let committed: u64 = committed.parse().unwrap();
    let mut managed = json(".managed.json").trim_end().trim_end_matches(']').to_owned();
    for number in committed..committed + 200 {
        let name = format!("{segment}.{number}.del");
        fs::write(generation.join(&name), "half").unwrap();
        managed += &format!(",\"{name}\"");
    }
    fs::write(generation.join(".managed.json"), managed + "]").unwrap();
    write(&folder, 1);
    assert_eq!(update(&index, &folder).indexed, u64::from(FILES));
    assert_eq!(index.search("version1", 50).unwrap().len(), FILES as usize);
}
