//! The results of the self-test: `selftest.toml` with exact bounds, tables in `selftest/README.md`, and a picture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use perf_gate::CaseName;
use perf_judge::exit_status;
use perf_judge::statistics::{self, percent};
use perf_runner::error::Error;
use perf_runner::files::atomic_write;
use perf_runner::workspace::Workspace;
use serde::{Deserialize, Serialize};

use crate::arms::{Arm, Target};
use crate::curve;
use crate::rates::{self, DrawnSuites, Method, Rates, Thresholds};
use crate::record::Suite;
use crate::recorded::{Draws, RecordedSuites};

/// Version of `selftest.toml`.
const SCHEMA: u32 = 3;

/// Confidence level of all bounds.
const CONFIDENCE: f64 = 0.95;

/// Power at which the minimum detectable effects are given.
const POWER: f64 = 0.95;

/// Minimum number of recorded suites to resample from: with fewer, an outlier of one suite is drawn too often. (Resampled from
/// two suites of unchanged code, 39 of 2,000 failed; resampled from six, none.)
const MIN_RECORDED_SUITES: usize = 5;

/// The content of `selftest.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    schema: u32,
    /// Processor models with their number of processors.
    machines: Vec<String>,
    /// First and last day of measuring, `YYYY-MM-DD`.
    days: Vec<String>,
    /// Commits whose work trees were measured.
    commits: Vec<String>,
    /// Measured suites without a regression.
    null: Vec<NullArm>,
    /// Suites without a regression that were drawn from measured ones.
    drawn: Vec<DrawnArm>,
    /// Suites with a planted regression.
    planted: Vec<PlantedArm>,
    /// Slowdowns of all cases, and how often their common row detects them.
    together: Vec<TogetherPower>,
    /// Minimum detectable effect by case: the slowdown, in percent, that 95 % of resampled suites detect. A case without one is
    /// absent.
    mde_percent: BTreeMap<CaseName, f64>,
    /// The same of the first 16 draws, with which a test compares the current code.
    mde_of_16_draws_percent: BTreeMap<CaseName, f64>,
    /// Targets that were not met on these machines, by arm.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unmet_targets: BTreeMap<String, String>,
}

/// Counts of a null arm. Rates are fractions from 0 to 1; bounds are one-sided, at 95 % confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NullArm {
    arm: String,
    suites: u64,
    false_positive_suites: u64,
    false_positive_suite_rate_upper_bound: f64,
    unstable_suites: u64,
    comparisons: u64,
    false_positives: u64,
    false_positive_rate_upper_bound: f64,
    inconclusive: u64,
}

/// Counts of the suites that were drawn from the suites of a null arm. The bound is one-sided, at 95 % confidence, and holds for
/// suites drawn from these recorded ones, not for another night or machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DrawnArm {
    arm: String,
    method: Method,
    recorded_suites: u64,
    suites: u64,
    false_positive_suites: u64,
    false_positive_suite_rate_upper_bound: f64,
}

/// Counts of a planted arm. The bound is one-sided, at 95 % confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlantedArm {
    arm: String,
    suites: u64,
    comparisons: u64,
    detected: u64,
    power_lower_bound: f64,
    /// Median of the measured effects, in percent; absent for faults without a size.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_effect_percent: Option<f64>,
}

/// How often the row of all cases together detects a slowdown that all of them have, in suites of a null arm whose sides were
/// exchanged and to which the slowdown was added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TogetherPower {
    arm: String,
    slowdown_percent: f64,
    suites: u64,
    detected: u64,
}

/// The slowdowns of [`TogetherPower`], in percent: none, half of the margin, and three that should be detected.
const COMMON_SLOWDOWNS: [f64; 5] = [0.0, 0.1, 0.5, 0.7, 1.0];

/// Rounds to four digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

fn upper_bound(events: u64, trials: u64) -> f64 {
    rounded(statistics::upper_bound(events, trials, CONFIDENCE).unwrap_or(1.0))
}

fn lower_bound(events: u64, trials: u64) -> f64 {
    rounded(statistics::lower_bound(events, trials, CONFIDENCE).unwrap_or(0.0))
}

