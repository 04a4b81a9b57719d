//! Faults planted by the tests.

/// A fault planted between the index and a case, which has to fail a row of the case. Only tests plant faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One file of the folder is not indexed.
    SkippedFile,
    /// Each document is indexed twice.
    DuplicateDocuments,
    /// Unchanged files are read again.
    RereadFiles,
    /// Memory is retained until the end of the operation.
    RetainedMemory,
    /// A passage is lost: the last of a document, or the best search result.
    LostPassage,
    /// Search results are in reverse order.
    ReverseOrder,
    /// Each passage is copied once more.
    CopiedPassage,
    /// An answer loses its last sentence, and a question without an answer gets an invented one.
    DegradedAnswers,
}
