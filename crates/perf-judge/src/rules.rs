//! Rules that a change loosens: stored values, acceptances, budgets, margins, cases and their inputs.
//!
//! A change that makes a case slower and raises its limit in the same commit passes. So reports list loosened rules before the
//! verdict, and `--forbid-rule-changes` fails on them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use perf_gate::{Acceptance, Baseline, CaseName, Class, MetricName, Record};
use serde::Serialize;

use crate::anchor::AnchorRules;
use crate::budget::Budget;
use crate::thresholds::Thresholds;

/// The rules of one side of a comparison.
#[derive(Debug, Default)]
pub struct Rules {
    /// The baselines, by the package of the harness and the name of the file, which is the target, or target and tools.
    pub baselines: BTreeMap<(String, String), Baseline>,
    /// The budgets of one side.
    pub budgets: Vec<Budget>,
    /// The wider margins of wall times.
    pub thresholds: Thresholds,
    /// The anchor and the limits over it.
    pub anchor: AnchorRules,
    /// Digests of the files of the harness, by path.
    pub harness: BTreeMap<String, String>,
    /// Digests of the files that cases read, by path.
    pub inputs: BTreeMap<String, String>,
    /// The files that cannot be read, with the reason.
    pub unreadable: Vec<String>,
}

/// The kind of a loosened rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// A stored value became worse or was removed.
    Value,
    /// The stored checksum of a case differs.
    Checksum,
    /// An acceptance is new, allows a worse value or expires later.
    Acceptance,
    /// A limit was raised or removed.
    Budget,
    /// The margin of a wall time was raised or expires later.
    Margin,
    /// Another commit is the anchor, or a limit over it was raised.
    Anchor,
    /// A case was removed from the baseline.
    Case,
    /// A file that cases read differs.
    Input,
    /// A file of the harness differs.
    Harness,
    /// A rule file cannot be read, so it is not compared.
    Unreadable,
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Value => "stored value",
            Self::Checksum => "checksum",
            Self::Acceptance => "acceptance",
            Self::Budget => "budget",
            Self::Margin => "margin",
            Self::Anchor => "anchor",
            Self::Case => "case",
            Self::Input => "input",
            Self::Harness => "harness",
            Self::Unreadable => "unreadable",
        })
    }
}

/// One rule that a change loosens, or may loosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleChange {
    /// The kind of the rule.
    pub kind: RuleKind,
    /// The rule with its old and new value, as text.
    pub what: String,
}

/// Lists the rules that head loosens or may loosen, sorted; stricter and added rules are not listed.
pub fn changes(base: &Rules, head: &Rules) -> Vec<RuleChange> {
    let mut found = Vec::new();
    let unreadable = base.unreadable.iter().chain(&head.unreadable);
    found.extend(unreadable.map(|why| RuleChange { kind: RuleKind::Unreadable, what: why.clone() }));
    for (place, before) in &base.baselines {
        match head.baselines.get(place) {
            Some(now) => stored(before, now, &mut found),
            None => found.push(RuleChange {
                kind: RuleKind::Case,
                what: format!("the baseline of {} for {} is gone", place.0, place.1),
            }),
        }
    }
    for (place, now) in &head.baselines {
        let before = base.baselines.get(place).map_or(&[][..], |before| &before.accepted);
        found.extend(now.accepted.iter().filter_map(|entry| acceptance(before, entry)));
    }
    budgets(&base.budgets, &head.budgets, &mut found);
    margins(&base.thresholds, &head.thresholds, &mut found);
    anchor(&base.anchor, &head.anchor, &mut found);
    files(RuleKind::Harness, &base.harness, &head.harness, &mut found);
    files(RuleKind::Input, &base.inputs, &head.inputs, &mut found);
    found.sort();
    found
}

/// Whether the new stored value allows a worse result than the old one.
fn is_looser(before: &Record, now: &Record) -> bool {
    if before.metric() != now.metric() {
        return true;
    }
    match before.metric().class() {
        Class::Behaviour => now.value() != before.value(),
        Class::Quality => now.value() < before.value(),
        Class::Schedule | Class::Heap | Class::Size | Class::Resident | Class::Instructions | Class::Wall => {
            now.value() > before.value()
        }
    }
}

