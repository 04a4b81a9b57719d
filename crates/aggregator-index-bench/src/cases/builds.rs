//! What it costs to index documents, and to find that nothing has changed.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aggregator_index::{Index, Options, Report};

use super::metrics::{FILES, PASSAGES, READ, STORED};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;
use crate::scratch::Scratch;

/// A new index of two copies of the documents.
pub fn new(fault: Option<Fault>) -> Operation {
    const COPIES: usize = 2;
    let scratch = Scratch::new();
    let docs = scratch.join("docs");
    documents::write(&docs, COPIES);
    if fault == Some(Fault::SkippedFile) {
        fs::remove_file(docs.join("1/install/linux.md")).expect("it was just written");
    }
    if fault == Some(Fault::StoredTwice) {
        documents::write(&docs, 2 * COPIES);
    }
    Box::new(move || {
        let folder = scratch.join("index");
        let index = Index::open(&folder).expect("there is none yet");
        let kept = (fault == Some(Fault::KeptInMemory)).then(|| vec![1_u8; 16 << 20]);
        let report = update(&index, &docs);
        drop(std::hint::black_box(kept));
        assert_eq!(report.skipped.len(), 0, "{report}");
        let stored = size(&folder).div_ceil(16 * 1024) * 16;
        drop(index);
        fs::remove_dir_all(&folder).expect("it is this process's own");
        Outcome::new(report.bytes, [(FILES, report.files), (PASSAGES, report.passages), (STORED, stored)])
    })
}

/// An update of an index whose documents have not changed.
pub fn unchanged(fault: Option<Fault>) -> Operation {
    const COPIES: usize = 4;
    let scratch = Scratch::new();
    let docs = scratch.join("docs");
    documents::write(&docs, COPIES);
    // What changed within the last moment may change again without another time, and is read once more.
    let files = aged(&docs);
    let index = Index::open(scratch.join("index")).expect("there is none yet");
    update(&index, &docs);
    Box::new(move || {
        let _is_there = &scratch;
        if fault == Some(Fault::ReadAgain) {
            files.iter().for_each(|file| set_modified(file, SystemTime::now()));
        }
        let kept = (fault == Some(Fault::KeptInMemory)).then(|| vec![1_u8; 2 << 20]);
        let report = update(&index, &docs);
        drop(std::hint::black_box(kept));
        assert_eq!((report.indexed, report.removed), (0, 0), "{report}");
        Outcome::new(report.unchanged, [(FILES, report.files), (PASSAGES, report.passages), (READ, report.read)])
    })
}

/// Brings an index up to date with a folder.
pub fn update(index: &Index, docs: &Path) -> Report {
    let report = index.update(&[docs.to_owned()], &Options::default(), |_| ControlFlow::Continue(()));
    report.expect("documents can be indexed")
}

/// The files of a folder, made an hour old.
fn aged(folder: &Path) -> Vec<PathBuf> {
    let hour_ago = SystemTime::now() - std::time::Duration::from_secs(3_600);
    let files = files(folder);
    files.iter().for_each(|file| set_modified(file, hour_ago));
    files
}

fn set_modified(file: &Path, time: SystemTime) {
    let set = File::options().write(true).open(file).and_then(|file| file.set_modified(time));
    set.expect("the times of a file can be set");
}

fn size(folder: &Path) -> u64 {
    files(folder).iter().map(|file| fs::metadata(file).map_or(0, |found| found.len())).sum()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("it can be read").map(|entry| entry.expect("it can be read")) {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => found.push(path),
            }
        }
    }
    found
}
