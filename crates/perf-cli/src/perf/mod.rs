//! `perf`: measure, compare, print, write the reports.

mod format;
mod measure;
mod options;

use std::fs;
use std::path::Path;

use perf_gate::{Baseline, Key};
use perf_judge::exit_status::{self, Required};
use perf_judge::judge;
use perf_judge::report::comparison::Comparison;
use perf_judge::report::{HarnessRun, JSON_FILE, MARKDOWN_FILE, Report};
use perf_judge::row::{self, Row};
use perf_judge::rules;
use perf_judge::selection::Selection;
use perf_judge::slack::Slack;
use perf_runner::compare::{self, BaseRelation, BaseSearch, revision};
use perf_runner::config::OnlyIfChanged;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::{self, DirectoryLock};
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::{key, provenance};
use perf_runner::workspace::{Harness, Workspace};

use crate::selftest;
use crate::stdout;
use crate::wording::wording;
use measure::Work;
use options::{Options, RequiredClass};

/// The command, or what proves it.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    about: Option<About>,
}

#[derive(Debug, clap::Subcommand)]
enum About {
    Selftest(selftest::Options),
}

impl Command {
    /// Runs it.
    pub fn run(&self, workspace: &Workspace) -> Result<u8, Error> {
        match &self.about {
            None => run(&self.options, workspace),
            Some(About::Selftest(options)) => selftest::run(options, workspace),
        }
    }
}

fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let selection = Selection::new(options.only.as_deref())?;
    let data = BenchData::read(workspace, options.places.baselines())?;
    let features = options.places.features(workspace)?;
    let chosen = options.places.harnesses(workspace);
    let key = |harness: &&Harness| key::detect(workspace, harness, &features, data.inputs(harness));
    let keys = chosen.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let out = options.out.clone().unwrap_or_else(|| workspace.perf_dir().join("latest"));
    prepare(&out)?;
    // Two runs at once would be measured beside each other, and build in the same place.
    let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf")))?;

    let found = match options.places.is_for_tests() {
        true => BaseSearch::NoBase("these are not the measuring programs of the work tree".into()),
        false => compare::find_base(workspace, options.against.as_deref(), &features)?,
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut harnesses: Vec<HarnessRun> = Vec::new();
    let mut identical: Vec<&Baseline> = Vec::new();
    let mut differing: Vec<(&Harness, Key, BaseRelation<'_>)> = Vec::new();
    // Who names a case of a harness wants it to be measured.
    let is_asked_for = |harness: &Harness, key: &Key| {
        let mut stored = data.baseline(harness, &key.target).into_iter().flat_map(Baseline::records);
        options.only.is_some() && stored.any(|record| selection.contains(record.case()))
    };
    for (harness, key) in chosen.into_iter().zip(keys) {
        let relation = match &found {
            BaseSearch::NoBase(reason) => BaseRelation::NoBase(reason.clone()),
            BaseSearch::Found(checkout) => checkout.relate(workspace, harness, &features, &key, &data)?,
        };
        match relation {
            // Who asks for a comparison gets no values of what is equal; else only what takes long to build is left out.
            BaseRelation::SameInputs { checkout, same_rules: true }
                if options.against.is_some() || harness.only_if_changed != OnlyIfChanged::No =>
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
                });
            }
            BaseRelation::Changed(unbuilt)
                if options.against.is_none() && unbuilt.is_elsewhere() && !is_asked_for(harness, &key) =>
            {
                identical.extend(data.baseline(harness, &key.target));
                let revision = unbuilt.checkout.revision.clone();
                let packages = harness.watched_packages().to_vec();
                harnesses.push(HarnessRun {
                    package: harness.package.clone(),
                    key,
                    tools: Err("none of the packages for which it is measured differs from the base".to_owned()),
                    comparison: Comparison::Unaffected { revision, packages },
                });
            }
            relation => differing.push((harness, key, relation)),
        }
    }
    if !differing.is_empty() {
        let (selection, data, features, identical) = (&selection, &data, &features, &identical);
        let measured = Work { options, workspace, selection, data, features, identical }.measure(differing)?;
        rows.extend(measured.rows);
        harnesses.extend(measured.harnesses);
    }
    row::sort(&mut rows);

    let rules = match &found {
        BaseSearch::NoBase(_) => None,
        BaseSearch::Found(checkout) => {
            Some(rules::changes(&checkout.rules_of_base(workspace), &checkout.rules_of_change(workspace, &data)))
        }
    };
    let required = Required {
        baseline: options.require_baseline,
        instructions: options.require.contains(&RequiredClass::Instructions),
        wall: options.require.contains(&RequiredClass::Wall),
    };
    let is_counted = |harness: &HarnessRun| harness.tools.is_ok() || !harness.was_due();
    let exit_code = exit_status::decide(&rows, harnesses.iter().all(is_counted), required);
    let forbidden = options.forbid_rule_changes && rules.as_ref().is_some_and(|rules| !rules.is_empty());
    let exit_code = match (options.forbid_rule_changes, &rules) {
        _ if forbidden => exit_status::FAIL,
        // What may not change has to be compared with something.
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
    write(&report, &out, workspace)?;
    let written = format!(
        "{}, {}",
        workspace.display_path(&out.join(JSON_FILE)),
        workspace.display_path(&out.join(MARKDOWN_FILE))
    );
    stdout::print(&options.format.render(&report, &written, workspace)?)?;
    Ok(exit_code)
}

/// How long ago the oldest baseline of these harnesses was written.
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

/// Makes the directory and removes reports of earlier runs: if this one does not come to its end, none may be taken for
/// its result.
fn prepare(out: &Path) -> Result<(), Error> {
    fs::create_dir_all(out).map_err(|error| Error::path("create", out, &error))?;
    for name in [JSON_FILE, MARKDOWN_FILE] {
        let old = out.join(name);
        if old.is_file() {
            fs::remove_file(&old).map_err(|error| Error::path("remove the old", &old, &error))?;
        }
    }
    Ok(())
}

/// Writes both reports.
fn write(report: &Report, dir: &Path, workspace: &Workspace) -> Result<(), Error> {
    let wording = |step: &_, harness: Option<&str>| wording(&workspace.config, step, harness);
    let json = format::json(report, &wording)?;
    atomic_write::write(&dir.join(JSON_FILE), &json, |back| back == json)?;
    atomic_write::write(&dir.join(MARKDOWN_FILE), &report.markdown(&wording), |_| true)
}
