//! One run from the command line to its report.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use perf_load::report::{picture, screen};
use perf_load::{
    Capacity, Evidence, FoundLimit, LocustOptions, Model, ProcessSampler, Report, Run, Scenario, Search, Stop, Target,
    find_limit, locust, machine_memory,
};

use crate::error::LoadError;
use crate::live::Live;
use crate::mocks::MockTarget;
use crate::options::{Levels, Options};
use crate::outcome::Outcome;

/// The scenario of a server for which none is named.
const SMALL: &str = include_str!("small.toml");

/// Runs what the command line says, and prints the report. `stop` ends the run early, with a report of the part that ran.
///
/// # Errors
/// If nothing can be run, or a file cannot be written.
pub fn run(options: &Options, stop: &Stop, out: &mut dyn Write) -> Result<Outcome, LoadError> {
    let is_url = options.subject.starts_with("http://") || options.subject.starts_with("https://");
    let scenario = match (&options.scenario, is_url) {
        (Some(file), true) => Scenario::read(file)?,
        (None, true) => built_in(SMALL)?,
        (None, false) => Scenario::read(Path::new(&options.subject))?,
        (Some(_), false) => {
            return Err(LoadError::Usage(
                "there are two scenarios: name one of them, or an address of a server".to_owned(),
            ));
        }
    };
    if let Some(path) = &options.locust {
        return write_locust(options, &scenario, path, out);
    }
    let raw = options.raw.as_deref().map(create).transpose()?;
    let mut live = Live::new(raw);
    let runtime = runtime(options)?;
    let target = runtime.block_on(target(options, is_url.then_some(options.subject.as_str()), &scenario))?;
    // Of a server nothing is known here, unless its process is named: what this program uses is that of the generator.
    let elsewhere = address(options, is_url).is_some();
    let process = match options.process {
        Some(process) => Some(ProcessSampler::of_process(process)),
        None if options.in_virtual_time || elsewhere => None,
        None => Some(ProcessSampler::this_process()),
    };
    let one = async |scenario: &Scenario, live: &mut Live| {
        let run = Run::new(scenario, target.clone()).stop(stop);
        let run = match &process {
            Some(sampler) => run.sampler(sampler.clone()),
            None => run,
        };
        run.run(live).await
    };
    if let Some(levels) = options.find_limit {
        let found = runtime
            .block_on(limit(options, levels, &scenario, elsewhere, async |at_level| one(at_level, &mut live).await))?;
        finish(live, options)?;
        return show_limit(options, &found, stop, out);
    }
    let report = runtime.block_on(one(&scenario, &mut live));
    finish(live, options)?;
    if let Some(dir) = &options.out {
        write_files(dir, &report)?;
    }
    let text = if options.json { report.to_json() + "\n" } else { screen(&report) };
    let (outcome, line) = Outcome::of(&report);
    out.write_all(text.as_bytes()).map_err(LoadError::Output)?;
    if !options.json {
        writeln!(out, "{line}").map_err(LoadError::Output)?;
    }
    Ok(outcome)
}

/// Ends what is shown and kept while requests end.
fn finish(live: Live, options: &Options) -> Result<(), LoadError> {
    live.finish().map_err(|error| LoadError::Write { path: options.raw.clone().unwrap_or_default(), error })
}

/// The address of the server, if there is one.
fn address(options: &Options, subject_is_url: bool) -> Option<&str> {
    if subject_is_url {
        return Some(&options.subject);
    }
    #[cfg(feature = "network")]
    return options.url.as_deref();
    #[cfg(not(feature = "network"))]
    None
}

fn write_locust(
    options: &Options,
    scenario: &Scenario,
    path: &Path,
    out: &mut dyn Write,
) -> Result<Outcome, LoadError> {
    let file = locust(scenario, &locust_options(options)).map_err(|error| LoadError::Scenario(error.to_string()))?;
    fs::write(path, file).map_err(|error| LoadError::Write { path: path.to_owned(), error })?;
    let path = path.display();
    writeln!(out, "written: {path}; start it with: locust --headless --master -f {path} --host URL")
        .map_err(LoadError::Output)?;
    Ok(Outcome::Pass)
}

#[cfg(feature = "network")]
fn locust_options(options: &Options) -> LocustOptions {
    let mut locust = LocustOptions { token_variable: options.key.clone(), ..LocustOptions::default() };
    if let Some(model) = &options.model {
        locust.body["model"] = model.as_str().into();
    }
    locust
}

#[cfg(not(feature = "network"))]
fn locust_options(_: &Options) -> LocustOptions {
    LocustOptions::default()
}

