//! Measures the quality of answers: asks labelled questions through the engine, and gives what each measure of `rag-eval` says.
// Only rustdoc reads the README.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod answers;
mod ask;
mod dataset;
mod error;
mod external;
#[cfg(test)]
mod faults;
mod judge;
mod line;
mod models;
mod offline;
mod options;
mod pool;
mod retrieval;
mod score;
mod scores;
mod services;
mod setup;
mod table;

use std::io::Write;

use tokio::runtime::Runtime;

pub use error::EvalError;
pub use options::Options;

use dataset::Item;
use judge::Judge;
use line::Lines;
use pool::Pool;
use setup::{Hooks, NoHooks, Setup};
use table::Table;

/// Measures what the options name, and writes lines of JSON or a table. Notes for people go to `notes`.
///
/// # Errors
/// If a dataset cannot be read or is not valid, a question cannot be asked, or the output cannot be written.
pub fn run(options: &Options, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), EvalError> {
    if options.write_lists {
        return dataset::write_lists(options.dataset()?);
    }
    if options.lines {
        let mut lines = Lines::json(out).map_err(EvalError::Output)?;
        return measure(options, &mut lines, notes);
    }
    let mut table = Table::default();
    measure(options, &mut Lines::table(&mut table), notes)?;
    write!(out, "{table}").map_err(EvalError::Output)
}

fn measure(options: &Options, lines: &mut Lines<'_>, notes: &mut dyn Write) -> Result<(), EvalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(EvalError::Runtime)?;
    if let (Some(run), Some(qrels)) = (&options.trec_run, &options.qrels) {
        let unjudged = external::measure_trec(run, qrels, lines)?;
        if !unjudged.is_empty() {
            let names = unjudged.join(", ");
            writeln!(notes, "the qrels do not judge {} of the run's queries: {names}", unjudged.len())
                .map_err(EvalError::Output)?;
        }
        return Ok(());
    }
    let path = options.dataset()?;
    if path.join("corpus.jsonl").is_file() {
        return external::measure_beir(path, lines);
    }
    if path.is_file() && external::is_ragbench(path)? {
        return external::measure_ragbench(path, &runtime, lines);
    }
    let items = if path.is_dir() { dataset::read_folder(path)? } else { dataset::read_file(path)? };
    match &options.model_command {
        None => measure_items(&items, &NoHooks, &runtime, lines),
        Some(line) => {
            let judge = options.judge_command.as_ref().map(Judge::new);
            answers::measure(&items, &[Setup::Command(line.clone())], judge.as_ref(), &NoHooks, &runtime, lines)
        }
    }
}

/// Measures labelled questions in every way.
fn measure_items(items: &[Item], hooks: &dyn Hooks, runtime: &Runtime, lines: &mut Lines<'_>) -> Result<(), EvalError> {
    let pool = Pool::new(items)?;
    retrieval::measure(items, &pool, hooks, runtime, lines)?;
    offline::measure(items, &pool, hooks, runtime, lines)?;
    answers::measure(items, &Setup::OWN, None, hooks, runtime, lines)
}
