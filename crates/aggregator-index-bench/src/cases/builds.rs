//! Building an index, and updating one whose documents have not changed.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aggregator_index::{Index, Options, Report};

use super::metrics::{FILES, PASSAGES, READ, STORED};
use crate::case::{Operation, Outcome};
use crate::documents;
use crate::fault::Fault;
use crate::scratch::ScratchDir;

/// Sets up the build of a new index of two copies of the documents.
pub fn prepare_new(fault: Option<Fault>) -> Operation {
    const COPIES: usize = 2;
    let scratch = ScratchDir::new();
    let docs = scratch.join("docs");
    documents::write_copies(&docs, COPIES);
    if fault == Some(Fault::SkippedFile) {
        fs::remove_file(docs.join("1/install/linux.md")).expect("it was just written");
    }
    if fault == Some(Fault::DuplicateDocuments) {
        documents::write_copies(&docs, 2 * COPIES);
    }
    Box::new(move || {
        let folder = scratch.join("index");
        let index = Index::open(&folder).expect("there is none yet");
        let retained = (fault == Some(Fault::RetainedMemory)).then(|| vec![1_u8; 16 << 20]);
        let report = update_index(&index, &docs);
        drop(std::hint::black_box(retained));
        assert_eq!(report.skipped.len(), 0, "{report}");
        let stored = total_size(&folder).div_ceil(16 * 1024) * 16;
        drop(index);
        fs::remove_dir_all(&folder).expect("it is this process's own");
        Outcome::new(report.bytes, [(FILES, report.files), (PASSAGES, report.passages), (STORED, stored)])
    })
}

/// Sets up the update of an index of four copies of the documents, none of which has changed.
pub fn prepare_unchanged(fault: Option<Fault>) -> Operation {
    const COPIES: usize = 4;
    let scratch = ScratchDir::new();
    let docs = scratch.join("docs");
    documents::write_copies(&docs, COPIES);
    // An update reads a file again if its last change is too recent to be distinguished from a later one by its time.
    let files = set_an_hour_old(&docs);
    let index = Index::open(scratch.join("index")).expect("there is none yet");
    update_index(&index, &docs);
    Box::new(move || {
        let _is_there = &scratch;
        if fault == Some(Fault::RereadFiles) {
            files.iter().for_each(|file| set_modified(file, SystemTime::now()));
        }
        let retained = (fault == Some(Fault::RetainedMemory)).then(|| vec![1_u8; 2 << 20]);
        let report = update_index(&index, &docs);
        drop(std::hint::black_box(retained));
        assert_eq!((report.indexed, report.removed), (0, 0), "{report}");
        Outcome::new(report.unchanged, [(FILES, report.files), (PASSAGES, report.passages), (READ, report.read)])
    })
}

/// Updates an index from a folder of documents.
pub fn update_index(index: &Index, docs: &Path) -> Report {
    let report = index.update(&[docs.to_owned()], &Options::default(), |_| ControlFlow::Continue(()));
    report.expect("documents can be indexed")
}

/// Sets the modification time of all files of a folder to an hour ago; returns the files.
fn set_an_hour_old(folder: &Path) -> Vec<PathBuf> {
    let hour_ago = SystemTime::now() - std::time::Duration::from_secs(3_600);
    let files = list_files(folder);
    files.iter().for_each(|file| set_modified(file, hour_ago));
    files
}

fn set_modified(file: &Path, time: SystemTime) {
    let set = File::options().write(true).open(file).and_then(|file| file.set_modified(time));
    set.expect("the times of a file can be set");
}

fn total_size(folder: &Path) -> u64 {
    list_files(folder).iter().map(|file| fs::metadata(file).map_or(0, |found| found.len())).sum()
}

fn list_files(folder: &Path) -> Vec<PathBuf> {
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
