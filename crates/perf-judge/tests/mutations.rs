//! Rule files and baselines whose bytes were changed by accident: a thousand of each kind. None panics, and none lets a regression
//! pass unseen.

use jiff::civil::date;
use perf_gate::{Baseline, CaseName, Checksum, Class, Key, Metric, Provenance, Record, Tools, Unit};
use perf_judge::budget::Budget;
use perf_judge::judge::{self, BaselineState};
use perf_judge::rng::SplitMix64;
use perf_judge::rules::{self, Rules};
use perf_judge::run::{ExactRun, Instructions};
use perf_judge::selection::Selection;
use perf_judge::thresholds;
use perf_judge::verdict::Verdict;
use perf_judge::{anchor, budget};

const MUTATIONS: u64 = 1_000;

/// Changes a text as editors, merges and bad disks do: characters and lines that are gone, doubled, swapped or replaced.
fn mutated(text: &str, seed: u64) -> String {
    let mut rng = SplitMix64::new(seed);
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=rng.below(3) {
        let at = rng.below(bytes.len());
        match rng.below(7) {
            0 => bytes[at] = b"0123456789"[rng.below(10)],
            1 => bytes[at] ^= 1 << rng.below(7),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, b"0123456789\"=[]{},.-\n #"[rng.below(22)]),
            4 => bytes.truncate(at.max(1)),
            kind => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let (one, other) = (rng.below(lines.len()), rng.below(lines.len()));
                if kind == 5 {
                    lines.swap(one, other);
                } else {
                    let line = lines[one].clone();
                    lines.insert(other, line);
                }
                bytes = lines.concat();
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn key() -> Key {
    let text = |text: &str| text.to_owned();
    let (rustc, target, profile) = (text("rustc 1.95.0 (abc 2026-04-01)"), text("x86_64"), text("0123456789abcdef"));
    Key { rustc, target, profile, rustflags: text(""), packages: text("1123"), inputs: text("2123") }
}

fn records(scale: u64) -> Vec<Record> {
    let metrics = [
        Metric::new("heap-blocks", Unit::Blocks, Class::Heap),
        Metric::new("polls", Unit::Polls, Class::Schedule),
        Metric::INSTRUCTIONS,
    ];
    let case = |number: usize| CaseName::new(format!("query/floor/{number}")).unwrap();
    let of_case =
        |number: usize| metrics.map(|metric| Record::new(case(number), metric, 1_000 * scale, Checksum(7)).unwrap());
    (1..=4).flat_map(of_case).collect()
}

fn tools() -> Tools {
    Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() }
}

/// A run in which everything is twice as much as in the baseline.
fn regressed_run() -> (ExactRun, Instructions) {
    let (mut exact, mut counted) = (ExactRun::new(), std::collections::BTreeMap::new());
    for record in records(2) {
        if record.metric() == Metric::INSTRUCTIONS {
            counted.insert(record.case().clone(), Ok(record));
        } else if let Ok(of_case) = exact.entry(record.case().clone()).or_insert_with(|| Ok(Vec::new())) {
            of_case.push(record);
        }
    }
    (exact, Instructions::Measured { tools: tools(), run: counted })
}

#[test]
fn no_changed_baseline_lets_a_regression_pass() {
    let provenance = Provenance { commit: "abc".into(), machine: "m".into() };
    let text = Baseline::new(key(), Some(tools()), provenance, records(1)).unwrap().to_toml("the command");
    let (exact, instructions) = regressed_run();
    let (all, today) = (Selection::new(None).unwrap(), date(2026, 7, 1));
    let (mut read, mut compared) = (0, 0);
    for seed in 0..MUTATIONS {
        let Ok(baseline) = Baseline::from_toml(&mutated(&text, seed)) else { continue };
        read += 1;
        let other_key = (baseline.key != key()).then_some("another key");
        let state = BaselineState::new(Some(&baseline), other_key);
        let other_tools = (baseline.tools.as_ref() != Some(&tools())).then_some("other tools");
        let mut rows = judge::exact_rows(&exact, state, &all, today);
        rows.extend(judge::instruction_rows(
            &instructions,
            &exact,
            state.with_tools_difference(other_tools),
            &all,
            today,
        ));
        let is_seen = |verdict| matches!(verdict, Verdict::Regressed | Verdict::Inconclusive | Verdict::Missing);
        let unseen =
            rows.iter().filter(|row| !is_seen(row.verdict) && row.subject != perf_judge::row::Subject::Checksum);
        assert_eq!(unseen.count(), 0, "seed {seed}: {rows:#?}");
        compared += usize::from(other_key.is_none());
    }
    // Comments, provenance and key may change without an error; values may not.
    assert!(read > 20 && compared > 5, "{read} of {MUTATIONS} were read, {compared} compared");
}

/// Whether a limit is gone or larger.
fn is_looser(before: &[Budget], now: &[Budget]) -> bool {
    let limit = |budgets: &[Budget], old: &Budget| {
        let same = |budget: &&Budget| budget.case == old.case && budget.metric == old.metric && budget.unit == old.unit;
        budgets.iter().find(same).map(|budget| budget.limit)
    };
    before.iter().any(|old| limit(now, old).is_none_or(|now| now > old.limit))
}

#[test]
fn each_changed_budget_that_allows_more_is_told() {
    let text = "schema = 1\n\n[[budget]]\ncase = \"query/floor/10\"\nmetric = \"heap-peak\"\nlimit = 65536\nunit = \"bytes\"\n\
        source = \"README\"\n\n[[budget]]\ncase = \"query/floor/20\"\nmetric = \"time\"\nlimit = 26000\nunit = \"ns\"\nsource = \"README\"\n";
    let before = budget::parse(text).unwrap();
    let of = |budgets: Vec<Budget>| Rules { budgets, ..Rules::default() };
    let (mut read, mut looser) = (0, 0);
    for seed in 0..MUTATIONS {
        let Ok(now) = budget::parse(&mutated(text, seed)) else { continue };
        read += 1;
        let is_looser = is_looser(&before, &now);
        looser += usize::from(is_looser);
        let told = rules::changes(&of(before.clone()), &of(now));
        assert!(!is_looser || !told.is_empty(), "seed {seed}");
    }
    assert!(read > 50 && looser > 20, "{read} of {MUTATIONS} were read, {looser} allow more");
}

#[test]
fn each_changed_anchor_or_margin_that_allows_more_is_told() {
    let text = "schema = 1\nrevision = \"v1.0\"\npercent = 5.0\n\n[[allowed]]\ncase = \"query/floor/10\"\n\
        metric = \"heap-blocks\"\npercent = 30.0\nreason = \"a pool\"\n";
    let before = anchor::parse(text).unwrap();
    let of = |anchor: anchor::AnchorRules| Rules { anchor, ..Rules::default() };
    let mut looser = 0;
    for seed in 0..MUTATIONS {
        let Ok(now) = anchor::parse(&mutated(text, seed)) else { continue };
        let allows_more = now.allowed.iter().any(|((case, metric), new)| new.percent > before.limit(case, *metric).0);
        let is_looser = now.percent > before.percent || now.revision != before.revision || allows_more;
        looser += usize::from(is_looser);
        assert!(!is_looser || !rules::changes(&of(before.clone()), &of(now)).is_empty(), "seed {seed}");
    }
    assert!(looser > 20, "{looser} of {MUTATIONS} allow more");

    let text = "schema = 1\n[[threshold]]\ncase = \"query/floor/10\"\nwall_percent = 8\nreason = \"why\"\nexpires = \"2026-08-01\"\n";
    let (today, mut wider) = (date(2026, 7, 1), 0);
    let before = thresholds::parse(text, today).unwrap();
    for seed in 0..MUTATIONS {
        let Ok(now) = thresholds::parse(&mutated(text, seed), today) else { continue };
        let is_wider = now.entries().any(|new| {
            let old = before.entries().find(|old| old.case == new.case);
            old.is_none_or(|old| new.wall_percent > old.wall_percent || new.expires > old.expires)
        });
        wider += usize::from(is_wider);
        let of = |thresholds: thresholds::Thresholds| Rules { thresholds, ..Rules::default() };
        assert!(!is_wider || !rules::changes(&of(before.clone()), &of(now)).is_empty(), "seed {seed}");
    }
    assert!(wider > 10, "{wider} of {MUTATIONS} are wider");
}
