//! What a report shows and loads.

use std::collections::BTreeSet;

use perf_gate::{Class, Metric};
use perf_judge::exit_status;
use perf_judge::report::comparison::{Comparison, Revision};
use perf_judge::row::{Group, Row};
use perf_judge::verdict::Verdict;
use perf_report::{Trend, TrendPoint, Trends};

use crate::parsed::{Element, elements};
use crate::sample::{self, HEAP_BLOCKS, counted, drawn, drawn_with, in_pairs, report, small};

#[test]
fn a_small_report() {
    let document = drawn(&small());
    let (head, rest) = document.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    insta::assert_snapshot!(format!("{head}<style>…</style>{body}"));
}

/// Text that a reader sees first, in the order of reading.
#[test]
fn the_verdict_comes_first_and_then_what_to_do() {
    let document = drawn(&small());
    let places = [
        "FAIL (exit 1)",
        "At least one row regressed",
        "Rules changed",
        "could have seen",
        "did not pass",
        "<h2>Cases",
        "Machine and",
    ];
    let found: Vec<usize> =
        places.iter().map(|place| document.find(place).unwrap_or_else(|| panic!("no `{place}`"))).collect();
    assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let document = drawn(&small());
    for element in elements(&document) {
        assert!(
            !["script", "iframe", "object", "embed", "img", "image", "use", "form", "base"]
                .contains(&element.tag.as_str())
        );
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{} has {name}", element.tag);
            let is_local = value.starts_with('#') || (element.tag == "link" && value == "data:,");
            assert!(name != "href" || is_local, "{} leads to {value}", element.tag);
        }
    }
    for forbidden in ["http:", "https:", "url(", "@import", "javascript:"] {
        assert!(!document.contains(forbidden), "`{forbidden}` is in the document");
    }
    let policy = elements(&document).into_iter().find(|element| element.get("http-equiv").is_some()).unwrap();
    let content = policy.get("content").unwrap();
    assert!(content.starts_with("default-src 'none'; style-src 'sha256-") && !content.contains("unsafe"), "{content}");
}

