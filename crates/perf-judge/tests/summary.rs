//! The summary of a report, and its reader with files of unknown origin.

mod any_report;

use any_report::{blocks, report, rows};
use perf_judge::report::summary::{MAX_ROWS, MAX_SUMMARY_BYTES, Summary, SummaryError};
use perf_judge::rules::{RuleChange, RuleKind};
use perf_judge::verdict::Verdict;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

proptest! {
    #[test]
    fn a_summary_reads_back_and_has_every_row_that_does_not_pass(rows in rows()) {
        let report = report(rows);
        let text = report.summary_json().unwrap();
        let read = Summary::read(text.as_bytes()).unwrap();
        prop_assert_eq!(read.total(), report.rows.len() as u64);
        prop_assert_eq!(read.left_out(), 0);
        let passes = |verdict| matches!(verdict, Verdict::Pass | Verdict::Identical | Verdict::Info);
        let mut wanted: Vec<_> = report.rows.iter().filter(|row| !passes(row.verdict)).collect();
        wanted.sort_by_key(|row| row.verdict);
        prop_assert_eq!(read.rows.len(), wanted.len());
        for (read, row) in read.rows.iter().zip(wanted) {
            prop_assert_eq!(
                (read.verdict, read.group, &read.case, read.subject, read.base, read.head, &read.harness),
                (row.verdict, row.group, &row.case, row.subject, row.base, row.head, &row.harness)
            );
            let numbers = |row: &perf_judge::row::Row| {
                row.paired.as_ref().map(|paired| (paired.change_percent, paired.lower_percent, paired.mde_percent))
            };
            prop_assert_eq!(numbers(read), numbers(row));
            prop_assert_eq!(&read.reason, &None, "a reason is text of unknown origin");
        }
    }

    /// Whatever one value is replaced by, the reader returns, and the text of no error is that of the file.
    #[test]
    fn no_change_of_one_value_is_quoted_or_panics(at in any::<prop::sample::Index>(), with in prop::sample::select(hostile())) {
        let mut json: Json = serde_json::from_str(&a_summary()).unwrap();
        let mut places = Vec::new();
        pointers(&json, String::new(), &mut places);
        let place = &places[at.index(places.len())];
        *json.pointer_mut(place).unwrap() = with;
        if let Err(error) = Summary::read(json.to_string().as_bytes()) {
            prop_assert!(!error.to_string().contains("evil"), "{place}: {error}");
        }
    }
}

/// Values that do harm somewhere.
fn hostile() -> Vec<Json> {
    let text = [
        "",
        "evil|`@evil`",
        "</details><script>evil()",
        "[evil](javascript:evil)",
        "\u{202e}evil",
        "../evil",
        "::evil",
    ];
    let mut all: Vec<Json> = text.iter().map(|text| json!(text)).collect();
    all.extend([
        json!(null),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!([]),
        json!({ "evil": 1 }),
        json!(true),
    ]);
    all.push(json!("evil".repeat(1_000)));
    all
}

/// The pointers to every value below `json`.
fn pointers(json: &Json, at: String, out: &mut Vec<String>) {
    match json {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| pointers(value, format!("{at}/{name}"), out)),
        Json::Array(items) => items.iter().enumerate().for_each(|(n, item)| pointers(item, format!("{at}/{n}"), out)),
        _ => {}
    }
    out.push(at);
}

fn a_summary() -> String {
    let rows = vec![
        blocks("a/b/1", 61, 62, Verdict::Regressed),
        blocks("a/b/2", 61, 60, Verdict::Improved),
        blocks("a/b/3", 61, 61, Verdict::Pass),
    ];
    report(rows).summary_json().unwrap()
}

/// The error of a summary in which one text is replaced.
#[track_caller]
fn error(from: &str, to: &str) -> SummaryError {
    let text = a_summary();
    assert!(text.contains(from), "{from} is not in {text}");
    Summary::read(text.replacen(from, to, 1).as_bytes()).unwrap_err()
}

