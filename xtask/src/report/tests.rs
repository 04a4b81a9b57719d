//! Snapshots of what people and programs read, with a row of every verdict.

use perf_gate::{CaseName, Checksum, Metric};

use super::*;
use crate::budget::Reference;
use crate::compare::store::Difference;
use crate::row::{self, Group, Spread, Subject, Value};

fn number(number: u64) -> Option<Value> {
    Some(Value::Number(number))
}

fn row(group: Group, case: &str, metric: Metric, verdict: Verdict) -> Row {
    Row::new(group, &CaseName::new(case).unwrap(), Subject::Metric(metric), verdict)
}

fn every_verdict() -> Vec<Row> {
    let floor = "query/floor/10";
    let long = "concurrent/a-name-that-does-not-fit/100";
    let checksum = |number| Some(Value::Checksum(Checksum(number)));
    let spread = Some(Spread { iqr_percent: 2.44, processes: 20 });
    let floor_name = CaseName::new(floor).unwrap();
    let broken = CaseName::new("url/hostile/40").unwrap();
    let accept = "reproduce: cargo xtask perf --only 'query/floor/10'; if it is intended: cargo xtask baseline update \
                  --accept 'query/floor/10' --reason '…'";
    let mut rows = vec![
        row(Group::Behaviour, floor, Metric::Events, Verdict::Pass).values(number(15), number(15)),
        Row::new(Group::Behaviour, &floor_name, Subject::Checksum, Verdict::Regressed)
            .values(checksum(0x0123_4567_89ab_cdef), checksum(0xfedc_ba98_7654_3210))
            .because("computed something else")
            .then(accept),
        Row::new(Group::Behaviour, &broken, Subject::Case, Verdict::Broken)
            .because(
                "`count` ended with exit status: 101: expected 40 canonical addresses, and found 39 | of them, the last \
                 of which is <script>",
            )
            .then("see it run: cargo bench -p perf-gate --bench count -- url/hostile/40 (or --bench heap)"),
        row(Group::Schedule, floor, Metric::FirstEvent, Verdict::Pass).values(number(0), number(0)),
        row(Group::Schedule, floor, Metric::Total, Verdict::Inconclusive)
            .values(number(1_234_567), number(1_234_568))
            .because("not comparable: rustc is rustc 1.95.0 here, rustc 1.94.0 in the baseline")
            .then("measure a baseline that is comparable: cargo xtask baseline update"),
        row(Group::Heap, floor, Metric::HeapBlocks, Verdict::Regressed)
            .values(number(61), number(62))
            .because("more than the baseline")
            .then(accept),
        row(Group::Heap, floor, Metric::HeapBytes, Verdict::Regressed)
            .values(number(1_234_567), number(1_234_599))
            .because("more than the baseline")
            .then(accept),
        row(Group::Heap, floor, Metric::HeapLive, Verdict::Regressed)
            .values(number(0), number(64))
            .because("more than the baseline")
            .then(accept),
        row(Group::Heap, long, Metric::HeapBytes, Verdict::Improved)
            .values(number(12_345), number(10_000))
            .then("keep it so: cargo xtask baseline update"),
        row(Group::Heap, long, Metric::HeapPeak, Verdict::Accepted)
            .values(number(4_096), number(8_192))
            .because("until 2026-12-31: the parser is replaced by then"),
        row(Group::Heap, long, Metric::HeapGrowth, Verdict::New)
            .values(None, number(0))
            .because("not in the baseline")
            .then("store it: cargo xtask baseline update"),
        row(Group::Heap, "merge/wide/800", Metric::HeapBlocks, Verdict::Missing)
            .values(number(61), None)
            .because("in the baseline, not in the run"),
        row(Group::Instructions, floor, Metric::Instructions, Verdict::Regressed)
            .values(number(42_326), number(43_001))
            .because("above the baseline by more than 1 %")
            .then(accept),
        row(Group::Instructions, long, Metric::Instructions, Verdict::Improved)
            .values(number(64_142_108), number(60_000_000))
            .then("keep it so: cargo xtask baseline update"),
        row(Group::Instructions, "merge/wide/800", Metric::Instructions, Verdict::Pass)
            .values(number(3_513_723), number(3_513_724)),
        Row {
            reference: Some(Reference { promised: "memory < 10 MB a query".into(), measured: "0.35 MB".into() }),
            ..row(Group::Budget, floor, Metric::HeapPeak, Verdict::Pass).values(number(65_536), number(4_096))
        },
        row(Group::Budget, floor, Metric::Time, Verdict::Regressed)
            .values(number(6_600), number(6_601))
            .because("above the budget: 150,000 queries per second")
            .then("reproduce: cargo xtask perf --only 'query/floor/10'"),
    ];
    let time = row(Group::Wall, floor, Metric::Time, Verdict::Info).values(None, number(6_601));
    rows.push(Row { spread, ..time });
    row::sort(&mut rows);
    rows
}

