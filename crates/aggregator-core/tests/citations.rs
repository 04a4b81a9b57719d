//! The labelled answers of `benches-data/citations`: what is found, missed, accused and destroyed. Of those held out only totals
//! are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aggregator_mocks::labels::Part;
use aggregator_mocks::labels::answers::{LabelledAnswer, answers, more_answers};

/// The totals of some answers, and what is wrong.
fn totals(answers: Vec<LabelledAnswer>) -> (String, String) {
    let (mut all, mut right, mut destroyed) = (0, 0, 0);
    let (mut labelled, mut missed, mut others) = (0, 0, 0);
    let mut wrong = String::new();
    for answer in answers {
        let scan = answer.scan(usize::MAX >> 1);
        for piece in [1, 2, 3, 7] {
            assert_eq!(answer.scan(piece), scan, "cut into pieces of {piece}");
        }
        let wanted: Vec<&Vec<u32>> = answer.citations.iter().map(|citation| &citation.numbers).collect();
        let found: Vec<&Vec<u32>> = scan.citations.iter().map(|citation| &citation.numbers).collect();
        let common = longest_common(&wanted, &found);
        (labelled, missed, others) =
            (labelled + wanted.len(), missed + wanted.len() - common, others + found.len() - common);
        (all, right) = (all + 1, right + usize::from(answer.is_as_labelled(&scan)));
        destroyed += usize::from(scan.text.len() < answer.after.len());
        if !answer.is_as_labelled(&scan) {
            let shown = if scan.text == answer.after { String::new() } else { format!("shown as {:?} ", scan.text) };
            let cited: Vec<&str> = scan.citations.iter().map(|citation| citation.text.as_str()).collect();
            writeln!(wrong, "{} {:?}: {shown}cites {}", answer.shown, answer.text, cited.join(" ")).unwrap();
        }
    }
    let totals = format!(
        "answers shown and cited as labelled  {right} of {all}\n\
         answers from which text is destroyed {destroyed} of {all}\n\
         citations missed                     {missed} of {labelled}\n\
         citations that are none              {others}\n"
    );
    (totals, wrong)
}

/// How many elements the longest common subsequence has.
fn longest_common<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (index, y) in b.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if x == y { diagonal + 1 } else { above.max(row[index]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[test]
fn answers_that_rules_were_written_from() {
    let (totals, wrong) = totals(answers(Part::Tuning));
    insta::assert_snapshot!(format!("{totals}\n{wrong}"));
}

#[test]
fn answers_held_out() {
    insta::assert_snapshot!(totals(answers(Part::HeldOut)).0);
}

/// Written after the rules that read the others, and before those that were added because of them.
#[test]
fn answers_of_more_kinds() {
    let mut kinds = BTreeMap::<String, [usize; 2]>::new();
    for answer in more_answers() {
        let [all, right] = kinds.entry(answer.kind.clone()).or_default();
        *all += 1;
        *right += usize::from(answer.is_as_labelled(&answer.scan(usize::MAX >> 1)));
    }
    let mut out = String::new();
    for (kind, [all, right]) in kinds {
        writeln!(out, "{kind:<35} {right:>2} of {all}").unwrap();
    }
    let (totals, wrong) = totals(more_answers());
    insta::assert_snapshot!(format!("{totals}\n{out}\n{wrong}"));
}
