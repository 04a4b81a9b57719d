//! The anchor: an earlier commit with which all later ones are compared, so that many small steps do not pass one by one.

use perf_gate::{Baseline, CaseName, Key, Metric, MetricName, Provenance, Record, Tools};

use crate::run::{RecordedHarness, RecordedRun, RecordedValue};

/// The values of a pinned commit under a key, with instructions of these tools if it has some; `None` if no run has them. Of
/// several runs the oldest counts.
pub fn of_commit<'a>(
    runs: impl IntoIterator<Item = &'a RecordedRun>,
    commit: &str,
    package: &str,
    (key, tools): (&Key, Option<&Tools>),
) -> Option<Baseline> {
    oldest(runs.into_iter().filter(|run| run.commit == commit), package, key, tools)
}

/// The values of the oldest comparable run: the same key, and the same tools if instructions were counted.
pub fn oldest<'a>(
    runs: impl IntoIterator<Item = &'a RecordedRun>,
    package: &str,
    key: &Key,
    tools: Option<&Tools>,
) -> Option<Baseline> {
    let mut found: Vec<(&RecordedRun, &RecordedHarness)> = Vec::new();
    for run in runs {
        let comparable = run.harnesses.iter().filter(|harness| harness.package == package && harness.key == *key);
        found.extend(comparable.map(|harness| (run, harness)));
    }
    // A run with the same tools is preferred to an older one whose instructions are not comparable.
    let (run, harness) = found
        .into_iter()
        .min_by_key(|(run, harness)| (harness.tools.as_ref() != tools, run.committed, run.measured))?;
    baseline(run, harness, harness.tools.as_ref() == tools)
}

/// The recorded values as a baseline, with or without instructions.
fn baseline(run: &RecordedRun, harness: &RecordedHarness, with_instructions: bool) -> Option<Baseline> {
    let record = |case: &CaseName, name: MetricName, value: RecordedValue, checksum| {
        let metric = Metric::from_parts(name, value.1, value.2);
        let is_wanted = with_instructions || metric != Metric::INSTRUCTIONS;
        is_wanted.then(|| Record::new(case.clone(), metric, value.0, checksum).ok()).flatten()
    };
    let of_case = harness.cases.iter().flat_map(|(case, found)| {
        found.values.iter().filter_map(move |(name, value)| record(case, *name, *value, found.checksum))
    });
    let records: Vec<Record> = of_case.collect();
    let has_instructions = records.iter().any(|record| record.metric() == Metric::INSTRUCTIONS);
    let tools = harness.tools.clone().filter(|_| has_instructions);
    let provenance = Provenance { commit: run.commit.clone(), machine: run.machine.clone() };
    Baseline::new(harness.key.clone(), tools, provenance, records).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::a_run;

    #[test]
    fn the_oldest_run_with_the_same_key_and_tools_counts() {
        let run = |n: u8, valgrind: &str, blocks: u64| {
            let mut run = RecordedRun { commit: format!("{n:040x}"), committed: i64::from(n), ..a_run() };
            run.harnesses[0].tools.as_mut().unwrap().valgrind = valgrind.into();
            let case = run.harnesses[0].cases.values_mut().next().unwrap();
            case.values.get_mut(&"heap-blocks".parse().unwrap()).unwrap().0 = blocks;
            run
        };
        let mut other_key = run(0, "3.19.0", 1);
        other_key.harnesses[0].key.rustc = "older".into();
        let runs = [run(3, "3.19.0", 60), run(2, "3.19.0", 57), other_key, run(1, "3.22.0", 56)];
        let harness = &a_run().harnesses[0];
        let case = CaseName::new("query/floor/10").unwrap();
        let value =
            |found: &Baseline, metric: &str| found.get(&case, metric.parse().unwrap()).map(|record| record.value());
        let found = oldest(&runs, "words-bench", &harness.key, harness.tools.as_ref()).unwrap();
        assert_eq!((value(&found, "heap-blocks"), value(&found, "instructions")), (Some(57), Some(42_000)));
        assert_eq!(found.provenance.commit, format!("{:040x}", 2));
        // Without tools of its own a run still has exact values.
        let none = Tools { valgrind: "4".into(), libc: "x".into() };
        let found = oldest(&runs, "words-bench", &harness.key, Some(&none)).unwrap();
        assert_eq!((value(&found, "heap-blocks"), value(&found, "instructions")), (Some(56), None));
        assert!(oldest(&runs, "other-bench", &harness.key, None).is_none());

        let pinned = format!("{:040x}", 3);
        let found = of_commit(&runs, &pinned, "words-bench", (&harness.key, harness.tools.as_ref())).unwrap();
        assert_eq!(value(&found, "heap-blocks"), Some(60));
        assert!(of_commit(&runs, &"f".repeat(40), "words-bench", (&harness.key, None)).is_none());
    }
}
