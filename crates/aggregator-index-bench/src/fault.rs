//! What can be wrong with what is measured, planted on purpose.

/// A fault between the index and a case, which a row of the case has to show. Only tests plant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One file of the folder is not indexed.
    SkippedFile,
    /// Each document is stored twice.
    StoredTwice,
    /// Files that did not change are read again.
    ReadAgain,
    /// What is read is kept in memory until the end.
    KeptInMemory,
    /// A passage is lost: of what was found the best.
    LostPassage,
    /// What was found comes in the reverse order.
    ReverseOrder,
    /// Each passage that was found is copied once more.
    CopiedPassage,
    /// The last sentence of an answer is lost, and one is made up where no passage answers the question.
    WorseAnswers,
}
