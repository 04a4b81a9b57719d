//! Changes of an index, which one commit makes all at once.

use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aggregator_documents::{DocumentKind, ParsedPassage};
use aggregator_words::Language;
use siphasher::sip::SipHasher13;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::{IndexWriter, TantivyDocument, Term};

use crate::error::IndexError;
use crate::files::kind::kind_of;
use crate::store::manifest::Entry;
use crate::store::merging::BoundedMergePolicy;
use crate::store::queue::{Queue, QueuedDocument};
use crate::store::schema::{Fields, HEADING_SEPARATOR, ORDINAL_BITS, SEPARATOR, path_bytes};
use crate::store::tokenizer::with_language;

/// Memory for postings before they are written to a segment, in bytes. It decides what an update needs at its peak, and is
/// near the minimum of the engine: it makes segments of some 1.6 MB of text, which are merged afterwards. Twice as
/// much saves a third of the time.
const HEAP: usize = 16 * 1_024 * 1_024;

pub(crate) struct Writer {
    writer: IndexWriter<QueuedDocument>,
    queue: Arc<Queue>,
    fields: Fields,
    root: PathBuf,
    /// The folder of the index files.
    folder: PathBuf,
}

impl Writer {
    pub(crate) fn new(index: &tantivy::Index, fields: Fields, root: &Path, folder: &Path) -> Result<Self, IndexError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(HEAP)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter<QueuedDocument> =
            index.writer_with_options(options).map_err(IndexError::engine(root, "opened for writing"))?;
        // A process that was killed between writing which passages are removed and committing that has left a file whose
        // name is given again, as operations are counted from the last commit; the engine would refuse to write it.
        writer.garbage_collect_files().wait().map_err(IndexError::engine(root, "tidied"))?;
        // While documents are written nothing is merged: that would need its memory beside the heap.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { writer, queue: Arc::default(), fields, root: root.to_owned(), folder: folder.to_owned() })
    }

    /// Removes a file and its passages.
    pub(crate) fn remove(&self, path: &[u8]) {
        self.writer.delete_term(Term::from_field_bytes(self.fields.passage_of, path));
        self.forget(path);
    }

    /// Removes what is known of a file, and keeps its passages.
    pub(crate) fn forget(&self, path: &[u8]) {
        self.writer.delete_term(Term::from_field_bytes(self.fields.file, path));
    }

    /// Adds what is known of a file.
    pub(crate) fn record(&self, path: &[u8], entry: &Entry) -> Result<(), IndexError> {
        let fields = &self.fields;
        let mut document = TantivyDocument::default();
        document.add_bytes(fields.file, path);
        document.add_u64(fields.size, entry.stamp.size);
        document.add_i64(fields.modified, entry.stamp.modified);
        document.add_u64(fields.hash_high, (entry.hash >> 64) as u64);
        document.add_u64(fields.hash_low, entry.hash as u64);
        document.add_i64(fields.read, entry.read);
        self.add(document, path.len())
    }

    /// Adds a passage, the `ordinal`th of its file.
    pub(crate) fn passage(
        &self,
        path: &Path,
        ordinal: u64,
        piece: &ParsedPassage,
        language: Language,
    ) -> Result<(), IndexError> {
        let fields = &self.fields;
        let mut document = TantivyDocument::default();
        document.add_text(fields.body, with_language(language, &piece.text));
        document.add_text(fields.head, with_language(language, &head(path, piece)));
        document.add_text(fields.language, language.code());
        if let Some(anchor) = &piece.anchor {
            document.add_text(fields.anchor, anchor);
        }
        document.add_u64(fields.program, u64::from(kind_of(path) == Some(DocumentKind::Source)));
        let path = path_bytes(path);
        document.add_bytes(fields.passage_of, path);
        document.add_u64(fields.line, u64::from(piece.line));
        document.add_u64(fields.order, order(path, ordinal));
        self.add(document, piece.text.len() + path.len())
    }

    fn add(&self, document: TantivyDocument, bytes: usize) -> Result<(), IndexError> {
        self.writer
            .add_document(self.queue.admit(document, bytes))
            .map(drop)
            .map_err(IndexError::engine(&self.root, "written"))
    }

    /// Makes all changes at once; merging ends before it returns, so that no thread is left.
    pub(crate) fn commit(mut self) -> Result<(), IndexError> {
        // Committing considers what to merge.
        self.writer.set_merge_policy(Box::new(BoundedMergePolicy::new(&self.folder)));
        self.writer.commit().map_err(IndexError::engine(&self.root, "written"))?;
        self.writer.wait_merging_threads().map_err(IndexError::engine(&self.root, "merged"))
    }

    /// The error that ended the writing thread, when [`add`](Self::passage) only says that it ended.
    pub(crate) fn cause(mut self, error: IndexError) -> IndexError {
        match self.writer.prepare_commit() {
            Ok(prepared) => {
                let _ = prepared.abort();
                error
            }
            Err(cause) => match IndexError::engine(&self.root, "written")(cause) {
                cause @ IndexError::Storage { .. } => cause,
                _ => error,
            },
        }
    }
}

fn head(path: &Path, piece: &ParsedPassage) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut head = String::new();
    head.push_str(piece.title.as_deref().unwrap_or_default());
    head.push(SEPARATOR);
    for (index, heading) in piece.headings.iter().enumerate() {
        if index > 0 {
            head.push(HEADING_SEPARATOR);
        }
        head.push_str(heading);
    }
    head.push(SEPARATOR);
    head.extend(name.chars().filter(|c| !c.is_control()));
    head
}

fn order(path: &[u8], ordinal: u64) -> u64 {
    let mut digest = SipHasher13::new();
    digest.write(path);
    let low = (1 << ORDINAL_BITS) - 1;
    digest.finish() & !low | ordinal.min(low)
}
