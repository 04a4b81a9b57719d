//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::exit;

/// Answers questions from folders of documents, offline, with citations of what it read.
#[derive(Debug, Parser)]
#[command(name = "aggregator", version, after_help = exit::HELP, max_term_width = 100)]
pub struct CommandLine {
    /// Read settings from this file [default: that of AGGREGATOR_CONFIG, or aggregator.toml here or in the user's folder of
    /// configuration]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer a question from documents, with citations
    ///
    /// The documents are indexed first, or only what changed in them since the last time. The answer is made of sentences of the
    /// documents; it says so when they do not answer the question.
    #[command(after_help = concat!(
        "Example:\n  aggregator ask --docs docs \"how is an index made anew?\"\n\n",
        "Exit codes: 0 answered, 1 not answered, 2 usage, 3 documents, 4 time or engine, 130 interrupted"
    ))]
    Ask(AskArgs),

    /// Find passages of documents, without an answer
    #[command(after_help = concat!(
        "Example:\n  aggregator search --docs docs --limit 5 exit codes\n\n",
        "Exit codes: 0 found, 1 nothing found, 2 usage, 3 documents, 4 time or engine, 130 interrupted"
    ))]
    Search(SearchArgs),

    /// Bring the index of documents up to date, and say what is in it
    #[command(after_help = concat!(
        "Example:\n  aggregator index --docs docs --docs notes.md\n\n",
        "Exit codes: 0 up to date, 2 usage, 3 documents, 130 interrupted"
    ))]
    Index(IndexArgs),

    /// Show the settings that hold, each with its origin
    #[command(
        after_help = "Example:\n  aggregator config > aggregator.toml\n\nExit codes: 0 shown, 2 the settings are wrong"
    )]
    Config,

    /// Check settings, documents and index, and say what to do where something is missing
    #[command(after_help = concat!(
        "Example:\n  aggregator check --docs docs\n\n",
        "Exit codes: 0 all is well, 2 the settings are wrong, 3 documents or index cannot be used"
    ))]
    Check(DocumentArgs),

    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  aggregator completions bash > ~/.local/share/bash-completion/completions/aggregator"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which documents.
#[derive(Debug, Clone, Default, Args)]
pub struct DocumentArgs {
    /// A folder or file of documents; may be repeated [default: `folders` of the settings]
    #[arg(long = "docs", value_name = "PATH")]
    pub folders: Vec<PathBuf>,
}

/// How a query is asked.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Print the events as lines of JSON
    #[arg(long)]
    pub json: bool,

    /// Stop after this long, like '10s' or '500ms' [default: `deadline_ms` of the settings]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub deadline: Option<Duration>,
}

/// Options of `ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    pub args: QueryArgs,

    /// The question; several words are one
    #[arg(required = true, value_name = "QUESTION")]
    pub question: Vec<String>,
}

/// Options of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    #[command(flatten)]
    pub args: QueryArgs,

    /// Most passages
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,

    /// What to search for
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
}

/// Options of `index`.
#[derive(Debug, Args)]
pub struct IndexArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Name every file that is left out, not the first ten
    #[arg(long)]
    pub all: bool,
}

/// A duration with its unit.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(number), ..) => (number, 1),
        (_, Some(number), _) => (number, 1_000),
        (.., Some(number)) => (number, 60_000),
        _ => return Err("it needs a unit: ms, s or m".into()),
    };
    let number: u64 = number.parse().map_err(|_| "it is no whole number with a unit, like 10s".to_owned())?;
    let duration = Duration::from_millis(number.saturating_mul(factor));
    match (Duration::from_millis(1)..=aggregator_core::Query::MAX_DEADLINE).contains(&duration) {
        true => Ok(duration),
        false => Err("it is not between 1ms and 60m".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        CommandLine::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        let ms = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!([ms("10s"), ms("500ms"), ms("2m")], [Ok(10_000), Ok(500), Ok(120_000)]);
        for (text, says) in
            [("10", "needs a unit"), ("x s", "whole number"), ("0s", "not between"), ("61m", "not between")]
        {
            assert!(ms(text).unwrap_err().contains(says), "{text}");
        }
    }
}
