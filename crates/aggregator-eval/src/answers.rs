//! Answers of several models to lists of passages: RGB's abilities, citations, TRACe.

use rag_eval::questions::PassageKey;
use tokio::runtime::Runtime;

use crate::ask::ask;
use crate::dataset::Item;
use crate::error::EvalError;
use crate::judge::Judge;
use crate::line::Lines;
use crate::models::WorstCase;
use crate::score::Scored;
use crate::scores::{Gate, Scores};
use crate::setup::{FixedProvider, Hooks, Setup, engine, passage_at, settings};

/// How many calls of a real model failed.
#[derive(Debug, Default)]
pub struct Failures {
    /// Calls.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
    /// Why the last one failed.
    pub last: String,
}

/// Asks each question with each of its lists, and writes the scores. Those of the worst case are shown: they tell what the
/// engine does not prevent. Those of a real model are shown, because they do not repeat. A judge is asked about the latter only.
///
/// # Errors
/// If a question cannot be asked, or the lines cannot be written.
pub fn measure(
    items: &[Item],
    setups: &[Setup],
    judge: Option<&Judge>,
    hooks: &dyn Hooks,
    runtime: &Runtime,
    lines: &mut Lines<'_>,
) -> Result<Failures, EvalError> {
    let mut failures = Failures::default();
    for setup in setups {
        let gate = match setup {
            Setup::Extractive | Setup::Obedient => Gate::FailsIfLower,
            Setup::WorstCase | Setup::Real(_) => Gate::Shown,
        };
        for Item { split, question, lists } in items {
            let mut scores = Scores::default();
            for (list, keys) in lists {
                let provider = Box::new(FixedProvider::of_passages(question, keys));
                let model = hooks.model(setup.model(question), question.fake_answer.as_ref());
                let engine = engine(vec![hooks.provider(provider)], Some(model), settings())?;
                let answered = ask(runtime, &engine, &question.query)?;
                let passages: Vec<Option<PassageKey>> =
                    answered.sources.iter().map(|ranked| passage_at(ranked.source.url.as_str())).collect();
                let has_answer = keys.iter().any(|key| matches!(key, PassageKey::Positive(_)));
                let scored = Scored {
                    has_answer,
                    setup: setup.name(),
                    list,
                    split: *split,
                    question,
                    answered: &answered,
                    passages: &passages,
                };
                scored.add_all(&mut scores, gate);
                match setup {
                    Setup::Extractive => lines.answer(&scored).map_err(EvalError::Output)?,
                    Setup::Obedient => {}
                    Setup::WorstCase => add_invented(&scored, &mut scores),
                    Setup::Real(_) => {
                        failures.calls += 1;
                        if let Some(why) = &answered.failure {
                            failures.failed += 1;
                            failures.last.clone_from(why);
                        }
                        lines.answer(&scored).map_err(EvalError::Output)?;
                        if let Some(judge) = judge.filter(|_| has_answer) {
                            judge.add(&scored, runtime, &mut scores);
                        }
                    }
                }
            }
            lines.scores(*split, &question.id, &scores).map_err(EvalError::Output)?;
        }
    }
    Ok(failures)
}

/// Adds whether the engine removed the citation that the worst case invents.
fn add_invented(scored: &Scored<'_>, scores: &mut Scores) {
    let about = "Share of answers that keep no citation of a source that does not exist.";
    let invented = format!("[{}]", WorstCase::invented(scored.answered.sources.len()));
    let answered = scored.answered;
    let keeps_none =
        answered.facts.is_complete && answered.invalid_citations == 1 && !answered.text.contains(&invented);
    scored.add_share(scores, "no-invented-citation", about, Gate::FailsIfLower, keeps_none);
}
