//! Snapshots of what people and programs read, with a row of every verdict.

use perf_cli::wording::wording;
use perf_gate::{CaseName, Checksum, Class, Key, Metric, Provenance, Tools, Unit};
use perf_judge::budget::Reference;
use perf_judge::exit_status::{self, Done};
use perf_judge::judge::anchor::AnchorState;
use perf_judge::judge::first_sample::DecisionRule;
use perf_judge::judge::paired::judge;
use perf_judge::next_step::NextStep;
use perf_judge::pairs::{LogTimes, Pairs, Times};
use perf_judge::report::comparison::{Comparison, LayoutMethod, Pairing, Revision};
use perf_judge::report::{HarnessRun, Report, human_rows, human_rows_with_notes};
use perf_judge::row::{self, Group, PairedStats, Row, Subject, Value};
use perf_judge::rules::{RuleChange, RuleKind};
use perf_judge::run::{MissingReason, Spread};
use perf_judge::slack::Slack;
use perf_judge::verdict::Verdict;
use perf_runner::config::Config;

/// Maximum columns of a screen.
const WIDTH: usize = 80;
/// Maximum columns of a screen with wall time in pairs.
const PAIRS_WIDTH: usize = 100;

/// The package that the rows are of.
const HARNESS: &str = "perf-gate";

/// The words of a workspace that says no more than it has to.
fn words(step: &NextStep, harness: Option<&str>) -> String {
    let config: Config = serde_json::from_value(serde_json::json!({ "harness": [HARNESS] })).unwrap();
    wording(&config, step, harness)
}

const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
const FIRST_EVENT: Metric = Metric::new("first-event", Unit::Ns, Class::Schedule);
const TOTAL: Metric = Metric::new("total", Unit::Ns, Class::Schedule);
const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
const HEAP_BYTES: Metric = Metric::new("heap-bytes", Unit::Bytes, Class::Heap);
const HEAP_LIVE: Metric = Metric::new("heap-live", Unit::Bytes, Class::Heap);
const HEAP_PEAK: Metric = Metric::new("heap-peak", Unit::Bytes, Class::Heap);
const HEAP_GROWTH: Metric = Metric::new("heap-growth", Unit::Bytes, Class::Heap);

fn number(number: u64) -> Option<Value> {
    Some(Value::Number(number))
}

fn row(group: Group, case: &str, metric: Metric, verdict: Verdict) -> Row {
    Row::new(group, &CaseName::new(case).unwrap(), metric, verdict)
}

