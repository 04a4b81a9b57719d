//! The offline program: an index over all passages, and the extractive answerer.

use aggregator_extract::ExtractiveModel;
use aggregator_index::IndexProvider;
use rag_eval::questions::{Ability, PassageKey};
use tokio::runtime::Runtime;

use crate::ask::ask;
use crate::dataset::Item;
use crate::error::EvalError;
use crate::line::Lines;
use crate::pool::{self, Pool};
use crate::score::{POOL, Scored};
use crate::scores::{Gate, Scores};
use crate::setup::{Hooks, engine, settings};

const SETUP: &str = "offline";

/// Asks each question over the whole pool, and writes the scores by ability, domain and language.
///
/// # Errors
/// If a question cannot be asked, or the lines cannot be written.
pub fn measure(
    items: &[Item],
    pool: &Pool,
    hooks: &dyn Hooks,
    runtime: &Runtime,
    lines: &mut Lines<'_>,
) -> Result<(), EvalError> {
    for item in items {
        let Item { split, question, .. } = item;
        let provider = hooks.provider(Box::new(IndexProvider::new("passages", pool.index().clone())));
        let model = hooks.model(Box::new(ExtractiveModel::new()), question.fake_answer.as_ref());
        let engine = engine(vec![provider], Some(model), settings())?;
        let answered = ask(runtime, &engine, &question.query)?;
        let passages: Vec<Option<PassageKey>> = answered
            .sources
            .iter()
            .map(|ranked| pool::passage_at(ranked.source.url.as_str(), items))
            .map(|passage| passage.filter(|(id, _)| *id == question.id).map(|(_, key)| key))
            .collect();
        let scored = Scored {
            setup: SETUP,
            list: POOL,
            split: *split,
            question,
            answered: &answered,
            passages: &passages,
            has_answer: item.is_answerable(),
        };
        let mut scores = Scores::default();
        add(&scored, item, &mut scores);
        lines.scores(*split, &question.id, &scores).and_then(|()| lines.answer(&scored)).map_err(EvalError::Output)?;
    }
    Ok(())
}

fn add(scored: &Scored<'_>, item: &Item, scores: &mut Scores) {
    let Item { question, .. } = item;
    let gate = Gate::FailsIfLower;
    let right = scored.is_right();
    let about = match question.ability {
        Ability::Noise => "Share of right answers to questions that one passage answers.",
        Ability::Integration => "Share of answers with both parts, of which each stands in another passage.",
        Ability::Counterfactual => {
            "Share of answers with the right fact and not the wrong one, which other passages state."
        }
        Ability::Unanswerable => "Share of questions refused that no passage answers.",
    };
    scored.add_share(scores, &format!("ability/{}", question.ability), about, gate, right);
    if item.is_answerable() {
        let about = "Share of answerable questions that were not refused.";
        let facts = &scored.answered.facts;
        scored.add_share(scores, "answered", about, gate, facts.is_complete && !facts.is_refused);
        let about = "Share of answerable questions with a passage of each part of the answer among the sources.";
        scored.add_share(scores, "evidence-found", about, gate, has_evidence(scored));
    }
    for (kind, name) in [("domain", &question.domain), ("lang", &question.lang)] {
        if !name.is_empty() {
            let about = format!("Share of right answers and right refusals, {kind} {name}.");
            scored.add_share(scores, &format!("{kind}/{name}"), &about, gate, right);
        }
    }
    scored.add_citations(scores, gate);
    scored.add_trace(scores, gate);
}

/// Whether the sources have a positive passage of each group.
fn has_evidence(scored: &Scored<'_>) -> bool {
    let mut offset = 0;
    scored.question.positive.iter().all(|group| {
        let range = offset..offset + group.len();
        offset = range.end;
        scored.passages.iter().flatten().any(|key| matches!(key, PassageKey::Positive(at) if range.contains(at)))
    })
}