#[test]
fn headings_are_in_order_and_tables_name_their_columns() {
    let all = elements(&drawn(&small()));
    let mut last = 0;
    for heading in all.iter().filter(|element| matches!(element.tag.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6"))
    {
        let level: usize = heading.tag[1..].parse().unwrap();
        assert!(level <= last + 1, "<{}> {} below <h{last}>", heading.tag, heading.text);
        last = level;
    }
    assert_eq!(all.iter().filter(|element| element.tag == "h1").count(), 1);
    let headings: Vec<&Element> = all.iter().filter(|element| element.tag == "th").collect();
    assert!(headings.len() > 20 && headings.iter().all(|heading| matches!(heading.get("scope"), Some("col" | "row"))));
    assert!(
        all.iter()
            .filter(|element| element.get("role") == Some("img"))
            .all(|figure| figure.get("aria-label").is_some())
    );
}

#[test]
fn failing_cases_are_open_and_passing_ones_folded() {
    let all = elements(&drawn(&small()));
    let folds: Vec<(bool, &Element)> =
        all.iter().filter(|element| element.tag == "details").map(|fold| (fold.get("open").is_some(), fold)).collect();
    let of = |case: &str| folds.iter().find(|(_, fold)| fold.text.trim_start().starts_with(case)).unwrap().0;
    assert!(of("words/count/10") && !of("words/split/10") && !of("lines/read/1"));
}

#[test]
fn each_row_is_in_the_section_of_its_case_with_the_command_that_measures_it_again() {
    let report = small();
    let all = elements(&drawn(&report));
    for row in &report.rows {
        let starts = |fold: &&Element| fold.tag == "details" && fold.text.trim_start().starts_with(row.case.as_str());
        let fold = all.iter().find(starts).unwrap();
        let command = format!("cargo xtask perf --quick --against 0123456789ab --only '{}'", row.case);
        assert!(fold.text.contains(&command), "{}", row.case);
        assert!(fold.text.contains(&row.subject.to_string()) && fold.text.contains(row.verdict.name()));
        if let Some(reason) = &row.reason {
            assert!(fold.text.contains(reason), "{reason}");
        }
    }
    let commands: Vec<&str> =
        all.iter().filter(|element| element.tag == "code").map(|code| code.text.as_str()).collect();
    assert!(commands.contains(&"cargo xtask baseline update --accept 'words/count/10'"), "{commands:?}");
}

#[test]
fn links_lead_to_places_in_the_document() {
    let all = elements(&drawn(&small()));
    let places: Vec<&str> = all.iter().filter_map(|element| element.get("id")).collect();
    assert_eq!(places.len(), places.iter().collect::<BTreeSet<_>>().len(), "no place has two names");
    let links: Vec<&str> =
        all.iter().filter(|element| element.tag == "a").filter_map(|link| link.get("href")).collect();
    assert!(!links.is_empty());
    for link in links {
        assert!(places.contains(&link.trim_start_matches('#')), "{link}");
    }
}

#[test]
fn a_case_shows_its_pairs_and_the_times_of_both_sides() {
    let all = elements(&drawn(&small()));
    let figures: Vec<&str> =
        all.iter().filter_map(|element| element.get("aria-label")).filter(|label| !label.starts_with("Rows")).collect();
    assert_eq!(figures.len(), 4, "two for each timed case: {figures:?}");
    assert!(
        figures[0].starts_with(
            "Difference of each pair, in the order of measuring from top to bottom: 18, of which 6 confirm."
        )
    );
    assert!(
        figures[1].starts_with("Times of the processes, median. base: 20.")
            && figures[1].contains("18 processes. head: 21.")
    );
    let numbers = all.iter().find(|element| element.tag == "pre").unwrap();
    assert_eq!(numbers.text.lines().count(), 19, "a heading and 18 pairs");
    assert!(numbers.text.lines().nth(18).unwrap().starts_with("confirming"), "{}", numbers.text);
}

#[test]
fn a_history_is_drawn_where_there_is_one() {
    let report = small();
    assert!(
        drawn(&report)
            .contains("No history is kept yet. To keep the values of a run: <code>cargo xtask perf --record</code>")
    );
    let point = |day: u32, value: f64| TrendPoint {
        commit: format!("{day:040x}"),
        date: format!("2026-01-0{day}"),
        value,
        interval: Some([value - 0.01, value + 0.01]),
    };
    let trend = Trend { points: vec![point(1, 0.0), point(2, 0.002), point(3, 0.06)], changes: vec![2] };
    let trends = Trends::from([((sample::case("words/count/10"), Metric::TIME.name()), trend)]);
    let document = drawn_with(&report, &trends);
    assert!(!document.contains("No history is kept"));
    let all = elements(&document);
    let history: Vec<&str> = all
        .iter()
        .filter_map(|element| element.get("aria-label"))
        .filter(|label| label.starts_with("History"))
        .collect();
    assert_eq!(history.len(), 1, "the case has two rows of time at most, and one history");
    let numbers = all.iter().find(|element| element.tag == "pre" && element.text.starts_with("2026-01-01")).unwrap();
    let last = "2026-01-03 000000000000   +6.18 %  +5.13 % to +7.25 %";
    assert_eq!(numbers.text.lines().nth(2), Some(last), "{}", numbers.text);
    assert!(
        history[0].contains("3 values from 2026-01-01 to 2026-01-03: +6.2 % in all, changed 1 times"),
        "{history:?}"
    );
}

#[test]
fn runs_without_rows_or_pairs_are_reports_too() {
    let empty = drawn(&report(Vec::new(), Comparison::None("there is no commit".into())));
    elements(&empty);
    assert!(empty.contains("The run has no rows.") && empty.contains("There are none."), "{empty}");
    let revision = Revision { commit: sample::BASE.into(), chosen: "HEAD".into() };
    let same = counted(Group::Class(Class::Heap), "a/b/1", HEAP_BLOCKS, Verdict::Identical, [1, 1]);
    let mut unchanged = report(vec![same], Comparison::Unchanged(revision));
    unchanged.rules = None;
    let unchanged = drawn(&unchanged);
    elements(&unchanged);
    assert!(
        unchanged.contains("nothing measured differs") && unchanged.contains("Not compared, because there is no base.")
    );
}

#[test]
fn a_time_that_was_not_compared_is_told_from_that_of_the_same_program() {
    let revision = || Comparison::Unchanged(Revision { commit: sample::BASE.into(), chosen: "HEAD".into() });
    let wall = |name, verdict| counted(Group::Class(Class::Wall), name, Metric::TIME, verdict, [500, 500]);
    let identical = wall("a/b/1", Verdict::Identical);
    let same = drawn(&report(vec![identical.clone()], revision()));
    let not_compared = drawn(&report(vec![identical, wall("a/b/2", Verdict::Info)], revision()));
    for (document, expected) in [(same, [true, false]), (not_compared, [false, true])] {
        let said = ["are those of the base, so their time is, too", "No wall time was judged in pairs"];
        assert_eq!(said.map(|said| document.contains(said)), expected, "{document}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_dashes() {
    let mut report = small();
    for row in &mut report.rows {
        if let Some(paired) = &mut row.paired {
            (paired.change_percent, paired.lower_percent) = (Some(f64::NAN), Some(f64::NEG_INFINITY));
            (paired.upper_percent, paired.mde_percent) = (Some(f64::INFINITY), Some(f64::NAN));
            paired.margin_percent = f64::NAN;
            paired.differences_percent[0] = f64::NAN;
        }
    }
    let Comparison::Pairs(pairing) = &mut report.harnesses[0].comparison else { panic!("it has pairs") };
    let mut broken = perf_judge::pairs::Pairs::default();
    for pair in pairing.measured.all() {
        let mut pair = pair.clone();
        if pair.round % 3 == 0 {
            (pair.base.median, pair.base.minimum) = (f64::NAN, 0.0);
            (pair.head.median, pair.head.minimum) = (f64::INFINITY, f64::NAN);
        }
        broken.add(pair);
    }
    pairing.measured = broken;
    (pairing.building_seconds, pairing.measuring_seconds) = (f64::NAN, f64::INFINITY);
    // The innermost elements come last.
    for element in elements(&drawn(&report)).iter().rev().filter(|element| element.tag != "style") {
        for shown in element.attributes.iter().map(|(_, value)| value).chain([&element.text]) {
            let mut words = shown.split(|c: char| !c.is_alphanumeric());
            assert!(!words.any(|word| ["NaN", "inf"].contains(&word)), "<{}> {shown}", element.tag);
        }
    }
}

/// As large as a full run of this size becomes: 50 timed cases with 160 pairs each, a confirming sample of all, and 20
/// counts.
#[test]
fn a_large_report_is_smaller_than_two_megabytes() {
    let names: Vec<String> = (0..50).map(|n| format!("suite-{}/a-case-with-a-long-name-{n}/1000", n / 10)).collect();
    let cases: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 5.0)).collect();
    let (mut rows, comparison) = in_pairs(&cases, 160);
    for name in &names {
        for n in 0..20 {
            let metric: Metric =
                Metric::from_parts(format!("counted-{n}").parse().unwrap(), HEAP_BLOCKS.unit(), Class::Heap);
            rows.push(counted(Group::Class(Class::Heap), name, metric, Verdict::Pass, [1_000_000, 1_000_001]));
        }
    }
    let report = report(rows, comparison);
    assert_eq!((report.rows.len(), report.exit_code), (1_050, exit_status::FAIL));
    let document = drawn(&report);
    elements(&document);
    assert!(document.len() < 2_000_000, "{} bytes", document.len());
    // Ten times as many pairs add no more than the points that a figure draws.
    let per_case = |document: &str, cases: usize| document.len() / cases;
    let (rows, comparison): (Vec<Row>, _) = in_pairs(&cases[..2], 1_600);
    let many = drawn(&sample::report(rows, comparison));
    assert!(many.contains("400 of 2400 pairs as numbers"));
    assert!(per_case(&many, 2) < 2 * per_case(&document, 50), "{} {}", many.len(), document.len());
}
