//! Exports of reports, read back as their consumers read them.

mod any_report;

use std::collections::{BTreeMap, BTreeSet};

use any_report::{blocks, report, rows};
use perf_gate::{Class, Metric};
use perf_judge::report::export::{self, Export, ExportError};
use perf_judge::report::stored::{self, StoredReportError};
use perf_judge::row::{Group, Row, Subject, Value};
use perf_judge::verdict::Verdict;
use proptest::prelude::*;
use serde_json::Value as Json;

/// The measured numbers of rows, by case and metric, without those of budgets.
fn numbers(rows: &[Row]) -> BTreeMap<(String, String), u64> {
    let number = |row: &Row| match (row.group, row.subject, row.head) {
        (Group::Budget, ..) => None,
        (_, Subject::Metric { name, .. }, Some(Value::Number(head))) => {
            let is_time = row.group == Group::Class(Class::Wall) && name == Metric::TIME.name();
            let name = if is_time { "latency".to_owned() } else { name.to_string() };
            Some(((row.case.to_string(), name), head))
        }
        _ => None,
    };
    rows.iter().filter_map(number).collect()
}

fn left_out(export: &Export) -> usize {
    export.left_out.iter().map(|left_out| left_out.rows).sum()
}

/// The schema of Bencher Metric Format in words: an object of objects of objects with `value` and perhaps both bounds, all
/// numbers; names of benchmarks have 1 to 1,024 bytes, those of measures 1 to 64; nothing else.
fn assert_bencher(text: &str) -> BTreeMap<(String, String), u64> {
    let json: Json = serde_json::from_str(text).unwrap();
    let mut found = BTreeMap::new();
    for (benchmark, measures) in json.as_object().unwrap() {
        assert!((1..=1024).contains(&benchmark.len()), "{benchmark}");
        assert!(!measures.as_object().unwrap().is_empty(), "{benchmark}");
        for (measure, metric) in measures.as_object().unwrap() {
            assert!((1..=64).contains(&measure.len()), "{measure}");
            let metric = metric.as_object().unwrap();
            assert!(metric.keys().all(|key| ["value", "lower_value", "upper_value"].contains(&key.as_str())));
            let number = |key: &str| metric.get(key).map(|number| number.as_f64().unwrap());
            let value = number("value").unwrap();
            assert!(number("lower_value").is_none_or(|lower| lower <= value), "{metric:?}");
            assert!(number("upper_value").is_none_or(|upper| upper >= value), "{metric:?}");
            found.insert((benchmark.clone(), measure.clone()), metric["value"].as_u64().unwrap());
        }
    }
    found
}

/// Cells by RFC 4180.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.next_if_eq(&'"').is_some() => cell.push('"'),
            (_, '"') => quoted = !quoted,
            (false, ',') => record.push(std::mem::take(&mut cell)),
            (false, '\r') => {
                assert_eq!(chars.next(), Some('\n'), "a line ends with both");
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            (_, c) => cell.push(c),
        }
    }
    assert!(!quoted && record.is_empty() && cell.is_empty(), "the last line has an end");
    records
}

/// A strategy of rows that differ in case and metric, as those of one harness do.
fn distinct() -> impl Strategy<Value = Vec<Row>> {
    rows().prop_map(|mut rows| {
        let mut seen = BTreeSet::new();
        rows.retain(|row| row.group == Group::Budget || seen.insert((row.case.to_string(), row.subject.to_string())));
        rows
    })
}

