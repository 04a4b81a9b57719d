//! `perf`: measures, compares, prints and writes the report.

mod export;
mod format;
mod history;
mod load;
mod measure;
mod near_names;
mod options;
mod profile;
mod quality;
mod record;
mod report_dir;
mod trends;

use std::path::Path;

use perf_gate::{Baseline, Key};
use perf_judge::exit_status::{self, Done};
use perf_judge::judge::{self, anchor::AnchorState};
use perf_judge::report::comparison::Comparison;
use perf_judge::report::summary::SUMMARY_FILE;
use perf_judge::report::{HarnessRun, JSON_FILE, MARKDOWN_FILE, Report};
use perf_judge::row::{self, Row};
use perf_judge::rules;
use perf_judge::selection::Selection;
use perf_judge::slack::Slack;
use perf_report::HTML_FILE;
use perf_runner::compare::{self, BaseRelation, BaseSearch, revision};
use perf_runner::config::OnlyIfChanged;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::{self, DirectoryLock};
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::{key, provenance};
use perf_runner::process::parallel;
use perf_runner::workspace::{Harness, Workspace};

use crate::selftest;
use crate::stdout;
use crate::wording::wording;
use format::Format;
use measure::Measurement;
use options::Options;
use record::AnchorPairs;

const EXAMPLES: &str = "\
Examples:
  {command} perf                        compare with the merge base
  {command} perf --against v1.2         compare with a tag
  {command} perf --quick --only 'query/*'
  {command} perf --require wall         exit with 4 if the wall time of a case cannot be judged
  {command} perf --require wall=75%     exit with 4 if fewer than 75 % of the cases are judged";

/// Measure every case, compare it with its baseline, its budgets and the base commit, and fail on a regression
///
/// Values that repeat exactly and instructions are compared with the stored baseline. Wall time is compared with the base
/// commit: base and head are built on this machine and measured in pairs of processes. Budgets are absolute limits. The
/// report has one row for each case and metric, and the rows that fail come first.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = format!("{}\n\n{EXAMPLES}", exit_status::HELP)
)]
pub struct Command {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Export(export::Options),
    History(history::Options),
    Load(load::Options),
    Profile(profile::Options),
    Quality(quality::Options),
    Selftest(selftest::Options),
}

impl Command {
    /// Runs `perf`, or the subcommand that is given.
    pub fn run(&self, workspace: &Workspace) -> Result<u8, Error> {
        match &self.verb {
            None => run(&self.options, workspace),
            Some(Verb::Export(options)) => export::run(options, workspace),
            Some(Verb::History(options)) => history::run(options, workspace),
            Some(Verb::Load(options)) => load::run(options, workspace),
            Some(Verb::Profile(options)) => profile::run(options, workspace),
            Some(Verb::Quality(options)) => quality::run(options, workspace),
            Some(Verb::Selftest(options)) => selftest::run(options, workspace),
        }
    }
}

fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let selection = Selection::new(options.only.as_deref())?;
    let data = BenchData::read(workspace, options.shared.baselines())?;
    let features = options.shared.features(workspace)?;
    let chosen = options.shared.harnesses(workspace);
    let key = |harness: &&Harness| key::detect(workspace, harness, &features, data.inputs(harness));
    let keys = parallel::map(&chosen, key)?;
    let commit = if options.record { Some(record::clean_commit(workspace)?) } else { None };
    let out = options.out.clone().unwrap_or_else(|| workspace.perf_dir().join("latest"));
    report_dir::prepare(&out, &[JSON_FILE, MARKDOWN_FILE, HTML_FILE, SUMMARY_FILE])?;
    // Two concurrent runs would disturb each other's times, and build in the same folder.
    let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf")))?;

    let found = match options.shared.is_for_tests() {
        true => BaseSearch::NoBase("these are not the measuring programs of the work tree".into()),
        false => compare::find_base(workspace, options.against.as_deref(), &features)?,
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut harnesses: Vec<HarnessRun> = Vec::new();
    let mut identical: Vec<&Baseline> = Vec::new();
    let mut differing: Vec<(&Harness, Key, BaseRelation<'_>)> = Vec::new();
    // A case that --only names is measured, even if its harness is usually left out.
    let is_asked_for = |harness: &Harness, key: &Key| {
        let mut stored = data.baseline(harness, &key.target).into_iter().flat_map(Baseline::records);
        options.only.is_some() && stored.any(|record| selection.contains(record.case()))
    };
    let holds_stored_values =
        |harness: &Harness, key: &Key| data.baseline(harness, &key.target).is_some_and(|stored| stored.key == *key);
    for (harness, key) in chosen.into_iter().zip(keys) {
        let relation = match &found {
            BaseSearch::NoBase(reason) => BaseRelation::NoBase(reason.clone()),
            BaseSearch::Found(checkout) => checkout.relate(workspace, harness, &features, &key, &data)?,
        };
        match relation {
            // Nothing is measured on equal inputs, if the stored values hold for this toolchain and target.
            // A run that is recorded measures, so that each machine and each commit has values of its own.
            BaseRelation::SameInputs { checkout, same_rules: true }
                if !options.record
                    && (options.against.is_some()
                        || harness.only_if_changed != OnlyIfChanged::No
                        || (holds_stored_values(harness, &key) && !is_asked_for(harness, &key))) =>
            {
                let stored = data.baseline(harness, &key.target);
                identical.extend(stored);
                let its_rows = judge::identical_rows(stored, &selection).into_iter();
                rows.extend(its_rows.map(|row| Row { harness: Some(harness.package.clone()), ..row }));
                harnesses.push(HarnessRun {
                    package: harness.package.clone(),
                    key,
                    tools: Err("nothing measured differs from the base".to_owned()),
                    comparison: Comparison::Unchanged(checkout.revision.clone()),
                    anchor: AnchorState::None,
                });
            }
            BaseRelation::Changed(unbuilt)
                if !options.record
                    && options.against.is_none()
                    && unbuilt.is_elsewhere()
                    && !is_asked_for(harness, &key) =>
            {
                identical.extend(data.baseline(harness, &key.target));
                let revision = unbuilt.checkout.revision.clone();
                let packages = harness.watched_packages().to_vec();
                harnesses.push(HarnessRun {
                    package: harness.package.clone(),
                    key,
                    tools: Err("none of the packages for which it is measured differs from the base".to_owned()),
                    comparison: Comparison::Unaffected { revision, packages },
                    anchor: AnchorState::None,
                });
            }
            relation => differing.push((harness, key, relation)),
        }
    }
    let mut anchor_pairs = AnchorPairs::default();
    if !differing.is_empty() {
        let (selection, data, features, identical) = (&selection, &data, &features, &identical);
        let measured = Measurement { options, workspace, selection, data, features, identical }.measure(differing)?;
        rows.extend(measured.rows);
        anchor_pairs = measured.anchor_pairs;
        harnesses.extend(measured.harnesses);
    }
    row::sort(&mut rows);

    let rules = match &found {
        BaseSearch::NoBase(_) => None,
        BaseSearch::Found(checkout) => {
            Some(rules::changes(&checkout.rules_of_base(workspace), &checkout.rules_of_change(workspace, &data)))
        }
    };
    let is_counted = |harness: &HarnessRun| harness.tools.is_ok() || !harness.was_due();
    let is_anchored = |harness: &HarnessRun| !matches!(harness.anchor, AnchorState::NotCompared(_));
    let done = Done { counted: harnesses.iter().all(is_counted), anchored: harnesses.iter().all(is_anchored) };
    let exit_code = exit_status::decide(&rows, done, options.required());
    let forbidden = options.forbid_rule_changes && rules.as_ref().is_some_and(|rules| !rules.is_empty());
    let exit_code = match (options.forbid_rule_changes, &rules) {
        _ if forbidden => exit_status::FAIL,
        // Without a base a change of rules cannot be excluded.
        (true, None) if exit_code == exit_status::PASS => exit_status::INCONCLUSIVE,
        _ => exit_code,
    };
    let written_by_selftest = format!("{}/selftest*", workspace.config.data);
    let provenance = provenance::collect(workspace, &[&written_by_selftest])?;
    let only = options.only.clone();
    let days = days_since_commit(workspace, &data, &harnesses)?;
    let slack = Slack::new(&rows, days);
    let rules_forbidden = options.forbid_rule_changes;
    let quick = options.quick;
    let report = Report { provenance, harnesses, rules, slack, rules_forbidden, quick, only, exit_code, rows };
    let recorded = match commit {
        Some(commit) => record::append(&report, commit, &anchor_pairs, workspace)?,
        None => String::new(),
    };
    write(&report, &out, workspace)?;
    let written = format!("{}, {MARKDOWN_FILE}, {HTML_FILE}", workspace.display_path(&out.join(JSON_FILE)));
    // A format for programs has nothing before it.
    let recorded = if options.format == Format::Human { recorded } else { String::new() };
    stdout::print(&(recorded + &options.format.render(&report, &written, workspace)?))?;
    Ok(exit_code)
}

/// Days since the oldest baseline of these harnesses was written.
fn days_since_commit(workspace: &Workspace, data: &BenchData, harnesses: &[HarnessRun]) -> Result<Option<i64>, Error> {
    let mut oldest = None;
    for run in harnesses {
        let Some(harness) = workspace.harnesses.iter().find(|harness| harness.package == run.package) else { continue };
        let file = data.baseline_file(harness, &run.key.target);
        if file.is_file() {
            oldest = oldest.max(revision::days_since_commit(workspace, &workspace.display_path(&file))?);
        }
    }
    Ok(oldest)
}

/// Writes the reports, and the summary of them for a pull request.
fn write(report: &Report, dir: &Path, workspace: &Workspace) -> Result<(), Error> {
    let wording = |step: &_, harness: Option<&str>| wording(&workspace.config, step, harness);
    let json = format::json(report, &wording)?;
    atomic_write::write(&dir.join(JSON_FILE), &json, |back| back == json)?;
    let summary = format::summary(report)?;
    atomic_write::write(&dir.join(SUMMARY_FILE), &summary, |back| back == summary)?;
    atomic_write::write(&dir.join(MARKDOWN_FILE), &report.markdown(&wording), |_| true)?;
    let html = format::html(report, &workspace.config.command, &wording, &trends::of_history(workspace)?);
    atomic_write::write(&dir.join(HTML_FILE), &html, |_| true)
}
