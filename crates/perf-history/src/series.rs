//! One metric of a case over time, in parts whose values are comparable.
//!
//! A part ends where the key or the checksum changes. Instructions are those of one set of tools: the tools of the newest run
//! that counted them. A wall time is a change in percent, never a time: since the anchor, where runs were measured in pairs with
//! it, or else the sum of the changes from run to run.

use std::collections::BTreeMap;

use perf_gate::{Class, MetricName, Unit};

use crate::point::CasePoint;
use crate::run::{WallChange, WallChanges};

/// The name of the metric of wall time.
pub const WALL: &str = "wall";

/// What the values of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Values of a metric.
    Metric(Unit, Class),
    /// Changes of the wall time since the anchor, in percent, each measured in pairs with it.
    SinceAnchor,
    /// Changes of the wall time since the first run of the part, in percent: the product of the changes from run to run.
    Accumulated,
}

/// One metric of a case over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric; [`WALL`] for wall time.
    pub metric: String,
    /// What the values are.
    pub scale: Scale,
    /// The parts, in the order of time. None is empty.
    pub parts: Vec<Part>,
    /// What is left out, as lines.
    pub left_out: Vec<String>,
}

/// Points whose values are comparable with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Why the values are not comparable with those of the part before; `None` for the first part.
    pub because: Option<&'static str>,
    /// In the order of the commits.
    pub points: Vec<SeriesPoint>,
}

/// One value of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPoint {
    /// Full hash of the measured commit.
    pub commit: String,
    /// Committer date of the commit, in seconds since the Unix epoch.
    pub committed: i64,
    /// When it was measured, in seconds since the Unix epoch.
    pub measured: i64,
    /// The value, or for wall time a change in percent.
    pub value: f64,
    /// Bounds of a change of wall time; for accumulated changes those of the last one.
    pub interval: Option<[f64; 2]>,
}

/// The names of the metrics that the points have, with [`WALL`] last.
pub fn metrics(points: &[CasePoint]) -> Vec<String> {
    let mut found: BTreeMap<(Class, MetricName), ()> = BTreeMap::new();
    for (name, value) in points.iter().flat_map(|point| &point.values) {
        found.insert((value.2, *name), ());
    }
    let has_wall = points.iter().any(|point| !changes(point).is_empty());
    found.keys().map(|(_, name)| name.to_string()).chain(has_wall.then(|| WALL.to_owned())).collect()
}

/// The series of a metric; `None` if no point has it. The points may be in any order. Of several runs of a commit the newest
/// with the same key, tools and checksum counts.
pub fn series(points: &[CasePoint], metric: &str) -> Option<Series> {
    // Commits of one second are in the order in which they were first measured.
    let mut first = BTreeMap::new();
    for point in points {
        let first = first.entry(&point.commit).or_insert(point.measured);
        *first = point.measured.min(*first);
    }
    let mut points: Vec<&CasePoint> = points.iter().collect();
    points.sort_by_key(|point| (point.committed, first.get(&point.commit), &point.commit, point.measured, &point.run));
    if metric == WALL { wall(&points) } else { of_metric(&points, metric) }
}

fn of_metric(points: &[&CasePoint], metric: &str) -> Option<Series> {
    let name: MetricName = metric.parse().ok()?;
    let have = points.iter().filter_map(|point| Some((*point, *point.values.get(&name)?)));
    let newest = have.clone().max_by_key(|(point, _)| (point.measured, &point.run))?;
    let (unit, class) = (newest.1.1, newest.1.2);
    let tools = (class == Class::Instructions).then(|| newest.0.tools.clone());
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let mut parts = Parts::default();
    for (point, value) in have {
        if let Some(tools) = &tools
            && *tools != point.tools
        {
            *others.entry(point.tools.clone().unwrap_or_else(|| "unknown tools".into())).or_default() += 1;
            continue;
        }
        let because = parts.last.and_then(|last| not_comparable(last, point));
        // Another unit or class is another metric of the same name.
        let because =
            because.or((parts.unit != Some((value.1, value.2)) && parts.last.is_some()).then_some("another unit"));
        parts.unit = Some((value.1, value.2));
        parts.push(point, because, value.0 as f64, None);
    }
    let line = |(tools, runs): (String, usize)| format!("left out: {runs} of other tools ({tools})");
    let left_out = others.into_iter().map(line).collect();
    Some(Series { metric: metric.to_owned(), scale: Scale::Metric(unit, class), parts: parts.parts, left_out })
}

