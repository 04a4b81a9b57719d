//! The rule of quality: a figure that is lower than the stored one is a regression, because the runs are deterministic.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::name::RowKey;
use super::results::{Results, Scores, figure};
use super::row::{QuestionChanges, Row};
use crate::exit_status;
use crate::statistics::Fraction;
use crate::text::pluralize;
use crate::verdict::Verdict;

/// Figures and scores that differ by at most this are equal: sums may differ in the last digits where the compiler orders them
/// otherwise. One answer in a billion questions is more.
const EQUAL: f64 = 1e-9;

/// Judges a run against the stored results, if there are any. One row for each row and split of either; sorted by name.
pub fn judge(run: &Results, stored: Option<&Results>) -> Vec<Row> {
    let stored_keys = stored.into_iter().flat_map(|stored| stored.rows.keys());
    let keys: BTreeSet<&RowKey> = run.rows.keys().chain(stored_keys).collect();
    keys.into_iter().map(|key| row(key, run, stored)).collect()
}

fn row(key: &RowKey, run: &Results, stored: Option<&Results>) -> Row {
    let (now, then) = (run.rows.get(key), stored.and_then(|stored| stored.rows.get(key)));
    let ratio = |scores: Option<&Scores>| scores.and_then(|scores| figure(scores).ratio());
    let about = run.about.get(&key.name).or_else(|| stored?.about.get(&key.name));
    let changes = now.zip(then).map(|(now, then)| question_changes(then, now));
    let was_shown = stored.is_some_and(|stored| stored.is_shown(&key.name));
    let (figure, stored) = (ratio(now), ratio(then));
    let (verdict, reason) = match (now, then) {
        (None, _) if was_shown => (Verdict::Info, Some("it was only shown, and is no longer in the run".to_owned())),
        (None, _) => (Verdict::Missing, Some("it is stored, and not in the run".to_owned())),
        (Some(_), Some(_)) if run.is_shown(&key.name) && !was_shown => {
            (Verdict::Missing, Some("it is only shown now; the stored one is judged".to_owned()))
        }
        (Some(_), _) if run.is_shown(&key.name) => (Verdict::Info, None),
        (Some(_), None) => (Verdict::New, None),
        (Some(_), Some(_)) => {
            let changes = changes.unwrap_or_default();
            match (figure, stored) {
                (Some(figure), Some(stored)) => match compare(figure, stored) {
                    Ordering::Less => (Verdict::Regressed, Some(format!("lower than stored: {}", describe(changes)))),
                    Ordering::Greater => (Verdict::Improved, None),
                    Ordering::Equal if changes != QuestionChanges::default() => {
                        (Verdict::Pass, Some(format!("an equal figure: {}", describe(changes))))
                    }
                    Ordering::Equal => (Verdict::Pass, None),
                },
                (None, Some(_)) => (Verdict::Missing, Some("its questions have nothing to count any more".to_owned())),
                (Some(_), None) => (Verdict::New, Some("its stored questions had nothing to count".to_owned())),
                (None, None) => (Verdict::Pass, Some("its questions have nothing to count".to_owned())),
            }
        }
    };
    Row {
        key: key.clone(),
        about: about.map(|about| about.about.clone()).unwrap_or_default(),
        figure,
        questions: now.map_or(0, Scores::len),
        stored,
        changes,
        base: None,
        verdict,
        reason,
    }
}

/// What changed, in words: `1 question better, 6 worse; 2 gone, 1 new`.
fn describe(changes: QuestionChanges) -> String {
    let QuestionChanges { better, worse, gone, new } = changes;
    let mut out = format!("{} better, {worse} worse", pluralize(better, "question"));
    if gone + new > 0 {
        out += &format!("; {gone} gone, {new} new");
    }
    out
}

/// Compares two numbers; a difference of at most [`EQUAL`] is none.
fn compare(a: f64, b: f64) -> Ordering {
    if (a - b).abs() <= EQUAL { Ordering::Equal } else { a.total_cmp(&b) }
}

/// How the score of a question changed. One that had or has nothing to count is neither better nor worse.
pub fn compare_scores(before: Fraction, after: Fraction) -> Ordering {
    match (before.ratio(), after.ratio()) {
        (Some(before), Some(after)) => compare(after, before),
        _ => Ordering::Equal,
    }
}

/// Counts the questions that differ.
pub fn question_changes(before: &Scores, after: &Scores) -> QuestionChanges {
    let mut changes = QuestionChanges::default();
    for (question, score) in before {
        match after.get(question).map(|after| compare_scores(*score, *after)) {
            None => changes.gone += 1,
            Some(Ordering::Greater) => changes.better += 1,
            Some(Ordering::Less) => changes.worse += 1,
            Some(Ordering::Equal) => {}
        }
    }
    changes.new = after.keys().filter(|question| !before.contains_key(*question)).count();
    changes
}

/// The rows that an update stores only if they are accepted: lower than stored, or gone.
pub fn is_lower(row: &Row) -> bool {
    matches!(row.verdict, Verdict::Regressed | Verdict::Missing)
}

/// The exit code of a run. With `require_baseline` a row that is not stored fails it.
pub fn exit_code(rows: &[Row], require_baseline: bool) -> u8 {
    let fails = |row: &Row| is_lower(row) || (require_baseline && row.verdict == Verdict::New);
    if rows.iter().any(fails) { exit_status::FAIL } else { exit_status::PASS }
}

#[cfg(test)]
mod tests {
    use super::super::stored::tests::results;
    use super::*;

