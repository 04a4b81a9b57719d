//! The program `aggregator`: questions answered from folders of documents, offline, with citations.
//!
//! `command_line` says what can be typed and `settings` what holds; `documents` finds the documents of a call and brings their
//! index up to date; `ask`, `search`, `index`, `check` are the commands; `terminal` is what people see, and `exit` how it ends.

mod ask;
mod check;
mod command_line;
mod documents;
mod exit;
mod index;
mod interrupt;
mod place;
mod settings;
mod terminal;

use std::io::Write as _;
use std::process::ExitCode;

use aggregator_extract::{Extractive, Options};
use aggregator_index::IndexProvider;
use clap::{CommandFactory as _, Parser as _};

use ask::Question;
use command_line::{Asked, Command, CommandLine};
use documents::{Documents, Ready};
use exit::{Exit, Failure};
use interrupt::Interrupt;
use settings::{Effective, Places};

fn main() -> ExitCode {
    let exit = run(CommandLine::parse()).unwrap_or_else(|failure| {
        if failure.exit != Exit::Done {
            // Nobody reads it if this fails too.
            let _ = writeln!(anstream::stderr(), "error: {failure}");
        }
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run(CommandLine { config, command }: CommandLine) -> Result<Exit, Failure> {
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut CommandLine::command(), "aggregator", &mut script);
        std::io::stdout().write_all(&script).map_err(|error| exit::output(&error))?;
        return Ok(Exit::Done);
    }
    let usage = |error: settings::SettingsFailure| Failure::new(Exit::Usage, error);
    let places = Places::of_process().map_err(usage)?;
    let config = config.or_else(|| std::env::var_os("AGGREGATOR_CONFIG").map(Into::into));
    let settings = settings::load(config, &places, std::env::vars_os()).map_err(usage)?;
    match command {
        Command::Completions { .. } => Ok(Exit::Done),
        Command::Config => {
            let shown = settings.to_string();
            std::io::stdout().write_all(shown.as_bytes()).map_err(|error| exit::output(&error))?;
            Ok(Exit::Done)
        }
        Command::Check(named) => check::run(&named.folders, &settings),
        Command::Index(options) => {
            let documents = Documents::find(&options.documents.folders, &settings)?;
            index::run(&documents, options.all, &Interrupt::listen()?)
        }
        Command::Ask(options) => {
            let model = Extractive::with(Options::default().sentences(settings.answer.sentences));
            answer(&options.asked, &options.question, Some(model), None, settings, places)
        }
        Command::Search(options) => answer(&options.asked, &options.words, None, Some(options.limit), settings, places),
    }
}

/// Brings the index up to date and asks it.
fn answer(
    asked: &Asked,
    words: &[String],
    model: Option<Extractive>,
    limit: Option<u32>,
    settings: Effective,
    places: Places,
) -> Result<Exit, Failure> {
    let query = ask::query(words, asked, limit)?;
    let interrupt = Interrupt::listen()?;
    let documents = Documents::find(&asked.documents.folders, &settings)?;
    let Ready { index, report, took } = documents.ready(&interrupt)?;
    if report.stopped {
        return Err(Failure::new(Exit::Interrupted, format!("interrupted while indexing: {report}")));
    }
    if report.indexed > 0 || report.removed > 0 {
        let _ = writeln!(anstream::stderr(), "{report}, in {:.1} s", took.as_secs_f64());
        let _ = index::left_out(&report.skipped, report.more_skipped, false);
    }
    let provider = IndexProvider::new("documents", index);
    let question = Question { provider, model, settings: settings.engine, query, asked, here: places.here };
    ask::run(question, &interrupt)
}