/// Judges all recorded suites.
pub fn summarize(recorded: &RecordedSuites, thresholds: &Thresholds, draws: Draws) -> Result<Results, Error> {
    let all = || recorded.0.values().flatten();
    let distinct = |value: fn(&Suite) -> &String| {
        let values: BTreeSet<&String> = all().map(value).collect();
        values.into_iter().cloned().collect::<Vec<String>>()
    };
    let days = distinct(|suite| &suite.day);
    let null = |(&arm, suites): (&Arm, &Vec<Suite>)| {
        let rates = rates::compute(arm, suites);
        let Rates { suites, failed_suites, unstable_suites, comparisons, regressions, inconclusive, .. } = rates;
        arm.is_null().then(|| NullArm {
            arm: arm.to_string(),
            suites,
            false_positive_suites: failed_suites,
            false_positive_suite_rate_upper_bound: upper_bound(failed_suites, suites),
            unstable_suites,
            comparisons,
            false_positives: regressions,
            false_positive_rate_upper_bound: upper_bound(regressions, comparisons),
            inconclusive,
        })
    };
    let mut drawn = Vec::new();
    let has_enough = |arm: &Arm| recorded.of(*arm).len() >= MIN_RECORDED_SUITES;
    for arm in [Arm::Same, Arm::Neutral, Arm::Busy].into_iter().filter(has_enough) {
        for method in [Method::Resampled, Method::SidesExchanged] {
            let recorded = recorded.of(arm);
            let DrawnSuites { suites, failed_suites, .. } = rates::draw(recorded, method, draws.judged(method), 1)?;
            drawn.push(DrawnArm {
                arm: arm.to_string(),
                method,
                recorded_suites: recorded.len() as u64,
                suites,
                false_positive_suites: failed_suites,
                false_positive_suite_rate_upper_bound: upper_bound(failed_suites, suites),
            });
        }
    }
    let mut together = Vec::new();
    for arm in [Arm::Same, Arm::Neutral, Arm::Busy].into_iter().filter(has_enough) {
        let thresholds = rates::thresholds_together(recorded.of(arm), draws.power, 1)?;
        together.extend(COMMON_SLOWDOWNS.map(|slowdown_percent| {
            let slowdown = (slowdown_percent / 100.0).ln_1p();
            let detected = thresholds.partition_point(|threshold| *threshold < slowdown) as u64;
            TogetherPower { arm: arm.to_string(), slowdown_percent, suites: thresholds.len() as u64, detected }
        }));
    }
    let planted = |(&arm, suites): (&Arm, &Vec<Suite>)| {
        let Rates { suites, comparisons, regressions, effect_percent, .. } = rates::compute(arm, suites);
        (!arm.is_null()).then(|| PlantedArm {
            arm: arm.to_string(),
            suites,
            comparisons,
            detected: regressions,
            power_lower_bound: lower_bound(regressions, comparisons),
            measured_effect_percent: effect_percent.map(rounded),
        })
    };
    let first = recorded.thresholds(Draws::CHECKED)?;
    let mut results = Results {
        schema: SCHEMA,
        machines: distinct(|suite| &suite.machine),
        days: days.first().into_iter().chain(days.last()).cloned().collect(),
        commits: distinct(|suite| &suite.commit),
        null: recorded.0.iter().filter_map(null).collect(),
        drawn,
        planted: recorded.0.iter().filter_map(planted).collect(),
        together,
        mde_percent: minimum_detectable_effects(thresholds),
        mde_of_16_draws_percent: minimum_detectable_effects(&first),
        unmet_targets: BTreeMap::new(),
    };
    results.unmet_targets = unmet_targets(&results);
    Ok(results)
}

/// The minimum detectable effect by case, in percent, to one digit behind the point; without the cases that have none.
fn minimum_detectable_effects(thresholds: &Thresholds) -> BTreeMap<CaseName, f64> {
    let of_case = |case: &CaseName| {
        let mde = thresholds.minimum_detectable_effect(case, POWER)?;
        Some((case.clone(), (percent(mde) * 10.0).round() / 10.0))
    };
    thresholds.cases().filter_map(of_case).collect()
}