proptest! {
    #[test]
    fn a_stored_report_has_the_same_rows(rows in rows()) {
        let report = report(rows);
        let text = report.json(&|_, _| String::new()).unwrap();
        let read = stored::read(&text).unwrap();
        prop_assert_eq!(read.exit_code, report.exit_code);
        prop_assert_eq!(read.rows, report.rows);
    }

    #[test]
    fn bencher_gets_every_number_once(rows in distinct()) {
        let export = export::bencher::export(&rows).unwrap();
        let found = assert_bencher(&export.text);
        prop_assert_eq!(&found, &numbers(&rows));
        prop_assert_eq!(found.len() + left_out(&export), rows.len());
    }

    #[test]
    fn github_action_benchmark_gets_what_is_better_smaller(rows in distinct()) {
        let export = export::custom_smaller_is_better::export(&rows).unwrap();
        let json: Json = serde_json::from_str(&export.text).unwrap();
        let mut names = BTreeSet::new();
        for entry in json.as_array().unwrap() {
            let text = |field: &str| entry[field].as_str().unwrap().to_owned();
            prop_assert!(entry.as_object().unwrap().keys().all(|key| ["name", "unit", "value", "range", "extra"].contains(&key.as_str())));
            let (case, metric) = text("name").split_once(' ').map(|(case, metric)| (case.to_owned(), metric.to_owned())).unwrap();
            prop_assert!(names.insert(text("name")) && !text("unit").is_empty());
            let is_it = |row: &&Row| row.case.as_str() == case && row.subject.to_string() == metric && row.group != Group::Budget;
            let row = rows.iter().find(is_it).unwrap();
            prop_assert_eq!(row.head, Some(Value::Number(entry["value"].as_u64().unwrap())));
            prop_assert!(!matches!(row.group, Group::Class(Class::Behaviour | Class::Quality)));
        }
        prop_assert_eq!(names.len() + left_out(&export), rows.len());
    }

    #[test]
    fn csv_has_every_row_and_no_formula(rows in rows()) {
        let export = export::csv::export(&rows);
        let records = parse_csv(&export.text);
        let (header, records) = records.split_first().unwrap();
        prop_assert_eq!(records.len(), rows.len());
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        for (record, row) in records.iter().zip(&rows) {
            prop_assert_eq!(record.len(), header.len());
            prop_assert_eq!(&record[column("case")], row.case.as_str());
            let value = |cell: &str| match cell.strip_prefix("0x") {
                Some(checksum) => Some(Value::Checksum(checksum.parse().unwrap())),
                None if cell.is_empty() => None,
                None => Some(Value::Number(cell.parse().unwrap())),
            };
            prop_assert_eq!((value(&record[column("base")]), value(&record[column("head")])), (row.base, row.head));
            let reason = record[column("reason")].trim_start_matches('\'');
            prop_assert_eq!(reason, row.reason.as_deref().unwrap_or_default().trim_start_matches('\''));
            for cell in record {
                let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
                prop_assert!(!is_formula || cell.parse::<f64>().is_ok_and(f64::is_finite), "{cell:?}");
            }
        }
    }
}

#[test]
fn a_few_rows_in_every_format() {
    let mut rows = vec![
        blocks("a/b/1", 61, 62, Verdict::Regressed).with_reason("=cmd, \"quoted\""),
        blocks("a/b/2", 61, 61, Verdict::Pass),
    ];
    rows.push(Row { group: Group::Budget, ..blocks("a/b/1", 100, 62, Verdict::Pass) });
    rows.push(Row { head: None, ..blocks("a/b/3", 1, 1, Verdict::Missing) });
    let text = |export: Export| {
        let notes = export.left_out.iter().map(|left_out| format!("{} {}\n", left_out.rows, left_out.why));
        format!("{}{}", export.text, notes.collect::<String>())
    };
    insta::assert_snapshot!("bencher", text(export::bencher::export(&rows).unwrap()));
    insta::assert_snapshot!("github_action_benchmark", text(export::custom_smaller_is_better::export(&rows).unwrap()));
    insta::assert_snapshot!("csv", export::csv::export(&rows).text.replace('\r', "␍"));
}

#[test]
fn rows_of_one_name_are_an_error_and_not_one_row() {
    let twice = [blocks("a/b/1", 1, 2, Verdict::Pass), blocks("a/b/1", 1, 3, Verdict::Pass)];
    for result in [export::bencher::export(&twice), export::custom_smaller_is_better::export(&twice)] {
        assert!(matches!(result, Err(ExportError::SameName(name)) if name == "a/b/1 heap-blocks"));
    }
    assert_eq!(export::csv::export(&twice).text.lines().count(), 3);
}

#[test]
fn a_report_of_another_version_is_not_read() {
    let text = report(vec![blocks("a/b/1", 1, 2, Verdict::Pass)]).json(&|_, _| String::new()).unwrap();
    assert!(stored::read(&text).is_ok());
    let schema = text.replacen(r#""schema": 3"#, r#""schema": 4"#, 1);
    assert!(matches!(stored::read(&schema), Err(StoredReportError::Schema { found: 4 })));
    let unit = text.replacen(r#""unit": "blocks""#, r#""unit": null"#, 1);
    assert_eq!(stored::read(&unit).unwrap_err().to_string(), "row 1: `heap-blocks` has no unit");
    for (from, to) in
        [("\"PASS\"", "\"FINE\""), ("\"heap\"", "\"heaps\""), ("\"head\": 2", "\"head\": 1e999"), ("a/b/1", "a/b")]
    {
        assert!(matches!(stored::read(&text.replacen(from, to, 1)), Err(StoredReportError::Form(_))), "{from}");
    }
}
