//! All passages of a dataset as documents of one index.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use aggregator_index::{Index, Options};
use rag_eval::questions::PassageKey;
use tempfile::TempDir;

use crate::dataset::Item;
use crate::error::EvalError;

/// An index of all passages, each a document of its own. Its folder is removed when it is dropped.
#[derive(Debug)]
pub struct Pool {
    index: Index,
    _folder: TempDir,
}

/// A passage of a pool: its question, and which of its passages it is.
pub type PooledPassage = (String, PassageKey);

impl Pool {
    /// Indexes the passages of all questions.
    ///
    /// # Errors
    /// If they cannot be written or indexed.
    pub fn new(items: &[Item]) -> Result<Self, EvalError> {
        let mut documents = BTreeMap::new();
        for (number, item) in items.iter().enumerate() {
            for (key, text) in item.question.passages() {
                documents.insert(format!("{number}/{key}.txt"), text);
            }
        }
        Self::of_documents(documents)
    }

    /// Indexes documents by path and text.
    ///
    /// # Errors
    /// If they cannot be written or indexed.
    pub fn of_documents<'a>(documents: impl IntoIterator<Item = (String, &'a str)>) -> Result<Self, EvalError> {
        let folder = tempfile::tempdir().map_err(EvalError::file(Path::new("a temporary folder")))?;
        let docs = folder.path().join("docs");
        for (path, text) in documents {
            let path = docs.join(path);
            let parent = path.parent().unwrap_or(&docs);
            fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(EvalError::file(&path))?;
        }
        let index = Index::open(folder.path().join("index"))?;
        index.update(&[docs], &Options::default(), |_| ControlFlow::Continue(()))?;
        Ok(Self { index, _folder: folder })
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }
}

/// The passage at an address of the index; `None` if it is none of the items'.
pub fn passage_at(url: &str, items: &[Item]) -> Option<PooledPassage> {
    let path = url.split('#').next()?.strip_suffix(".txt")?;
    let mut parts = path.rsplit('/');
    let key = parts.next()?.parse().ok()?;
    let item = items.get(parts.next()?.parse::<usize>().ok()?)?;
    Some((item.question.id.clone(), key))
}
