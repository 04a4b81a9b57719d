//! The real queries of `benches-data/queries`: how often a query that can be searched is called unsuitable, and what is left of
//! long ones. Of those held out only totals are shown.

use std::fmt::Write as _;

use aggregator_core::analysis::{AnalysisSettings, Analyzer};
use aggregator_mocks::labels::Part;
use aggregator_mocks::labels::queries::{SMALLEST_LIMIT, queries};

/// The totals of a part, and what is wrong.
fn totals(part: Part) -> (String, String) {
    let analyzer = Analyzer::new(AnalysisSettings::default()).unwrap();
    let (mut searchable, mut accused, mut unsearchable, mut told) = (0, 0, 0, 0);
    let (mut long, mut pieces, mut lost) = (0, 0, 0);
    let mut wrong = String::new();
    for query in queries(part) {
        let evaluation = query.evaluate(&analyzer);
        let is_told = usize::from(evaluation.reason.is_some());
        let (all, of_them) =
            if query.searchable { (&mut searchable, &mut accused) } else { (&mut unsearchable, &mut told) };
        (*all, *of_them) = (*all + 1, *of_them + is_told);
        if query.searchable == evaluation.reason.is_some() {
            let text: String = query.text.escape_debug().take(100).collect();
            let said = evaluation.reason.map_or_else(|| "suits a search".to_owned(), |reason| reason.to_string());
            writeln!(wrong, "{} {text}: {said}", query.lang).unwrap();
        }
        let Some(sent) = evaluation.shortened else {
            assert!(query.text.chars().count() <= 16_000);
            continue;
        };
        assert!(SMALLEST_LIMIT.allows(&sent) && !SMALLEST_LIMIT.allows(&query.text), "{sent:?}");
        (long, pieces, lost) = (long + 1, pieces + query.keep.len(), lost + evaluation.lost.len());
        for piece in evaluation.lost {
            // No file of the repository names a folder of one machine, also not one that is invented.
            let sent = sent.replace(&["", "home", ""].join("/"), "/…/");
            writeln!(wrong, "{} {piece:?} is not in {sent:?}", query.lang).unwrap();
        }
    }
    let totals = format!(
        "searchable queries called unsuitable   {accused} of {searchable}\n\
         unsearchable queries called unsuitable {told} of {unsearchable}\n\
         pieces lost of long queries            {lost} of {pieces} in {long} queries\n"
    );
    (totals, wrong)
}

#[test]
fn queries_that_rules_were_written_from() {
    let (totals, wrong) = totals(Part::Tuning);
    insta::assert_snapshot!(format!("{totals}\n{wrong}"));
}

#[test]
fn queries_held_out() {
    insta::assert_snapshot!(totals(Part::HeldOut).0);
}
