//! The index: open, update, search.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::error::IndexError;
use crate::options::Options;
use crate::passage::Passage;
use crate::progress::Progress;
use crate::report::Report;
use crate::search::find::PreparedSearch;
use crate::store::generation;
use crate::store::snapshot::Snapshot;
use crate::update::update;

/// A full-text index of documents, in a folder.
///
/// Any number of threads and processes may search it while one brings it up to date: a search sees what the last
/// complete update left. A clone is another handle of the same index.
///
/// ```
/// # use std::ops::ControlFlow;
/// # use aggregator_index::{Index, Options};
/// # let root = tempfile::tempdir()?;
/// # let (documents, folder) = (root.path().join("documents"), root.path().join("index"));
/// # std::fs::create_dir(&documents)?;
/// std::fs::write(documents.join("guide.md"), "# Guide\n\n## Install\n\nRun the installer.\n")?;
/// let index = Index::open(folder)?;
/// let report = index.update(&[documents], &Options::default(), |_progress| ControlFlow::Continue(()))?;
/// assert_eq!((report.files, report.passages), (1, 1));
///
/// let found = index.search("how do I install it?", 10)?;
/// assert_eq!(found[0].full_title(), "Guide › Install");
/// assert!(found[0].url.ends_with("/guide.md#install"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    snapshot: RwLock<Option<(IndexStamp, Arc<Snapshot>)>>,
}

/// The state on disk that an open snapshot belongs to; it changes with each new generation and each commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct IndexStamp {
    root: Option<SystemTime>,
    commit: Option<(SystemTime, u64)>,
}

impl IndexStamp {
    fn read(root: &Path, generation: &generation::Generation) -> Self {
        let modified = |path: &Path| fs::metadata(path).and_then(|found| Ok((found.modified()?, found.len()))).ok();
        Self { root: modified(root).map(|(time, _)| time), commit: modified(&generation.path.join("meta.json")) }
    }
}

impl Index {
    /// Opens the index in a folder, which need not be there yet: the first [`update`](Self::update) makes it.
    ///
    /// # Errors
    /// [`IndexError::Storage`] and [`IndexError::Engine`] if there is an index that cannot be snapshot.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, IndexError> {
        let root = folder.into();
        let root = std::path::absolute(&root).map_err(IndexError::storage(&root, "opened"))?;
        let index = Self { shared: Arc::new(Shared { root, snapshot: RwLock::new(None) }) };
        match index.current() {
            Ok(_) | Err(IndexError::NotBuilt { .. }) => Ok(index),
            Err(error) => Err(error),
        }
    }

    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        &self.shared.root
    }

    /// Brings the index up to date with the files of folders: new and changed files are read, and files that are not in
    /// the folders, or no longer there, are removed. A folder may be a single file.
    ///
    /// The update calls `progress` at least before each file, and goes on while that returns `Continue`. On `Break`,
    /// what was read is kept, files that were not come to stay as they were, and the report says
    /// [`stopped`](Report::stopped). While another process brings the same index up to date, this one waits, and
    /// `Break` is [`IndexError::Busy`].
    ///
    /// Everything is changed at once, at the end: a process that is killed leaves the index as it was.
    ///
    /// # Errors
    /// [`IndexError::NoFolders`], [`IndexError::Folder`] and [`IndexError::Options`] for what was asked;
    /// [`IndexError::Busy`] if another one is at it and [`Options::wait`] is not set; [`IndexError::Storage`] and
    /// [`IndexError::Engine`] if the index cannot be written. What cannot be read of the documents is no error: it is
    /// in the report.
    pub fn update(
        &self,
        folders: &[PathBuf],
        options: &Options,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Report, IndexError> {
        update(&self.shared.root, folders, options, &mut progress)
    }

    /// The passages that answer a query best, at most `limit`, best first; at most three of one file, and one of
    /// several with the same text. Any text is a query; there is no syntax.
    ///
    /// # Errors
    /// [`IndexError::NotBuilt`] before the first update; [`IndexError::Storage`] and [`IndexError::Engine`] if the
    /// index cannot be read.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Passage>, IndexError> {
        let snapshot = self.current()?;
        PreparedSearch::new(&snapshot, text)?.run(&snapshot, limit)
    }

    /// How many passages there are.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn passages(&self) -> Result<u64, IndexError> {
        Ok(self.current()?.passages())
    }

    /// The index as it is now. It is snapshot again after a commit, of whatever process; if that fails while it is being
    /// replaced, what is open still answers.
    pub(crate) fn current(&self) -> Result<Arc<Snapshot>, IndexError> {
        let root = &self.shared.root;
        let open = self.shared.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((stamp, snapshot)) = &open
            && let Some(generation) = snapshot.generation()
            && stamp.commit.is_some()
            && *stamp == IndexStamp::read(root, generation)
        {
            return Ok(Arc::clone(snapshot));
        }
        let mut last = None;
        // An index that is replaced between two steps of opening it is looked for again.
        for _ in 0..3 {
            let generation = match generation::readable(root) {
                Ok(Some(generation)) => generation,
                Ok(None) if open.is_some() => break,
                Ok(None) => return Err(IndexError::NotBuilt { path: root.as_path().into() }),
                Err(error) => {
                    last = Some(IndexError::storage(root, "opened")(error));
                    continue;
                }
            };
            // Before it is snapshot: a commit meanwhile is seen the next time.
            let stamp = IndexStamp::read(root, &generation);
            match Snapshot::open(root, generation) {
                Ok(snapshot) => {
                    let snapshot = Arc::new(snapshot);
                    let mut slot = self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner);
                    *slot = Some((stamp, Arc::clone(&snapshot)));
                    return Ok(snapshot);
                }
                Err(error) => last = Some(error),
            }
        }
        match (open, last) {
            (Some((_, snapshot)), _) => Ok(snapshot),
            (None, Some(error)) => Err(error),
            (None, None) => Err(IndexError::NotBuilt { path: root.as_path().into() }),
        }
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("folder", &self.shared.root).finish_non_exhaustive()
    }
}