/// The minimum, the median and the maximum of the minimum detectable effects, each with its case.
struct MdeRange<'a> {
    min: (f64, &'a CaseName),
    median: f64,
    max: (f64, &'a CaseName),
}

fn share(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

fn describe(arm: &str) -> String {
    arm.parse::<Arm>().map_or_else(|_| arm.to_owned(), Arm::description)
}

impl Results {
    /// Reads the text of `selftest.toml`; `file` is its path for messages.
    ///
    /// # Errors
    /// If the schema is another one, or the text is not valid.
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
        }
        let invalid = |what: &dyn std::fmt::Display| {
            Error::environment(
                format!("{file}: {what}"),
                "write it from the recorded pairs: cargo xtask perf selftest --judge-only",
            )
        };
        let Head { schema } = toml::from_str(text).map_err(|error| invalid(&error))?;
        if schema != SCHEMA {
            return Err(invalid(&format!("its schema is {schema}, and this program reads schema {SCHEMA}")));
        }
        toml::from_str(text).map_err(|error| invalid(&error))
    }

    /// Renders the false positives of all null arms as Markdown.
    fn false_positives(&self) -> String {
        let mut out = String::from(
            "| null arm | suites | failed | rate at most | comparisons | false positives | rate at most | inconclusive |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|\n",
        );
        for arm in &self.null {
            let unstable = match arm.unstable_suites {
                0 => String::new(),
                suites => format!(", {suites} suites UNSTABLE"),
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {}{unstable} |",
                describe(&arm.arm),
                arm.suites,
                arm.false_positive_suites,
                share(arm.false_positive_suite_rate_upper_bound),
                arm.comparisons,
                arm.false_positives,
                share(arm.false_positive_rate_upper_bound),
                arm.inconclusive,
            );
        }
        for arm in &self.drawn {
            let _ = writeln!(
                out,
                "| {}, {} from {} suites | {} | {} | {:.2} % | | | | |",
                describe(&arm.arm),
                arm.method.participle(),
                arm.recorded_suites,
                arm.suites,
                arm.false_positive_suites,
                arm.false_positive_suite_rate_upper_bound * 100.0,
            );
        }
        for (arm, why) in self.unmet_targets.iter().filter(|(arm, _)| is_null(arm)) {
            let _ = writeln!(out, "\nTarget not met on this machine: {}: {why}.", describe(arm));
        }
        let days = match self.days.as_slice() {
            [first, last] if first != last => format!("{first} to {last}"),
            days => days.first().cloned().unwrap_or_default(),
        };
        let _ = writeln!(
            out,
            "\nMeasured on {}, {days}. All bounds are one-sided, with 95 % confidence (Clopper and Pearson).",
            self.machines.join("; ")
        );
        out
    }

    /// Renders the power of all planted arms and the minimum detectable effects as Markdown.
    fn detection(&self) -> String {
        let mut out = String::from(
            "| planted | measured effect | comparisons | power | power at least |\n|---|---:|---:|---:|---:|\n",
        );
        for arm in &self.planted {
            let effect = arm.measured_effect_percent.map_or_else(|| "—".to_owned(), |effect| format!("{effect:+.2} %"));
            let _ = writeln!(
                out,
                "| {} | {effect} | {} | {} | {} |",
                describe(&arm.arm),
                arm.comparisons,
                share(arm.detected as f64 / arm.comparisons.max(1) as f64),
                share(arm.power_lower_bound),
            );
        }
        if let Some(MdeRange { min, median, max }) = self.mde_range() {
            let _ = writeln!(
                out,
                "\nMinimum detectable effect (MDE) at 95 % power, by case: {} % (`{}`) to {} % (`{}`), median {median} %.",
                min.0, min.1, max.0, max.1
            );
        }
        for (arm, why) in self.unmet_targets.iter().filter(|(arm, _)| !is_null(arm)) {
            let _ = writeln!(out, "\nTarget not met on this machine: {}: {why}.", describe(arm));
        }
        out
    }

    /// Renders the power of the row of all cases together as Markdown.
    fn together(&self) -> String {
        let sizes: Vec<String> = COMMON_SLOWDOWNS.iter().map(|size| format!("{size} %")).collect();
        let mut out =
            format!("| slowdown of all cases | {} |\n|---|{}\n", sizes.join(" | "), "---:|".repeat(sizes.len()));
        for of_arm in self.together.chunk_by(|a, b| a.arm == b.arm) {
            let cells: Vec<String> =
                of_arm.iter().map(|power| format!("{} of {}", power.detected, power.suites)).collect();
            let _ = writeln!(out, "| {} | {} |", describe(&of_arm[0].arm), cells.join(" | "));
        }
        out
    }

    fn mde_range(&self) -> Option<MdeRange<'_>> {
        let mut sizes: Vec<_> = self.mde_percent.iter().map(|(case, size)| (*size, case)).collect();
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let median = sizes.get(sizes.len() / 2)?.0;
        Some(MdeRange { min: *sizes.first()?, median, max: *sizes.last()? })
    }
}