/// Differences of pairs around a change: percent, in the order of measuring.
fn around(change: f64, pairs: usize) -> Vec<f64> {
    (0..pairs).map(|n| change + 0.25 * ((n * 7 % pairs) as f64 - (pairs - 1) as f64 / 2.0) / 2.0).collect()
}

fn in_pairs(case: &str, change: f64, pairs: usize, verdict: Verdict) -> Row {
    let logs = |percents: &[f64]| percents.iter().map(|percent| (percent / 100.0).ln_1p()).collect::<Vec<f64>>();
    let logs = logs(&around(change, pairs));
    let first: Vec<Difference> = logs.iter().copied().map(Difference::of_both).collect();
    let judgement = crate::judge::paired::judge(&crate::judge::paired::Rule::ORDINARY.first_pairs(&first), &[]);
    let paired = Some(crate::row::Paired::new(&judgement, logs, 0));
    let time = row(Group::Wall, case, Metric::Time, verdict).values(number(18_000), number(18_460));
    Row { paired, ..time }
}

/// Wall times that were measured in pairs, among many rows of other classes that are fine.
fn a_comparison() -> Vec<Row> {
    let mut rows = with_instructions(40, Verdict::Pass);
    let slower = in_pairs("answer/deltas/200", 6.0, 40, Verdict::Regressed)
        .because("slower, while instructions and heap are flat: caches, contention, system calls, or the environment")
        .then("reproduce, with other layouts: cargo xtask perf --against 0123abc --only 'answer/deltas/200' --seed 2");
    let unclear = in_pairs("url/ordinary/40", 0.5, 60, Verdict::Inconclusive)
        .because("its pairs scatter too much: the change that they would have shown is above 5 %")
        .then("measure when less else runs: cargo xtask perf --against 0123abc --seed 2; or add as many pairs, judged more strictly: cargo xtask perf --against 0123abc --more-pairs");
    rows.extend([slower, unclear, in_pairs("cancel/request/standard", -0.2, 21, Verdict::Pass)]);
    rows.push(in_pairs("batch/twenty-at-once/25", -4.0, 21, Verdict::Improved));
    row::sort(&mut rows);
    rows
}

fn pairing() -> Comparison {
    let revision = Revision {
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        chosen: "the merge base with main".into(),
    };
    Comparison::Pairs(Box::new(Pairing {
        revision,
        seed: 1,
        pairs: 1_137,
        earlier_pairs: 100,
        looks: 1,
        building_seconds: 31.4,
        linking_seconds: 2.2,
        measuring_seconds: 98.2,
        control: CaseName::new("merge/wide/800").unwrap(),
        layouts: Layouts::Padded,
        own_cases: Some("ended with exit status: 101".into()),
        repeating: Some("not comparable: rustc is 1.97.0 here, 1.95.0 in the baseline".into()),
    }))
}

fn tools() -> Result<Tools, Unusable> {
    Ok(Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() })
}

fn report(rows: Vec<Row>, tools: Result<Tools, Unusable>) -> Report {
    let text = |text: &str| text.to_owned();
    Report {
        provenance: Provenance { commit: text("0123abc-dirty"), machine: text("a processor, 2 processors") },
        key: Key {
            rustc: text("rustc 1.95.0"),
            target: text("x86_64-unknown-linux-gnu"),
            profile: text("00"),
            rustflags: text(""),
            packages: text("01"),
            inputs: text("02"),
        },
        comparison: Comparison::None("there is no base".into()),
        quick: true,
        only: None,
        exit_code: exit_code::of_rows(&rows, tools.is_ok(), exit_code::Required::default()),
        tools,
        rows,
    }
}

fn plain(format: Format, rows: Vec<Row>) -> String {
    plain_with(format, rows, tools())
}

