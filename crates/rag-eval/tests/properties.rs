//! Properties of the measures, for any ranking, any judgements and any groups.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rag_eval::dedupe::PairCounts;
use rag_eval::retrieval::{Judgements, Qrels, RELEVANT, Ranking, Run, fusion_gain, mean, selection_gain};

/// Grades of some of 16 documents.
fn grades() -> impl Strategy<Value = Vec<(String, i32)>> {
    let grade = prop_oneof![8 => -1..4, 1 => any::<i32>()];
    btree_map("[a-p]", grade, 0..12).prop_map(|grades| grades.into_iter().collect())
}

/// Scores of some of 16 documents, many of them equal.
fn scores() -> impl Strategy<Value = Vec<(String, f64)>> {
    let score = prop_oneof![4 => (-4..4).prop_map(|quarters| f64::from(quarters) / 4.0), 1 => -1e9..1e9];
    btree_map("[a-p]", score, 0..16).prop_map(|scores| scores.into_iter().collect())
}

fn ranking(scores: &[(String, f64)]) -> Ranking {
    Ranking::new(scores.iter().cloned()).expect("no document occurs twice")
}

fn judgements(grades: &[(String, i32)]) -> Judgements {
    Judgements::new(grades.iter().cloned()).expect("no document occurs twice")
}

/// All measures with a cut-off of `k`.
fn values(ranking: &Ranking, judgements: &Judgements, k: usize) -> [f64; 7] {
    [
        ranking.ndcg(judgements, k),
        ranking.reciprocal_rank(judgements),
        ranking.reciprocal_rank_at(judgements, k),
        ranking.average_precision(judgements),
        ranking.recall(judgements, k),
        ranking.precision(judgements, k),
        ranking.success(judgements, k),
    ]
}

/// Groups of up to 12 hits: the number of the group of each.
fn partition(of: usize) -> impl Strategy<Value = Vec<usize>> {
    vec(0..5_usize, of..=of)
}