#[test]
fn names_and_numbers_that_no_run_has_are_rejected() {
    assert!(Summary::read(a_summary().as_bytes()).is_ok());
    for (from, to) in [
        (r#""a/b/1""#, r#""a/b/<img src=x>""#),
        (r#""a/b/1""#, r#""@everyone/b/1""#),
        (r#""heap-blocks""#, r#""heap|blocks""#),
        (r#""heap-blocks""#, r#""`""#),
        (r#""the-harness""#, r#""the harness""#),
        (r#""REGRESSED""#, r#""REGRESSED [x](http://x)""#),
        (r#""heap""#, r#""heaps""#),
        (r#""89abcdef-dirty""#, r#""HEAD""#),
        (r#""head": 62"#, r#""head": NaN"#),
        (r#""head": 62"#, r#""head": 1e999"#),
        (r#""head": 62"#, r#""head": -1"#),
        (r#""head": 62"#, r#""head": 62.5"#),
        (r#""head": 62"#, r#""head": "62""#),
        (r#""head": 62"#, r#""head": "0123456789abcdef""#),
        (r#""schema": 1,"#, r#""schema": 1, "reason": "x","#),
        (r#""schema": 1,"#, r#""schema": 1, "schema": 1,"#),
        (r#""quick": false,"#, ""),
    ] {
        let error = error(from, to);
        assert!(matches!(error, SummaryError::Form { .. }), "{from} as {to}: {error:?}");
    }
    assert_eq!(error(r#""schema": 1"#, r#""schema": 2"#), SummaryError::Schema { found: 2 });
    for percent in ["NaN", "1e999", "1e10", "-1e10", "Infinity"] {
        let paired = format!(
            r#""paired": {{"change_percent": {percent}, "lower_percent": null, "upper_percent": null, "mde_percent": null,
               "margin_percent": 1, "pairs": 1, "confirming": 0}}"#
        );
        let error = error(r#""paired": null"#, &paired);
        assert!(matches!(error, SummaryError::Form { .. }), "{percent}: {error:?}");
    }
    for bytes in [&b""[..], b"\xff", b"{", b"[]", b"null", &[b'['; 100_000]] {
        assert!(matches!(Summary::read(bytes), Err(SummaryError::Form { .. })), "{bytes:?}");
    }
    let large = vec![b' '; MAX_SUMMARY_BYTES + 1];
    assert_eq!(Summary::read(&large), Err(SummaryError::TooLarge(large.len())));
}

#[test]
fn a_summary_that_contradicts_itself_is_rejected() {
    for (from, to, what) in [
        (r#""exit_code": 1"#, r#""exit_code": 0"#, "its exit code is not that of its rows"),
        (r#""exit_code": 1"#, r#""exit_code": 4"#, "its exit code is not that of its rows"),
        (r#""exit_code": 1"#, r#""exit_code": 2"#, "its exit code is not that of a completed run"),
        (r#""REGRESSED": 1"#, r#""REGRESSED": 0"#, "it shows more rows of a verdict than it counts"),
        (r#""REGRESSED": 1"#, r#""REGRESSED": 2"#, "it counts rows that it does not show"),
        (r#""PASS": 1"#, r#""PASS": 4294967295"#, "it has more rows or harnesses than a run can have"),
        (r#""verdict": "IMPROVED""#, r#""verdict": "PASS""#, "it shows rows that pass"),
        (r#""a/b/2""#, r#""a/b/1""#, "it shows a row twice"),
    ] {
        assert_eq!(error(from, to), SummaryError::Contradiction(what), "{from} as {to}");
    }
}

#[test]
fn the_largest_summary_is_read_and_says_what_it_leaves_out() {
    let part = "x".repeat(40);
    let name = |number: usize| format!("{part}/{part}/{number:040}");
    let row = |number| blocks(&name(number), u64::MAX, u64::MAX - 1, Verdict::Missing);
    let mut rows: Vec<_> = (0..MAX_ROWS + 7).map(row).collect();
    rows.push(blocks("a/b/1", 1, 1, Verdict::Broken));
    let mut report = report(rows);
    report.rules = Some(vec![RuleChange { kind: RuleKind::Unreadable, what: "text".into() }; 3]);
    let text = report.summary_json().unwrap();
    let read = Summary::read(text.as_bytes()).unwrap();
    assert_eq!((read.rows.len(), read.left_out(), read.total()), (MAX_ROWS, 8, 208));
    assert_eq!(read.rows[0].verdict, Verdict::Broken, "the worst rows are not left out");
    assert_eq!((read.rules_loosened, read.count(Verdict::Missing)), (Some(3), 207));
    assert!(text.len() * 4 < MAX_SUMMARY_BYTES, "{} bytes", text.len());
}

#[test]
fn the_form_of_the_file() {
    insta::assert_snapshot!(a_summary());
}
