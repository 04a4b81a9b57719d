//! The program that `cargo xtask perf load` starts.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use perf_load::Stop;

/// Put the load of a scenario on the engine, or on a server
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    options: aggregator_load::Options,
}

/// An error of the command line, the scenario or the machine.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let CommandLine { options } = CommandLine::parse();
    let stop = Stop::default();
    let stopper = stop.clone();
    let installed = ctrlc::set_handler(move || {
        if stopper.is_stopped() {
            // The first signal did not end it.
            std::process::exit(i32::from(aggregator_load::Outcome::Interrupted as u8));
        }
        stopper.stop();
    });
    if let Err(error) = installed {
        eprintln!("error: the handler for Ctrl-C cannot be installed: {error}");
        return ExitCode::from(USAGE);
    }
    match aggregator_load::run(&options, &stop, &mut io::stdout().lock()) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(USAGE)
        }
    }
}