/// Searches the highest level at which all thresholds hold.
async fn limit(
    options: &Options,
    levels: Levels,
    scenario: &Scenario,
    elsewhere: bool,
    mut one: impl AsyncFnMut(&Scenario) -> Report,
) -> Result<FoundLimit, LoadError> {
    if scenario.thresholds.is_empty() {
        let what =
            "--find-limit needs a threshold that can fail, such as thresholds = [\"ttft.p95 < 900ms\"] in the scenario";
        return Err(LoadError::Usage(what.to_owned()));
    }
    let seconds = options.level_seconds;
    if !(seconds.is_finite() && (0.1..=86_400.0).contains(&seconds)) {
        return Err(LoadError::Usage(format!("--level-seconds {seconds} is not between 0.1 and 86400")));
    }
    let duration = Duration::from_secs_f64(seconds);
    for level in [levels.from, levels.to] {
        scenario.at_level(level, duration).map_err(|error| LoadError::Usage(format!("--find-limit: {error}")))?;
    }
    // A process elsewhere may have more or fewer, but a process that is named is on this machine.
    let processors = std::thread::available_parallelism().ok().map(|number| number.get() as f64);
    let capacity = Capacity { processors, memory_bytes: machine_memory(), elsewhere };
    let whole = matches!(scenario.model, Model::Closed(_));
    let search = Search { whole, ..Search::new(levels.from, levels.to) };
    let level = async |level: f64| {
        // All levels are between the two that were tried above. After Ctrl-C a run ends at once, which judges nothing and so ends the
        // search.
        let at_level = scenario.at_level(level, duration).unwrap_or_else(|_| scenario.clone());
        Evidence::of(&one(&at_level).await, &capacity)
    };
    Ok(find_limit(&search, level).await)
}

fn show_limit(options: &Options, found: &FoundLimit, stop: &Stop, out: &mut dyn Write) -> Result<Outcome, LoadError> {
    let json = || serde_json::to_string_pretty(found).unwrap_or_default() + "\n";
    if let Some(dir) = &options.out {
        let path = dir.join("limit.json");
        let written = fs::create_dir_all(dir).and_then(|()| fs::write(&path, json()));
        written.map_err(|error| LoadError::Write { path, error })?;
    }
    let text = if options.json { json() } else { found.to_string() };
    out.write_all(text.as_bytes()).map_err(LoadError::Output)?;
    Ok(match (&found.passed, stop.is_stopped()) {
        (_, true) => Outcome::Interrupted,
        (Some(_), false) => Outcome::Pass,
        (None, false) if found.failed.is_some() => Outcome::Fail,
        (None, false) => Outcome::Inconclusive,
    })
}

fn built_in(text: &str) -> Result<Scenario, LoadError> {
    Ok(Scenario::parse("the built-in scenario", text, &|name| perf_load::Trace::parse(name, ""))?)
}

fn create(path: &Path) -> Result<File, LoadError> {
    File::create(path).map_err(|error| LoadError::Write { path: path.to_owned(), error })
}

fn runtime(options: &Options) -> Result<tokio::runtime::Runtime, LoadError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    #[cfg(feature = "virtual-time")]
    if options.in_virtual_time {
        builder = tokio::runtime::Builder::new_current_thread();
        builder.start_paused(true);
    }
    #[cfg(not(feature = "virtual-time"))]
    if options.in_virtual_time {
        let what = "this program has no virtual time, because its clock would be slower: use `cargo xtask perf load`";
        return Err(LoadError::Usage(what.to_owned()));
    }
    builder.enable_all().build().map_err(LoadError::Runtime)
}

#[cfg(feature = "network")]
async fn target(options: &Options, subject: Option<&str>, scenario: &Scenario) -> Result<Arc<dyn Target>, LoadError> {
    use aggregator_providers::http::{PlainHttp, Secret};

    let url = match (subject, options.url.as_deref()) {
        (Some(_), Some(_)) => return Err(LoadError::Usage("there are two addresses: name one of them".to_owned())),
        (Some(url), None) | (None, Some(url)) => url,
        (None, None) => return Ok(Arc::new(MockTarget::new(scenario).await?)),
    };
    if options.in_virtual_time {
        return Err(LoadError::Usage("a server has no virtual time: leave out --virtual".to_owned()));
    }
    let key = options.key.as_deref().map(Secret::from_env).transpose();
    let settings = crate::ServerSettings {
        url: url.to_owned(),
        api: options.api,
        model: options.model.clone(),
        key: key.map_err(|error| LoadError::Usage(format!("--key: {error}")))?,
        plain_http: PlainHttp::allowed_if(options.plain_http),
        is_demo: options.demo,
    };
    Ok(Arc::new(crate::HttpTarget::new(settings, scenario).await?))
}

#[cfg(not(feature = "network"))]
async fn target(_: &Options, subject: Option<&str>, scenario: &Scenario) -> Result<Arc<dyn Target>, LoadError> {
    match subject {
        Some(_) => Err(LoadError::Usage("this program is built without the feature `network`".to_owned())),
        None => Ok(Arc::new(MockTarget::new(scenario).await?)),
    }
}

fn write_files(dir: &Path, report: &Report) -> Result<(), LoadError> {
    let write = |path: PathBuf, text: &str| fs::write(&path, text).map_err(|error| LoadError::Write { path, error });
    fs::create_dir_all(dir).map_err(|error| LoadError::Write { path: dir.to_owned(), error })?;
    write(dir.join("report.txt"), &screen(report))?;
    write(dir.join("report.svg"), &picture(report))?;
    // The gate judges by this file, so it is there only if all others are.
    write(dir.join("report.json"), &report.to_json())
}
