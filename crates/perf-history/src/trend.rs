//! A series with its changes.

use perf_gate::Class;

use crate::series::{Part, Scale, Series, SeriesPoint};
use perf_statistics::change_points::{self, Change, ChangeKind};

/// A change of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendChange {
    /// Index of the part.
    pub part: usize,
    /// Index of the first point after the change, within the part.
    pub at: usize,
    /// Whether it is a step, a drift or a spike.
    pub kind: ChangeKind,
    /// Level before it, in the scale of the series.
    pub before: f64,
    /// Level after it, in the scale of the series.
    pub after: f64,
}

/// A series with its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The series.
    pub series: Series,
    /// The changes, in the order of time.
    pub changes: Vec<TrendChange>,
}

impl Trend {
    /// Finds the changes of a series, in each part for itself.
    pub fn new(series: Series) -> Self {
        let of_part = |(index, part): (usize, &Part)| {
            let found = changes(part, series.scale);
            found.into_iter().map(move |Change { at, kind, before, after }| TrendChange {
                part: index,
                at,
                kind,
                before,
                after,
            })
        };
        let changes = series.parts.iter().enumerate().flat_map(of_part).collect();
        Self { series, changes }
    }

    /// The point after a change.
    pub fn point(&self, change: &TrendChange) -> Option<&SeriesPoint> {
        self.series.parts.get(change.part)?.points.get(change.at)
    }

    /// The last point before a change; `None` at the beginning of a part.
    pub fn point_before(&self, change: &TrendChange) -> Option<&SeriesPoint> {
        self.series.parts.get(change.part)?.points.get(change.at.checked_sub(1)?)
    }

    /// The size of a change in percent, positive if higher; `None` from 0.
    pub fn percent(&self, change: &TrendChange) -> Option<f64> {
        match self.series.scale {
            Scale::Metric(..) => (change.before != 0.0).then(|| (change.after - change.before) / change.before * 100.0),
            Scale::SinceAnchor | Scale::Accumulated => {
                Some(((100.0 + change.after) / (100.0 + change.before) - 1.0) * 100.0)
            }
        }
    }
}

fn changes(part: &Part, scale: Scale) -> Vec<Change> {
    if scale == Scale::Accumulated {
        return steps_of_accumulated(part);
    }
    let values: Vec<f64> = part.points.iter().map(|point| point.value).collect();
    change_points::find(&values, resolution(part, scale)).changes
}

/// The smallest noise that is assumed of a series, in its unit: for instructions and size a twentieth of a percent, which neutral
/// changes move; for resident memory 5 %, a quarter of its margin; for wall time what the intervals of the runs say; `None` for the
/// classes that repeat exactly.
fn resolution(part: &Part, scale: Scale) -> Option<f64> {
    let mut values: Vec<f64> = part.points.iter().map(|point| point.value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 2).copied().unwrap_or_default();
    match scale {
        Scale::Metric(_, Class::Instructions | Class::Size) => Some(middle * 0.000_5),
        Scale::Metric(_, Class::Resident) => Some(middle * 0.05),
        Scale::Metric(..) => None,
        Scale::SinceAnchor | Scale::Accumulated => {
            let mut widths: Vec<f64> = part.points.iter().filter_map(deviation).collect();
            widths.sort_by(f64::total_cmp);
            // Never 0: a wall time does not repeat exactly.
            Some(widths.get(widths.len() / 2).copied().unwrap_or(1.0).max(0.01))
        }
    }
}

/// Standard deviation of a change of wall time in percent, from its bounds, each of which is one-sided with 99.5 %.
fn deviation(point: &SeriesPoint) -> Option<f64> {
    const NORMAL_QUANTILE: f64 = 2.576;
    point.interval.map(|[lower, upper]| (upper - lower).max(0.0) / (2.0 * NORMAL_QUANTILE))
}

/// The steps of changes that were added up. Each of them was measured for itself, so its own interval decides and the sum of the
/// noise of all does not. The level is the same as for a cut in a series: a change is a step if its square in units of the
/// variance exceeds `3 ln n + 6`.
fn steps_of_accumulated(part: &Part) -> Vec<Change> {
    let penalty = 3.0 * (part.points.len().max(2) as f64).ln() + 6.0;
    let is_step = |(index, pair): (usize, &[SeriesPoint])| {
        let [before, now] = pair else { return None };
        let (step, deviation) = (now.value - before.value, deviation(now)?.max(0.01));
        let change = Change { at: index + 1, kind: ChangeKind::Step, before: before.value, after: now.value };
        ((step / deviation).powi(2) > penalty).then_some(change)
    };
    part.points.windows(2).enumerate().filter_map(is_step).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use perf_gate::Unit;

    use super::*;

    /// A series of values, one part each.
    pub fn a_series(scale: Scale, parts: &[&[f64]]) -> Series {
        let mut time = 1_760_000_000;
        let mut point = |value: f64| {
            time += 86_400;
            let commit = format!("{:010x}{:030}", time / 86_400, 0);
            let interval = (!matches!(scale, Scale::Metric(..))).then_some([value - 1.0, value + 1.0]);
            SeriesPoint { commit, committed: time, measured: time + 60, value, interval }
        };
        let part = |values: &&[f64]| values.iter().map(|value| point(*value)).collect();
        let points: Vec<Vec<SeriesPoint>> = parts.iter().map(part).collect();
        let part = |(index, points)| Part { because: (index > 0).then_some("another key"), points };
        let parts = points.into_iter().enumerate().map(part).collect();
        Series { metric: "instructions".into(), scale, parts, left_out: Vec::new() }
    }

    #[test]
    fn each_part_has_its_own_changes() {
        let blocks = Scale::Metric(Unit::Blocks, Class::Heap);
        let trend = Trend::new(a_series(blocks, &[&[5.0, 5.0, 6.0], &[9.0, 9.0, 9.0]]));
        let found: Vec<_> =
            trend.changes.iter().map(|change| (change.part, change.at, trend.percent(change))).collect();
        assert_eq!(found, [(0, 2, Some(20.0))], "a new part is no change");
        let point = trend.point(&trend.changes[0]).unwrap();
        assert_eq!(point.value, 6.0);
        assert_eq!(trend.point_before(&trend.changes[0]).unwrap().value, 5.0);
    }

    #[test]
    fn small_steps_of_instructions_are_noise_and_those_of_blocks_are_not() {
        let few = [1_000.0, 1_000.0, 1_000.0, 1_001.0, 1_001.0, 1_001.0];
        let found = |unit, class| Trend::new(a_series(Scale::Metric(unit, class), &[&few])).changes.len();
        assert_eq!(found(Unit::Instr, Class::Instructions), 0);
        assert_eq!(found(Unit::Blocks, Class::Heap), 1);
    }

    #[test]
    fn accumulated_changes_are_steps_if_their_own_interval_says_so() {
        let trend = Trend::new(a_series(Scale::Accumulated, &[&[0.0, 0.5, 1.0, 6.0, 6.5, 6.0]]));
        let found: Vec<_> = trend.changes.iter().map(|change| change.at).collect();
        assert_eq!(found, [3]);
        assert!((trend.percent(&trend.changes[0]).unwrap() - 4.950_495).abs() < 1e-5);
    }

    #[test]
    fn a_percentage_of_nothing_is_none() {
        let trend = Trend::new(a_series(Scale::Metric(Unit::Blocks, Class::Heap), &[&[0.0, 0.0, 3.0]]));
        assert_eq!(trend.percent(&trend.changes[0]), None);
    }
}
