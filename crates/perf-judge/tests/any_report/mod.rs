//! Reports with rows of every kind, drawn at random.

use std::collections::BTreeSet;

use perf_gate::{CaseName, Checksum, Class, Key, Metric, Provenance, Tools, Unit};
use perf_judge::exit_status::{self, Done, Required};
use perf_judge::judge::anchor::AnchorState;
use perf_judge::pairs::Statistic;
use perf_judge::report::comparison::{Comparison, Revision};
use perf_judge::report::{HarnessRun, Report};
use perf_judge::row::{self, Group, PairedStats, Row, Subject, Value};
use perf_judge::run::Spread;
use perf_judge::verdict::Verdict;
use proptest::prelude::*;

/// Any row. Names are few, so that several rows share a case.
fn row() -> impl Strategy<Value = Row> {
    let units = [Unit::Ns, Unit::Bytes, Unit::Blocks, Unit::Polls, Unit::Wakes, Unit::Instr, Unit::Count];
    let metric = ("[a-c]{1,2}|time", prop::sample::select(units.to_vec()));
    let subject = prop_oneof![
        8 => metric.prop_map(|(name, unit)| Subject::Metric { name: name.parse().unwrap(), unit }),
        1 => Just(Subject::Checksum),
        1 => Just(Subject::Case),
    ];
    let number = prop_oneof![0..1_000_000_u64, any::<u64>()];
    let values = (prop::option::of(number.clone()), prop::option::of(number));
    let pairs =
        (-30.0..30.0, 0.0..5.0, 0.0..5.0, prop::option::of(0.0..50.0)).prop_map(|(change, below, above, mde)| {
            PairedStats {
                statistic: Some(Statistic::Median),
                change_percent: Some(change),
                lower_percent: Some(change - below),
                upper_percent: Some(change + above),
                mde_percent: mde,
                margin_percent: 1.0,
                pairs: 20,
                confirming: 0,
                mild_outliers: 1,
                severe_outliers: 0,
                differences_percent: vec![change; 3],
            }
        });
    let spread = (0.0..9.0).prop_map(|iqr_percent| Spread { iqr_percent, processes: 20 });
    (
        "[a-b]/[a-b]/[0-9]",
        subject,
        prop::sample::select(Group::ALL.to_vec()),
        values,
        prop::option::of(pairs),
        prop::option::of(spread),
        prop::sample::select(Verdict::ALL.to_vec()),
        prop::option::of("[ -~\n\u{e9}]{0,30}"),
    )
        .prop_map(|(case, subject, group, (base, head), paired, spread, verdict, reason)| {
            let value = |number: Option<u64>| match subject {
                Subject::Metric { .. } => number.map(Value::Number),
                Subject::Checksum => number.map(|number| Value::Checksum(Checksum(number))),
                Subject::Case => None,
            };
            let paired = paired.filter(|_| group.is_wall_time());
            let row = Row::new(group, &CaseName::new(case).unwrap(), subject, verdict);
            let row = row.with_values(value(base), value(head));
            let row = Row { paired, spread, harness: Some("the-harness".to_owned()), ..row };
            match reason {
                Some(reason) => row.with_reason(reason),
                None => row,
            }
        })
}

/// Any rows, in the order of a table. No two are of the same group, case and metric.
pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..40).prop_map(|mut rows| {
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert((row.group, row.case.clone(), row.subject.to_string())));
        row::sort(&mut rows);
        rows
    })
}

/// A report of these rows.
pub fn report(rows: Vec<Row>) -> Report {
    let text = |text: &str| text.to_owned();
    let key = Key {
        rustc: text("rustc 1.95.0"),
        target: text("x86_64-unknown-linux-gnu"),
        profile: text("00"),
        rustflags: text(""),
        packages: text("01"),
        inputs: text("02"),
    };
    let revision = Revision { commit: "0123456789abcdef0123456789abcdef01234567".into(), chosen: text("HEAD^1") };
    Report {
        provenance: Provenance { commit: text("89abcdef-dirty"), machine: text("a processor, 2 processors") },
        harnesses: vec![HarnessRun {
            anchor: AnchorState::None,
            package: text("the-harness"),
            key,
            tools: Ok(Tools { valgrind: text("3.19.0"), libc: text("glibc 2.36") }),
            comparison: Comparison::Unaffected { revision, packages: Vec::new() },
        }],
        rules: None,
        slack: None,
        rules_forbidden: false,
        quick: false,
        only: None,
        exit_code: exit_status::decide(&rows, Done { counted: true, anchored: true }, Required::default()),
        rows,
    }
}

/// A row of heap blocks with these values.
pub fn blocks(case: &str, base: u64, head: u64, verdict: Verdict) -> Row {
    let metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
    let row = Row::new(Group::Class(Class::Heap), &CaseName::new(case).unwrap(), metric, verdict);
    row.with_values(Some(Value::Number(base)), Some(Value::Number(head)))
}
