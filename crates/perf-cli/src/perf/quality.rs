//! `perf quality`: judges the scores of labelled questions against the stored ones, compares them with those of the base, and
//! stores new ones.

use std::path::{Path, PathBuf};

use globset::GlobSet;
use perf_judge::exit_status;
use perf_judge::quality::report::{Base, JSON_FILE, MARKDOWN_FILE, Report};
use perf_judge::quality::row::Row;
use perf_judge::quality::stored::Stored;
use perf_judge::quality::update::{self, LowerRows};
use perf_judge::quality::{against_base, judge, worse};
use perf_judge::text::{self, pluralize};
use perf_runner::error::Error;
use perf_runner::files::atomic_write::{self, DirectoryLock};
use perf_runner::measure::provenance;
use perf_runner::process::interrupt;
use perf_runner::quality::base::{self, BaseResults};
use perf_runner::quality::program::{self, Printed, Program};
use perf_runner::quality::stored_file;
use perf_runner::workspace::{QUALITY_RESULTS, Workspace};

use super::report_dir;
use crate::acceptance::{patterns, reason};
use crate::stdout;

const AFTER: &str = "\
Exit codes, in the order they are decided:
    3  the stored file is not valid
    2  usage or environment: options, the program does not build, fails, or prints lines that
       are not valid
  130  interrupted; the stored file is the old one
    1  FAIL: a row is REGRESSED or MISSING, or NEW with --require-baseline; or an update is
       refused, and nothing was written
    0  PASS: no regressions, or the update is written

Examples:
  {command} perf quality                 score, compare, report
  {command} perf quality --update        store the values that improved or are new
  {command} perf quality --update --accept 'offline/answer/*' --reason 'answers are shorter'
  {command} perf quality --against v1.2  compare the answers with those of a tag";

/// Score the answers to labelled questions, and fail if they are worse than the stored ones
///
/// Builds and runs the program that `quality` in [workspace.metadata.perf] names. Its scores repeat exactly, so a row whose
/// figure is lower than the stored one is REGRESSED. The report names the questions that got worse, with their answers before
/// and after; of held-out questions it has totals only. Each row is also compared with the stored results of the base commit
/// by a paired test, which advises and decides no verdict.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Compare the answers with the stored ones of this commit, branch or tag [default: the merge base with the main branch;
    /// on the main branch the parent of HEAD, or HEAD if the work tree differs from it]
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Run twice and store the results; lower values and missing rows only for the rows of --accept
    #[arg(long)]
    update: bool,
    /// Store this row although it is lower or missing; a name or a glob, may be repeated [default: none]
    #[arg(long, value_name = "ROW", requires = "update", requires = "reason")]
    accept: Vec<String>,
    /// Reason of --accept, at most 200 characters; it is stored until the next update
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = reason)]
    reason: Option<String>,
    /// Fail (exit 1) if a row is not stored, for CI [default: the row is NEW and passes]
    #[arg(long, conflicts_with = "update")]
    require_baseline: bool,
    /// Format of the report on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Directory for quality.json and quality.md [default: target/perf/quality]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Judge lines that the program printed into this file, instead of running it [default: the program is run]
    #[arg(long, value_name = "FILE")]
    lines: Option<PathBuf>,
}

/// A format of the report on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A summary for a terminal
    Human,
    /// The text of quality.json
    Json,
    /// The text of quality.md
    Markdown,
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let accept = patterns(&options.accept, "row")?;
    let command = workspace.gate_command("perf quality");
    // The lock is taken before the stored file is read and held until it is written, so no concurrent update is lost.
    let updating =
        || DirectoryLock::acquire(&workspace.perf_dir().join("quality-update"), &format!("`{command} --update`"));
    let _updating = options.update.then(updating).transpose()?;
    let stored = stored_file::read(workspace)?;
    let out = options.out.clone().unwrap_or_else(|| workspace.perf_dir().join("quality"));
    if !options.update {
        report_dir::prepare(&out, &[JSON_FILE, MARKDOWN_FILE])?;
    }
    let (printed, source) = print(options, workspace, &command)?;
    let base = base::read(workspace, options.against.as_deref())?;
    let report = report(options, workspace, &printed, source, stored.as_ref(), base)?;
    match options.update {
        true => store(options, workspace, &accept, report, printed, stored),
        false => show(options, workspace, &out, &report),
    }
}

