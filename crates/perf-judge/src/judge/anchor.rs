//! The rule of the anchor: a value that repeats may exceed that of an early commit by its limit, 5 % by default, however small the
//! steps were.
//!
//! Only rows above their limit are rows of a report; the others are one line. Metrics of behaviour have no better or worse, and
//! resident memory varies by more than the limit.

use perf_gate::{Baseline, CaseName, Class, MetricName, Record};
use serde::Serialize;

use super::row;
use crate::anchor::AnchorRules;
use crate::next_step::NextStep;
use crate::row::{Group, Row};
use crate::run::{ExactRun, Instructions};
use crate::text;
use crate::verdict::Verdict;

/// The comparison of a run with the anchor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnchorComparison {
    /// The full hash of the anchor.
    pub commit: String,
    /// Where its values are from, such as `measured here`.
    pub origin: String,
    /// Number of values that were compared.
    pub compared: usize,
    /// Whether instructions are among them.
    pub with_instructions: bool,
    /// Number of values that were not: the case computes something else than in the anchor, or is not in it.
    pub not_comparable: usize,
    /// The largest increase, with its row: percent, case and metric.
    pub worst: Option<(f64, CaseName, MetricName)>,
    /// The default limit in percent.
    pub percent: f64,
}

/// Whether a harness was compared with the anchor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorState {
    /// There is none: no commit is pinned, and no comparable run is in the history.
    None,
    /// There is one, and it was not compared, with the reason and what can be done.
    NotCompared(String),
    /// Nothing that is measured differs from this commit.
    Unchanged(String),
    /// It was compared.
    Compared(Box<AnchorComparison>),
}

impl AnchorState {
    /// The line of a report; `None` without an anchor.
    pub fn line(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::NotCompared(why) => Some(format!("anchor: not compared: {}", text::sanitize(why))),
            Self::Unchanged(commit) => {
                let short = commit.get(..12).unwrap_or(commit);
                Some(format!("anchor {short}: nothing that is measured differs from it"))
            }
            Self::Compared(comparison) => Some(comparison.line()),
        }
    }
}

/// Compares a run with the values of the anchor. The rows are those above their limit (REGRESSED), and those that only a limit of
/// their own allows (ACCEPTED).
pub fn compare(
    exact: &ExactRun,
    instructions: &Instructions,
    anchor: &Baseline,
    rules: &AnchorRules,
    origin: &str,
) -> (Vec<Row>, AnchorComparison) {
    let counted = match instructions {
        Instructions::Measured { tools, run } if anchor.tools.as_ref() == Some(tools) => Some(run),
        _ => None,
    };
    let exact = exact.values().filter_map(|outcome| outcome.as_ref().ok()).flatten();
    let counted_records = counted.into_iter().flatten().filter_map(|(_, outcome)| outcome.as_ref().ok());
    let mut found = AnchorComparison {
        commit: anchor.provenance.commit.clone(),
        origin: origin.to_owned(),
        compared: 0,
        with_instructions: counted.is_some(),
        not_comparable: 0,
        worst: None,
        percent: rules.percent,
    };
    let mut rows = Vec::new();
    for record in exact.chain(counted_records).filter(|record| has_direction(record.metric().class())) {
        let (case, metric) = (record.case(), record.metric().name());
        let there = anchor.get(case, metric).filter(|there| is_comparable(record, there));
        let Some(there) = there else {
            found.not_comparable += 1;
            continue;
        };
        found.compared += 1;
        let percent = increase(record, there);
        if found.worst.as_ref().is_none_or(|worst| percent > worst.0) {
            found.worst = Some((percent, case.clone(), metric));
        }
        let (limit, own) = rules.limit(case, metric);
        let short = anchor.provenance.commit.get(..12).unwrap_or_default();
        let judged = |verdict, why: String| {
            let row = Row { group: Group::Anchor, ..row(record, Some(there), verdict) };
            row.with_reason(why)
        };
        if percent > limit {
            let why = format!("above the anchor {short} by more than {limit} %");
            let (case, metric) = (case.clone(), metric);
            rows.push(judged(Verdict::Regressed, why).with_next_step(NextStep::AllowOverAnchor { case, metric }));
        } else if let Some(reason) = own.filter(|_| percent > rules.percent) {
            let why = format!("up to {limit} % above the anchor {short} is allowed: {}", text::sanitize(reason));
            rows.push(judged(Verdict::Accepted, why));
        }
    }
    (rows, found)
}

/// Whether the values of a class have a worse direction and repeat well enough.
fn has_direction(class: Class) -> bool {
    match class {
        Class::Quality | Class::Schedule | Class::Heap | Class::Size | Class::Instructions => true,
        Class::Behaviour | Class::Resident | Class::Wall => false,
    }
}

fn is_comparable(now: &Record, there: &Record) -> bool {
    now.metric() == there.metric() && now.checksum() == there.checksum()
}

/// How much worse a value is than that of the anchor, in percent; from 0 any value is infinitely worse.
fn increase(now: &Record, there: &Record) -> f64 {
    let (now_value, there_value) = (now.value() as f64, there.value() as f64);
    let worse = if now.metric().class() == Class::Quality { there_value - now_value } else { now_value - there_value };
    if worse == 0.0 { 0.0 } else { worse / there_value * 100.0 }
}