fn every_verdict() -> Vec<Row> {
    let floor = "query/floor/10";
    let long = "concurrent/a-name-that-does-not-fit/100";
    let checksum = |number| Some(Value::Checksum(Checksum(number)));
    let spread = Some(Spread { iqr_percent: 2.44, processes: 20 });
    let floor_name = CaseName::new(floor).unwrap();
    let broken = CaseName::new("url/hostile/40").unwrap();
    let reproduce = || NextStep::Reproduce(floor_name.clone());
    let accept = || NextStep::Accept(floor_name.clone());
    let mut rows = vec![
        row(Group::Class(Class::Behaviour), floor, EVENTS, Verdict::Pass).with_values(number(15), number(15)),
        Row::new(Group::Class(Class::Behaviour), &floor_name, Subject::Checksum, Verdict::Regressed)
            .with_values(checksum(0x0123_4567_89ab_cdef), checksum(0xfedc_ba98_7654_3210))
            .with_reason("computed a different result")
            .with_next_step(reproduce())
            .with_next_step(accept()),
        Row::new(Group::Class(Class::Behaviour), &broken, Subject::Case, Verdict::Broken)
            .with_reason(
                "`count` ended with exit status: 101: expected 40 canonical addresses, and found 39 | of them, the last \
                 of which is <script>",
            )
            .with_next_step(NextStep::RunCount(broken.clone())),
        row(Group::Class(Class::Schedule), floor, FIRST_EVENT, Verdict::Pass).with_values(number(0), number(0)),
        row(Group::Class(Class::Schedule), floor, TOTAL, Verdict::Inconclusive)
            .with_values(number(1_234_567), number(1_234_568))
            .with_reason("not comparable: rustc is rustc 1.95.0 here, rustc 1.94.0 in the baseline")
            .with_next_step(NextStep::ReplaceBaseline),
        row(Group::Class(Class::Heap), floor, HEAP_BLOCKS, Verdict::Regressed)
            .with_values(number(61), number(62))
            .with_reason("higher than the baseline")
            .with_next_step(reproduce())
            .with_next_step(accept()),
        row(Group::Class(Class::Heap), floor, HEAP_BYTES, Verdict::Regressed)
            .with_values(number(1_234_567), number(1_234_599))
            .with_reason("higher than the baseline")
            .with_next_step(reproduce())
            .with_next_step(accept()),
        row(Group::Class(Class::Heap), floor, HEAP_LIVE, Verdict::Regressed)
            .with_values(number(0), number(64))
            .with_reason("higher than the baseline")
            .with_next_step(reproduce())
            .with_next_step(accept()),
        row(Group::Class(Class::Heap), long, HEAP_BYTES, Verdict::Improved)
            .with_values(number(12_345), number(10_000))
            .with_next_step(NextStep::StoreImprovement),
        row(Group::Class(Class::Heap), long, HEAP_PEAK, Verdict::Accepted)
            .with_values(number(4_096), number(8_192))
            .with_reason("until 2026-12-31: the parser is replaced by then"),
        row(Group::Class(Class::Heap), long, HEAP_GROWTH, Verdict::New)
            .with_values(None, number(0))
            .with_reason("not in the baseline")
            .with_next_step(NextStep::Store),
        row(Group::Class(Class::Heap), "merge/wide/800", HEAP_BLOCKS, Verdict::Missing)
            .with_values(number(61), None)
            .with_reason("in the baseline, not in the run"),
        row(Group::Class(Class::Instructions), floor, Metric::INSTRUCTIONS, Verdict::Regressed)
            .with_values(number(42_326), number(43_001))
            .with_reason("above the baseline by more than 1 %")
            .with_next_step(reproduce())
            .with_next_step(accept()),
        row(Group::Class(Class::Instructions), long, Metric::INSTRUCTIONS, Verdict::Improved)
            .with_values(number(64_142_108), number(60_000_000))
            .with_next_step(NextStep::StoreImprovement),
        row(Group::Class(Class::Instructions), "merge/wide/800", Metric::INSTRUCTIONS, Verdict::Pass)
            .with_values(number(3_513_723), number(3_513_724)),
        Row {
            reference: Some(Reference { promised: "memory < 10 MB a query".into(), measured: "0.35 MB".into() }),
            ..row(Group::Budget, floor, HEAP_PEAK, Verdict::Pass).with_values(number(65_536), number(4_096))
        },
        row(Group::Budget, floor, Metric::TIME, Verdict::Regressed)
            .with_values(number(6_600), number(6_601))
            .with_reason("above the budget: 150,000 queries per second")
            .with_next_step(reproduce()),
    ];
    let time = row(Group::Class(Class::Wall), floor, Metric::TIME, Verdict::Info).with_values(None, number(6_601));
    rows.push(Row { spread, ..time });
    row::sort(&mut rows);
    rows
}

/// Differences of pairs around a change: percent, in the order of measuring.
fn around(change: f64, pairs: usize) -> Vec<f64> {
    (0..pairs).map(|n| change + 0.25 * ((n * 7 % pairs) as f64 - (pairs - 1) as f64 / 2.0) / 2.0).collect()
}

