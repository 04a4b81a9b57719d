//! The options of a measurement of quality, for the command lines that offer it.

use std::path::{Path, PathBuf};

use crate::error::EvalError;

/// What is measured, and how it is printed.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Questions: a file of RGB or RAGBench, a folder of BEIR, or a folder with `tuning` and `held-out`
    #[arg(long, value_name = "PATH", conflicts_with = "trec_run")]
    pub dataset: Option<PathBuf>,

    /// Judge a TREC run file instead; needs --qrels
    #[arg(long = "run", value_name = "FILE", requires = "qrels")]
    pub trec_run: Option<PathBuf>,

    /// The judgements of --run
    #[arg(long, value_name = "FILE", requires = "trec_run")]
    pub qrels: Option<PathBuf>,

    /// Measure a real model instead: a command line that reads a prompt and writes the answer, once a question
    #[arg(long, value_name = "COMMAND")]
    pub model_command: Option<String>,

    /// Ask a judge about the answers of a real model: a command line that reads a question with its right answer and an
    /// answer, and writes RIGHT or WRONG
    #[arg(long, value_name = "COMMAND")]
    pub judge_command: Option<String>,

    /// Print the score of each question as lines of JSON [default: a table]
    #[arg(long)]
    pub lines: bool,

    /// Mix the lists of passages of a folder anew, and store them
    #[arg(long, hide = true)]
    pub write_lists: bool,
}

impl Options {
    /// The dataset.
    ///
    /// # Errors
    /// If none is named.
    pub(crate) fn dataset(&self) -> Result<&Path, EvalError> {
        self.dataset.as_deref().ok_or(EvalError::NoDataset)
    }
}
