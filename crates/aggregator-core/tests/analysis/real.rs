//! The real queries of `benches-data/queries`: how often a query that can be searched is called unsuitable, and what is left of
//! long ones. Of those held out only totals are shown.

use std::fmt::Write as _;

use aggregator_core::analysis::{AnalysisSettings, Analyzer};
use aggregator_core::provider::{QueryLimit, SearchRequest};
use aggregator_core::{Query, QueryError};
use aggregator_mocks::real::{Part, RealQuery, queries};
use std::sync::Arc;
use tokio::time::Instant;

/// That of Brave's search API.
const BRAVE: QueryLimit = QueryLimit { chars: 400, words: 50 };

#[derive(Default)]
struct Totals {
    searchable: usize,
    accused: usize,
    unsearchable: usize,
    seen: usize,
    long: usize,
    pieces: usize,
    lost: usize,
    detail: String,
}

fn totals(part: Part) -> Totals {
    let analyzer = Analyzer::new(AnalysisSettings::default()).unwrap();
    let mut totals = Totals::default();
    for query in queries(part) {
        let analysis = analyzer.analyze(&query.text);
        let reason = analysis.suitability.reason;
        match query.searchable {
            true => {
                totals.searchable += 1;
                totals.accused += usize::from(reason.is_some());
            }
            false => {
                totals.unsearchable += 1;
                totals.seen += usize::from(reason.is_some());
            }
        }
        if query.searchable == reason.is_some() {
            let text: String = query.text.escape_debug().take(100).collect();
            let said = reason.map_or_else(|| "suits a search".to_owned(), |reason| reason.to_string());
            writeln!(totals.detail, "{} {text}: {said}", query.lang).unwrap();
        }
        sent(&query, &mut totals);
    }
    totals
}

fn sent(query: &RealQuery, totals: &mut Totals) {
    let made = match Query::new(query.text.as_str()) {
        Err(QueryError::Empty) => return assert!(!query.searchable, "{:?} is empty", query.text),
        made => made.unwrap(),
    };
    let request = SearchRequest::new(Arc::new(made), 10, Instant::now()).within(BRAVE);
    let (whole, sent) = (request.query.text().as_str(), request.text());
    assert!(BRAVE.allows(sent), "{sent:?}");
    if BRAVE.allows(whole) {
        return assert_eq!(sent, whole, "a text within the limit is sent whole");
    }
    totals.long += 1;
    totals.pieces += query.keep.len();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lost = query.keep.iter().filter(|piece| !sent.contains(&one_line(piece)));
    for piece in lost {
        totals.lost += 1;
        writeln!(totals.detail, "{} {piece:?} is not in {sent:?}", query.lang).unwrap();
    }
}

fn table(part: Part) -> (Totals, String) {
    let totals = totals(part);
    let Totals { searchable, accused, unsearchable, seen, long, pieces, lost, .. } = totals;
    let text = format!(
        "searchable queries called unsuitable   {accused} of {searchable}\n\
         unsearchable queries called unsuitable {seen} of {unsearchable}\n\
         pieces lost of long queries            {lost} of {pieces} in {long} queries\n"
    );
    (totals, text)
}

#[test]
fn queries_that_rules_were_written_from() {
    let (totals, table) = table(Part::Tuning);
    insta::assert_snapshot!(format!("{table}\n{}", totals.detail));
}

#[test]
fn queries_held_out() {
    let (_, table) = table(Part::HeldOut);
    insta::assert_snapshot!(table);
}
