//! The measures of one query.

use super::judgements::Judgements;
use super::ranking::Ranking;

/// Each measure is in 0..=1, more is better, and it is 0 where no document is relevant. Where a ranking is shorter than
/// the cut-off `k`, documents that are not relevant are thought to follow. With `k` = 0, which trec_eval refuses, each
/// is 0.
impl Ranking {
    /// Normalised discounted cumulative gain of the first `k` documents: Σ grade / log₂(rank + 1) over them, divided by
    /// the same sum over the `k` highest grades of all judged documents, in descending order. Negative grades count 0.
    ///
    /// This is the linear gain of trec_eval's `ndcg_cut` (`m_ndcg_cut.c`), which BEIR reports and ir_measures calls
    /// `nDCG@k`. The form with the gain 2^grade - 1 (`exp-log2` in ir_measures, `ndcg_burges` in ranx) gives other
    /// figures.
    pub fn ndcg(&self, judgements: &Judgements, k: usize) -> f64 {
        let ideal = discounted(judgements.ideal_gains().into_iter().take(k));
        if ideal == 0.0 {
            return 0.0;
        }
        let found = discounted(self.first(k).map(|document| judgements.gain(document)));
        // Equal gains have equal sums, but rounding of huge grades could bring another order above the ideal one.
        (found / ideal).min(1.0)
    }

    /// 1 / rank of the first relevant document, 0 if none is in the ranking: trec_eval's `recip_rank`
    /// (`m_recip_rank.c`). The mean over queries is MRR.
    pub fn reciprocal_rank(&self, judgements: &Judgements) -> f64 {
        self.reciprocal_rank_at(judgements, usize::MAX)
    }

    /// As [`Ranking::reciprocal_rank`], and 0 if none of the first `k` documents is relevant. trec_eval has no such
    /// cut-off. The `RR@k` of ir_measures, from the script of MS MARCO, orders documents with equal scores by ascending
    /// id.
    pub fn reciprocal_rank_at(&self, judgements: &Judgements, k: usize) -> f64 {
        let first = self.first(k).position(|document| judgements.is_relevant(document));
        first.map_or(0.0, |before| 1.0 / (before + 1) as f64)
    }

    /// The mean, over all relevant documents, of the precision at the rank of each, which is 0 for one that is not in
    /// the ranking: trec_eval's `map` of one query (`m_map.c`). The mean over queries is MAP.
    pub fn average_precision(&self, judgements: &Judgements) -> f64 {
        let ranks = self.first(usize::MAX).zip(1_usize..).filter(|(document, _)| judgements.is_relevant(document));
        let precisions = ranks.zip(1_usize..).map(|((_, rank), relevant)| relevant as f64 / rank as f64);
        share(precisions.sum(), judgements.relevant())
    }

    /// The share of all relevant documents that is among the first `k`: trec_eval's `recall` (`m_recall.c`).
    pub fn recall(&self, judgements: &Judgements, k: usize) -> f64 {
        share(self.relevant_in(judgements, k) as f64, judgements.relevant())
    }

    /// The number of relevant documents among the first `k`, divided by `k` also where the ranking is shorter:
    /// trec_eval's `P` (`m_P.c`).
    pub fn precision(&self, judgements: &Judgements, k: usize) -> f64 {
        share(self.relevant_in(judgements, k) as f64, k)
    }

    /// 1 if one of the first `k` documents is relevant, otherwise 0: trec_eval's `success` (`m_success.c`), also called
    /// hit rate.
    pub fn success(&self, judgements: &Judgements, k: usize) -> f64 {
        f64::from(u8::from(self.relevant_in(judgements, k) > 0))
    }

    fn first(&self, k: usize) -> impl Iterator<Item = &str> {
        self.documents().iter().map(String::as_str).take(k)
    }

    fn relevant_in(&self, judgements: &Judgements, k: usize) -> usize {
        self.first(k).filter(|document| judgements.is_relevant(document)).count()
    }
}

/// Σ gain / log₂(rank + 1).
fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    gains.zip(1_usize..).map(|(gain, rank)| gain / ((rank + 1) as f64).log2()).sum()
}

