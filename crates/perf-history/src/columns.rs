//! The stored form of a run: the values of each metric stand together, which gzip compresses to less than a run as it is in memory.

use std::collections::BTreeMap;

use perf_gate::{CaseName, Checksum, Class, Key, MetricName, Tools, Unit};
use serde::{Deserialize, Serialize};

use crate::run::{RecordedCase, RecordedHarness, RecordedRun, RecordedValue, RecordedWall, WallChange, WallChanges};

/// A run by columns; the fields are those of [`RecordedRun`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Columns {
    commit: String,
    committed: i64,
    measured: i64,
    machine: String,
    quick: bool,
    base: Option<String>,
    anchor: Option<String>,
    harnesses: Vec<Harness>,
}

/// The cases of a harness. Every list has an entry for each of `cases`, in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Harness {
    package: String,
    key: Key,
    tools: Option<Tools>,
    cases: Vec<CaseName>,
    checksums: Vec<Checksum>,
    values: Vec<Column>,
    wall: Walls,
    #[serde(default, skip_serializing_if = "WallChanges::is_empty")]
    together: WallChanges,
}

/// The values of a metric, `None` for a case without it.
#[derive(Serialize, Deserialize)]
struct Column(MetricName, Unit, Class, Vec<Option<u64>>);

/// The wall times: nanoseconds, changes from the base and from the anchor. `ns` is `None` for a case that was not timed.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Walls {
    ns: Vec<Option<u64>>,
    base: Vec<Option<WallChange>>,
    anchor: Vec<Option<WallChange>>,
}

impl From<&RecordedRun> for Columns {
    fn from(run: &RecordedRun) -> Self {
        let RecordedRun { commit, committed, measured, machine, quick, base, anchor, harnesses } = run.clone();
        let harnesses = harnesses.into_iter().map(Harness::from).collect();
        Self { commit, committed, measured, machine, quick, base, anchor, harnesses }
    }
}

impl From<RecordedHarness> for Harness {
    fn from(harness: RecordedHarness) -> Self {
        let RecordedHarness { package, key, tools, cases, together } = harness;
        let mut values: Vec<Column> = Vec::new();
        let mut wall = Walls::default();
        for (at, case) in cases.values().enumerate() {
            for (name, &RecordedValue(value, unit, class)) in &case.values {
                let found = values.iter().position(|column| (&column.0, column.1, column.2) == (name, unit, class));
                let column = found.unwrap_or_else(|| {
                    values.push(Column(*name, unit, class, vec![None; cases.len()]));
                    values.len() - 1
                });
                values[column].3[at] = Some(value);
            }
            let changes = case.wall.as_ref().map(|wall| wall.changes.clone()).unwrap_or_default();
            wall.ns.push(case.wall.as_ref().map(|wall| wall.ns));
            wall.base.push(changes.base);
            wall.anchor.push(changes.anchor);
        }
        let checksums = cases.values().map(|case| case.checksum).collect();
        Self { package, key, tools, cases: cases.into_keys().collect(), checksums, values, wall, together }
    }
}

impl TryFrom<Columns> for RecordedRun {
    /// Which lists do not belong together.
    type Error = String;

    fn try_from(columns: Columns) -> Result<Self, String> {
        let Columns { commit, committed, measured, machine, quick, base, anchor, harnesses } = columns;
        let harnesses = harnesses.into_iter().map(Harness::into_recorded).collect::<Result<_, _>>()?;
        Ok(Self { commit, committed, measured, machine, quick, base, anchor, harnesses })
    }
}

impl Harness {
    fn into_recorded(self) -> Result<RecordedHarness, String> {
        let Self { package, key, tools, cases: names, checksums, values, wall, together } = self;
        let lists = [
            ("checksums", checksums.len()),
            ("wall times", wall.ns.len()),
            ("changes from the base", wall.base.len()),
            ("changes from the anchor", wall.anchor.len()),
        ];
        let columns = values.iter().map(|column| (column.0.as_str(), column.3.len()));
        if let Some((what, length)) = lists.into_iter().chain(columns).find(|(_, length)| *length != names.len()) {
            return Err(format!("`{package}` has {} cases and {length} {what}", names.len()));
        }
        let mut cases = BTreeMap::new();
        for (at, name) in names.into_iter().enumerate() {
            let mut found = BTreeMap::new();
            for Column(metric, unit, class, column) in &values {
                let Some(value) = column[at] else { continue };
                if found.insert(*metric, RecordedValue(value, *unit, *class)).is_some() {
                    return Err(format!("`{name}` has two values of `{metric}`"));
                }
            }
            let changes = WallChanges { base: wall.base[at], anchor: wall.anchor[at] };
            let wall = match wall.ns[at] {
                Some(ns) => Some(RecordedWall { ns, changes }),
                None if changes.is_empty() => None,
                None => return Err(format!("`{name}` has a change of its wall time and no wall time")),
            };
            let case = RecordedCase { checksum: checksums[at], values: found, wall };
            if cases.insert(name.clone(), case).is_some() {
                return Err(format!("`{package}` has `{name}` twice"));
            }
        }
        Ok(RecordedHarness { package, key, tools, cases, together })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::run::tests::a_run;

    #[test]
    fn lists_that_do_not_belong_together_are_refused() {
        let stored = serde_json::to_value(Columns::from(&a_run())).unwrap();
        let refused = |edit: &dyn Fn(&mut Value)| {
            let mut edited = stored.clone();
            edit(&mut edited["harnesses"][0]);
            let columns: Columns = serde_json::from_value(edited).unwrap();
            RecordedRun::try_from(columns).unwrap_err()
        };
        let wrong = "`words-bench` has 1 cases and";
        assert_eq!(refused(&|harness| harness["checksums"] = json!([])), format!("{wrong} 0 checksums"));
        assert_eq!(refused(&|harness| harness["values"][0][3] = json!([1, 2])), format!("{wrong} 2 heap-blocks"));
        for (list, what) in
            [("ns", "wall times"), ("base", "changes from the base"), ("anchor", "changes from the anchor")]
        {
            assert_eq!(refused(&|harness| harness["wall"][list] = json!([])), format!("{wrong} 0 {what}"));
        }
        assert_eq!(
            refused(&|harness| harness["values"][1][0] = json!("heap-blocks")),
            "`query/floor/10` has two values of `heap-blocks`"
        );
        assert_eq!(
            refused(&|harness| harness["wall"]["ns"] = json!([null])),
            "`query/floor/10` has a change of its wall time and no wall time"
        );
        let twice = refused(&|harness| {
            let lists =
                ["/cases", "/checksums", "/values/0/3", "/values/1/3", "/wall/ns", "/wall/base", "/wall/anchor"];
            for list in lists {
                let list = harness.pointer_mut(list).unwrap().as_array_mut().unwrap();
                list.push(list[0].clone());
            }
        });
        assert_eq!(twice, "`words-bench` has `query/floor/10` twice");
    }
}
