//! `perf load`: builds and starts the program that puts load on a target, and judges its report, or with `--pairs` those of the change
//! and of its base.

mod paired;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use perf_judge::exit_status;
use perf_judge::load::paired::FEWEST_PAIRS;
use perf_runner::compare::load_base;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::DirectoryLock;
use perf_runner::program::{self, Profile};
use perf_runner::workspace::Workspace;

use super::report_dir;
use crate::{forward, stdout};

use paired::Paired;
use report::{REPORT, read};

/// What the program writes instead where it searches a limit.
const LIMIT: &str = "limit.json";
/// What the exit code of a program that searched a limit can say.
const VERDICTS: [u8; 4] = [exit_status::PASS, exit_status::FAIL, exit_status::INCONCLUSIVE, exit_status::INTERRUPTED];

const AFTER: &str = "\
Exit codes, in the order they are decided:
    2  usage or environment: options, the program does not build or fails, its report is not
       valid
  130  interrupted; the report is that of the part that ran
    1  FAIL: a threshold is not met; with --pairs, the change is slower than its base, or fails
       more requests or thresholds
    4  INCONCLUSIVE: a threshold could not be judged, such as for too few requests; with
       --pairs, a row
    0  PASS: all thresholds are met; with --pairs, no row of the change is slower

Examples:
  {command} perf load NAME --virtual     in virtual time, where the result is exact
  {command} perf load NAME               in real time, in one process
  {command} perf load NAME --url http://127.0.0.1:8080
  {command} perf load NAME --find-limit 10..1000
  {command} perf load --pairs 12 NAME    the change and its base in turns";

/// Put the load of a scenario on a target, and fail if a threshold of the scenario is not met
///
/// Builds the program that `load` in [workspace.metadata.perf] names (profile release), and runs it with the scenario, with all
/// arguments after it, and with --out for its report. With --pairs the program of the base is built too, both run in turns, and p50 and
/// p90 of the times to the first event, to the first text and to the end are compared; p99 is shown.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// The file of the scenario, or the name of one in the folder `load` of the data folder
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Run the change and its base in turns, so often each: 8 to 100 [default: the change alone, once]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(FEWEST_PAIRS as i64..=100))]
    pairs: Option<u32>,
    /// The base of --pairs, a commit, branch or tag [default: the merge base with the main branch; on the main branch the
    /// parent of HEAD, or HEAD if the work tree differs from it]
    #[arg(long, value_name = "REV", requires = "pairs")]
    against: Option<String>,
    /// Directory for the report and its pictures [default: target/perf/load/<scenario>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Arguments for the program [default: none]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let package = workspace.config.load.clone().ok_or_else(|| {
        Error::environment(
            "this workspace has no program that puts load on a target",
            "name its package: `load` in [workspace.metadata.perf]",
        )
    })?;
    let scenario = scenario(options, workspace)?;
    let name = scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let out = options.out.clone().unwrap_or_else(|| workspace.perf_dir().join("load").join(name));
    report_dir::prepare(&out, &[REPORT, LIMIT, paired::FILE])?;
    // Times of a run beside a measurement mean nothing.
    let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf load")))?;
    let program = program::build(workspace, &package, "load", Profile::Release)?;
    if let Some(pairs) = options.pairs {
        let (revision, base) = load_base::build(workspace, &package, options.against.as_deref())?;
        let paired = Paired { scenario: &scenario, arguments: &options.arguments, out: &out, pairs };
        return paired.run(workspace, &[base, program], &revision);
    }
    let mut command = std::process::Command::new(program);
    command.arg(&scenario).arg("--out").arg(&out).args(&options.arguments);
    let status = match forward::run_to_completion(&mut command) {
        Ok(status) => Some(status),
        // After Ctrl-C the program writes a report of the part that ran.
        Err(Error::Interrupted) => None,
        Err(error) => return Err(error),
    };
    let code = status.and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    let ended = status.map(|status| format!("ended with {status}")).unwrap_or_default();
    let (verdict, line) = if out.join(REPORT).exists() {
        let (verdict, line) = read(&out.join(REPORT))?.verdict();
        if verdict == exit_status::PASS && status.is_some_and(|status| !status.success()) {
            return Err(Error::environment(
                format!("{package} {ended}, although its report passes"),
                "what it said is above; without an error of its own it has to end with 0",
            ));
        }
        (verdict, line)
    } else {
        let is_verdict = |code: &u8| VERDICTS.contains(code);
        return match code {
            None if status.is_none() => Err(Error::Interrupted),
            Some(code) if is_verdict(&code) && out.join(LIMIT).exists() => Ok(code),
            Some(0) if asks_for_help(&options.arguments) => Ok(exit_status::PASS),
            _ => Err(Error::environment(
                format!("{package} {ended} and without a report, so nothing was judged"),
                "what it said is above; `-- --help` after the scenario lists its arguments; what runs nothing is for the program alone",
            )),
        };
    };
    let files = workspace.display_path(&out);
    stdout::print(&format!("reports: {files}/report.json, report.txt, report.svg\n{line}\n"))?;
    Ok(verdict)
}

/// Whether the program is only to explain itself.
fn asks_for_help(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == "--help" || argument == "-h")
}

/// The file of the scenario.
fn scenario(options: &Options, workspace: &Workspace) -> Result<PathBuf, Error> {
    let given = Path::new(&options.scenario);
    let folder = workspace.data_dir().join("load");
    let named = folder.join(format!("{}.toml", options.scenario));
    if given.is_file() {
        return Ok(given.to_owned());
    }
    if named.is_file() {
        return Ok(named);
    }
    let mut names: Vec<String> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    Err(Error::environment(
        format!("there is no scenario {}", options.scenario),
        format!("name a file, or one of {}: {}", workspace.display_path(&folder), names.join(", ")),
    ))
}
