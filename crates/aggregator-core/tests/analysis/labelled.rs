//! The labelled queries of `benches-data/queries`: how often each classifier agrees with a person, shown as a snapshot with
//! every query that it gets wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aggregator_core::analysis::{AnalysisSettings, Analyzer};
use aggregator_mocks::labels::classifiers::{CLASSIFIERS, LabelledQuery, queries};

/// Least share of the held-out queries, in percent, that each classifier must get right: what it reached when it was
/// tuned, less a little. Raise it with the classifier.
const FLOORS: [usize; 6] = [95, 75, 90, 95, 95, 90];

#[derive(Default, Clone, Copy)]
struct Tally {
    right: usize,
    all: usize,
}

impl Tally {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }

    fn percent(self) -> usize {
        (self.right * 100).checked_div(self.all).unwrap_or(100)
    }
}

#[test]
fn classifiers_agree_with_people() {
    let analyzer = Analyzer::new(AnalysisSettings::default()).unwrap();
    let queries = queries();
    assert!(queries.len() >= 150, "{} queries are left", queries.len());
    let mut by_language: [BTreeMap<&str, Tally>; 6] = Default::default();
    let mut by_part = [[Tally::default(); 2]; 6];
    let mut wrong = [String::new(), String::new()];
    for query in &queries {
        let analysis = analyzer.analyze(&query.text);
        let part = usize::from(query.held_out);
        let mut misses = String::new();
        for (index, (said, label)) in LabelledQuery::predicted(&analysis).iter().zip(query.labels).enumerate() {
            by_part[index][part].add(said == label);
            by_language[index].entry(query.language).or_default().add(said == label);
            if said != label {
                write!(misses, ", {} is {label}, said {said}", CLASSIFIERS[index]).unwrap();
            }
            if said != label && index == 1 {
                write!(misses, " ({})", analysis.complexity.score).unwrap();
            }
        }
        if !misses.is_empty() {
            let text: String = query.text.escape_debug().take(60).collect();
            writeln!(wrong[part], "{} {text}: {}", query.language, &misses[2..]).unwrap();
        }
    }
    let languages: Vec<&str> = by_language[0].keys().copied().collect();
    let mut report = format!("right of all, by classifier and language\n\n{:<12}", "");
    for language in &languages {
        write!(report, "{language:>8}").unwrap();
    }
    writeln!(report, "{:>14}{:>14}", "tuned", "held out").unwrap();
    for (index, classifier) in CLASSIFIERS.iter().enumerate() {
        write!(report, "{classifier:<12}").unwrap();
        for language in &languages {
            let tally = by_language[index][language];
            write!(report, "{:>8}", format!("{}/{}", tally.right, tally.all)).unwrap();
        }
        for tally in by_part[index] {
            write!(report, "{:>14}", format!("{}/{} {}%", tally.right, tally.all, tally.percent())).unwrap();
        }
        report.push('\n');
    }
    let [tuned, held_out] = wrong;
    let below: Vec<_> = (0..6).filter(|&index| by_part[index][1].percent() < FLOORS[index]).collect();
    let below: Vec<_> = below.iter().map(|&index| CLASSIFIERS[index]).collect();
    assert!(below.is_empty(), "{below:?} are worse than their floors:\n{report}");
    insta::assert_snapshot!(format!("{report}\nwrong, tuned\n\n{tuned}\nwrong, held out\n\n{held_out}"));
}
