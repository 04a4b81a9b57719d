//! Values of trec_eval and of ir_measures for random runs, which `golden/make.py` computed with their own code.

use std::collections::BTreeMap;

use rag_eval::retrieval::{Judgements, Qrels, Ranking, Run, mean, per_query, unjudged};
use serde::Deserialize;

#[derive(Deserialize)]
struct Header {
    measures: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    run: BTreeMap<String, BTreeMap<String, f64>>,
    qrels: BTreeMap<String, BTreeMap<String, i32>>,
    values: BTreeMap<String, Vec<f64>>,
    mean: Vec<f64>,
    mean_of_answered: Vec<f64>,
}

type Measure = fn(&Ranking, &Judgements) -> f64;

/// The names of the file, and what they are here.
const MEASURES: [(&str, Measure); 8] = [
    ("ndcg_cut_5", |ranking, judgements| ranking.ndcg(judgements, 5)),
    ("ndcg_cut_10", |ranking, judgements| ranking.ndcg(judgements, 10)),
    ("recip_rank", Ranking::reciprocal_rank),
    ("map", Ranking::average_precision),
    ("recall_10", |ranking, judgements| ranking.recall(judgements, 10)),
    ("P_10", |ranking, judgements| ranking.precision(judgements, 10)),
    ("success_10", |ranking, judgements| ranking.success(judgements, 10)),
    ("RR@10", |ranking, judgements| ranking.reciprocal_rank_at(judgements, 10)),
];

fn examples() -> Vec<Example> {
    let mut lines = include_str!("golden/trec.jsonl").lines();
    let header: Header = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert!(header.measures.iter().eq(MEASURES.map(|(name, _)| name)), "{:?}", header.measures);
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Example {
    fn run(&self) -> Run {
        self.run.iter().map(|(query, scores)| (query.clone(), Ranking::new(scores.clone()).unwrap())).collect()
    }

    fn qrels(&self) -> Qrels {
        self.qrels.iter().map(|(query, grades)| (query.clone(), Judgements::from(grades.clone()))).collect()
    }

    /// The same as files in the format of TREC.
    fn files(&self) -> (String, String) {
        let lines = |(query, scores): (&String, &BTreeMap<String, f64>)| -> String {
            scores.iter().map(|(document, score)| format!("{query} Q0 {document} 1 {score} golden\n")).collect()
        };
        let grades = |(query, grades): (&String, &BTreeMap<String, i32>)| -> String {
            grades.iter().map(|(document, grade)| format!("{query} 0 {document} {grade}\n")).collect()
        };
        (self.run.iter().map(lines).collect(), self.qrels.iter().map(grades).collect())
    }
}

#[track_caller]
fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-9, "{what}: {found} is not {expected}");
}

#[test]
fn values_of_queries_are_those_of_trec_eval() {
    let mut compared = 0;
    for (number, example) in examples().iter().enumerate() {
        let (run, qrels) = (example.run(), example.qrels());
        for (place, (name, measure)) in MEASURES.into_iter().enumerate() {
            for (query, value) in per_query(&run, &qrels, measure) {
                // What the run does not have has no value there, and counts 0 here.
                let expected = example.values.get(query).map_or(0.0, |values| values[place]);
                close(value, expected, &format!("{name} of {query} in example {number}"));
                compared += 1;
            }
        }
    }
    assert!(compared > 8 * 300, "{compared} values");
}

#[test]
fn means_are_those_over_all_judged_queries() {
    for (number, example) in examples().iter().enumerate() {
        let (run, qrels) = (example.run(), example.qrels());
        let answered: Qrels = qrels.clone().into_iter().filter(|(query, _)| run.contains_key(query)).collect();
        for (place, (name, measure)) in MEASURES.into_iter().enumerate() {
            let what = format!("mean {name} of example {number}");
            close(mean(&run, &qrels, measure).unwrap(), example.mean[place], &what);
            // What trec_eval prints without -c.
            if let Some(of_answered) = mean(&run, &answered, measure) {
                close(of_answered, example.mean_of_answered[place], &what);
            }
        }
    }
}

#[test]
fn files_of_trec_read_as_the_same() {
    for example in examples() {
        let (run, qrels) = example.files();
        assert_eq!(rag_eval::trec::parse_run(&run).unwrap(), example.run());
        assert_eq!(rag_eval::trec::parse_qrels(&qrels).unwrap(), example.qrels());
    }
}

/// Examples that had none of these would show less than they seem to.
#[test]
fn the_examples_have_what_is_hard() {
    let examples = examples();
    assert_eq!(examples.len(), 200);
    let count = |is: &dyn Fn(&Example) -> bool| examples.iter().filter(|example| is(example)).count();
    let missing = |example: &Example| example.qrels.keys().any(|query| !example.run.contains_key(query));
    let nothing = |example: &Example| example.qrels().values().any(|judgements| judgements.relevant() == 0);
    let negative = |example: &Example| example.qrels.values().any(|grades| grades.values().any(|grade| *grade < 0));
    let extra = |example: &Example| unjudged(&example.run(), &example.qrels()).next().is_some();
    let ties = |example: &Example| {
        example.run.values().any(|scores| {
            let mut sorted: Vec<f64> = scores.values().copied().collect();
            sorted.sort_by(f64::total_cmp);
            sorted.windows(2).any(|pair| pair[0] == pair[1])
        })
    };
    let nearly = |example: &Example| {
        example.run.values().any(|scores| {
            let near: Vec<f64> = scores.values().copied().filter(|score| (score - 0.1).abs() < 1e-9).collect();
            near.iter().any(|score| *score != near[0])
        })
    };
    let found = [&missing as &dyn Fn(&Example) -> bool, &nothing, &negative, &extra, &ties, &nearly].map(count);
    assert!(found.iter().all(|found| *found >= 10), "{found:?}");
}
