//! Reports to draw.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Class, Key, Metric, Provenance, Tools, Unit};
use perf_judge::budget::Reference;
use perf_judge::exit_status::{self, Done};
use perf_judge::judge::anchor::AnchorState;
use perf_judge::judge::first_sample::DecisionRule;
use perf_judge::judge::paired::{self, Corroboration};
use perf_judge::next_step::NextStep;
use perf_judge::pairs::outcome::PairedResults;
use perf_judge::pairs::{Pair, Pairs, Stage, Times};
use perf_judge::report::comparison::{Comparison, LayoutMethod, Pairing, Revision};
use perf_judge::report::{HarnessRun, Report};
use perf_judge::row::{self, Group, Row, Value};
use perf_judge::rules::{RuleChange, RuleKind};
use perf_judge::verdict::Verdict;
use perf_report::{Page, Trends, render_html};

pub const PACKAGE: &str = "textkit-bench";
pub const HEAP_BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
pub const BASE: &str = "0123456789abcdef0123456789abcdef01234567";

/// The words of a command line.
pub fn words(step: &NextStep, _harness: Option<&str>) -> String {
    match step {
        NextStep::Repeat { case, against, quick } => {
            let against = against.as_ref().map_or_else(String::new, |(base, _)| format!(" --against {base}"));
            format!(
                "measure it again: cargo xtask perf{}{against} --only '{case}'",
                if *quick { " --quick" } else { "" }
            )
        }
        NextStep::RecordHistory => "keep the values of a run: cargo xtask perf --record".into(),
        NextStep::Accept(case) => format!("if it is intended: cargo xtask baseline update --accept '{case}'"),
        other => format!("{other:?}"),
    }
}

/// Draws a report without a history.
pub fn drawn(report: &Report) -> String {
    drawn_with(report, &Trends::new())
}

/// Draws a report.
pub fn drawn_with(report: &Report, trends: &Trends) -> String {
    render_html(&Page { report, wording: &words, command: "cargo xtask", trends })
}

/// A case name.
pub fn case(name: &str) -> CaseName {
    CaseName::new(name).unwrap()
}

/// `count` pairs of a case, whose times are around 20 µs and differ by `percent`.
fn add_pairs(pairs: &mut Pairs, case: &CaseName, stage: Stage, count: u32, percent: f64) {
    for round in 0..count {
        // From -1 % to +1 %, the same in each run.
        let noise = |salt: u32| f64::from((round * 37 + salt) % 41) / 20.0 - 1.0;
        let times = |percent: f64| {
            let median = 20_000.0 * (1.0 + percent / 100.0);
            Times { median, minimum: median * 0.98, mean_and_maximum: Some([median * 1.01, median * 1.4]) }
        };
        let (base, head) = (times(noise(3)), times(percent + noise(17)));
        pairs.add(Pair { stage, round, case: case.clone(), base, head, head_first: round % 2 == 0, took_ms: 30.0 });
    }
}

/// Rows of wall time and their pairs: `count` pairs of each case, with its change in percent.
pub fn in_pairs(cases: &[(&str, f64)], count: u32) -> (Vec<Row>, Comparison) {
    let names: Vec<CaseName> = cases.iter().map(|(name, _)| case(name)).collect();
    let mut pairs = Pairs::default();
    for (name, (_, percent)) in names.iter().zip(cases) {
        add_pairs(&mut pairs, name, Stage::First, count, *percent);
        if percent.abs() > 1.5 {
            add_pairs(&mut pairs, name, Stage::Confirm, count / 2, *percent);
        }
    }
    let control = names[0].clone();
    let measured = PairedResults {
        pairs,
        control: control.clone(),
        broken: BTreeMap::new(),
        head_only: BTreeMap::new(),
        linking_seconds: 1.0,
    };
    let rows = paired::rows(&measured, &names, |_| DecisionRule::DEFAULT, |_| Corroboration::ExtraWork, &BASE[..12]);
    let pairing = Pairing {
        revision: Revision { commit: BASE.into(), chosen: "the merge base with main".into() },
        seed: 7,
        pairs: measured.pairs.all().count(),
        measured: measured.pairs,
        earlier_pairs: 0,
        looks: 0,
        budget_seconds: 32.0,
        building_seconds: 31.4,
        linking_seconds: 2.2,
        measuring_seconds: 98.2,
        control,
        layouts: LayoutMethod::Shuffled,
        own_cases: None,
        baseline_not_comparable: None,
    };
    (rows, Comparison::Pairs(Box::new(pairing)))
}

/// A report of these rows.
pub fn report(mut rows: Vec<Row>, comparison: Comparison) -> Report {
    let text = |text: &str| text.to_owned();
    for row in &mut rows {
        row.harness = Some(text(PACKAGE));
    }
    row::sort(&mut rows);
    let key = Key {
        rustc: text("rustc 1.95.0"),
        target: text("x86_64-unknown-linux-gnu"),
        profile: text("00"),
        rustflags: text(""),
        packages: text("01"),
        inputs: text("02"),
    };
    let tools = Ok(Tools { valgrind: text("3.19.0"), libc: text("glibc 2.36") });
    Report {
        provenance: Provenance { commit: text("fedcba9-dirty"), machine: text("a processor, 2 processors") },
        harnesses: vec![HarnessRun { package: text(PACKAGE), key, tools, comparison, anchor: AnchorState::None }],
        rules: Some(Vec::new()),
        slack: None,
        rules_forbidden: false,
        quick: true,
        only: None,
        exit_code: exit_status::decide(&rows, Done { counted: true, anchored: true }, exit_status::Required::default()),
        rows,
    }
}

/// A row with both values.
pub fn counted(group: Group, name: &str, metric: Metric, verdict: Verdict, [base, head]: [u64; 2]) -> Row {
    Row::new(group, &case(name), metric, verdict).with_values(Some(Value::Number(base)), Some(Value::Number(head)))
}

/// A small report in which one case regressed, one passes, and one could not be judged.
pub fn small() -> Report {
    let (mut rows, comparison) = in_pairs(&[("words/count/10", 6.0), ("words/split/10", 0.1)], 12);
    let heap = Group::Class(Class::Heap);
    let (counting, splitting) = ("words/count/10", "words/split/10");
    rows.push(
        counted(heap, counting, HEAP_BLOCKS, Verdict::Regressed, [61, 62])
            .with_reason(
                "higher than the baseline; allocations are in words::count in libs/textkit/src/words.rs +1 (was 0)",
            )
            .with_next_step(NextStep::Accept(case(counting))),
    );
    rows.push(counted(heap, splitting, HEAP_BLOCKS, Verdict::Pass, [12, 12]));
    let instructions = Group::Class(Class::Instructions);
    rows.push(counted(instructions, splitting, Metric::INSTRUCTIONS, Verdict::Pass, [42_326, 42_330]));
    rows.push(
        counted(heap, "lines/read/1", HEAP_BLOCKS, Verdict::Inconclusive, [3, 3])
            .with_reason("rustc is another one here"),
    );
    let reference = Reference { promised: "memory < 1 MB".into(), measured: "0.35 MB".into() };
    let budget = counted(Group::Budget, splitting, HEAP_BLOCKS, Verdict::Pass, [100, 12]);
    rows.push(Row { reference: Some(reference), ..budget });
    let mut report = report(rows, comparison);
    report.rules = Some(vec![RuleChange { kind: RuleKind::Margin, what: "words/count/10: 1 % to 3 %".into() }]);
    report
}
