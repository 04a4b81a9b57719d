//! The TOML form of a scenario.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::data::{
    Arrivals, CancelAfter, Cancels, ClientSettings, Closed, Fault, Gaps, Model, Open, Query, Scenario, SlowReaders,
    TargetSettings, Think, Weighted,
};
use super::error::ScenarioError;
use super::level::{HIGHEST_LEVEL, Level, MAX_REQUESTS, Stage, StageKind};
use super::quantity::{InFile, LONGEST, Share};
use super::threshold::{Objective, Subject, Threshold, objective_limit};
use super::trace::Trace;

/// The version of the format.
const SCHEMA: u32 = 1;
/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 20;
/// The most users of a file.
const MAX_USERS: f64 = HIGHEST_LEVEL;
/// The highest rate of a file, in requests per second.
const MAX_RATE: f64 = HIGHEST_LEVEL;

#[derive(Deserialize)]
struct Version {
    schema: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    #[serde(rename = "schema")]
    _schema: u32,
    name: Spanned<String>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    seed: u64,
    duration: Option<Spanned<InFile<Duration>>>,
    timeout: Option<Spanned<InFile<Duration>>>,
    stall: Option<Spanned<InFile<Duration>>>,
    confidence: Option<Spanned<u32>>,
    closed: Option<Spanned<ClosedFile>>,
    open: Option<Spanned<OpenFile>>,
    #[serde(default)]
    stages: Vec<Spanned<StageFile>>,
    queries: Spanned<Vec<Spanned<QueryFile>>>,
    #[serde(default)]
    target: TargetFile,
    #[serde(default)]
    client: ClientFile,
    #[serde(default)]
    objectives: Vec<Spanned<BTreeMap<String, Spanned<String>>>>,
    #[serde(default)]
    thresholds: Vec<Spanned<ThresholdFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedFile {
    users: Spanned<u32>,
    spawn_rate: Option<Spanned<f64>>,
    think: Option<Spanned<ThinkFile>>,
    queries_per_user: Option<Spanned<RangeFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ThinkFile {
    Constant(InFile<Duration>),
    Between([InFile<Duration>; 2]),
    Exponential(InFile<Duration>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a number such as 5, or a range such as [1, 10]")]
enum RangeFile {
    One(u32),
    Both([u32; 2]),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenFile {
    rate: Option<Spanned<f64>>,
    arrivals: Option<Spanned<GapsFile>>,
    burstiness: Option<Spanned<f64>>,
    trace: Option<Spanned<String>>,
    time_scale: Option<Spanned<f64>>,
    max_in_flight: Option<Spanned<u32>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum GapsFile {
    Constant,
    Poisson,
    Gamma,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum KindFile {
    Ramp,
    Hold,
    Spike,
    Soak,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    kind: KindFile,
    duration: Spanned<InFile<Duration>>,
    to: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryFile {
    name: String,
    text: String,
    weight: Option<Spanned<f64>>,
    #[serde(default)]
    expect: toml::Table,
    #[serde(default)]
    data: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    profile: Option<String>,
    #[serde(default)]
    faults: Vec<FaultFile>,
    #[serde(default)]
    data: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFile {
    name: String,
    share: InFile<Share>,
    #[serde(default)]
    data: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ClientFile {
    slow: Option<SlowFile>,
    cancel: Option<CancelFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlowFile {
    share: InFile<Share>,
    pause: InFile<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelFile {
    share: InFile<Share>,
    after: AfterFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum AfterFile {
    Events(u32),
    FirstText,
    Time(InFile<Duration>),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a text such as \"ttft.p95 < 900ms\", or a table { threshold = \"…\", abort_on_fail = true, after = \"10s\" }"
)]
enum ThresholdFile {
    Text(String),
    Table(ThresholdTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdTable {
    threshold: String,
    #[serde(default)]
    abort_on_fail: bool,
    after: Option<InFile<Duration>>,
}

impl Scenario {
    /// Reads a file, and the trace that it names, relative to its folder.
    ///
    /// # Errors
    /// If a file cannot be read, has more than 1 MiB, or is not valid: with file, line, column and what to do.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = read_text(path)?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::parse(&path.display().to_string(), &text, &|name| {
            let trace = folder.join(name);
            Trace::parse(&trace.display().to_string(), &read_text(&trace)?)
        })
    }

    /// Parses the text of a file. `name` stands for the file in errors; `trace` reads a trace by the name in the text.
    ///
    /// # Errors
    /// If the text is not valid, with line, column and what to do; or that of `trace`.
    pub fn parse(
        name: &str,
        text: &str,
        trace: &dyn Fn(&str) -> Result<Trace, ScenarioError>,
    ) -> Result<Self, ScenarioError> {
        parse(name, text, trace)
    }
}

/// An error with its place in the text.
type Wrong = (Option<Range<usize>>, String);

fn wrong<T>(span: Range<usize>, message: impl Into<String>) -> Result<T, Wrong> {
    Err((Some(span), message.into()))
}

/// The text of a file of at most 1 MiB.
fn read_text(path: &Path) -> Result<String, ScenarioError> {
    let unreadable = |reason: String| ScenarioError::Unreadable { file: path.display().to_string(), reason };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(unreadable("it has more than 1 MiB; cut it".to_owned()));
    }
    String::from_utf8(text).map_err(|_| unreadable("it is not UTF-8; save it as UTF-8".to_owned()))
}

fn parse(
    name: &str,
    text: &str,
    trace: &dyn Fn(&str) -> Result<Trace, ScenarioError>,
) -> Result<Scenario, ScenarioError> {
    let placed = |(span, message): Wrong| ScenarioError::at(name, text, span, message);
    let syntax = |error: toml::de::Error| placed((error.span(), error.message().trim_end().replace('\n', ", ")));
    // The version is parsed first and alone, so that a newer file is reported as such and not by its unknown fields.
    let Version { schema } = toml::from_str(text).map_err(syntax)?;
    if *schema.get_ref() != SCHEMA {
        let message = format!("schema {} is not the version that this program reads ({SCHEMA})", schema.get_ref());
        return Err(placed((Some(schema.span()), message)));
    }
    let file: ScenarioFile = toml::from_str(text).map_err(syntax)?;
    // A trace has errors of its own file.
    let loaded = match file.open.as_ref().and_then(|open| open.get_ref().trace.as_ref()) {
        Some(name) => Some(trace(name.get_ref())?),
        None => None,
    };
    scenario(file, loaded).map_err(placed)
}

fn scenario(file: ScenarioFile, trace: Option<Trace>) -> Result<Scenario, Wrong> {
    let objectives = objectives(&file.objectives)?;
    let names: Vec<&str> = objectives.iter().map(|objective| objective.name.as_str()).collect();
    let thresholds =
        file.thresholds.iter().map(|threshold| one_threshold(threshold, &names)).collect::<Result<_, _>>()?;
    if file.name.get_ref().trim().is_empty() {
        return wrong(file.name.span(), "the name is empty; name the scenario after what it shows");
    }
    let confidence = match file.confidence.as_ref().map(Spanned::get_ref) {
        None | Some(95) => 0.95,
        Some(99) => 0.99,
        Some(other) => {
            let span = file.confidence.as_ref().map_or(0..0, Spanned::span);
            return wrong(span, format!("the confidence is {other}; write 95 or 99, in percent"));
        }
    };
    let timeout = positive(file.timeout.as_ref(), "timeout")?.unwrap_or(Duration::from_secs(60));
    let stall = positive(file.stall.as_ref(), "stall")?.unwrap_or(Duration::from_secs(1));
    let model = match (&file.closed, &file.open) {
        (Some(closed), None) => Model::Closed(one_closed(&file, closed)?),
        (None, Some(open)) => Model::Open(one_open(&file, open, trace)?),
        (None, None) => {
            return Err((None, "there is no load; add `[closed]` for users, or `[open]` for arrivals".to_owned()));
        }
        (Some(_), Some(open)) => {
            return wrong(open.span(), "there are both `[closed]` and `[open]`; keep one of them");
        }
    };
    Ok(Scenario {
        queries: queries(&file.queries)?,
        name: file.name.into_inner(),
        about: file.about,
        seed: file.seed,
        model,
        timeout,
        stall,
        target: target(file.target),
        client: client(&file.client),
        objectives,
        thresholds,
        confidence,
    })
}

fn positive(value: Option<&Spanned<InFile<Duration>>>, name: &str) -> Result<Option<Duration>, Wrong> {
    match value.map(|value| (value.get_ref().0, value.span())) {
        Some((duration, span)) if duration.is_zero() => wrong(span, format!("`{name}` is 0; write a longer time")),
        value => Ok(value.map(|(duration, _)| duration)),
    }
}

/// A number in a range, both ends included.
fn number(value: &Spanned<f64>, name: &str, range: [f64; 2]) -> Result<f64, Wrong> {
    let number = *value.get_ref();
    if (range[0]..=range[1]).contains(&number) {
        return Ok(number);
    }
    wrong(value.span(), format!("`{name}` is {number}; it must be from {} to {}", range[0], range[1]))
}

fn one_closed(file: &ScenarioFile, spanned: &Spanned<ClosedFile>) -> Result<Closed, Wrong> {
    let closed = spanned.get_ref();
    let users = f64::from(*closed.users.get_ref());
    if users > MAX_USERS {
        return wrong(closed.users.span(), format!("`users` is {users}; at most {MAX_USERS} are driven"));
    }
    let spawn_rate =
        closed.spawn_rate.as_ref().map(|rate| number(rate, "spawn_rate", [0.001, MAX_USERS])).transpose()?;
    let think = match closed.think.as_ref().map(|think| (think.get_ref(), think.span())) {
        None => Think::Constant(Duration::ZERO),
        Some((ThinkFile::Constant(time), _)) => Think::Constant(time.0),
        Some((ThinkFile::Exponential(mean), _)) => Think::Exponential(mean.0),
        Some((ThinkFile::Between([low, high]), span)) => match low.0 <= high.0 {
            true => Think::Between(low.0, high.0),
            false => return wrong(span, "the first time of `between` is longer than the second; swap them"),
        },
    };
    let queries_per_user = match closed.queries_per_user.as_ref().map(|range| (range.get_ref(), range.span())) {
        None => None,
        Some((&(RangeFile::One(low) | RangeFile::Both([low, _])), span)) if low == 0 => {
            return wrong(span, "`queries_per_user` is 0; a user sends at least one query");
        }
        Some((&RangeFile::One(number), _)) => Some((number, number)),
        Some((&RangeFile::Both([low, high]), _)) if low <= high => Some((low, high)),
        Some((_, span)) => return wrong(span, "the first number of the range is larger than the second; swap them"),
    };
    let users = level(file, users, "users", MAX_USERS, &closed.users.span())?;
    Ok(Closed { users, spawn_rate, think, queries_per_user })
}

fn one_open(file: &ScenarioFile, spanned: &Spanned<OpenFile>, trace: Option<Trace>) -> Result<Open, Wrong> {
    let open = spanned.get_ref();
    let max_in_flight = match open.max_in_flight.as_ref().map(|max| (*max.get_ref(), max.span())) {
        None => 10_000,
        Some((0, span)) => return wrong(span, "`max_in_flight` is 0; nothing could be started"),
        Some((max, _)) => max as usize,
    };
    let gaps = open.arrivals.as_ref().map(|gaps| (*gaps.get_ref(), gaps.span()));
    let arrivals = match (&open.trace, trace, &open.rate) {
        (Some(name), Some(trace), None) => {
            if let Some((_, span)) = gaps {
                return wrong(span, "a trace has its own arrivals; leave `arrivals` out");
            }
            if let Some(stage) = file.stages.first() {
                return wrong(stage.span(), "a trace has no stages; use `time_scale` and `duration`");
            }
            let time_scale =
                open.time_scale.as_ref().map(|scale| number(scale, "time_scale", [0.001, 1000.0])).transpose()?;
            let trace = Arc::new(trace);
            let duration = positive(file.duration.as_ref(), "duration")?;
            if trace.arrivals().len() < 2 && duration.is_none() {
                return wrong(name.span(), "the trace has one request only; it has no duration");
            }
            Arrivals::Trace { trace, time_scale: time_scale.unwrap_or(1.0), duration }
        }
        (None, _, Some(rate)) => {
            if let Some(scale) = &open.time_scale {
                return wrong(scale.span(), "`time_scale` is of a trace; change `rate` instead");
            }
            let gaps = match (gaps, &open.burstiness) {
                (Some((GapsFile::Gamma, _)), Some(shape)) => Gaps::Gamma(number(shape, "burstiness", [0.01, 1000.0])?),
                (Some((GapsFile::Gamma, span)), None) => {
                    return wrong(
                        span,
                        "gamma arrivals need `burstiness`, the shape: 1 is Poisson, less comes in bursts",
                    );
                }
                (_, Some(shape)) => return wrong(shape.span(), "`burstiness` is of `arrivals = \"gamma\"` only"),
                (Some((GapsFile::Poisson, _)), None) => Gaps::Poisson,
                (Some((GapsFile::Constant, _)) | None, None) => Gaps::Constant,
            };
            let start = number(rate, "rate", [0.0, MAX_RATE])?;
            let level = level(file, start, "rate", MAX_RATE, &rate.span())?;
            let requests: f64 = level.segments().iter().map(|one| (one.from + one.to) / 2.0 * one.seconds).sum();
            if requests > MAX_REQUESTS {
                let message = format!("these are {requests:.0} requests; at most {MAX_REQUESTS} are planned");
                return wrong(rate.span(), message);
            }
            Arrivals::Rate { rate: level, gaps }
        }
        (Some(name), _, _) => return wrong(name.span(), "there are both `rate` and `trace`; keep one of them"),
        (None, _, None) => return wrong(spanned.span(), "`[open]` has no load; add `rate` or `trace`"),
    };
    Ok(Open { arrivals, max_in_flight })
}

/// The level of users or of the rate over the stages of a file.
fn level(file: &ScenarioFile, initial: f64, what: &str, max: f64, span: &Range<usize>) -> Result<Level, Wrong> {
    let duration = positive(file.duration.as_ref(), "duration")?;
    let level = match (duration, file.stages.is_empty()) {
        (Some(duration), true) => Level::constant(initial, duration),
        (Some(_), false) => {
            let span = file.duration.as_ref().map_or(0..0, Spanned::span);
            return wrong(span, "stages have their own durations; leave `duration` out");
        }
        (None, true) => {
            return Err((None, "there is no end; add `duration`, or `[[stages]]`".to_owned()));
        }
        (None, false) => {
            Level::new(initial, file.stages.iter().map(|stage| one_stage(stage, max)).collect::<Result<_, _>>()?)
        }
    };
    if level.duration() > LONGEST {
        let span = file.stages.last().map_or(0..0, Spanned::span);
        return wrong(span, "all stages together are longer than 24 h");
    }
    if level.max() == 0.0 {
        return wrong(span.clone(), format!("`{what}` is 0 all the time; nothing would be started"));
    }
    Ok(level)
}

fn one_stage(spanned: &Spanned<StageFile>, max: f64) -> Result<Stage, Wrong> {
    let stage = spanned.get_ref();
    let duration = positive(Some(&stage.duration), "duration")?.unwrap_or_default();
    let kind = match (stage.kind, &stage.to) {
        (KindFile::Ramp, Some(to)) => StageKind::Ramp(number(to, "to", [0.0, max])?),
        (KindFile::Spike, Some(to)) => StageKind::Spike(number(to, "to", [0.0, max])?),
        (KindFile::Hold, None) => StageKind::Hold,
        (KindFile::Soak, None) => StageKind::Soak,
        (KindFile::Ramp | KindFile::Spike, None) => {
            return wrong(spanned.span(), "`ramp` and `spike` need `to`, the level that they go to");
        }
        (_, Some(to)) => return wrong(to.span(), "`hold` and `soak` keep the level; leave `to` out"),
    };
    Ok(Stage { kind, duration })
}

fn queries(spanned: &Spanned<Vec<Spanned<QueryFile>>>) -> Result<Vec<Weighted>, Wrong> {
    let mut queries = Vec::<Weighted>::new();
    for spanned in spanned.get_ref() {
        let file = spanned.get_ref();
        if queries.iter().any(|other| other.query.name == file.name) {
            return wrong(spanned.span(), format!("there are two queries `{}`; rename one of them", file.name));
        }
        let weight = file.weight.as_ref().map(|weight| number(weight, "weight", [1e-6, 1e6])).transpose()?;
        let query = Query {
            name: file.name.clone(),
            text: file.text.clone(),
            expect: file.expect.clone(),
            data: file.data.clone(),
        };
        queries.push(Weighted { query: Arc::new(query), weight: weight.unwrap_or(1.0) });
    }
    if queries.is_empty() {
        return wrong(spanned.span(), "there are no queries; add one below `[[queries]]`");
    }
    Ok(queries)
}

fn target(file: TargetFile) -> TargetSettings {
    let fault = |fault: FaultFile| Arc::new(Fault { name: fault.name, share: fault.share.0, data: fault.data });
    TargetSettings {
        profile: file.profile.map(Into::into),
        faults: file.faults.into_iter().map(fault).collect(),
        data: file.data,
    }
}

fn client(file: &ClientFile) -> ClientSettings {
    let after = |after: &AfterFile| match after {
        AfterFile::Events(number) => CancelAfter::Events(*number),
        AfterFile::FirstText => CancelAfter::FirstText,
        AfterFile::Time(time) => CancelAfter::Time(time.0),
    };
    ClientSettings {
        slow: file.slow.as_ref().map(|slow| SlowReaders { share: slow.share.0, pause: slow.pause.0 }),
        cancel: file.cancel.as_ref().map(|cancel| Cancels { share: cancel.share.0, after: after(&cancel.after) }),
    }
}

fn objectives(files: &[Spanned<BTreeMap<String, Spanned<String>>>]) -> Result<Vec<Objective>, Wrong> {
    let mut objectives = Vec::<Objective>::new();
    for spanned in files {
        let file = spanned.get_ref();
        let Some(name) = file.get("name").map(|name| name.get_ref().clone()) else {
            return wrong(spanned.span(), "the objective has no `name`");
        };
        if objectives.iter().any(|other| other.name == name) {
            return wrong(spanned.span(), format!("there are two objectives `{name}`; rename one of them"));
        }
        let limits = file
            .iter()
            .filter(|(key, _)| *key != "name")
            .map(|(key, text)| objective_limit(key, text.get_ref()).map_err(|message| (Some(text.span()), message)));
        let limits = limits.collect::<Result<Vec<_>, _>>()?;
        if limits.is_empty() {
            return wrong(spanned.span(), "the objective has no limit; add one, as in `ttft = \"900ms\"`");
        }
        objectives.push(Objective { name, limits });
    }
    Ok(objectives)
}

fn one_threshold(spanned: &Spanned<ThresholdFile>, objectives: &[&str]) -> Result<Threshold, Wrong> {
    let (text, abort_on_fail, after) = match spanned.get_ref() {
        ThresholdFile::Text(text) => (text, false, None),
        ThresholdFile::Table(table) => (&table.threshold, table.abort_on_fail, table.after),
    };
    if after.is_some() && !abort_on_fail {
        return wrong(spanned.span(), "`after` is of `abort_on_fail = true` only");
    }
    let threshold = Threshold::parse(text, objectives).map_err(|message| (Some(spanned.span()), message))?;
    if abort_on_fail && threshold.subject == Subject::Memory {
        return wrong(spanned.span(), "memory is judged when the run has ended: leave out `abort_on_fail`");
    }
    Ok(Threshold { abort_on_fail, abort_delay: after.map(|after| after.0).unwrap_or_default(), ..threshold })
}