/// The lines to judge, and where they came from.
fn print(options: &Options, workspace: &Workspace, command: &str) -> Result<(Printed, String), Error> {
    if let Some(file) = &options.lines {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        return Ok((program::read_lines(file)?, text::sanitize_line(&format!("the file {name}"))));
    }
    // A run beside a measurement would disturb its times.
    let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{command}`"))?;
    let program = Program::build(workspace)?;
    let printed = program.run(workspace)?;
    if options.update {
        let again = program.run(workspace)?;
        if let Some(line) = first_difference(&printed.text, &again.text) {
            return Err(Error::refused(
                format!("run twice, {} prints another line {line}, so that its scores do not repeat", program.package),
                "find what depends on time, hashing or addresses in it; nothing was written",
            ));
        }
    }
    let source = program.package;
    Ok((printed, source))
}

/// The first line that differs, from 1.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let equal = one.split('\n').zip(other.split('\n')).take_while(|(one, other)| one == other).count();
    Some(equal + 1)
}

/// Judges the lines.
fn report(
    options: &Options,
    workspace: &Workspace,
    printed: &Printed,
    source: String,
    stored: Option<&Stored>,
    base: BaseResults,
) -> Result<Report, Error> {
    let run = &printed.results;
    let of_stored = stored.map(|stored| &stored.results);
    let mut rows = judge::judge(run, of_stored);
    let of_base = match &base {
        BaseResults::None(_) => None,
        BaseResults::Found(_, results) => Some(&**results),
    };
    if let Some(base) = of_base {
        against_base::compare(&mut rows, run, base);
    }
    let worse = of_stored.map(|stored| worse::collect(&rows, run, stored, of_base)).unwrap_or_default();
    let stored_file = workspace.display_path(&stored_file::path(workspace));
    let written_by_update = format!("{}/{QUALITY_RESULTS}", workspace.config.data);
    Ok(Report {
        command: workspace.gate_command("perf quality"),
        source,
        stored_file,
        is_stored: stored.is_some(),
        accepted: stored.map(|stored| stored.accepted.clone()).unwrap_or_default(),
        provenance: provenance::collect(workspace, &[&written_by_update])?,
        base: match base {
            BaseResults::None(reason) => Base::None(reason),
            BaseResults::Found(revision, _) => Base::Compared(revision),
        },
        questions: run.questions(),
        worse,
        exit_code: judge::exit_code(&rows, options.require_baseline),
        rows,
    })
}

/// Writes the reports and prints one of them.
fn show(options: &Options, workspace: &Workspace, out: &Path, report: &Report) -> Result<u8, Error> {
    let json = report.json().map_err(|error| {
        Error::environment(format!("the report cannot be written as JSON: {error}"), "this is a bug: please report it")
    })?;
    let markdown = report.markdown();
    let (json_file, markdown_file) = (out.join(JSON_FILE), out.join(MARKDOWN_FILE));
    atomic_write::write(&json_file, &json, |back| back == json)?;
    atomic_write::write(&markdown_file, &markdown, |_| true)?;
    let written = format!("{}, {}", workspace.display_path(&json_file), workspace.display_path(&markdown_file));
    stdout::print(&match options.format {
        Format::Human => report.human(&written),
        Format::Json => json,
        Format::Markdown => markdown,
    })?;
    Ok(report.exit_code)
}

/// Stores the results, unless a row is lower or missing and not accepted.
fn store(
    options: &Options,
    workspace: &Workspace,
    accept: &GlobSet,
    report: Report,
    printed: Printed,
    stored: Option<Stored>,
) -> Result<u8, Error> {
    stdout::print(&report.human_changes())?;
    let LowerRows { accepted, refused } = update::lower_rows(&report.rows, |row| accept.is_match(row));
    if !refused.is_empty() {
        return Err(refusal(options, &refused, accepted.len()));
    }
    let given = options.accept.join(" --accept ");
    if !options.accept.is_empty() && accepted.is_empty() {
        return Err(Error::environment(
            format!("`--accept {given}` matches no row that is lower or missing"),
            "check the name; what is as good as before needs no acceptance",
        ));
    }
    let shown = &report.stored_file;
    if stored.is_some_and(|stored| stored.results == printed.results) {
        stdout::print(&format!("unchanged: {shown}\n"))?;
        return Ok(exit_status::PASS);
    }
    let next = update::stored(printed.results, &accepted, options.reason.as_deref().unwrap_or_default());
    interrupt::check()?;
    stored_file::write(workspace, &next)?;
    if let Some(reason) = &options.reason {
        stdout::print(&format!("accepted {}: {reason}\n", pluralize(accepted.len(), "lower or missing row")))?;
    }
    stdout::print(&format!(
        "written: {shown} ({}, {}); review it, and commit it\n",
        pluralize(report.rows.len(), "row"),
        pluralize(report.questions, "question"),
    ))?;
    Ok(exit_status::PASS)
}

/// Why nothing is written: some rows are lower or missing.
fn refusal(options: &Options, refused: &[&Row], accepted: usize) -> Error {
    const SHOWN: usize = 8;
    let mut names: Vec<String> = refused.iter().take(SHOWN).map(|row| row.key.to_string()).collect();
    if refused.len() > SHOWN {
        names.push(format!("and {} more", refused.len() - SHOWN));
    }
    let message = format!(
        "nothing was written; {} lower or missing, and not accepted:\n    {}",
        match refused.len() {
            1 => "1 row is".to_owned(),
            count => format!("{count} rows are"),
        },
        names.join("\n    "),
    );
    Error::refused(
        message,
        match options.accept.is_empty() {
            true => "make them as good as before, or name them: --accept <row> --reason <text>".to_owned(),
            false => format!(
                "make them as good as before, or name them too: `--accept {}` matches {}",
                options.accept.join(" --accept "),
                pluralize(accepted, "of the lower row"),
            ),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_line_that_differs_is_named() {
        for (other, line) in [
            ("a\nb\n", None),
            ("a\nc\n", Some(2)),
            ("x\nb\n", Some(1)),
            ("a\nb\nc\n", Some(3)),
            ("a\nb", Some(3)),
            ("", Some(1)),
        ] {
            assert_eq!(first_difference("a\nb\n", other), line, "{other:?}");
        }
    }
}
