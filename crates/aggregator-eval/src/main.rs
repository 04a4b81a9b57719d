//! The program that `cargo xtask perf quality` starts.

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::Parser;

/// Measure the quality of answers to labelled questions
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    options: aggregator_eval::Options,
}

fn main() -> ExitCode {
    let CommandLine { mut options } = CommandLine::parse();
    if options.trec_run.is_none() {
        // The project's own questions, from the root of its workspace.
        options.dataset.get_or_insert_with(|| "benches-data/quality".into());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let result =
        aggregator_eval::run(&options, &aggregator_eval::RealModel::of_commands(&options), &mut out, &mut io::stderr())
            .and_then(|()| out.flush().map_err(aggregator_eval::EvalError::Output));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
