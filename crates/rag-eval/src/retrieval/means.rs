//! Means over queries.

use std::collections::BTreeMap;

use super::judgements::Judgements;
use super::ranking::Ranking;

/// The rankings that one search gave, by query id.
pub type Run = BTreeMap<String, Ranking>;

/// The judgements of a set of queries, by query id.
pub type Qrels = BTreeMap<String, Judgements>;

/// The value of a measure for each judged query, in the byte order of their ids; 0 where the run has no such query.
///
/// Queries of the run without judgements are left out, as trec_eval does; [`unjudged`] names them.
pub fn per_query<'a>(
    run: &'a Run,
    qrels: &'a Qrels,
    measure: impl Fn(&Ranking, &Judgements) -> f64 + 'a,
) -> impl Iterator<Item = (&'a str, f64)> {
    qrels.iter().map(move |(query, judgements)| {
        (query.as_str(), run.get(query).map_or(0.0, |ranking| measure(ranking, judgements)))
    })
}

/// The mean of a measure over all judged queries; `None` if there are none.
///
/// A query that the run does not have counts 0, and one without a relevant document counts as its measure says. That is
/// trec_eval with the option `-c` (`average_complete_flag` in its `meas_avg.c`), and `calc_aggregate` of ir_measures.
/// Without the option, trec_eval divides by the number of judged queries that the run has, so that a search that fails
/// gets a better figure than one with bad results; BEIR does the same.
pub fn mean(run: &Run, qrels: &Qrels, measure: impl Fn(&Ranking, &Judgements) -> f64) -> Option<f64> {
    let sum: f64 = per_query(run, qrels, measure).map(|(_, value)| value).sum();
    (!qrels.is_empty()).then(|| sum / qrels.len() as f64)
}

/// The queries of the run that have no judgements, in the byte order of their ids. No figure counts them.
pub fn unjudged<'a>(run: &'a Run, qrels: &Qrels) -> impl Iterator<Item = &'a str> {
    run.keys().filter(|query| !qrels.contains_key(*query)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_the_run_does_not_have_counts_zero() {
        let ranking = |documents: &[&str]| Ranking::in_order(documents.iter().copied()).unwrap();
        let run = Run::from([
            ("q1".to_owned(), ranking(&["a", "b"])),
            ("q2".to_owned(), ranking(&["b", "a"])),
            ("q5".to_owned(), ranking(&["a"])),
        ]);
        let relevant = Judgements::new([("a", 1)]).unwrap();
        let nothing = Judgements::new([("a", 0)]).unwrap();
        let qrels = Qrels::from([
            ("q1".to_owned(), relevant.clone()),
            ("q2".to_owned(), relevant.clone()),
            ("q3".to_owned(), relevant),
            ("q4".to_owned(), nothing),
        ]);
        let values: Vec<_> = per_query(&run, &qrels, Ranking::reciprocal_rank).collect();
        assert_eq!(values, [("q1", 1.0), ("q2", 0.5), ("q3", 0.0), ("q4", 0.0)]);
        // (1 + 1/2 + 0 + 0) / 4. trec_eval without -c: (1 + 1/2) / 2.
        assert_eq!(mean(&run, &qrels, Ranking::reciprocal_rank), Some(0.375));
        assert_eq!(mean(&run, &Qrels::new(), Ranking::reciprocal_rank), None);
        assert_eq!(unjudged(&run, &qrels).collect::<Vec<_>>(), ["q5"]);
        // The measure is not asked about a query that was not answered.
        assert_eq!(mean(&Run::new(), &qrels, |_, _| 1.0), Some(0.0));
    }
}