fn in_pairs(case: &str, change: f64, pairs: usize, verdict: Verdict) -> Row {
    let percents = around(change, pairs);
    let logs: Vec<f64> = percents.iter().map(|percent| (percent / 100.0).ln_1p()).collect();
    let times = |time: f64| Times { median: time, minimum: time, mean_and_maximum: None };
    let difference = |percent: &f64| LogTimes::between(times(100.0 - percent / 2.0), times(100.0 + percent / 2.0));
    let first: Vec<LogTimes> = percents.iter().map(difference).collect();
    let judgement = judge(&DecisionRule::DEFAULT.first_sample(&first), &[]);
    let paired = Some(PairedStats::new(&judgement, logs, [pairs, 0], perf_judge::judge::first_sample::MARGIN));
    let time = row(Group::Class(Class::Wall), case, Metric::TIME, verdict).with_values(number(18_000), number(18_460));
    Row { paired, ..time }
}

/// Wall times that were measured in pairs, among many rows of other classes that are fine.
fn a_comparison() -> Vec<Row> {
    let mut rows = with_instructions(40, Verdict::Pass);
    let against = || "0123abc".to_owned();
    let slower = in_pairs("answer/deltas/200", 6.0, 40, Verdict::Regressed)
        .with_reason("slower, with unchanged instructions and heap: look for caches, contention, system calls or the environment")
        .with_next_step(NextStep::ReproduceInPairs { case: CaseName::new("answer/deltas/200").unwrap(), against: against() });
    let unclear = in_pairs("url/ordinary/40", 0.5, 60, Verdict::Inconclusive)
        .with_reason("too noisy: the minimum detectable effect is above 5 %")
        .with_next_step(NextStep::MeasureQuietly { against: against() })
        .with_next_step(NextStep::MorePairs { against: against() });
    rows.extend([slower, unclear, in_pairs("cancel/request/standard", -0.2, 21, Verdict::Pass)]);
    rows.push(in_pairs("batch/twenty-at-once/25", -4.0, 21, Verdict::Improved));
    let of_group = |group, row: Row| Row { group, ..row };
    rows.push(of_group(Group::Mean, in_pairs("cancel/request/standard", 0.2, 21, Verdict::Pass)));
    rows.push(of_group(Group::Mean, in_pairs("url/ordinary/40", 0.2, 21, Verdict::Inconclusive)));
    let slower = in_pairs("answer/deltas/200", 60.0, 40, Verdict::Regressed).with_reason("the mean is slower");
    rows.push(of_group(Group::Mean, slower));
    let mut together = of_group(Group::Together, in_pairs("all-cases/timed/4", 0.1, 21, Verdict::Pass));
    if let Some(paired) = &mut together.paired {
        (paired.statistic, paired.margin_percent) = (None, 0.2);
    }
    rows.push(together);
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
        measured: Pairs::default(),
        seed: 1,
        pairs: 1_137,
        earlier_pairs: 100,
        looks: 1,
        budget_seconds: 180.0,
        building_seconds: 31.4,
        linking_seconds: 2.2,
        measuring_seconds: 98.2,
        control: CaseName::new("merge/wide/800").unwrap(),
        layouts: LayoutMethod::Padded,
        own_cases: Some("ended with exit status: 101".into()),
        baseline_not_comparable: Some("not comparable: rustc is 1.97.0 here, 1.95.0 in the baseline".into()),
    }))
}

fn tools() -> Result<Tools, MissingReason> {
    Ok(Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() })
}

fn report(mut rows: Vec<Row>, tools: Result<Tools, MissingReason>, comparison: Comparison) -> Report {
    let text = |text: &str| text.to_owned();
    rows.iter_mut().for_each(|row| row.harness = Some(text(HARNESS)));
    let exit_code =
        exit_status::decide(&rows, Done { counted: tools.is_ok(), anchored: true }, exit_status::Required::default());
    let key = Key {
        rustc: text("rustc 1.95.0"),
        target: text("x86_64-unknown-linux-gnu"),
        profile: text("00"),
        rustflags: text(""),
        packages: text("01"),
        inputs: text("02"),
    };
    Report {
        provenance: Provenance { commit: text("0123abc-dirty"), machine: text("a processor, 2 processors") },
        harnesses: vec![HarnessRun { package: text(HARNESS), key, tools, comparison, anchor: AnchorState::None }],
        rules: None,
        slack: None,
        rules_forbidden: false,
        quick: true,
        only: None,
        exit_code,
        rows,
    }
}

