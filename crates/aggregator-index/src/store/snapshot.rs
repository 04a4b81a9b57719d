//! An open index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aggregator_words::Language;
use tantivy::columnar::{BytesColumn, Column};
use tantivy::schema::Term;
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{DocAddress, ReloadPolicy, Searcher};

use crate::error::IndexError;
use crate::store::generation::Generation;
use crate::store::manifest::{self, Entry};
use crate::store::read_directory::ReadDirectory;
use crate::store::schema::{Fields, LINE, ORDER, ORDINAL_BITS, PASSAGE_OF, bytes_path};
use crate::store::tokenizer::{NAME, WordTokenizer};
use crate::store::writer::Writer;

/// A snapshot of an index: later commits do not change its results.
pub(crate) struct Snapshot {
    root: PathBuf,
    generation: Option<Generation>,
    /// The folder of its files.
    folder: PathBuf,
    index: tantivy::Index,
    searcher: Searcher,
    fields: Fields,
    /// The languages of passages and how many are in each, the most frequent first.
    languages: Vec<(Language, u64)>,
    passages: u64,
    /// The columns of each segment.
    columns: Vec<Columns>,
}

/// The stored columns of the passages of a segment.
struct Columns {
    paths: Option<BytesColumn>,
    order: Column<u64>,
    line: Column<u64>,
}

/// The position of a passage; ordered by path, then ordinal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) path: PathBuf,
    pub(crate) ordinal: u32,
    pub(crate) line: u32,
}

impl Snapshot {
    /// Creates an empty index in the folder of an unpublished generation.
    pub(crate) fn create(root: &Path, folder: &Path) -> Result<Self, IndexError> {
        let failed = || IndexError::engine(root, "created");
        let index = tantivy::Index::create_in_dir(folder, Fields::schema().0).map_err(failed())?;
        Self::load(root, None, folder.to_owned(), index)
    }

    pub(crate) fn open(root: &Path, generation: Generation) -> Result<Self, IndexError> {
        let failed = || IndexError::engine(root, "opened");
        let index = tantivy::Index::open_in_dir(&generation.path).map_err(failed())?;
        let folder = generation.path.clone();
        Self::load(root, Some(generation), folder, index)
    }

    fn load(
        root: &Path,
        generation: Option<Generation>,
        folder: PathBuf,
        index: tantivy::Index,
    ) -> Result<Self, IndexError> {
        index.tokenizers().register(NAME, TextAnalyzer::from(WordTokenizer));
        let failed = || IndexError::engine(root, "opened");
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed())?;
        let searcher = reader.searcher();
        let fields = Fields::schema().1;
        let mut languages = Vec::new();
        for &language in Language::ALL {
            let term = Term::from_field_text(fields.language, language.code());
            let count = searcher.doc_freq(&term).map_err(failed())?;
            if count > 0 {
                languages.push((language, count));
            }
        }
        languages.sort_by_key(|&(language, count)| (std::cmp::Reverse(count), language));
        let mut passages = 0;
        let mut columns = Vec::new();
        for segment in searcher.segment_readers() {
            let fast = segment.fast_fields();
            let paths = fast.bytes(PASSAGE_OF).map_err(failed())?;
            if let Some(paths) = &paths {
                let is_passage = |&doc: &u32| paths.ords().first(doc).is_some();
                passages += segment.doc_ids_alive().filter(is_passage).count() as u64;
            }
            let (order, line) = (fast.u64(ORDER).map_err(failed())?, fast.u64(LINE).map_err(failed())?);
            columns.push(Columns { paths, order, line });
        }
        Ok(Self { root: root.to_owned(), generation, folder, index, searcher, fields, languages, passages, columns })
    }

    /// A snapshot of the last commit of the same index.
    pub(crate) fn reloaded(&self) -> Result<Self, IndexError> {
        Self::load(&self.root, self.generation.clone(), self.folder.clone(), self.index.clone())
    }

    /// The generation, if it is published.
    pub(crate) fn generation(&self) -> Option<&Generation> {
        self.generation.as_ref()
    }

    pub(crate) fn manifest(&self) -> Result<BTreeMap<Vec<u8>, Entry>, IndexError> {
        manifest::load(&self.searcher).map_err(IndexError::engine(&self.root, "read"))
    }

    pub(crate) fn writer(&self) -> Result<Writer, IndexError> {
        let failed = || IndexError::engine(&self.root, "opened for writing");
        let directory = ReadDirectory::open(&self.folder).map_err(|error| failed()(error.into()))?;
        let index = tantivy::Index::open(directory).map_err(failed())?;
        index.tokenizers().register(NAME, TextAnalyzer::from(WordTokenizer));
        Writer::new(&index, self.fields, &self.root, &self.folder)
    }

    /// The position of a passage.
    pub(crate) fn position(&self, at: DocAddress) -> tantivy::Result<Position> {
        let columns = &self.columns[at.segment_ord as usize];
        let mut path = Vec::new();
        if let Some(paths) = &columns.paths
            && let Some(ord) = paths.term_ords(at.doc_id).next()
        {
            paths.ord_to_bytes(ord, &mut path)?;
        }
        let ordinal = columns.order.first(at.doc_id).unwrap_or(0) & ((1 << ORDINAL_BITS) - 1);
        let line = columns.line.first(at.doc_id).unwrap_or(1);
        Ok(Position { path: bytes_path(&path), ordinal: ordinal as u32, line: line as u32 })
    }

    pub(crate) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    pub(crate) fn fields(&self) -> Fields {
        self.fields
    }

    pub(crate) fn languages(&self) -> &[(Language, u64)] {
        &self.languages
    }

    pub(crate) fn passages(&self) -> u64 {
        self.passages
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}
