//! Tests against the base: whether the answers to the same questions differ by more than chance.
//!
//! They advise. The verdict of a row follows from its stored figure alone, because each run gives the same answers; a test says
//! how far other questions of the same kind would show the same.

use super::judge::question_changes;
use super::name::RowKey;
use super::results::{Results, Scores};
use super::row::{BaseComparison, QuestionChanges, Row, Test};
use crate::statistics::{Fraction, PairedScore, RESAMPLES, fewest_discordant, holm, mcnemar, paired_bootstrap, z};
use crate::verdict::Verdict;

/// Seed of the resampling; the same comparison has the same p-values.
const SEED: u64 = 0x5175_616c_6974_7900;

/// Power of the smallest change that means can show.
const POWER: f64 = 0.8;

/// Compares each judged row that the run and the base have, over the questions of both, and corrects the p-values over all of
/// these rows (Holm).
///
/// Rows whose scores are all 0 or 1, each of 1, are compared by McNemar's exact test, other rows by the paired bootstrap of the
/// difference of their figures.
///
/// A resampled p-value is at least 1 in 10,001, so where more than 500 rows are compared no row of the bootstrap can be
/// significant after the correction, unless all but 500 others are; the uncorrected p-value is in the reports.
pub fn compare(rows: &mut [Row], run: &Results, base: &Results) {
    let is_judged = |row: &Row| row.verdict != Verdict::Info && !run.is_shown(&row.key.name);
    for row in rows.iter_mut().filter(|row| is_judged(row)) {
        row.base = scores(&row.key, run, base).and_then(|(now, then)| comparison(then, now));
    }
    let p_values: Vec<f64> = rows.iter().filter_map(|row| Some(row.base?.p)).collect();
    // Each p-value is from 0 to 1.
    let adjusted = holm(&p_values).unwrap_or(p_values);
    let tested = rows.iter_mut().filter_map(|row| row.base.as_mut());
    for (comparison, adjusted) in tested.zip(adjusted) {
        comparison.adjusted_p = adjusted;
    }
}

fn scores<'a>(key: &RowKey, run: &'a Results, base: &'a Results) -> Option<(&'a Scores, &'a Scores)> {
    run.rows.get(key).zip(base.rows.get(key))
}

/// Compares the scores of one row; `None` if both have no question in common, or nothing to count in the common ones.
fn comparison(base: &Scores, head: &Scores) -> Option<BaseComparison> {
    let common = base.iter().filter_map(|(question, &base)| Some(PairedScore { base, head: *head.get(question)? }));
    let pairs: Vec<PairedScore> = common.collect();
    let QuestionChanges { better, worse, .. } = question_changes(base, head);
    let is_right_or_wrong = |score: Fraction| score.of == 1.0 && (score.value == 0.0 || score.value == 1.0);
    let is_binary = pairs.iter().all(|pair| is_right_or_wrong(pair.base) && is_right_or_wrong(pair.head));
    let least = fewest_discordant(BaseComparison::LEVEL)? as usize;
    let of_questions = (pairs.len() >= least).then(|| least as f64 / pairs.len() as f64);
    // The resampling is only for rows that need it; without resamples the difference and its standard error are the same.
    let bootstrap = paired_bootstrap(&pairs, if is_binary { 0 } else { RESAMPLES }, SEED)?;
    let (test, p, visible) = match is_binary {
        true => {
            let count = |questions: usize| u32::try_from(questions).unwrap_or(u32::MAX);
            (Test::McNemar, mcnemar(count(better), count(worse)), of_questions)
        }
        false => (Test::Bootstrap, bootstrap.p, visible_of_means(bootstrap.standard_error).or(of_questions)),
    };
    let (questions, difference) = (pairs.len(), bootstrap.difference);
    Some(BaseComparison { questions, difference, better, worse, test, p, adjusted_p: p, visible })
}

/// The smallest change of a mean that a sample with this standard error shows at 5 %, two-sided, with a probability of 80 %:
/// (1.960 + 0.842) standard errors (Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988). `None` if all
/// differences are equal but for their last digits, so that nothing is known of their dispersion.
///
/// For right and wrong answers the bound is another one: the fewest questions that McNemar's test can find significant, 6 of n
/// if all of them change in one direction. A smaller change of such a row is never significant.
fn visible_of_means(standard_error: Option<f64>) -> Option<f64> {
    let standard_errors = z(BaseComparison::LEVEL / 2.0)? + z(1.0 - POWER)?;
    standard_error.filter(|&standard_error| standard_error > 1e-9).map(|one| standard_errors * one)
}