fn stored(before: &Baseline, now: &Baseline, found: &mut Vec<RuleChange>) {
    let left: BTreeSet<&CaseName> = now.records().map(Record::case).collect();
    let (mut gone, mut computed) = (BTreeSet::new(), BTreeSet::new());
    for old in before.records() {
        let (case, metric) = (old.case(), old.metric().name());
        if !left.contains(case) {
            gone.insert(case);
            continue;
        }
        match now.get(case, metric) {
            None => {
                found.push(RuleChange {
                    kind: RuleKind::Value,
                    what: format!("{case} {metric}: {} is gone", old.value()),
                });
            }
            Some(new) => {
                if is_looser(old, new) {
                    let what = format!("{case} {metric}: {} to {}{}", old.value(), new.value(), percent(old, new));
                    found.push(RuleChange { kind: RuleKind::Value, what });
                }
                if old.checksum() != new.checksum() {
                    computed.insert(case);
                }
            }
        }
    }
    found.extend(
        gone.into_iter().map(|case| RuleChange { kind: RuleKind::Case, what: format!("{case} is no longer stored") }),
    );
    let other = |case| RuleChange { kind: RuleKind::Checksum, what: format!("{case} computes a different result") };
    found.extend(computed.into_iter().map(other));
}

fn percent(before: &Record, now: &Record) -> String {
    match (before.metric() == now.metric(), before.value()) {
        (true, 1..) => format!(" ({:+.1} %)", (now.value() as f64 / before.value() as f64 - 1.0) * 100.0),
        (true, 0) => String::new(),
        (false, _) => {
            let of = |record: &Record| format!("{} of class {}", record.metric().unit(), record.metric().class());
            format!(" ({}, which was {})", of(now), of(before))
        }
    }
}

/// An acceptance that is new, expires later or has another value, because for behaviour and quality any other value may be
/// the looser one.
fn acceptance(before: &[Acceptance], now: &Acceptance) -> Option<RuleChange> {
    let same = |old: &&Acceptance| old.case == now.case && old.metric == now.metric;
    let was = match before.iter().find(same) {
        Some(old) if old.value == now.value && now.expires <= old.expires => return None,
        Some(old) => format!(", was {} until {}", old.value, old.expires),
        None => String::new(),
    };
    let Acceptance { case, metric, value, expires, reason } = now;
    let what = format!("{case} {metric}: {value} until {expires}{was} ({reason})");
    Some(RuleChange { kind: RuleKind::Acceptance, what })
}

fn budgets(before: &[Budget], now: &[Budget], found: &mut Vec<RuleChange>) {
    let key = |budget: &Budget| -> (CaseName, MetricName) { (budget.case.clone(), budget.metric) };
    let now: BTreeMap<_, _> = now.iter().map(|budget| (key(budget), budget)).collect();
    for old in before {
        let Budget { case, metric, limit, unit, .. } = old;
        let what = match now.get(&key(old)) {
            None => format!("{case} {metric}: the limit of {limit} {unit} is gone"),
            Some(new) if new.unit != *unit => {
                format!("{case} {metric}: {limit} {unit} to {} {}", new.limit, new.unit)
            }
            Some(new) if new.limit > *limit => format!("{case} {metric}: {limit} to {} {unit}", new.limit),
            Some(_) => continue,
        };
        found.push(RuleChange { kind: RuleKind::Budget, what });
    }
}

fn margins(before: &Thresholds, now: &Thresholds, found: &mut Vec<RuleChange>) {
    for new in now.entries() {
        let old = before.entries().find(|old| old.case == new.case);
        let was = match old {
            Some(old) if new.wall_percent <= old.wall_percent && new.expires <= old.expires => continue,
            Some(old) => format!(", was {} % until {}", old.wall_percent, old.expires),
            None => String::new(),
        };
        let what = format!("{}: {} % until {}{was} ({})", new.case, new.wall_percent, new.expires, new.reason);
        found.push(RuleChange { kind: RuleKind::Margin, what });
    }
}

