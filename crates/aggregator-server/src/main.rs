//! The program `aggregator`: answers questions from folders of documents and from search services, with citations.
//!
//! `command_line` defines the arguments and `settings` the settings; `documents` finds the documents of a call and updates
//! their index, `services` makes clients of the services that the settings name, and `engine` an engine of both; `ask`, `serve`,
//! `index`, `check`, `providers` and `eval` are the commands; `watch` has the log and the spans of the server; `terminal` formats the output, and `exit` has the exit codes.

mod ask;
mod check;
mod command_line;
mod documents;
mod engine;
mod eval;
mod exit;
mod index;
mod interrupt;
mod load;
mod location;
mod providers;
mod published;
mod serve;
mod service_check;
mod services;
mod settings;
mod terminal;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use aggregator_core::event::is_unsafe_char;
use clap::{CommandFactory as _, Parser as _};

use aggregator_observe::Observer;
use ask::Question;
use command_line::{Command, CommandLine, QueryArgs};
use documents::Documents;
use engine::EngineParts;
use exit::{Exit, ProgramError};
use interrupt::Interrupt;
use settings::{ConfigFolders, EffectiveSettings};

fn main() -> ExitCode {
    let command_line = CommandLine::try_parse().unwrap_or_else(|error| {
        // It repeats the arguments. Its styles are lost with what is unsafe in these.
        if std::env::args_os().any(|argument| argument.to_string_lossy().chars().any(is_unsafe_char)) {
            terminal::note(error.render());
            std::process::exit(error.exit_code());
        }
        error.exit()
    });
    let exit = run(command_line).unwrap_or_else(|failure| {
        if failure.exit != Exit::Done {
            terminal::note(format_args!("error: {failure}"));
        }
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run(CommandLine { config, command }: CommandLine) -> Result<Exit, ProgramError> {
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut CommandLine::command(), "aggregator", &mut script);
        std::io::stdout().write_all(&script).map_err(|error| exit::output(&error))?;
        return Ok(Exit::Done);
    }
    let usage = |error: settings::ConfigError| ProgramError::new(Exit::Usage, error);
    let folders = ConfigFolders::of_process().map_err(usage)?;
    let config = config.or_else(|| std::env::var_os("AGGREGATOR_CONFIG").map(Into::into));
    let settings = settings::load(config, &folders, std::env::vars_os()).map_err(usage)?;
    match command {
        Command::Completions { .. } => Ok(Exit::Done),
        Command::Config => {
            let shown = settings.to_string();
            std::io::stdout().write_all(shown.as_bytes()).map_err(|error| exit::output(&error))?;
            Ok(Exit::Done)
        }
        Command::Check(options) => check::run(&options, &settings),
        Command::Providers => providers::run(&settings),
        Command::Serve(options) => serve::run(&options, &settings),
        Command::Demo(options) => serve::demo(&options),
        Command::Eval(options) => eval::run(&options, &settings),
        Command::Load(options) => load::run(&options),
        Command::Index(options) => {
            let documents = Documents::find(&options.documents.folders, &settings)?;
            index::run(&documents, options.all, &Interrupt::listen()?)
        }
        Command::Ask(options) => {
            let answers = Some(options.model.as_deref());
            answer(&options.args, &options.question, answers, None, &settings, folders)
        }
        Command::Search(options) => {
            let mut settings = settings;
            // As many as are to be listed.
            settings.engine.max_hits = settings.engine.max_hits.max(options.limit);
            answer(&options.args, &options.words, None, Some(options.limit), &settings, folders)
        }
    }
}

/// Runs a query; `answers` is the name of the model, if one is named, for a query with an answer.
fn answer(
    args: &QueryArgs,
    words: &[String],
    answers: Option<Option<&str>>,
    limit: Option<u32>,
    settings: &EffectiveSettings,
    folders: ConfigFolders,
) -> Result<Exit, ProgramError> {
    let query = ask::query(words, args, limit)?;
    let interrupt = Interrupt::listen()?;
    let parts = EngineParts::gather(&args.documents, args.offline, false, settings, Observer::new(), &interrupt)?;
    let engine = match answers {
        None => parts.engine(None)?,
        Some(named) => parts.engine(Some(parts.model(named)?))?,
    };
    ask::run(&engine, Question { query, answers: answers.is_some(), args, here: folders.here }, &interrupt)
}