#[cfg(test)]
mod tests {
    use super::super::judge::judge;
    use super::super::name::RowName;
    use super::super::name::Split;
    use super::super::stored::tests::results;
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
    }

    fn of(rows: &[(&str, &[f64])]) -> Results {
        let mut lines = String::new();
        for (row, values) in rows {
            lines += &format!("{{\"row\":\"{row}\",\"about\":\"a figure\"}}\n");
            for (question, value) in values.iter().enumerate() {
                lines += &format!(
                    "{{\"row\":\"{row}\",\"split\":\"tuning\",\"question\":\"q{question:03}\",\"value\":{value:?},\"of\":1}}\n"
                );
            }
        }
        results(&lines)
    }

    fn compared(run: &Results, base: &Results) -> Vec<Row> {
        let mut rows = judge(run, Some(base));
        compare(&mut rows, run, base);
        rows
    }

    /// `n` questions of which the first `right` are right.
    fn right(right: usize, n: usize) -> Vec<f64> {
        (0..n).map(|question| if question < right { 1.0 } else { 0.0 }).collect()
    }

    #[test]
    fn right_and_wrong_answers_are_compared_exactly() {
        let (base, head) = (right(100, 130), right(92, 130));
        let rows = compared(&of(&[("a/b", &head)]), &of(&[("a/b", &base)]));
        let found = rows[0].base.unwrap();
        assert_eq!((found.test, found.questions, found.better, found.worse), (Test::McNemar, 130, 0, 8));
        close(found.difference, -8.0 / 130.0);
        close(found.p, 2.0 / 256.0);
        close(found.visible.unwrap(), 6.0 / 130.0);
        assert!(found.is_significant() && rows[0].verdict == Verdict::Regressed);
        let rows = compared(&of(&[("a/b", &right(2, 5))]), &of(&[("a/b", &right(3, 5))]));
        assert_eq!(rows[0].base.unwrap().visible, None, "five questions can show nothing");
    }

    #[test]
    fn holm_counts_every_row_of_the_run() {
        let rows = ["a", "b", "c", "d"].map(|row| (row, right(100, 130)));
        let base: Vec<(&str, &[f64])> = rows.iter().map(|(row, values)| (*row, &values[..])).collect();
        let changed = right(92, 130);
        let mut head = base.clone();
        head[2].1 = &changed;
        let rows = compared(&of(&head), &of(&base));
        let adjusted: Vec<f64> = rows.iter().map(|row| row.base.unwrap().adjusted_p).collect();
        close(adjusted[2], 4.0 * 2.0 / 256.0);
        assert_eq!([adjusted[0], adjusted[1], adjusted[3]], [1.0; 3]);
        assert!(rows[2].base.unwrap().is_significant());
        // Six in one direction are significant alone, and not among four rows.
        let changed = right(94, 130);
        head[2].1 = &changed;
        let found = compared(&of(&head), &of(&base))[2].base.unwrap();
        assert!(found.p <= 0.05 && !found.is_significant(), "{found:?}");
    }

    #[test]
    fn other_scores_are_compared_by_the_bootstrap() {
        // Differences 0.1, -0.1, 0.1, -0.1, …: mean 0, standard deviation 0.1 · √(100/99), standard error 0.0100504.
        let base = vec![0.5; 100];
        let head: Vec<f64> = (0..100).map(|question| if question % 2 == 0 { 0.6 } else { 0.4 }).collect();
        let found = compared(&of(&[("a", &head)]), &of(&[("a", &base)]))[0].base.unwrap();
        assert_eq!((found.test, found.better, found.worse), (Test::Bootstrap, 50, 50));
        close(found.visible.unwrap(), (1.959_964 + 0.841_621) * 0.010_050_4);
        assert!(found.p > 0.5, "{found:?}");
        // Equal scores say nothing of the dispersion.
        let found = compared(&of(&[("a", &base)]), &of(&[("a", &base)]))[0].base.unwrap();
        assert_eq!((found.p, found.visible), (1.0, Some(0.06)));
        // A clear change.
        let head = vec![0.45; 100];
        let found = compared(&of(&[("a", &head)]), &of(&[("a", &base)]))[0].base.unwrap();
        assert!(found.is_significant() && found.visible == Some(0.06), "{found:?}");
    }

    #[test]
    fn only_common_questions_of_judged_rows_on_both_sides_count() {
        let base = of(&[("a", &[1.0, 1.0]), ("b", &[1.0])]);
        let head = of(&[("a", &[1.0, 0.0, 0.0]), ("c", &[1.0])]);
        let rows = compared(&head, &base);
        let found = rows[0].base.unwrap();
        assert_eq!((found.questions, found.worse, found.difference), (2, 1, -0.5));
        assert!(rows[1].base.is_none() && rows[2].base.is_none());

        let mut shown = of(&[("a", &[1.0, 0.0])]);
        shown.about.values_mut().for_each(|about| about.shown = true);
        assert!(compared(&shown, &base)[0].base.is_none());
        let key = RowKey { name: RowName::new("a").unwrap(), split: Split::Tuning };
        assert!(scores(&key, &head, &base).is_some());
    }
}