fn groups(numbers: &[usize]) -> Vec<Vec<String>> {
    let mut groups = vec![Vec::new(); 5];
    for (hit, group) in numbers.iter().enumerate() {
        groups[*group].push(hit.to_string());
    }
    groups
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_measure_is_a_share(scores in scores(), grades in grades(), k in 0..20_usize) {
        let values = values(&ranking(&scores), &judgements(&grades), k);
        prop_assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{values:?}");
    }

    #[test]
    fn the_best_order_of_what_is_relevant_is_perfect(grades in grades(), k in 1..20_usize) {
        // One is relevant at least.
        let mut grades = [&grades[..], &[("x".to_owned(), RELEVANT)]].concat();
        let judgements = judgements(&grades);
        grades.sort_by_key(|(_, grade)| std::cmp::Reverse(*grade));
        let best = Ranking::in_order(grades.into_iter().map(|(id, _)| id)).expect("no document occurs twice");
        let [ndcg, rr, rr_at_k, ap, recall, precision, success] = values(&best, &judgements, k);
        let relevant = judgements.relevant();
        prop_assert_eq!([ndcg, rr, rr_at_k, success], [1.0; 4]);
        prop_assert!((ap - 1.0).abs() < 1e-12, "{ap}");
        prop_assert_eq!(recall, k.min(relevant) as f64 / relevant as f64);
        prop_assert_eq!(precision, k.min(relevant) as f64 / k as f64);
    }

    #[test]
    fn a_document_that_is_not_relevant_raises_nothing(
        scores in scores(), grades in grades(), k in 0..20_usize, score in -2.0..2.0, grade in -1..RELEVANT,
    ) {
        let before = values(&ranking(&scores), &judgements(&grades), k);
        let with = |score: f64| [&scores[..], &[("x".to_owned(), score)]].concat();
        let judged = judgements(&[&grades[..], &[("x".to_owned(), grade)]].concat());
        for judgements in [judgements(&grades), judged] {
            let last = values(&ranking(&with(f64::NEG_INFINITY)), &judgements, k);
            prop_assert_eq!(last, before, "at the end it changes nothing");
            let anywhere = values(&ranking(&with(score)), &judgements, k);
            let is_raised = anywhere.iter().zip(before).any(|(after, before)| *after > before);
            prop_assert!(!is_raised, "{anywhere:?} {before:?}");
        }
    }

    #[test]
    fn a_relevant_document_in_front_lowers_nothing(scores in scores(), grades in grades(), k in 1..20_usize) {
        let judgements = judgements(&[&grades[..], &[("x".to_owned(), i32::MAX)]].concat());
        let before = values(&ranking(&scores), &judgements, k);
        let after = values(&ranking(&[&scores[..], &[("x".to_owned(), f64::INFINITY)]].concat()), &judgements, k);
        prop_assert!(after.iter().zip(before).all(|(after, before)| *after >= before - 1e-12), "{after:?} {before:?}");
        prop_assert_eq!((after[1], after[6]), (1.0, 1.0));
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(
        (scores, shuffled) in scores().prop_flat_map(|scores| (Just(scores.clone()), Just(scores).prop_shuffle())),
        (grades, shuffled_grades) in grades().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(ranking(&scores), ranking(&shuffled));
        prop_assert_eq!(judgements(&grades), judgements(&shuffled_grades));
    }

    #[test]
    fn a_mean_lies_between_its_values_and_a_run_gains_nothing_over_itself(
        queries in vec((scores(), grades()), 1..5),
    ) {
        let name = |number: usize| format!("q{number}");
        let run: Run = queries.iter().enumerate().map(|(n, (scores, _))| (name(n), ranking(scores))).collect();
        let qrels: Qrels = queries.iter().enumerate().map(|(n, (_, grades))| (name(n), judgements(grades))).collect();
        let found = mean(&run, &qrels, |ranking, judgements| ranking.ndcg(judgements, 10)).expect("there are queries");
        let values = || run.iter().map(|(query, ranking)| ranking.ndcg(&qrels[query], 10));
        prop_assert!(values().fold(1.0, f64::min) - 1e-12 <= found && found <= values().fold(0.0, f64::max) + 1e-12);
        prop_assert_eq!(fusion_gain(&run, [&Run::new(), &run], &qrels), Some(0.0));
    }

    #[test]
    fn a_selection_of_the_first_documents_gains_nothing(scores in scores(), grades in grades(), k in 0..20_usize) {
        let (ranking, judgements) = (ranking(&scores), judgements(&grades));
        let first = ranking.documents().iter().take(k).map(String::as_str).collect();
        prop_assert_eq!(selection_gain(&first, &ranking, &judgements), Ok(0.0));
        let last = ranking.documents().iter().rev().take(k).map(String::as_str).collect();
        let gain = selection_gain(&last, &ranking, &judgements).expect("it is from the ranking");
        prop_assert!((-1.0..=1.0).contains(&gain));
    }

    #[test]
    fn pairs_are_those_that_comparing_all_hits_finds(
        (actual, predicted) in (0..12_usize).prop_flat_map(|hits| (partition(hits), partition(hits))),
    ) {
        let mut expected = PairCounts::default();
        for one in 0..actual.len() {
            for other in 0..one {
                let (is_pair, is_predicted) = (actual[one] == actual[other], predicted[one] == predicted[other]);
                expected += PairCounts {
                    true_positives: u64::from(is_pair && is_predicted),
                    predicted: u64::from(is_predicted),
                    actual: u64::from(is_pair),
                };
            }
        }
        prop_assert_eq!(PairCounts::of(&groups(&actual), &groups(&predicted)), Ok(expected));
        let same = PairCounts::of(&groups(&actual), &groups(&actual)).expect("they are the same hits");
        prop_assert!([same.precision(), same.recall()].iter().all(|share| share.is_none_or(|share| share == 1.0)));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![any::<String>(), "[qQd01 \t\n\r#.\"{}:a-]{0,80}"]) {
        let _ = (rag_eval::trec::parse_run(&text), rag_eval::trec::parse_qrels(&text));
        let _ = (rag_eval::beir::parse_corpus(&text), rag_eval::beir::parse_queries(&text));
        let _ = rag_eval::beir::parse_qrels(&format!("query-id\tcorpus-id\tscore\n{text}"));
        let _ = rag_eval::ragbench::parse_rows(&text);
    }

    #[test]
    fn what_was_written_is_read(scores in scores(), grades in grades()) {
        let run: String = scores.iter().map(|(id, score)| format!("q Q0 {id} 0 {score} t\n")).collect();
        let expected = (!scores.is_empty()).then(|| ranking(&scores));
        let parsed = rag_eval::trec::parse_run(&run).expect("it is a run");
        prop_assert_eq!(parsed.get("q"), expected.as_ref());
        let qrels: String = grades.iter().map(|(id, grade)| format!("q\t0\t{id}\t{grade}\r\n")).collect();
        let expected = (!grades.is_empty()).then(|| judgements(&grades));
        let parsed = rag_eval::trec::parse_qrels(&qrels).expect("they are qrels");
        prop_assert_eq!(parsed.get("q"), expected.as_ref());
    }
}