fn share(part: f64, of: usize) -> f64 {
    if of == 0 { 0.0 } else { part / of as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
    }

    /// Grades at the ranks 1 to 6: 0, 3, none, 1, -1, 2; one more document of grade 2 was not found.
    fn example() -> (Ranking, Judgements) {
        let judgements = Judgements::new([("a", 0), ("b", 3), ("d", 1), ("e", -1), ("f", 2), ("g", 2)]).unwrap();
        (Ranking::in_order(["a", "b", "c", "d", "e", "f"]).unwrap(), judgements)
    }

    #[test]
    fn ndcg_of_grades() {
        let (ranking, judgements) = example();
        let log = |x: f64| x.log2();
        // Grades in the best order: 3, 2, 2, 1.
        let ideal = 3.0 / log(2.0) + 2.0 / log(3.0) + 2.0 / log(4.0) + 1.0 / log(5.0);
        close(ranking.ndcg(&judgements, 1), 0.0);
        // (3 / 1.584963) / (3 + 2 / 1.584963) = 1.892789 / 4.261860
        close(ranking.ndcg(&judgements, 2), (3.0 / log(3.0)) / (3.0 + 2.0 / log(3.0)));
        assert!((ranking.ndcg(&judgements, 2) - 0.444_123).abs() < 1e-6);
        close(ranking.ndcg(&judgements, 4), (3.0 / log(3.0) + 1.0 / log(5.0)) / ideal);
        // The negative grade at rank 5 adds nothing.
        close(ranking.ndcg(&judgements, 5), (3.0 / log(3.0) + 1.0 / log(5.0)) / ideal);
        close(ranking.ndcg(&judgements, 10), (3.0 / log(3.0) + 1.0 / log(5.0) + 2.0 / log(7.0)) / ideal);
        // With the gain 2^grade - 1 it would be (7 / 1.584963) / (7 + 3 / 1.584963) = 0.496634 at 2.
        assert!((ranking.ndcg(&judgements, 2) - 0.496_634).abs() > 0.05, "the gain is linear");
    }

    #[test]
    fn ndcg_does_not_exceed_one_by_rounding() {
        // One huge grade, then 2 up to rank 28,170, then 1: with the last two exchanged the sum ought to be lower by
        // 2e-7, and is higher by 5e-7, the distance of neighbours near 2^31.
        let names: Vec<String> = (0..28_171).map(|n| format!("{n:05}")).collect();
        let grade = |n: usize| if n == 0 { i32::MAX } else { 1 + i32::from(n < 28_170) };
        let judgements = Judgements::new(names.iter().cloned().zip((0..).map(grade))).unwrap();
        let mut order = names;
        order.swap(28_169, 28_170);
        assert_eq!(Ranking::in_order(order).unwrap().ndcg(&judgements, usize::MAX), 1.0);
    }

    #[test]
    fn reciprocal_rank_is_of_the_first_relevant_document() {
        let (ranking, judgements) = example();
        close(ranking.reciprocal_rank(&judgements), 1.0 / 2.0);
        assert_eq!([0, 1, 2, 3].map(|k| ranking.reciprocal_rank_at(&judgements, k)), [0.0, 0.0, 0.5, 0.5]);
    }

    #[test]
    fn average_precision_counts_what_was_not_found() {
        let (ranking, judgements) = example();
        // Relevant at the ranks 2, 4 and 6, of four relevant ones: (1/2 + 2/4 + 3/6 + 0) / 4.
        close(ranking.average_precision(&judgements), 1.5 / 4.0);
    }

    #[test]
    fn recall_precision_and_success_at_cut_offs() {
        let (ranking, judgements) = example();
        let cut_offs = [0, 1, 2, 4, 6, 10];
        assert_eq!(cut_offs.map(|k| ranking.recall(&judgements, k)), [0.0, 0.0, 0.25, 0.5, 0.75, 0.75]);
        assert_eq!(cut_offs.map(|k| ranking.precision(&judgements, k)), [0.0, 0.0, 0.5, 0.5, 0.5, 0.3]);
        assert_eq!(cut_offs.map(|k| ranking.success(&judgements, k)), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn without_a_relevant_document_everything_is_zero() {
        let (ranking, judgements) = example();
        let nothing = Judgements::new([("a", 0), ("b", -1)]).unwrap();
        for (ranking, judgements) in [(&ranking, &nothing), (&ranking, &Judgements::default())] {
            assert_eq!(all(ranking, judgements), [0.0; 7]);
        }
        assert_eq!(all(&Ranking::default(), &judgements), [0.0; 7]);
    }

    fn all(ranking: &Ranking, judgements: &Judgements) -> [f64; 7] {
        [
            ranking.ndcg(judgements, 10),
            ranking.reciprocal_rank(judgements),
            ranking.reciprocal_rank_at(judgements, 10),
            ranking.average_precision(judgements),
            ranking.recall(judgements, 10),
            ranking.precision(judgements, 10),
            ranking.success(judgements, 10),
        ]
    }
}
