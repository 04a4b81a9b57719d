//! The command line: commands, options and their help.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::watch::{LogFormat, LogLevel, LogSettings};

/// Answer questions from folders of documents and from search services, with citations of the passages used
///
/// The documents are indexed before the first question. Before later ones, only changed files are indexed again. Search services
/// and language models are asked if the settings name them; without any, nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(
    name = "aggregator",
    version,
    after_long_help = concat!(
        "Exit codes:\n",
        "    0  answered, found or done\n",
        "    1  nothing found, or no passage answers the question\n",
        "    2  the command line or the settings are wrong\n",
        "    3  documents or index cannot be read or written\n",
        "    4  the deadline passed, or the engine failed; partial output is printed\n",
        "  130  interrupted; partial output is printed\n\n",
        "Example:\n  aggregator ask --docs docs \"how is an index rebuilt?\""
    ),
    max_term_width = 100
)]
pub struct CommandLine {
    /// Read settings from this file [default: the file that AGGREGATOR_CONFIG names, else aggregator.toml here, else in the
    /// user's configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

/// A command of `aggregator`, with its options.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer a question from documents and search services, with citations
    ///
    /// Indexes the documents first, or only what changed since the last time. The answer is that of a model of the settings, or
    /// without one consists of sentences of the sources. If they do not answer the question, the output says so and lists the
    /// closest passages.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  answered\n",
        "    1  not answered\n",
        "    2  the command line or the settings are wrong\n",
        "    3  documents or index cannot be read or written\n",
        "    4  the deadline passed, or the engine failed; partial output is printed\n",
        "  130  interrupted; partial output is printed\n\n",
        "Example:\n  aggregator ask --docs docs \"how is an index rebuilt?\""
    ))]
    Ask(AskArgs),

    /// Find passages of documents and search services, without an answer
    ///
    /// Indexes the documents first, or only what changed since the last time. Passages are listed by rank.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  found\n",
        "    1  nothing found\n",
        "    2  the command line or the settings are wrong\n",
        "    3  documents or index cannot be read or written\n",
        "    4  the deadline passed, or the engine failed; partial output is printed\n",
        "  130  interrupted; partial output is printed\n\n",
        "Example:\n  aggregator search --docs docs --limit 5 exit codes"
    ))]
    Search(SearchArgs),

    /// Update the index of documents, and report what is in it
    ///
    /// Files that cannot be read are left out and named.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  the index is up to date\n",
        "    2  the command line or the settings are wrong\n",
        "    3  documents or index cannot be read or written\n",
        "  130  interrupted; the next call continues\n\n",
        "Example:\n  aggregator index --docs docs --docs notes.md"
    ))]
    Index(IndexArgs),

    /// Measure the quality of answers to labelled questions
    ///
    /// Questions are a file of RGB or RAGBench, or a folder of BEIR; a TREC run is judged by its qrels. The answers are those of the
    /// offline answerer, or of a real model: one of the settings, or a program. What each figure means stands beside it.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  measured\n",
        "    2  the command line or the settings are wrong, or a key is missing\n",
        "    3  a dataset cannot be read or is not valid, or the output cannot be written\n",
        "    4  every call of the model failed\n\n",
        "Example:\n  aggregator eval --dataset en_refine.json --model gpt --judge claude"
    ))]
    Eval(EvalArgs),

    /// Answer over HTTP: events, chat completions for OpenAI's clients, search
    ///
    /// Indexes the documents first. Ctrl-C ends it: no query is begun any more, and each stream gets its last event.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  ended by a signal\n",
        "    2  the command line or the settings are wrong, a key is missing, or the address is taken\n",
        "    3  documents or index cannot be read or written\n\n",
        "Example:\n  aggregator serve --docs docs"
    ))]
    Serve(ServeArgs),

    /// Serve made-up services and a made-up model, to try clients with
    ///
    /// Nothing is configured and nothing is asked. Each model is a scenario: `typical`, `standard`, `degraded`, `rate-limited`,
    /// `heavy-tail`, and `broken`, which fails in the middle of its answers.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  ended by a signal\n",
        "    2  the command line is wrong, or the address is taken\n\n",
        "Example:\n  aggregator demo --listen 127.0.0.1:8080"
    ))]
    Demo(DemoArgs),

    /// Put load on a server, or on mocks in this program: users or arrivals from a scenario, honest latencies, a verdict
    ///
    /// Any server with OpenAI's streamed chat completions can be loaded. Ctrl-C ends the run with a report of the part that ran.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  all thresholds of the scenario are met\n",
        "    1  a threshold is not met\n",
        "    2  the command line, the scenario or the address is wrong, or a file cannot be written\n",
        "    4  a threshold could not be judged, such as for too few requests\n",
        "  130  interrupted\n\n",
        "Example:\n",
        "  aggregator load http://127.0.0.1:8080\n",
        "  aggregator load http://127.0.0.1:8080 --scenario users.toml --find-limit 10..1000\n",
        "  aggregator load https://llm.example.org/v1/chat/completions --model small --key LLM_KEY"
    ))]
    Load(aggregator_load::Options),

    /// Print the effective settings, each with its origin
    ///
    /// The output is a valid file of settings.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  printed\n",
        "    2  the command line or the settings are wrong\n\n",
        "Example:\n  aggregator config > aggregator.toml"
    ))]
    Config,

    /// Check settings, documents, index and services, and say how to fix what is wrong
    ///
    /// Each search service is asked for one result and each model for a few words, which may cost a fraction of a cent. Nothing is
    /// written.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  no problem\n",
        "    2  the command line or the settings are wrong, or a key is missing\n",
        "    3  documents or index cannot be read\n",
        "    4  a service does not answer as it should\n\n",
        "Example:\n  aggregator check --docs docs"
    ))]
    Check(CheckArgs),

    /// List search services and models of the settings, with their limits and prices
    ///
    /// Nothing is asked; `aggregator check` does that.
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  listed\n",
        "    2  the command line or the settings are wrong, or a key is missing\n\n",
        "Example:\n  aggregator providers"
    ))]
    Providers,

    /// Print a completion script for a shell
    #[command(after_long_help = concat!(
        "Exit codes:\n",
        "    0  printed\n",
        "    2  the command line is wrong\n\n",
        "Example:\n  aggregator completions bash > ~/.local/share/bash-completion/completions/aggregator"
    ))]
    Completions {
        /// Shell of the script
        shell: clap_complete::Shell,
    },
}