fn wall(points: &[&CasePoint]) -> Option<Series> {
    let have: Vec<(&CasePoint, WallChanges)> =
        points.iter().map(|point| (*point, changes(point))).filter(|(_, changes)| !changes.is_empty()).collect();
    let newest = have.iter().max_by_key(|(point, _)| (point.measured, &point.run))?;
    let mut parts = Parts::default();
    let (scale, mut level) = (if newest.1.anchor.is_some() { Scale::SinceAnchor } else { Scale::Accumulated }, 1.0_f64);
    let mut without = 0;
    for (point, changes) in &have {
        let change = if scale == Scale::SinceAnchor { changes.anchor } else { changes.base };
        let Some(WallChange(value, lower, upper)) = change else {
            without += 1;
            continue;
        };
        let comparable = parts.last.and_then(|last| not_comparable(last, point));
        if scale == Scale::SinceAnchor {
            let because = parts.last.filter(|last| last.anchor != point.anchor).map(|_| "another anchor");
            parts.push(point, comparable.or(because), value, Some([lower, upper]));
        } else {
            let gap =
                parts.last.filter(|last| point.base.as_ref() != Some(&last.commit) && last.commit != point.commit);
            let because = comparable.or(gap.map(|_| "commits between were not measured"));
            let again = parts.last.is_some_and(|last| last.commit == point.commit && because.is_none());
            if because.is_some() || parts.last.is_none() {
                level = 1.0;
            }
            // Another run of the same commit says the change from the same base again.
            let factor = 1.0 + value / 100.0;
            level = if again { level / parts.factor * factor } else { level * factor };
            parts.factor = factor;
            let of_level = (level - 1.0) * 100.0;
            parts.push(point, because, of_level, Some([of_level + lower - value, of_level + upper - value]));
        }
    }
    let left_out = (without > 0).then(|| format!("left out: {without} that were not compared with the same commit"));
    Some(Series { metric: WALL.into(), scale, parts: parts.parts, left_out: left_out.into_iter().collect() })
}

/// The changes of a case, or of all cases together.
fn changes(point: &CasePoint) -> WallChanges {
    point.wall.as_ref().map_or_else(|| point.together.clone(), |wall| wall.changes.clone())
}

fn not_comparable(before: &CasePoint, now: &CasePoint) -> Option<&'static str> {
    if before.key != now.key {
        Some("another key")
    } else if before.checksum != now.checksum {
        Some("another result")
    } else {
        None
    }
}

/// Parts that are being put together.
#[derive(Default)]
struct Parts<'a> {
    parts: Vec<Part>,
    last: Option<&'a CasePoint>,
    unit: Option<(Unit, Class)>,
    factor: f64,
}

