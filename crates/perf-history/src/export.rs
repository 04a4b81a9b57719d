//! Series for other programs, as CSV and as JSON.

use jiff::Timestamp;
use perf_gate::CaseName;
use serde::Serialize;

use crate::series::{Scale, Series};

/// One value of a series.
#[derive(Serialize)]
struct Exported<'a> {
    case: &'a str,
    metric: &'a str,
    /// The unit of the value; `percent` for changes of wall time.
    unit: &'a str,
    /// `value` or, for wall time, `since-anchor` or `accumulated`.
    scale: &'a str,
    /// Number of the part, from 0; values of different parts are not comparable.
    part: usize,
    commit: &'a str,
    committed: String,
    measured: String,
    value: f64,
    lower: Option<f64>,
    upper: Option<f64>,
}

fn exported<'a>(case: &'a CaseName, series: &'a Series) -> impl Iterator<Item = Exported<'a>> {
    let (unit, scale) = match series.scale {
        Scale::Metric(unit, _) => (unit.name(), "value"),
        Scale::SinceAnchor => ("percent", "since-anchor"),
        Scale::Accumulated => ("percent", "accumulated"),
    };
    series.parts.iter().enumerate().flat_map(move |(part, of_part)| {
        of_part.points.iter().map(move |point| Exported {
            case: case.as_str(),
            metric: &series.metric,
            unit,
            scale,
            part,
            commit: &point.commit,
            committed: time(point.committed),
            measured: time(point.measured),
            value: point.value,
            lower: point.interval.map(|[lower, _]| lower),
            upper: point.interval.map(|[_, upper]| upper),
        })
    })
}

/// A time stamp in UTC, as RFC 3339 has it.
fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "unknown".into(), |time| time.to_string())
}

/// The header of [`csv`].
pub const CSV_HEADER: &str = "case,metric,unit,scale,part,commit,committed,measured,value,lower,upper";

/// Series as CSV (RFC 4180) without a header, one line a value. No field needs quotes: names, hashes and numbers have neither
/// commas nor quotes.
pub fn csv(case: &CaseName, series: &Series) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let line = |one: Exported<'_>| {
        let Exported { case, metric, unit, scale, part, commit, committed, measured, value, lower, upper } = one;
        let (lower, upper) = (number(lower), number(upper));
        format!("{case},{metric},{unit},{scale},{part},{commit},{committed},{measured},{value},{lower},{upper}\r\n")
    };
    exported(case, series).map(line).collect()
}

/// Series as a JSON array, one object a value.
///
/// # Errors
/// If serialization fails, which is a bug.
pub fn json<'a>(series: impl IntoIterator<Item = (&'a CaseName, &'a Series)>) -> Result<String, serde_json::Error> {
    let all: Vec<Exported<'_>> = series.into_iter().flat_map(|(case, series)| exported(case, series)).collect();
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

#[cfg(test)]
mod tests {
    use perf_gate::{Class, Unit};

    use super::*;
    use crate::trend::tests::a_series;

    #[test]
    fn both_forms_have_the_same_numbers() {
        let case = CaseName::new("query/floor/10").unwrap();
        let blocks = a_series(Scale::Metric(Unit::Blocks, Class::Heap), &[&[5.0, 6.0], &[7.0]]);
        let wall = a_series(Scale::SinceAnchor, &[&[1.25]]);
        let text = format!("{CSV_HEADER}\r\n{}{}", csv(&case, &blocks), csv(&case, &wall));
        insta::assert_snapshot!(text.replace('\r', ""));
        let json: serde_json::Value = serde_json::from_str(&json([(&case, &blocks), (&case, &wall)]).unwrap()).unwrap();
        let names: Vec<&str> = CSV_HEADER.split(',').collect();
        let as_text = |value: &serde_json::Value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) if number.is_f64() => number.as_f64().unwrap().to_string(),
            other => other.to_string(),
        };
        for (line, object) in text.split_terminator("\r\n").skip(1).zip(json.as_array().unwrap()) {
            let of_json: Vec<String> = names.iter().map(|name| as_text(&object[*name])).collect();
            assert_eq!(line.split(',').collect::<Vec<_>>(), of_json);
        }
        assert_eq!(json.as_array().unwrap().len(), 4);
    }
}
