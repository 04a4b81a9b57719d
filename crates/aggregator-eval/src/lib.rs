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
use std::sync::Arc;

use aggregator_core::LanguageModel;
use tokio::runtime::Runtime;

pub use error::EvalError;
pub use judge::Judge;
pub use options::Options;

use answers::Failures;
use dataset::Item;
use line::Lines;
use models::CommandModel;
use pool::Pool;
use setup::{Hooks, NoHooks, Setup};
use table::Table;

/// A real model that is measured, and what judges its answers. Without a model, those of the project are measured.
#[derive(Default)]
pub struct RealModel {
    /// The model.
    pub model: Option<Arc<dyn LanguageModel>>,
    /// The judge; of the answers of a real model only.
    pub judge: Option<Judge>,
}

impl RealModel {
    /// The programs that the options name.
    pub fn of_commands(options: &Options) -> Self {
        let model = options.model_command.as_deref().map(|line| Arc::new(CommandModel::new(line)) as Arc<_>);
        Self { model, judge: options.judge_command.as_deref().map(Judge::of_command) }
    }
}

/// Measures what the options name, and writes lines of JSON or a table. Notes for people go to `notes`.
///
/// # Errors
/// If a dataset cannot be read or is not valid, a question cannot be asked, or the output cannot be written.
pub fn run(options: &Options, real: &RealModel, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), EvalError> {
    if real.judge.is_some() && real.model.is_none() {
        return Err(EvalError::NoModel);
    }
    if options.write_lists {
        return dataset::write_lists(options.dataset()?);
    }
    if options.lines {
        let mut lines = Lines::json(out).map_err(EvalError::Output)?;
        return measure(options, real, &mut lines, notes);
    }
    let mut table = Table::default();
    let measured = measure(options, real, &mut Lines::table(&mut table), notes);
    if !matches!(measured, Ok(()) | Err(EvalError::ModelFailed(_))) {
        return measured;
    }
    write!(out, "{table}").map_err(EvalError::Output)?;
    measured
}

fn measure(options: &Options, real: &RealModel, lines: &mut Lines<'_>, notes: &mut dyn Write) -> Result<(), EvalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(EvalError::Runtime)?;
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
    match &real.model {
        None => measure_items(&items, &NoHooks, &runtime, lines),
        Some(model) => {
            let setups = [Setup::Real(Arc::clone(model))];
            let failures = answers::measure(&items, &setups, real.judge.as_ref(), &NoHooks, &runtime, lines)?;
            let Failures { calls, failed, last } = failures;
            if failed > 0 {
                let what = format!("{failed} of {calls} answers failed, and count as wrong; the last one: {last}");
                writeln!(notes, "{what}").map_err(EvalError::Output)?;
            }
            if failed == calls && calls > 0 { Err(EvalError::ModelFailed(last)) } else { Ok(()) }
        }
    }
}

/// Measures labelled questions in every way.
fn measure_items(items: &[Item], hooks: &dyn Hooks, runtime: &Runtime, lines: &mut Lines<'_>) -> Result<(), EvalError> {
    let pool = Pool::new(items)?;
    retrieval::measure(items, &pool, hooks, runtime, lines)?;
    offline::measure(items, &pool, hooks, runtime, lines)?;
    answers::measure(items, &Setup::OWN, None, hooks, runtime, lines).map(drop)
}