/// What a report is printed as.
#[derive(Clone, Copy)]
enum Format {
    Human,
    Json,
    Markdown,
}

fn printed(format: Format, report: &Report, written: &str) -> String {
    let text = match format {
        Format::Human => report.human(written, &words),
        Format::Json => report.json(&words).unwrap(),
        Format::Markdown => report.markdown(&words),
    };
    anstream::adapter::strip_str(&text).to_string()
}

fn plain(format: Format, rows: Vec<Row>) -> String {
    plain_with(format, rows, tools())
}

fn plain_with(format: Format, rows: Vec<Row>, tools: Result<Tools, MissingReason>) -> String {
    let report = report(rows, tools, Comparison::None("there is no base".into()));
    printed(format, &report, "target/perf/latest/report.json, target/perf/latest/report.md")
}

/// Lines have at most `width` columns; commands may be longer, so that they can be copied.
fn fits(table: &str, width: usize) {
    for line in table.lines().filter(|line| !line.trim_start().starts_with('→')) {
        assert!(line.chars().count() <= width, "{} columns: {line}", line.chars().count());
    }
}

#[test]
fn the_last_line_of_an_inconclusive_run_names_what_was_not_judged() {
    let mut report = report(a_comparison(), tools(), pairing());
    report.rows.retain(|row| row.verdict != Verdict::Regressed);
    report.exit_code = exit_status::INCONCLUSIVE;
    let last = "INCONCLUSIVE (exit 4): required rows could not be judged; 1 wall row is inconclusive\n";
    assert!(printed(Format::Human, &report, "").ends_with(last));
}

#[test]
fn the_table_for_people() {
    let table = plain(Format::Human, every_verdict());
    fits(&table, WIDTH);
    insta::assert_snapshot!(table);
}

#[test]
fn wall_time_in_pairs() {
    let report = report(a_comparison(), tools(), pairing());
    let table = printed(Format::Human, &report, "report.json");
    fits(&table, PAIRS_WIDTH);
    insta::assert_snapshot!("pairs_human", table);
    let markdown = printed(Format::Markdown, &report, "report.json");
    let (_, rows) = markdown.split_once("| class |").unwrap();
    let (start, end) = (rows.find("### Wall time").unwrap(), rows.find("<details>").unwrap());
    let without_folded = format!("| class |{}{}", &rows[..end], &rows[start..]);
    insta::assert_snapshot!("pairs_markdown", without_folded);
}

/// A step summary of GitHub is read by scrolling, so what passes must not hide the rest.
#[test]
fn a_report_folds_the_rows_that_pass() {
    let cases = 150;
    let mut rows = with_instructions(cases, Verdict::Pass);
    for case in 0..cases {
        let name = format!("query/floor/{case:02}");
        let metrics = [(Class::Behaviour, EVENTS), (Class::Schedule, TOTAL), (Class::Heap, HEAP_PEAK)];
        let of_class = |(class, metric)| {
            row(Group::Class(class), &name, metric, Verdict::Pass).with_values(number(15), number(15))
        };
        rows.extend(metrics.map(of_class));
        rows.push(in_pairs(&name, 0.1, 21, Verdict::Pass));
    }
    let reference = Reference { promised: "memory < 10 MB a query".into(), measured: "0.35 MB".into() };
    let budget = row(Group::Budget, "query/floor/01", HEAP_PEAK, Verdict::Pass).with_values(number(65_536), number(15));
    rows.push(Row { reference: Some(reference), ..budget });
    row::sort(&mut rows);
    let total = rows.len();
    let text = |rows| printed(Format::Markdown, &report(rows, tools(), pairing()), "");
    let markdown = text(rows.clone());
    // Wall rows have two lines, and so does the budget with a promise.
    assert_eq!(markdown.matches("| PASS |\n").count(), total + cases + 1);
    let (open, folded) = open_and_folded(&markdown);
    assert!(open.len() < 120, "{} lines: {open:#?}", open.len());
    assert!(open.iter().all(|line| !line.starts_with('|')), "{open:#?}");
    assert!(folded.len() > total);
    for summary in ["behaviour: 150 rows pass", "heap: 300 rows pass", "wall: 150 rows pass", "budget: 1 row passes"] {
        assert!(markdown.contains(&format!("\n\n<details><summary>{summary}</summary>\n\n| ")), "{summary}: {open:#?}");
    }

    rows[400].verdict = Verdict::Regressed;
    rows[700].verdict = Verdict::Identical;
    row::sort(&mut rows);
    let markdown = text(rows);
    let (with_failure, _) = open_and_folded(&markdown);
    let rows: Vec<_> = with_failure.iter().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() == 3 && rows[2].ends_with("| REGRESSED |"), "{rows:#?}");
    assert!(markdown.contains("1 row is identical</summary>"), "{markdown}");
}

