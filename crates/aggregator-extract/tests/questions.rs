//! Labelled questions: whether a passage answers them, and whether the answer has what it has to. Of those held out
//! only totals are looked at.

use aggregator_extract::{ExtractiveModel, NO_ANSWER};

mod support;

/// Of the answerable ones: all, answered, with what the answer has to contain. Of the others: all, refused. What is
/// wrong.
fn totals(file: &str) -> ([usize; 5], String) {
    let mut totals = [0; 5];
    let mut wrong = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut column = || columns.next().expect("five columns");
        let (answerable, question, title, passage, contains) =
            (column() == "yes", column(), column(), column(), column());
        let given =
            support::read(&ExtractiveModel::new(), support::request(question, support::sources(&[(title, passage)])));
        let text = given.text();
        let answered = text != NO_ANSWER;
        let right = match answerable {
            true => {
                totals[0] += 1;
                totals[1] += usize::from(answered);
                totals[2] += usize::from(answered && text.contains(contains));
                answered && text.contains(contains)
            }
            false => {
                totals[3] += 1;
                totals[4] += usize::from(!answered);
                !answered
            }
        };
        if !right {
            wrong.push_str(&format!("{question} {passage}\n{text}\n\n"));
        }
    }
    (totals, wrong)
}

#[test]
fn questions_that_the_threshold_is_chosen_by() {
    let (totals, wrong) = totals(include_str!("data/questions.txt"));
    assert_eq!(totals, [23, 23, 23, 21, 20], "{wrong}");
}

#[test]
fn questions_held_out_are_answered_and_refused_as_often_as_this() {
    let (totals, _) = totals(include_str!("data/questions-held-out.txt"));
    assert_eq!(totals, [11, 11, 11, 11, 11]);
}
