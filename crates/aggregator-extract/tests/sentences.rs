//! Labelled texts: where their sentences end. Of those held out only totals are looked at.

use aggregator_extract::units;
use aggregator_words::detect;

/// Units labelled, found, found where labelled; texts, and those that are right throughout; what is wrong.
fn totals(file: &str) -> ([usize; 5], String) {
    let mut totals = [0; 5];
    let mut wrong = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let labelled = line.splitn(3, '\t').nth(2).expect("three columns").replace("\\n", "\n");
        let text = labelled.replace("¦ ", "").replace('¦', "");
        let expected: Vec<&str> = labelled.split('¦').map(str::trim).collect();
        let found: Vec<&str> = units(&text, detect(&text)).into_iter().map(|unit| text[unit.span].trim()).collect();
        // An end is identified by the length of the text before it.
        let ends = |units: &[&str]| {
            units
                .iter()
                .scan(0, |at, unit| {
                    *at += unit.chars().filter(|c| !c.is_whitespace()).count();
                    Some(*at)
                })
                .collect::<Vec<_>>()
        };
        let (labelled_ends, found_ends) = (ends(&expected), ends(&found));
        assert_eq!(labelled_ends.last(), found_ends.last(), "nothing is lost: {text:?}");
        totals[0] += expected.len();
        totals[1] += found.len();
        totals[2] += labelled_ends.iter().filter(|end| found_ends.contains(end)).count();
        totals[3] += 1;
        totals[4] += usize::from(labelled_ends == found_ends);
        if labelled_ends != found_ends {
            wrong.push_str(&format!("{expected:?}\n{found:?}\n\n"));
        }
    }
    (totals, wrong)
}

#[test]
fn sentences_that_rules_are_written_from_end_where_they_are_labelled() {
    let (totals, wrong) = totals(include_str!("data/sentences.txt"));
    assert_eq!(totals, [228, 228, 228, 96, 96], "{wrong}");
}

#[test]
fn sentences_held_out_end_where_they_are_labelled_as_often_as_this() {
    let (totals, _) = totals(include_str!("data/sentences-held-out.txt"));
    assert_eq!(totals, [113, 117, 111, 48, 42]);
}