fn is_null(arm: &str) -> bool {
    arm.parse::<Arm>().is_ok_and(Arm::is_null)
}

/// The file of the results, in the data folder.
pub const FILE: &str = "selftest.toml";
/// The picture of the power curve, in the data folder.
const CURVE: &str = "selftest.svg";
/// The document with places for the tables, in the data folder.
const DOCUMENT: &str = "selftest/README.md";
/// The tables, in a directory of `--out`.
const TABLES: &str = "selftest.md";
/// End of the place of a table.
const END: &str = "<!-- end -->\n";

/// The tables, each with the name of its place in the document.
fn tables(results: &Results) -> [(&'static str, String); 3] {
    [
        ("false positives", results.false_positives()),
        ("detection", results.detection()),
        ("all cases together", results.together()),
    ]
}

/// Puts a table into its place in a document; `None` if the document has no such place.
fn insert_table(document: &str, name: &str, table: &str) -> Option<String> {
    let begin = format!("<!-- written by `cargo xtask perf selftest`: {name} -->\n");
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}{table}{END}{after}"))
}

/// Puts all tables into their places in a document.
fn insert_tables(document: &str, tables: &[(&str, String)]) -> Result<String, Error> {
    let insert = |document: String, (name, table): &(&str, String)| {
        insert_table(&document, name, table).ok_or_else(|| {
            Error::environment(
                format!("{DOCUMENT} of the data folder has no place for the table `{name}`"),
                "restore its two lines of comments: `<!-- written by …: name -->` and `<!-- end -->`",
            )
        })
    };
    tables.iter().try_fold(document.to_owned(), insert)
}

/// Targets that were not met, by arm: the rate misses the target by more than chance explains, at 95 % confidence.
fn unmet_targets(results: &Results) -> BTreeMap<String, String> {
    let target = |arm: &str| arm.parse::<Arm>().ok().and_then(Arm::target);
    let null = results.null.iter().map(|arm| (&arm.arm, arm.suites, arm.false_positive_suites));
    let drawn = results.drawn.iter().map(|arm| (&arm.arm, arm.suites, arm.false_positive_suites));
    let too_many = |(arm, suites, failed): (&String, u64, u64)| match target(arm) {
        Some(Target::MaxFalsePositiveRate(max)) if statistics::lower_bound(failed, suites, CONFIDENCE)? > max => Some(
            (arm.clone(), format!("{failed} of {suites} suites fail; the target is at most 1 in {:.0}", 1.0 / max)),
        ),
        _ => None,
    };
    let too_few = |PlantedArm { arm, comparisons, detected, .. }: &PlantedArm| match target(arm) {
        Some(Target::MinPower(min)) if statistics::upper_bound(*detected, *comparisons, CONFIDENCE)? < min => Some((
            arm.clone(),
            format!("detected in {detected} of {comparisons} comparisons; the target is {:.0} %", 100.0 * min),
        )),
        _ => None,
    };
    null.chain(drawn).filter_map(too_many).chain(results.planted.iter().filter_map(too_few)).collect()
}

