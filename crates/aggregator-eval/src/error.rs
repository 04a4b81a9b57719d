//! The reasons for which a measurement of quality cannot be made.

use std::io;
use std::path::{Path, PathBuf};

use aggregator_core::{BuildError, QueryError};
use aggregator_index::IndexError;
use rag_eval::lines::LineError;

/// The reason for which a measurement of quality cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// No questions are named.
    #[error("no questions are named; name a file or a folder with --dataset, or a run with --run and --qrels")]
    NoDataset,
    /// A judge has nothing to judge.
    #[error("a judge reads the answers of a real model, and none is named: see the options that begin with --model")]
    NoModel,
    /// Each call of the real model failed, so its figures say nothing.
    #[error("every call of the model failed, so the figures say nothing: {0}")]
    ModelFailed(String),
    /// A file cannot be read or written.
    #[error("{}: {error}; check that the path is right", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A file is not valid.
    #[error("{}: {error}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where, and why not.
        error: LineError,
    },
    /// A dataset does not fit together.
    #[error("{0}")]
    Dataset(String),
    /// The text of a question is no query.
    #[error("the question `{query}` cannot be asked: {error}")]
    Query {
        /// The text.
        query: String,
        /// Why not.
        error: QueryError,
    },
    /// The engine cannot be built.
    #[error("the engine cannot be built: {0}")]
    Engine(#[from] BuildError),
    /// The passages cannot be indexed or searched.
    #[error("the passages cannot be searched: {0}")]
    Index(#[from] IndexError),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// No runtime can be made.
    #[error("no runtime can be made: {0}")]
    Runtime(io::Error),
}

impl EvalError {
    /// Wraps an error about a path.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::File { path: path.to_owned(), error }
    }

    /// Wraps an error about a line of a file.
    pub(crate) fn invalid(path: &Path) -> impl FnOnce(LineError) -> Self + '_ {
        move |error| Self::Invalid { path: path.to_owned(), error }
    }
}