fn anchor(before: &AnchorRules, now: &AnchorRules, found: &mut Vec<RuleChange>) {
    let mut push = |what: String| found.push(RuleChange { kind: RuleKind::Anchor, what });
    match (&before.revision, &now.revision) {
        (Some(before), None) => push(format!("{before} is no longer pinned")),
        (Some(before), Some(now)) if before != now => push(format!("{before} to {now}")),
        _ => {}
    }
    if now.percent > before.percent {
        push(format!("limit over it: {} % to {} %", before.percent, now.percent));
    }
    for ((case, metric), new) in &now.allowed {
        let (limit, _) = before.limit(case, *metric);
        if new.percent > limit {
            push(format!("{case} {metric}: {limit} % to {} % over it ({})", new.percent, new.reason));
        }
    }
}

fn files(
    kind: RuleKind,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    found: &mut Vec<RuleChange>,
) {
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for path in paths {
        let what = match (before.get(path), now.get(path)) {
            (Some(before), Some(now)) if before == now => continue,
            (Some(_), Some(_)) => format!("{path} differs"),
            (None, _) => format!("{path} is new"),
            (_, None) => format!("{path} is gone"),
        };
        found.push(RuleChange { kind, what });
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use perf_gate::{Checksum, Key, Metric, Provenance, Unit};

    use super::*;
    use crate::thresholds;

    const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
    const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);
    const RIGHT: Metric = Metric::new("right", Unit::Count, Class::Quality);
    const TODAY: Date = jiff::civil::date(2026, 7, 1);

    fn record(case: &str, metric: Metric, value: u64, checksum: u64) -> Record {
        Record::new(CaseName::new(case).unwrap(), metric, value, Checksum(checksum)).unwrap()
    }

    fn baseline(records: Vec<Record>) -> Baseline {
        let text = String::new;
        let key =
            Key { rustc: text(), target: text(), profile: text(), rustflags: text(), packages: text(), inputs: text() };
        Baseline::new(key, None, Provenance { commit: text(), machine: text() }, records).unwrap()
    }

    fn rules(baseline: Baseline) -> Rules {
        Rules { baselines: [(("a-bench".into(), "here".into()), baseline)].into(), ..Rules::default() }
    }

    fn whole() -> Vec<Record> {
        vec![
            record("a/b/1", BLOCKS, 56, 7),
            record("a/b/1", EVENTS, 15, 7),
            record("a/b/1", RIGHT, 9, 7),
            record("a/b/2", BLOCKS, 0, 7),
        ]
    }

    fn described(now: Vec<Record>) -> Vec<String> {
        let found = changes(&rules(baseline(whole())), &rules(baseline(now)));
        found.into_iter().map(|change| format!("{}: {}", change.kind, change.what)).collect()
    }

    #[test]
    fn a_stored_value_that_allows_more_is_told_and_one_that_allows_less_is_not() {
        let with = |at: usize, other: Record| {
            let mut now = whole();
            now[at] = other;
            described(now)
        };
        assert_eq!(described(whole()), [""; 0]);
        assert_eq!(with(0, record("a/b/1", BLOCKS, 500, 7)), ["stored value: a/b/1 heap-blocks: 56 to 500 (+792.9 %)"]);
        assert_eq!(with(0, record("a/b/1", BLOCKS, 55, 7)), [""; 0]);
        assert_eq!(with(1, record("a/b/1", EVENTS, 14, 7)), ["stored value: a/b/1 events: 15 to 14 (-6.7 %)"]);
        assert_eq!(with(2, record("a/b/1", RIGHT, 8, 7)), ["stored value: a/b/1 right: 9 to 8 (-11.1 %)"]);
        assert_eq!(with(2, record("a/b/1", RIGHT, 10, 7)), [""; 0]);
        assert_eq!(with(3, record("a/b/2", BLOCKS, 1, 7)), ["stored value: a/b/2 heap-blocks: 0 to 1"]);
        let of_another_class = Metric::new("heap-blocks", Unit::Blocks, Class::Quality);
        assert_eq!(
            with(3, record("a/b/2", of_another_class, 0, 7)),
            ["stored value: a/b/2 heap-blocks: 0 to 0 (blocks of class quality, which was blocks of class heap)"]
        );
        assert_eq!(with(3, record("a/b/2", BLOCKS, 0, 8)), ["checksum: a/b/2 computes a different result"]);
        assert_eq!(described(whole()[..3].to_vec()), ["case: a/b/2 is no longer stored"]);
        assert_eq!(described([&whole()[..1], &whole()[2..]].concat()), ["stored value: a/b/1 events: 15 is gone"]);
        let added = [whole(), vec![record("a/b/3", BLOCKS, 7, 7)]].concat();
        assert_eq!(described(added), [""; 0], "a new case has no rule to loosen");
        let gone = changes(&rules(baseline(whole())), &Rules::default());
        assert_eq!(gone[0].what, "the baseline of a-bench for here is gone");
    }

    #[test]
    fn acceptances_that_allow_more_are_described() {
        let accepted = |value: u64, expires: &str| {
            let mut baseline = baseline(whole());
            let (case, metric, reason) = (CaseName::new("a/b/1").unwrap(), BLOCKS.name(), "why".to_owned());
            baseline.accepted.push(Acceptance { case, metric, value, reason, expires: expires.into() });
            rules(baseline)
        };
        let described =
            |before: &Rules, now: &Rules| changes(before, now).into_iter().map(|c| c.what).collect::<Vec<_>>();
        let (none, some) = (rules(baseline(whole())), accepted(60, "2026-08-01"));
        assert_eq!(described(&none, &some), ["a/b/1 heap-blocks: 60 until 2026-08-01 (why)"]);
        assert_eq!(described(&some, &some), [""; 0]);
        assert_eq!(described(&some, &none), [""; 0]);
        assert_eq!(
            described(&some, &accepted(60, "2026-08-02")),
            ["a/b/1 heap-blocks: 60 until 2026-08-02, was 60 until 2026-08-01 (why)"]
        );
        assert_eq!(described(&some, &accepted(61, "2026-08-01")).len(), 1);
        assert_eq!(described(&some, &accepted(60, "2026-07-01")), [""; 0], "for a shorter time");
    }

    #[test]
    fn budgets_margins_and_files_are_compared() {
        let budget = |limit: u64, unit: Unit| Budget {
            case: CaseName::new("a/b/1").unwrap(),
            metric: BLOCKS.name(),
            limit,
            unit,
            source: "the README".into(),
            reference: None,
        };
        let of = |budgets: Vec<Budget>| Rules { budgets, ..Rules::default() };
        let described =
            |before: &Rules, now: &Rules| changes(before, now).into_iter().map(|c| c.what).collect::<Vec<_>>();
        let some = of(vec![budget(60, Unit::Blocks)]);
        assert_eq!(described(&some, &of(vec![budget(600, Unit::Blocks)])), ["a/b/1 heap-blocks: 60 to 600 blocks"]);
        assert_eq!(described(&some, &of(vec![budget(60, Unit::Bytes)])), ["a/b/1 heap-blocks: 60 blocks to 60 bytes"]);
        assert_eq!(described(&some, &of(Vec::new())), ["a/b/1 heap-blocks: the limit of 60 blocks is gone"]);
        assert_eq!(described(&some, &of(vec![budget(6, Unit::Blocks)])), [""; 0]);
        assert_eq!(described(&of(Vec::new()), &some), [""; 0]);

        let margin = |percent: u8, day: &str| {
            let text = format!(
                "schema = 1\n[[threshold]]\ncase = \"a/b/1\"\nwall_percent = {percent}\nreason = \"why\"\nexpires = \"{day}\"\n"
            );
            Rules { thresholds: thresholds::parse(&text, TODAY).unwrap(), ..Rules::default() }
        };
        let some = margin(8, "2026-08-01");
        assert_eq!(described(&Rules::default(), &some), ["a/b/1: 8 % until 2026-08-01 (why)"]);
        assert_eq!(
            described(&some, &margin(9, "2026-07-15")),
            ["a/b/1: 9 % until 2026-07-15, was 8 % until 2026-08-01 (why)"]
        );
        assert_eq!(described(&some, &margin(7, "2026-08-01")), [""; 0]);
        assert_eq!(described(&some, &Rules::default()), [""; 0]);

        let measuring = |content: &str| Rules {
            harness: [("bench/cases.rs".into(), content.into())].into(),
            inputs: [("data/texts/one.txt".into(), content.into())].into(),
            ..Rules::default()
        };
        assert_eq!(
            described(&measuring("1"), &measuring("2")),
            ["data/texts/one.txt differs", "bench/cases.rs differs"]
        );
        assert_eq!(described(&measuring("1"), &measuring("1")), [""; 0]);
    }
}