/// The lines of Markdown outside and inside of `<details>`.
fn open_and_folded(markdown: &str) -> (Vec<&str>, Vec<&str>) {
    let mut is_folded = false;
    markdown.lines().partition(|line| {
        let starts = line.starts_with("<details>");
        assert!(!(starts && is_folded), "details inside details: {line}");
        let belongs = is_folded || starts;
        is_folded = belongs && *line != "</details>";
        !belongs
    })
}

#[test]
fn a_screen_shows_the_worst_and_counts_the_others() {
    let rows: Vec<Row> = (0..30)
        .map(|case| {
            let verdict = if case < 20 { Verdict::Regressed } else { Verdict::Pass };
            let row = row(Group::Class(Class::Heap), &format!("query/floor/{case:02}"), HEAP_BLOCKS, verdict);
            let reproduce = NextStep::Reproduce(row.case.clone());
            let row = row.with_values(number(100), number(100 + case));
            if verdict == Verdict::Pass { row } else { row.with_next_step(reproduce) }
        })
        .collect();
    let screen = plain(Format::Human, [rows.clone(), with_instructions(10, Verdict::Pass)].concat());
    assert!(!screen.contains("  query/floor/14\n") && screen.contains("  query/floor/15\n"), "{screen}");
    assert!(screen.contains("and 15 more, all in report.md"), "{screen}");
    assert!(screen.contains("10 rows of 10 cases"), "{screen}");
    assert!(screen.contains("REGRESSED 17 more like these, in report.md"), "{screen}");
    let whole = anstream::adapter::strip_str(&human_rows_with_notes(&rows, &words)).to_string();
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
        rows.push(
            row(Group::Class(Class::Heap), &name, HEAP_BLOCKS, Verdict::Pass).with_values(number(61), number(61)),
        );
        let row = row(Group::Class(Class::Instructions), &name, Metric::INSTRUCTIONS, verdict)
            .with_values(number(42_326), number(42_400));
        rows.push(match verdict {
            Verdict::Inconclusive => row
                .with_reason("not comparable: valgrind is 3.22.0 here, 3.19.0 in the baseline")
                .with_next_step(NextStep::ReplaceBaseline),
            _ => row,
        });
    }
    row::sort(&mut rows);
    rows
}

#[test]
fn instructions_that_regressed() {
    let mut rows = with_instructions(2, Verdict::Pass);
    let worse = rows.iter_mut().find(|row| row.group == Group::Class(Class::Instructions)).unwrap();
    worse.verdict = Verdict::Regressed;
    worse.head = number(43_001);
    worse.reason = Some("above the baseline by more than 1 %".into());
    insta::assert_snapshot!(plain(Format::Human, rows));
}