/// Judges all suites that are recorded in the data folder `dir`, or in a directory of `--out`, and writes the results. The
/// exit code says whether all targets are met.
pub fn write(workspace: &Workspace, dir: &Path) -> Result<u8, Error> {
    let recorded = RecordedSuites::read(dir)?;
    let thresholds = recorded.thresholds(Draws::PUBLISHED)?;
    let results = summarize(&recorded, &thresholds, Draws::PUBLISHED)?;
    let head = "# Written by `cargo xtask perf selftest` from the pairs in selftest/; do not edit.\n\n";
    let text = toml::to_string_pretty(&results).map_err(|error| {
        Error::environment(format!("the results cannot be written as TOML: {error}"), "this is a bug: please report it")
    })?;
    atomic_write::write(&dir.join(FILE), &format!("{head}{text}"), |text| Results::parse(text, FILE).is_ok())?;
    atomic_write::write(&dir.join(CURVE), &curve::render_svg(&recorded, &thresholds)?, |_| true)?;
    let tables = tables(&results);
    let text = tables.each_ref().map(|(_, table)| table.as_str()).join("\n");
    if dir == workspace.data_dir() {
        let file = dir.join(DOCUMENT);
        let document = std::fs::read_to_string(&file).map_err(|error| Error::path("read", &file, &error))?;
        atomic_write::write(&file, &insert_tables(&document, &tables)?, |_| true)?;
    } else {
        atomic_write::write(&dir.join(TABLES), &text, |_| true)?;
    }
    perf_cli::stdout::print(&text)?;
    Ok(if results.unmet_targets.is_empty() { exit_status::PASS } else { exit_status::FAIL })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::tests::suite;
    use crate::record;

    fn null(arm: Arm, suites: u64, failed: u64) -> NullArm {
        NullArm {
            arm: arm.to_string(),
            suites,
            false_positive_suites: failed,
            false_positive_suite_rate_upper_bound: upper_bound(failed, suites),
            unstable_suites: 0,
            comparisons: 31 * suites,
            false_positives: failed,
            false_positive_rate_upper_bound: upper_bound(failed, 31 * suites),
            inconclusive: 3,
        }
    }

    fn planted(arm: Arm, comparisons: u64, detected: u64) -> PlantedArm {
        PlantedArm {
            arm: arm.to_string(),
            suites: 5,
            comparisons,
            detected,
            power_lower_bound: lower_bound(detected, comparisons),
            measured_effect_percent: Some(5.125),
        }
    }

    fn example() -> Results {
        let case = |name| CaseName::new(name).unwrap();
        Results {
            schema: SCHEMA,
            machines: vec!["a processor, 2 processors".into()],
            days: vec!["2026-11-25".into(), "2026-11-26".into()],
            commits: vec!["0123abc".into()],
            null: vec![null(Arm::Same, 20, 0), null(Arm::NeutralOneLayout, 20, 9)],
            drawn: vec![DrawnArm {
                arm: "same".into(),
                method: Method::Resampled,
                recorded_suites: 20,
                suites: 2_000,
                false_positive_suites: 1,
                false_positive_suite_rate_upper_bound: upper_bound(1, 2_000),
            }],
            planted: vec![planted(Arm::Instructions(1), 31, 31), planted(Arm::Wall(5), 155, 152)],
            together: [(0.0, 0), (0.1, 1), (0.5, 310), (0.7, 480), (1.0, 500)]
                .map(|(slowdown_percent, detected)| TogetherPower {
                    arm: "same".into(),
                    slowdown_percent,
                    suites: 500,
                    detected,
                })
                .into(),
            mde_percent: [(case("a/b/c"), 2.4), (case("d/e/f"), 4.8), (case("g/h/i"), 3.0)].into(),
            mde_of_16_draws_percent: [(case("a/b/c"), 2.5)].into(),
            unmet_targets: [
                ("busy".into(), "26 of 2000 suites fail; the target is at most 1 in 300".into()),
                ("wall-5".into(), "detected in 49 of 60 comparisons; the target is 95 %".into()),
            ]
            .into(),
        }
    }

    #[test]
    fn tables() {
        insta::assert_snapshot!([example().false_positives(), example().detection(), example().together()].join("\n"));
    }

    #[test]
    fn each_table_has_a_place_in_the_document() {
        let begin = |name: &str| format!("<!-- written by `cargo xtask perf selftest`: {name} -->\n");
        let document = format!("a\n{}old\n{END}b\n{}{END}c\n", begin("one"), begin("two"));
        let expected = format!("a\n{}1\n{END}b\n{}2\n{END}c\n", begin("one"), begin("two"));
        assert_eq!(insert_tables(&document, &[("one", "1\n".into()), ("two", "2\n".into())]).unwrap(), expected);
        let error = insert_tables(&document, &[("three", String::new())]).unwrap_err().to_string();
        assert!(error.contains("has no place for the table `three`"), "{error}");
    }

    #[test]
    fn a_file_of_another_schema_names_the_command_that_writes_it() {
        let text = toml::to_string(&example()).unwrap();
        assert_eq!(Results::parse(&text, FILE).unwrap(), example());
        for (text, says) in [
            ("schema = 1\nmachines = []\n", "selftest.toml: its schema is 1, and this program reads schema 3"),
            ("machines = []\n", "missing field `schema`"),
            ("schema = 3\ncolour = 1\n", "unknown field `colour`"),
        ] {
            let error = Results::parse(text, FILE).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("cargo xtask perf selftest --judge-only"), "{error}");
        }
    }

    #[test]
    fn a_target_is_unmet_if_chance_does_not_explain_the_rate() {
        assert_eq!(unmet_targets(&example()), BTreeMap::new(), "an arm with one layout has no target");
        let with = |null, planted, failed| {
            let mut results = Results { null: vec![null], planted: vec![planted], ..example() };
            results.drawn[0].false_positive_suites = failed;
            unmet_targets(&results).into_iter().map(|(arm, why)| format!("{arm}: {why}")).collect::<Vec<_>>()
        };
        let fine = || planted(Arm::Wall(5), 100, 95);
        assert_eq!(with(null(Arm::Busy, 20, 1), fine(), 6), [""; 0]);
        assert_eq!(
            with(null(Arm::Busy, 20, 2), fine(), 0),
            ["busy: 2 of 20 suites fail; the target is at most 1 in 300"]
        );
        assert_eq!(with(null(Arm::Busy, 2, 1), fine(), 0).len(), 1);
        assert_eq!(with(null(Arm::Busy, 20, 0), fine(), 20).len(), 1);
        let missed = |arm, comparisons, detected| with(null(Arm::Same, 20, 0), planted(arm, comparisons, detected), 0);
        assert_eq!(missed(Arm::Wall(5), 100, 89), ["wall-5: detected in 89 of 100 comparisons; the target is 95 %"]);
        assert_eq!(missed(Arm::Wall(3), 100, 70), [""; 0]);
        assert_eq!(missed(Arm::Instructions(1), 100, 95).len(), 1);
        assert_eq!(missed(Arm::Wall(7), 100, 0), [""; 0], "an arm without a target");
    }

    #[test]
    fn results_are_written_to_a_directory_and_an_unmet_target_fails() {
        let workspace = Workspace::find().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let record = |arm: Arm, change: f64| {
            let _ = std::fs::remove_file(arm.file(dir.path()));
            (0..4).for_each(|n| record::append(&arm.file(dir.path()), &suite(n, change, 0.0)).unwrap());
        };
        assert!(write(&workspace, dir.path()).unwrap_err().to_string().contains("has no suites"));
        record(Arm::Same, 0.0);
        record(Arm::Wall(10), 0.1);
        assert_eq!(write(&workspace, dir.path()).unwrap(), exit_status::PASS);
        for file in [FILE, CURVE, TABLES] {
            assert!(std::fs::metadata(dir.path().join(file)).unwrap().len() > 500, "{file}");
        }
        record(Arm::Wall(10), 0.0);
        assert_eq!(write(&workspace, dir.path()).unwrap(), exit_status::FAIL, "the slowdown is not detected");
        record(Arm::Wall(10), 0.1);
        record(Arm::Same, 0.1);
        assert_eq!(write(&workspace, dir.path()).unwrap(), exit_status::FAIL, "unchanged code fails");
    }

    /// Judges the recorded pairs with the current code. If this fails, a change of the judging code raised the false positive
    /// rate or lowered the power of the gate.
    #[test]
    fn the_gate_is_no_worse_than_the_stored_results() {
        let workspace = Workspace::find().unwrap();
        let stored = stored(&workspace);
        let recorded = RecordedSuites::read(&workspace.data_dir()).unwrap();
        let draws = Draws::CHECKED;
        let now = summarize(&recorded, &recorded.thresholds(draws).unwrap(), draws).unwrap();
        assert!(now.unmet_targets.keys().all(|arm| stored.unmet_targets.contains_key(arm)), "{:?}", now.unmet_targets);

        for (before, now) in stored.null.iter().zip(&now.null) {
            assert_eq!(
                (&before.arm, before.comparisons),
                (&now.arm, now.comparisons),
                "other pairs than the stored ones"
            );
            assert!(
                now.false_positive_suites <= before.false_positive_suites
                    && now.false_positives <= before.false_positives
                    && now.inconclusive <= before.inconclusive,
                "{now:?}, before {before:?}"
            );
        }
        for (before, now) in stored.drawn.iter().zip(&now.drawn) {
            let enough = now.method == Method::SidesExchanged || now.suites >= 2_000;
            assert!(enough && now.false_positive_suites <= before.false_positive_suites, "{now:?}");
        }
        for (before, now) in stored.planted.iter().zip(&now.planted) {
            assert_eq!(
                (&before.arm, before.comparisons),
                (&now.arm, now.comparisons),
                "other pairs than the stored ones"
            );
            assert!(now.detected >= before.detected, "{now:?}, before {before:?}");
        }
        let counts = |results: &Results| {
            [results.null.len(), results.drawn.len(), results.planted.len(), results.mde_percent.len()]
        };
        assert_eq!(counts(&stored), counts(&now));
        let within_the_margin = now.together.iter().filter(|power| power.slowdown_percent <= 0.1);
        assert!(within_the_margin.clone().count() == 6 && within_the_margin.clone().all(|power| power.detected == 0));
        for (case, before) in &stored.mde_of_16_draws_percent {
            // The last digit depends on the platform's logarithm.
            let now = now.mde_of_16_draws_percent[case];
            assert!(now <= before + 0.11, "{case}: the minimum detectable effect was {before} %, and is {now} %");
        }
        let document = std::fs::read_to_string(workspace.data_dir().join(DOCUMENT)).unwrap();
        let tables = super::tables(&stored);
        assert!(insert_tables(&document, &tables).unwrap() == document, "{DOCUMENT} has other tables: {tables:#?}");
    }

    fn stored(workspace: &Workspace) -> Results {
        let text = std::fs::read_to_string(workspace.data_dir().join(FILE)).unwrap();
        Results::parse(&text, FILE).unwrap()
    }

    /// The front page states three results in prose.
    #[test]
    fn the_readme_states_the_stored_results() {
        let workspace = Workspace::find().unwrap();
        let results = stored(&workspace);
        let (mut suites, mut failed) = (0, 0);
        for arm in results.null.iter().filter(|arm| arm.arm.parse::<Arm>().unwrap().target().is_some()) {
            suites += arm.suites;
            failed += arm.false_positive_suites;
        }
        let five = results.planted.iter().find(|arm| arm.arm == Arm::Wall(5).to_string()).unwrap();
        let MdeRange { min, median, max } = results.mde_range().unwrap();
        let readme = std::fs::read_to_string(workspace.root().join("README.md")).unwrap();
        let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
        for phrase in [
            format!("{failed} of {suites} suites of unchanged code fail"),
            format!("slowdown of 5 % is detected in {} of {} comparisons", five.detected, five.comparisons),
            format!("between {} % and {} %, with a median of {median} %", min.0, max.0),
        ] {
            assert!(readme.contains(&phrase), "README.md does not say `{phrase}`");
        }
    }
}
