//! What merging several rankings, and choosing from one, is worth.

use std::collections::BTreeSet;

use super::judgements::Judgements;
use super::means::{Qrels, Run, mean};
use super::ranking::Ranking;

/// The mean nDCG@10 of a merged run minus that of the best single provider, in -1..=1; above 0 merging is worth its
/// cost.
///
/// The best provider is the one with the highest mean over all judged queries, not the best one of each query, which the
/// caller cannot tell without the judgements. A query that a provider did not answer counts 0 for it ([`mean`]).
///
/// `None` without a provider or without a judged query. The definition is ours.
pub fn fusion_gain<'a>(merged: &Run, providers: impl IntoIterator<Item = &'a Run>, qrels: &Qrels) -> Option<f64> {
    let ndcg = |run: &Run| mean(run, qrels, |ranking, judgements| ranking.ndcg(judgements, 10));
    let best = providers.into_iter().filter_map(ndcg).reduce(f64::max)?;
    Some(ndcg(merged)? - best)
}

/// A selected document that the ranking does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("document {document:?} is selected and not ranked: a selection is from the documents of its ranking")]
pub struct NotRanked {
    /// The id of the document.
    pub document: String,
}

/// The recall of the selected documents minus the recall of as many first documents of the ranking, in -1..=1; above 0
/// the selection finds more of what is relevant than the ranking does in the same space.
///
/// 0 where no document is relevant, or none is selected. The definition is ours.
///
/// # Errors
/// When a selected document is not in the ranking.
pub fn selection_gain(selected: &BTreeSet<&str>, ranking: &Ranking, judgements: &Judgements) -> Result<f64, NotRanked> {
    let ranked: BTreeSet<&str> = ranking.documents().iter().map(String::as_str).collect();
    if let Some(document) = selected.difference(&ranked).next() {
        return Err(NotRanked { document: (*document).to_owned() });
    }
    let relevant = judgements.relevant();
    if relevant == 0 {
        return Ok(0.0);
    }
    let found = selected.iter().filter(|document| judgements.is_relevant(document)).count();
    Ok(found as f64 / relevant as f64 - ranking.recall(judgements, selected.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(documents: &[&str]) -> Ranking {
        Ranking::in_order(documents.iter().copied()).unwrap()
    }

    fn run(queries: &[(&str, &[&str])]) -> Run {
        queries.iter().map(|(query, documents)| ((*query).to_owned(), ranking(documents))).collect()
    }

    #[test]
    fn the_merged_run_is_compared_with_the_provider_that_is_best_on_the_whole() {
        let one = Judgements::new([("a", 1)]).unwrap();
        let qrels = Qrels::from([("q1".to_owned(), one.clone()), ("q2".to_owned(), one)]);
        // With one relevant document nDCG is 1 / log2(rank + 1): 1, 0.6309, 0.5 at the ranks 1, 2, 3.
        let second = 1.0 / 3.0_f64.log2();
        let good_at_first = run(&[("q1", &["a"]), ("q2", &["b", "c", "a"])]);
        let good_at_second = run(&[("q2", &["a"])]);
        let merged = run(&[("q1", &["a"]), ("q2", &["b", "a"])]);
        // Means: 0.75 and 0.5; merged (1 + 0.6309) / 2.
        let gain = fusion_gain(&merged, [&good_at_first, &good_at_second], &qrels).unwrap();
        assert!((gain - ((1.0 + second) / 2.0 - 0.75)).abs() < 1e-15, "{gain}");
        // The provider that does not answer one query is not measured on the other alone.
        let gain = fusion_gain(&merged, [&good_at_second], &qrels).unwrap();
        assert!((gain - ((1.0 + second) / 2.0 - 0.5)).abs() < 1e-15, "{gain}");
        assert_eq!(fusion_gain(&good_at_second, [&good_at_first], &qrels), Some(-0.25));
        assert_eq!(fusion_gain(&merged, [], &qrels), None);
        assert_eq!(fusion_gain(&merged, [&good_at_first], &Qrels::new()), None);
    }

    #[test]
    fn a_selection_is_compared_with_as_many_first_documents() {
        let ranking = ranking(&["a", "b", "c", "d"]);
        let judgements = Judgements::new([("a", 2), ("c", 1), ("d", 1), ("e", 1)]).unwrap();
        let gain = |selected: &[&str]| selection_gain(&selected.iter().copied().collect(), &ranking, &judgements);
        // 2 of 4 relevant ones are selected, 1 of 4 is among the first two.
        assert_eq!(gain(&["a", "c"]), Ok(0.25));
        assert_eq!(gain(&["b"]), Ok(-0.25));
        assert_eq!(gain(&["a", "b"]), Ok(0.0));
        assert_eq!(gain(&["c", "d", "a"]), Ok(0.25));
        assert_eq!(gain(&[]), Ok(0.0));
        let error = gain(&["a", "e"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"document "e" is selected and not ranked: a selection is from the documents of its ranking"#
        );
        let nothing = Judgements::new([("a", 0)]).unwrap();
        assert_eq!(selection_gain(&BTreeSet::from(["a"]), &ranking, &nothing), Ok(0.0));
    }
}