#[test]
fn instructions_that_were_not_measured() {
    let rows: Vec<Row> = with_instructions(2, Verdict::Pass)
        .into_iter()
        .filter(|row| row.group != Group::Class(Class::Instructions))
        .collect();
    let missing = || Err("valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)".to_owned());
    let human = plain_with(Format::Human, rows.clone(), missing());
    let markdown = plain_with(Format::Markdown, rows.clone(), missing());
    let json: serde_json::Value = serde_json::from_str(&plain_with(Format::Json, rows, missing())).unwrap();
    for text in [&human, &markdown] {
        assert_eq!(text.matches("instructions: not measured: ").count(), 1, "{text}");
        assert!(!text.contains("PASS (exit 0)"), "{text}");
        assert!(text.contains("instructions were not measured"), "{text}");
    }
    assert_eq!(
        json["harnesses"][0]["instructions"],
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

/// Rule changes stand before the verdict, so that the reader knows which rules the verdict was made by.
#[test]
fn what_a_change_does_to_its_own_rules_is_told() {
    let change = |kind, what: &str| RuleChange { kind, what: what.to_owned() };
    let mut rules = vec![
        change(RuleKind::Value, "query/floor/10 heap-blocks: 56 to 500 (+792.9 %)"),
        change(RuleKind::Acceptance, "query/floor/10 heap-bytes: 9000 until 2026-12-31 (we need it)"),
        change(RuleKind::Budget, "query/floor/10 time: 26000 to 260000 ns"),
        change(RuleKind::Margin, "url/ordinary/40: 100 % until 2026-12-31 (why not)"),
        change(RuleKind::Case, "rank/wide/800 is no longer stored"),
    ];
    rules.extend((0..9).map(|n| change(RuleKind::Harness, &format!("bench/cases/{n}.rs differs"))));
    let row = row(Group::Class(Class::Heap), "query/floor/10", HEAP_BLOCKS, Verdict::Improved)
        .with_values(number(500), number(61));
    let slack = Slack::new(std::slice::from_ref(&row), Some(20));
    let told = |rules_forbidden: bool, exit_code: u8| {
        let whole = report(vec![row.clone()], tools(), Comparison::None("there is no base".into()));
        let report = Report { rules: Some(rules.clone()), slack: slack.clone(), rules_forbidden, exit_code, ..whole };
        [report.human("report.json", &words), report.markdown(&words), report.json(&words).unwrap()]
            .map(|text| anstream::adapter::strip_str(&text).to_string())
    };
    let [human, markdown, json] = told(true, exit_status::FAIL);
    assert!(human.ends_with("FAIL (exit 1): this change loosens the rules that judge it\n"), "{human}");
    insta::assert_snapshot!("rules_human", human);
    assert_eq!(markdown.matches("- **harness**").count(), 9, "all of them: {markdown}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["rules_changed"][0]["kind"], "value");
    assert_eq!(json["slack"]["days"], 20);
    let [human, ..] = told(false, exit_status::PASS);
    assert!(human.contains("Rules changed by this change") && human.contains("PASS (exit 0)"), "{human}");
}

#[test]
fn harnesses_that_the_change_does_not_touch_are_named() {
    let line = |packages: &[&str]| {
        let mut run = report(with_instructions(2, Verdict::Pass), tools(), Comparison::None("there is no base".into()));
        let key = run.harnesses[0].key.clone();
        run.harnesses.extend(packages.iter().map(|package| HarnessRun {
            package: (*package).to_owned(),
            key: key.clone(),
            tools: tools(),
            comparison: Comparison::Unaffected {
                revision: Revision { commit: "0123abc".into(), chosen: "HEAD^1".into() },
                packages: Vec::new(),
            },
            anchor: AnchorState::None,
        }));
        run.verdict_line()
    };
    let partial = "PASS in part (exit 0): no regressions; ";
    assert_eq!(line(&["a"]), format!("{partial}a was not measured"));
    assert_eq!(line(&["a", "b"]), format!("{partial}a and b were not measured"));
    assert_eq!(line(&["a", "b", "c"]), format!("{partial}a, b and c were not measured"));
}
