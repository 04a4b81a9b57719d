//! The history of a report: what earlier runs say about its cases.

use perf_gate::{CaseName, Metric, MetricName};
use perf_history::report::day;
use perf_history::series::{self, Part, Scale, SeriesPoint};
use perf_history::trend::Trend;
use perf_report::{TrendPoint, Trends};
use perf_runner::error::Error;
use perf_runner::history::folder::HistoryFolder;
use perf_runner::history::index;
use perf_runner::workspace::Workspace;

/// The trends of all cases: of instructions and wall time, and of each other metric that changed. Only the newest part of a
/// series is shown, because earlier ones are not comparable. A history that cannot be read is a warning: the run is judged all
/// the same.
///
/// # Errors
/// On an interruption.
pub fn of_history(workspace: &Workspace) -> Result<Trends, Error> {
    match read(workspace) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(Error::InvalidFile(error)) => Ok(warned(&error.to_string())),
        Err(Error::Environment { message, .. } | Error::Refused { message, .. }) => Ok(warned(&message)),
        Ok(trends) => Ok(trends),
    }
}

fn warned(why: &str) -> Trends {
    anstream::eprintln!("warning: the report has no history: {why}");
    Trends::new()
}

fn read(workspace: &Workspace) -> Result<Trends, Error> {
    let folder = HistoryFolder::of(workspace);
    let mut trends = Trends::new();
    for case in index::cases(&folder)? {
        let points = index::case_points(&folder, &case)?;
        for metric in series::metrics(&points) {
            let Some(series) = series::series(&points, &metric) else { continue };
            let name = if metric == series::WALL { Some(Metric::TIME.name()) } else { metric.parse().ok() };
            let Some(name) = name else { continue };
            let trend = Trend::new(series);
            if !trend.changes.is_empty() || [Metric::TIME, Metric::INSTRUCTIONS].iter().any(|one| one.name() == name) {
                trends.extend(newest(case.clone(), name, &trend));
            }
        }
    }
    Ok(trends)
}

/// The newest part of a trend, relative to its first value.
fn newest(case: CaseName, name: MetricName, trend: &Trend) -> Option<((CaseName, MetricName), perf_report::Trend)> {
    let (index, part) = trend.series.parts.iter().enumerate().next_back()?;
    let Part { points, .. } = part;
    let first = points.first()?.value;
    let relative = |value: f64| match trend.series.scale {
        Scale::Metric(..) => (value / first).ln(),
        Scale::SinceAnchor | Scale::Accumulated => ((100.0 + value) / (100.0 + first)).ln(),
    };
    let point = |point: &SeriesPoint| TrendPoint {
        commit: point.commit.clone(),
        date: day(point.committed),
        value: relative(point.value),
        interval: point.interval.map(|bounds| bounds.map(relative)),
    };
    let changes = trend.changes.iter().filter(|change| change.part == index).map(|change| change.at);
    let drawn = perf_report::Trend { points: points.iter().map(point).collect(), changes: changes.collect() };
    Some(((case, name), drawn))
}