impl AnchorComparison {
    /// The line of a report.
    pub fn line(&self) -> String {
        let Self { commit, origin, compared, with_instructions, not_comparable, worst, percent } = self;
        let short = commit.get(..12).unwrap_or(commit);
        let mut line =
            format!("anchor {short} ({origin}): {} compared, limit +{percent} %", text::pluralize(*compared, "value"));
        if let Some((worst, case, metric)) = worst {
            line += &format!("; the largest change is {worst:+.1} % ({case} {metric})");
        }
        if !with_instructions {
            line += "; instructions are not among them";
        }
        if *not_comparable > 0 {
            let count = text::pluralize(*not_comparable, "value");
            line += &format!("; {count} not comparable: the case is new or computes another result");
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use perf_gate::{Checksum, Key, Metric, Provenance, Tools, Unit};

    use super::*;
    use crate::anchor;

    const BLOCKS: Metric = Metric::new("heap-blocks", Unit::Blocks, Class::Heap);
    const RIGHT: Metric = Metric::new("right", Unit::Count, Class::Quality);
    const EVENTS: Metric = Metric::new("events", Unit::Count, Class::Behaviour);

    fn record(metric: Metric, value: u64, checksum: u64) -> Record {
        Record::new(CaseName::new("a/b/c").unwrap(), metric, value, Checksum(checksum)).unwrap()
    }

    fn tools(valgrind: &str) -> Tools {
        Tools { valgrind: valgrind.into(), libc: "glibc 2.36".into() }
    }

    fn anchor_of(records: Vec<Record>) -> Baseline {
        let text = String::new;
        let key =
            Key { rustc: text(), target: text(), profile: text(), rustflags: text(), packages: text(), inputs: text() };
        let counted = records.iter().any(|record| record.metric() == Metric::INSTRUCTIONS);
        let provenance = Provenance { commit: "0123456789abcdef".into(), machine: text() };
        Baseline::new(key, counted.then(|| tools("3.19.0")), provenance, records).unwrap()
    }

    fn run(records: Vec<Record>) -> (ExactRun, Instructions) {
        let (counted, exact): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| record.metric() == Metric::INSTRUCTIONS);
        let case = CaseName::new("a/b/c").unwrap();
        let instructions = counted.into_iter().map(|record| (case.clone(), Ok(record))).collect();
        (ExactRun::from([(case, Ok(exact))]), Instructions::Measured { tools: tools("3.19.0"), run: instructions })
    }

    fn verdicts(now: Record, there: Record, rules: &AnchorRules) -> Vec<Verdict> {
        let (exact, instructions) = run(vec![now]);
        let (rows, _) = compare(&exact, &instructions, &anchor_of(vec![there]), rules, "stored");
        rows.into_iter().map(|row| row.verdict).collect()
    }

    #[test]
    fn the_limit_is_five_percent_in_the_worse_direction() {
        let rules = AnchorRules::default();
        let worse = |metric, now, there| !verdicts(record(metric, now, 7), record(metric, there, 7), &rules).is_empty();
        for (now, expected) in [(90, false), (100, false), (105, false), (106, true), (200, true)] {
            assert_eq!(worse(BLOCKS, now, 100), expected, "{now}");
            assert_eq!(worse(Metric::INSTRUCTIONS, now, 100), expected, "{now}");
        }
        assert!(worse(RIGHT, 94, 100) && !worse(RIGHT, 95, 100) && !worse(RIGHT, 150, 100));
        assert!(!worse(EVENTS, 900, 100), "behaviour has no direction");
        assert!(worse(BLOCKS, 1, 0) && !worse(BLOCKS, 0, 0));
    }

    #[test]
    fn another_result_and_other_tools_are_not_compared() {
        let rules = AnchorRules::default();
        assert_eq!(verdicts(record(BLOCKS, 200, 8), record(BLOCKS, 100, 7), &rules), []);
        let (exact, _) = run(vec![record(BLOCKS, 200, 7)]);
        let counted = [(CaseName::new("a/b/c").unwrap(), Ok(record(Metric::INSTRUCTIONS, 900, 7)))].into();
        let others = Instructions::Measured { tools: tools("3.22.0"), run: counted };
        let there = anchor_of(vec![record(BLOCKS, 100, 7), record(Metric::INSTRUCTIONS, 100, 7)]);
        let (rows, found) = compare(&exact, &others, &there, &rules, "stored");
        assert_eq!((rows.len(), found.compared, found.with_instructions), (1, 1, false));
        assert!(found.line().ends_with("instructions are not among them"), "{}", found.line());
    }

    #[test]
    fn a_limit_of_its_own_is_shown_with_its_reason() {
        let text = "schema = 1\nrevision = \"v1\"\n[[allowed]]\ncase = \"a/b/c\"\nmetric = \"heap-blocks\"\n\
            percent = 30\nreason = \"a pool\"\n";
        let rules = anchor::parse(text).unwrap();
        let of = |now| verdicts(record(BLOCKS, now, 7), record(BLOCKS, 100, 7), &rules);
        assert_eq!((of(105), of(130), of(131)), (vec![], vec![Verdict::Accepted], vec![Verdict::Regressed]));
    }

    #[test]
    fn the_line_says_what_was_compared() {
        let (exact, instructions) = run(vec![record(BLOCKS, 103, 7), record(Metric::INSTRUCTIONS, 1_000, 7)]);
        let there = anchor_of(vec![record(BLOCKS, 100, 7), record(Metric::INSTRUCTIONS, 990, 7)]);
        let (_, found) = compare(&exact, &instructions, &there, &AnchorRules::default(), "measured here");
        let line = "anchor 0123456789ab (measured here): 2 values compared, limit +5 %; the largest change is +3.0 % (a/b/c \
                    heap-blocks)";
        assert_eq!(found.line(), line);
    }
}