impl<'a> Parts<'a> {
    fn push(&mut self, point: &'a CasePoint, because: Option<&'static str>, value: f64, interval: Option<[f64; 2]>) {
        let CasePoint { commit, committed, measured, .. } = point.clone();
        let added = SeriesPoint { commit, committed, measured, value, interval };
        match self.parts.last_mut() {
            Some(part) if because.is_none() => match part.points.last_mut() {
                Some(last) if last.commit == added.commit => *last = added,
                _ => part.points.push(added),
            },
            _ => self.parts.push(Part { because, points: vec![added] }),
        }
        self.last = Some(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::points;
    use crate::run::RecordedRun;
    use crate::run::tests::a_run;

    /// A run of the commit number `n`, with this number of blocks.
    fn run(n: u8, blocks: u64) -> RecordedRun {
        let hash = |n: u8| format!("{n:040x}");
        let mut run = RecordedRun { commit: hash(n), base: Some(hash(n - 1)), ..a_run() };
        (run.committed, run.measured) = (i64::from(n) * 100, i64::from(n) * 100 + 50);
        let case = run.harnesses[0].cases.values_mut().next().unwrap();
        case.values.get_mut(&"heap-blocks".parse().unwrap()).unwrap().0 = blocks;
        run
    }

    fn case_points(runs: &[RecordedRun]) -> Vec<CasePoint> {
        let all = runs.iter().enumerate().flat_map(|(n, run)| points(&format!("run-{n}"), run));
        all.filter(|(case, _)| case.as_str() == "query/floor/10").map(|(_, point)| point).collect()
    }

    fn values(series: &Series) -> Vec<Vec<f64>> {
        series.parts.iter().map(|part| part.points.iter().map(|point| point.value).collect()).collect()
    }

    #[test]
    fn a_series_is_in_the_order_of_commits_and_ends_with_its_key() {
        let mut other_key = run(4, 61);
        other_key.harnesses[0].key.packages = "another".into();
        let mut other_work = run(5, 62);
        other_work.harnesses[0].key.packages = "another".into();
        other_work.harnesses[0].cases.values_mut().next().unwrap().checksum = perf_gate::Checksum(8);
        let again = RecordedRun { measured: 400, ..run(2, 58) };
        let runs = [run(3, 60), other_work, run(1, 56), other_key, run(2, 57), again];
        let found = series(&case_points(&runs), "heap-blocks").unwrap();
        assert_eq!(values(&found), [vec![56.0, 58.0, 60.0], vec![61.0], vec![62.0]]);
        let because: Vec<_> = found.parts.iter().map(|part| part.because).collect();
        assert_eq!(because, [None, Some("another key"), Some("another result")]);
        assert_eq!(metrics(&case_points(&runs)), ["heap-blocks", "instructions", "wall"]);
        assert_eq!(series(&case_points(&runs), "polls"), None);
        assert_eq!(series(&case_points(&runs), "not a name"), None);
        assert_eq!(series(&[], "heap-blocks"), None);
    }

    #[test]
    fn commits_of_one_second_are_in_the_order_in_which_they_were_first_measured() {
        let at = |n: u8, measured: i64| RecordedRun { committed: 100, measured, ..run(n, 50 + u64::from(n)) };
        // The second one is measured again after the first.
        let runs = [at(1, 160), at(2, 150), at(2, 170), at(3, 165)];
        let found = series(&case_points(&runs), "heap-blocks").unwrap();
        assert_eq!(values(&found), [vec![52.0, 51.0, 53.0]]);
    }

    #[test]
    fn instructions_are_those_of_the_tools_of_the_newest_run() {
        let mut other = run(2, 57);
        other.harnesses[0].tools.as_mut().unwrap().valgrind = "3.22.0".into();
        let runs = [run(1, 56), other, run(3, 58)];
        let found = series(&case_points(&runs), "instructions").unwrap();
        assert_eq!(values(&found), [vec![42_000.0, 42_000.0]]);
        assert_eq!(found.left_out, ["left out: 1 of other tools (valgrind 3.22.0, glibc 2.36)"]);
        let blocks = series(&case_points(&runs), "heap-blocks").unwrap();
        assert_eq!((values(&blocks), blocks.left_out.len()), (vec![vec![56.0, 57.0, 58.0]], 0));
    }

    fn with_wall(n: u8, base: Option<f64>, anchor: Option<f64>) -> RecordedRun {
        let mut run = run(n, 56);
        let case = run.harnesses[0].cases.values_mut().next().unwrap();
        let change = |value: Option<f64>| value.map(|value| WallChange(value, value - 1.0, value + 1.0));
        case.wall.as_mut().unwrap().changes = WallChanges { base: change(base), anchor: change(anchor) };
        run
    }

    #[test]
    fn wall_time_is_the_change_since_the_anchor() {
        let mut other = with_wall(3, None, Some(0.5));
        other.anchor = Some("d".repeat(40));
        let runs = [with_wall(1, Some(1.0), Some(2.0)), with_wall(2, Some(1.0), None), other];
        let found = series(&case_points(&runs), WALL).unwrap();
        assert_eq!(found.scale, Scale::SinceAnchor);
        assert_eq!(values(&found), [vec![2.0], vec![0.5]]);
        assert_eq!(found.parts[1].because, Some("another anchor"));
        assert_eq!(found.parts[1].points[0].interval, Some([-0.5, 1.5]));
        assert_eq!(found.left_out, ["left out: 1 that were not compared with the same commit"]);
    }

    #[test]
    fn without_an_anchor_the_changes_from_run_to_run_accumulate() {
        let again = RecordedRun { measured: 400, ..with_wall(2, Some(20.0), None) };
        let runs =
            [with_wall(1, Some(0.0), None), with_wall(2, Some(10.0), None), again, with_wall(3, Some(10.0), None)];
        let found = series(&case_points(&runs), WALL).unwrap();
        assert_eq!(found.scale, Scale::Accumulated);
        let rounded: Vec<Vec<f64>> = values(&found)
            .iter()
            .map(|part| part.iter().map(|value| (value * 10.0).round() / 10.0).collect())
            .collect();
        assert_eq!(rounded, [vec![0.0, 20.0, 32.0]]);
        // A commit between two runs was not measured.
        let found =
            series(&case_points(&[with_wall(1, Some(1.0), None), with_wall(4, Some(2.0), None)]), WALL).unwrap();
        assert_eq!(found.parts[1].because, Some("commits between were not measured"));
        assert!((found.parts[1].points[0].value - 2.0).abs() < 1e-9);
    }
}