/// The documents of a command.
#[derive(Debug, Clone, Default, Args)]
pub struct DocumentArgs {
    /// Folder or file of documents; may be repeated [default: `folders` of the settings]
    #[arg(long = "docs", value_name = "PATH")]
    pub folders: Vec<PathBuf>,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Ask no service
    #[arg(long)]
    pub offline: bool,
}

/// Options that `ask` and `search` have in common.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Ask no service: only documents are searched, and the answer consists of their sentences
    #[arg(long)]
    pub offline: bool,

    /// Print the events as lines of JSON [default: text]
    #[arg(long)]
    pub json: bool,

    /// Maximum time for the query, from 1ms to 60m, like 10s or 500ms [default: `deadline_ms` of the settings]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub deadline: Option<Duration>,
}

/// Options of `ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    pub args: QueryArgs,

    /// Model that answers: the NAME of a section `models.NAME` of the settings, or `extractive` for sentences of the sources
    /// [default: `model` of the section `answer`, or the only one there is]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,

    /// The question; several words are joined with spaces
    #[arg(required = true, value_name = "QUESTION")]
    pub question: Vec<String>,
}

/// Options of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    #[command(flatten)]
    pub options: aggregator_eval::Options,

    /// Measure a real model instead: the NAME of a section `models.NAME` of the settings
    #[arg(long, value_name = "NAME", conflicts_with = "model_command")]
    pub model: Option<String>,

    /// Ask a model about the answers of a real model: the NAME of a section `models.NAME` of the settings
    #[arg(long, value_name = "NAME", conflicts_with = "judge_command")]
    pub judge: Option<String>,
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Ask no service: only documents are searched, and answers consist of their sentences
    #[arg(long)]
    pub offline: bool,

    /// Address to listen at [default: `listen` of the section `server`, 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    #[command(flatten)]
    pub log: LogArgs,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Address to listen at [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    #[command(flatten)]
    pub log: LogArgs,
}

/// Options of the log of a server.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Form of the log on standard error: text or json [default: `format` of the section `log`, text]
    #[arg(long = "log", value_name = "FORMAT", hide_possible_values = true, value_enum)]
    pub format: Option<LogFormat>,

    /// Least important lines that are written: off, error, warn, info or debug [default: `level` of the section `log`, info]
    #[arg(long = "log-level", value_name = "LEVEL", hide_possible_values = true, value_enum)]
    pub level: Option<LogLevel>,
}

impl LogArgs {
    /// The settings, with what the command line says over them.
    pub fn over(&self, settings: LogSettings) -> LogSettings {
        let (format, level) = (self.format.unwrap_or(settings.format), self.level.unwrap_or(settings.level));
        LogSettings { format, level, ..settings }
    }
}

/// Options of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    #[command(flatten)]
    pub args: QueryArgs,

    /// Maximum number of passages, from 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,

    /// Words to search for
    #[arg(required = true, value_name = "WORDS")]
    pub words: Vec<String>,
}

/// Options of `index`.
#[derive(Debug, Args)]
pub struct IndexArgs {
    #[command(flatten)]
    pub documents: DocumentArgs,

    /// Name every file that is left out [default: the first 10]
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
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_help_has_exit_codes_and_an_example_and_fits() {
        let mut command = CommandLine::command().term_width(100);
        command.build();
        let all = std::iter::once(&command).chain(command.get_subcommands().filter(|sub| sub.get_name() != "help"));
        for command in all {
            let mut command = command.clone();
            let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
            insta::assert_snapshot!(format!("help_{}", command.get_name()), long);
            assert!(long.contains("\nExit codes:\n") && long.contains("\nExample:\n  aggregator "), "{long}");
            assert!(!short.contains("Exit codes") && short.lines().count() < 45, "{short}");
            let wide: Vec<&str> = long.lines().filter(|line| line.chars().count() > 100).collect();
            assert!(wide.is_empty(), "{wide:#?}");
        }
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