    fn about(row: &str) -> String {
        format!("{{\"row\":\"{row}\",\"about\":\"of {row}\"}}\n")
    }

    fn score(row: &str, question: &str, value: f64, of: f64) -> String {
        format!(
            "{{\"row\":\"{row}\",\"split\":\"tuning\",\"question\":\"{question}\",\"value\":{value:?},\"of\":{of:?}}}\n"
        )
    }

    /// The results of one row.
    fn of(scores: &[(&str, f64, f64)]) -> Results {
        let scores: String = scores.iter().map(|(question, value, of)| score("a/b", question, *value, *of)).collect();
        results(&format!("{}{scores}", about("a/b")))
    }

    fn only_row(run: &Results, stored: &Results) -> Row {
        let rows = judge(run, Some(stored));
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    #[test]
    fn the_figure_is_a_ratio_of_sums_and_lower_is_a_regression() {
        let stored = of(&[("q1", 1.0, 2.0), ("q2", 2.0, 6.0)]);
        let row = only_row(&of(&[("q1", 1.0, 2.0), ("q2", 1.0, 6.0)]), &stored);
        assert_eq!((row.figure, row.stored, row.change()), (Some(0.25), Some(0.375), Some(-0.125)));
        assert_eq!((row.verdict, row.questions, row.about.as_str()), (Verdict::Regressed, 2, "of a/b"));
        assert_eq!(row.reason.as_deref(), Some("lower than stored: 0 questions better, 1 worse"));
        assert_eq!(only_row(&of(&[("q1", 2.0, 2.0), ("q2", 2.0, 6.0)]), &stored).verdict, Verdict::Improved);
        // The last digits are no change.
        let row = only_row(&of(&[("q1", 1.0, 2.0), ("q2", 2.0 - 1e-12, 6.0)]), &stored);
        assert_eq!((row.verdict, row.reason), (Verdict::Pass, None));
        let row = only_row(&of(&[("q1", 1.0, 2.0), ("q2", 2.0 - 1e-7, 6.0)]), &stored);
        assert_eq!(row.verdict, Verdict::Regressed);
    }

    #[test]
    fn an_equal_figure_of_other_questions_passes_and_says_so() {
        let stored = of(&[("q1", 1.0, 1.0), ("q2", 0.0, 1.0), ("q3", 1.0, 1.0)]);
        let row = only_row(&of(&[("q1", 0.0, 1.0), ("q2", 1.0, 1.0), ("q3", 1.0, 1.0)]), &stored);
        assert!(row.has_exchanged_questions() && row.verdict == Verdict::Pass);
        assert_eq!(row.reason.as_deref(), Some("an equal figure: 1 question better, 1 worse"));
        let row = only_row(&of(&[("q1", 1.0, 1.0), ("q4", 0.0, 1.0), ("q3", 1.0, 1.0)]), &stored);
        assert_eq!(row.reason.as_deref(), Some("an equal figure: 0 questions better, 0 worse; 1 gone, 1 new"));
        assert!(!row.has_exchanged_questions());
    }

    #[test]
    fn rows_of_one_side_only() {
        let both = results(&[about("a"), score("a", "q", 1.0, 1.0), about("b"), score("b", "q", 1.0, 1.0)].concat());
        let one = results(&[about("a"), score("a", "q", 1.0, 1.0)].concat());
        let verdicts = |run: &Results, stored: Option<&Results>| {
            judge(run, stored).into_iter().map(|row| row.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(&one, Some(&both)), [Verdict::Pass, Verdict::Missing]);
        assert_eq!(verdicts(&both, Some(&one)), [Verdict::Pass, Verdict::New]);
        assert_eq!(verdicts(&both, None), [Verdict::New; 2]);
        assert_eq!(exit_code(&judge(&both, None), false), exit_status::PASS);
        assert_eq!(exit_code(&judge(&both, None), true), exit_status::FAIL);
        assert_eq!(exit_code(&judge(&one, Some(&both)), false), exit_status::FAIL);
    }

    #[test]
    fn a_row_that_is_only_shown_is_not_judged_and_a_judged_one_cannot_become_shown_unseen() {
        let shown = about("a").replace('}', ",\"shown\":true}");
        let shown = |value| results(&[shown.clone(), score("a", "q", value, 1.0)].concat());
        let gated = results(&[about("a"), score("a", "q", 1.0, 1.0)].concat());
        let verdict = |run: &Results, stored: &Results| only_row(run, stored).verdict;
        assert_eq!(verdict(&shown(0.0), &shown(1.0)), Verdict::Info);
        assert_eq!(verdict(&shown(1.0), &gated), Verdict::Missing);
        assert_eq!(verdict(&gated, &shown(1.0)), Verdict::Pass);
        assert_eq!(judge(&shown(1.0), None)[0].verdict, Verdict::Info);
        let other = results(&[about("b"), score("b", "q", 1.0, 1.0)].concat());
        let rows = judge(&other, Some(&shown(1.0)));
        assert_eq!((rows[0].verdict, rows[0].key.to_string()), (Verdict::Info, "a".to_owned()));
    }

    #[test]
    fn nothing_to_count_is_no_figure() {
        let (nothing, one) = (of(&[("q", 0.0, 0.0)]), of(&[("q", 1.0, 1.0)]));
        let found = |run: &Results, stored: &Results| (only_row(run, stored).figure, only_row(run, stored).verdict);
        assert_eq!(found(&nothing, &one), (None, Verdict::Missing));
        assert_eq!(found(&one, &nothing), (Some(1.0), Verdict::New));
        assert_eq!(found(&nothing, &nothing), (None, Verdict::Pass));
    }
}
