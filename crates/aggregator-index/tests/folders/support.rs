//! Folders of documents, and an index of them.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aggregator_index::{Index, Options, Passage, Report};
use tempfile::TempDir;

/// A folder with documents and, beside it, the folder of their index.
pub struct Library {
    root: TempDir,
    pub index: Index,
}

impl Library {
    /// With the documents; all of them were written an hour ago.
    pub fn of(documents: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("documents")).unwrap();
        let index = Index::open(root.path().join("index")).unwrap();
        let library = Self { root, index };
        for (name, text) in documents {
            library.write(name, text.as_bytes());
        }
        library
    }

    pub fn folder(&self) -> PathBuf {
        self.root.path().join("documents")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a document as of an hour ago.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        age(&path, 3_600);
    }

    pub fn update(&self) -> Report {
        update(&self.index, &self.folder())
    }

    /// Names of the files in which a search finds passages, best first.
    pub fn found(&self, query: &str) -> Vec<String> {
        names(&self.index.search(query, 10).unwrap())
    }
}

pub fn update(index: &Index, folder: &Path) -> Report {
    index.update(&[folder.to_owned()], &options(), |_| ControlFlow::Continue(())).unwrap()
}

/// Options that are the same on every machine: without what may be installed.
pub fn options() -> Options {
    let mut options = Options::default();
    options.pdf = aggregator_index::Pdf::Program("/nonexistent/pdftotext".into());
    options
}

/// Sets the time of modification of a file, in seconds before now.
pub fn age(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

pub fn names(passages: &[Passage]) -> Vec<String> {
    passages.iter().map(|passage| passage.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}