fn plain_with(format: Format, rows: Vec<Row>, tools: Result<Tools, Unusable>) -> String {
    let text =
        report(rows, tools).render(format, "target/perf/latest/report.json, target/perf/latest/report.md").unwrap();
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn the_table_for_people() {
    let table = plain(Format::Human, every_verdict());
    let commands = |line: &&str| line.trim_start().starts_with('→');
    for line in table.lines().filter(|line| !commands(line)) {
        assert!(line.chars().count() <= human::WIDTH, "{} columns: {line}", line.chars().count());
    }
    insta::assert_snapshot!(table);
}

#[test]
fn wall_time_in_pairs() {
    let report = |format| {
        let report = Report { comparison: pairing(), ..report(a_comparison(), tools()) };
        anstream::adapter::strip_str(&report.render(format, "report.json").unwrap()).to_string()
    };
    let table = report(Format::Human);
    let commands = |line: &&str| line.trim_start().starts_with('→');
    for line in table.lines().filter(|line| !commands(line)) {
        assert!(line.chars().count() <= human::WIDTH, "{} columns: {line}", line.chars().count());
    }
    insta::assert_snapshot!("pairs_human", table);
    let markdown = report(Format::Markdown);
    let (_, of_pairs) = markdown.split_once("### Wall time").unwrap();
    insta::assert_snapshot!("pairs_markdown", of_pairs);
}

#[test]
fn a_screen_shows_the_worst_and_counts_the_others() {
    let mut rows: Vec<Row> = (0..30)
        .map(|case| {
            let verdict = if case < 20 { Verdict::Regressed } else { Verdict::Pass };
            let row = row(Group::Heap, &format!("query/floor/{case:02}"), Metric::HeapBlocks, verdict);
            let command = format!("reproduce: cargo xtask perf --only 'query/floor/{case:02}'");
            row.values(number(100), number(100 + case)).then(command)
        })
        .collect();
    rows.iter_mut().filter(|row| row.verdict == Verdict::Pass).for_each(|row| row.what_now = None);
    let screen = plain(Format::Human, [rows.clone(), with_instructions(10, Verdict::Pass)].concat());
    assert!(!screen.contains("  query/floor/14\n") && screen.contains("  query/floor/15\n"), "{screen}");
    assert!(screen.contains("and 15 more, all in report.md"), "{screen}");
    assert!(screen.contains("10 rows of 10 cases"), "{screen}");
    assert!(screen.contains("REGRESSED 17 more like these, in report.md"), "{screen}");
    let whole = anstream::adapter::strip_str(&human_rows_with_notes(&rows)).to_string();
    assert_eq!(whole.matches("  REGRESSED\n").count(), 20, "what is reviewed is shown: {whole}");
    assert_eq!(whole.matches("→ reproduce").count(), 20, "{whole}");
}

#[test]
fn the_report_for_a_step_summary() {
    insta::assert_snapshot!(plain(Format::Markdown, every_verdict()));
}

#[test]
fn the_report_for_programs() {
    insta::assert_snapshot!(plain(Format::Json, every_verdict()));
}

#[test]
fn colours_are_on_verdicts_only() {
    let text = human_rows(&every_verdict());
    assert!(text.contains("\u{1b}[1m\u{1b}[31mREGRESSED\u{1b}[0m\n"), "{text:?}");
    assert!(text.contains("  PASS\n"), "{text:?}");
}

/// Rows enough for a table that folds: `cases` with a passing row each, and one of instructions with this verdict.
fn with_instructions(cases: usize, verdict: Verdict) -> Vec<Row> {
    let mut rows = Vec::new();
    for case in 0..cases {
        let name = format!("query/floor/{case:02}");
        rows.push(row(Group::Heap, &name, Metric::HeapBlocks, Verdict::Pass).values(number(61), number(61)));
        let row = row(Group::Instructions, &name, Metric::Instructions, verdict).values(number(42_326), number(42_400));
        rows.push(match verdict {
            Verdict::Inconclusive => row
                .because("not comparable: valgrind is 3.22.0 here, 3.19.0 in the baseline")
                .then("measure a baseline that is comparable: cargo xtask baseline update"),
            _ => row,
        });
    }
    row::sort(&mut rows);
    rows
}

#[test]
fn instructions_that_regressed() {
    let mut rows = with_instructions(2, Verdict::Pass);
    let worse = rows.iter_mut().find(|row| row.group == Group::Instructions).unwrap();
    worse.verdict = Verdict::Regressed;
    worse.head = number(43_001);
    worse.reason = Some("above the baseline by more than 1 %".into());
    insta::assert_snapshot!(plain(Format::Human, rows));
}

#[test]
fn instructions_that_were_not_measured() {
    let rows: Vec<Row> =
        with_instructions(2, Verdict::Pass).into_iter().filter(|row| row.group != Group::Instructions).collect();
    let missing = || Err("valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)".to_owned());
    let human = plain_with(Format::Human, rows.clone(), missing());
    let markdown = plain_with(Format::Markdown, rows.clone(), missing());
    let json: serde_json::Value = serde_json::from_str(&plain_with(Format::Json, rows, missing())).unwrap();
    for text in [&human, &markdown] {
        assert_eq!(text.matches("instructions: not measured: ").count(), 1, "{text}");
        assert!(!text.contains("everything that had to be judged was"), "{text}");
        assert!(text.contains("instructions were not measured"), "{text}");
    }
    assert_eq!(
        json["instructions"],
        serde_json::json!({
            "measured": false,
            "valgrind": null,
            "libc": null,
            "not_measured":
                "instructions: not measured: valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)",
        })
    );
    insta::assert_snapshot!("not_measured_human", human);
    insta::assert_snapshot!("not_measured_markdown", markdown);
}

/// One line for all of them, and one note.
#[test]
fn instructions_counted_by_another_valgrind() {
    insta::assert_snapshot!(plain(Format::Human, with_instructions(76, Verdict::Inconclusive)));
}
