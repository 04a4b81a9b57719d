//! What the self-test found, for people: `selftest.toml` with exact bounds, a table in the README, a curve.

use std::collections::BTreeMap;
use std::path::Path;

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

use super::arms::Arm;
use super::rates::{self, Rates, Resampled};
use super::record::{self, Suite};
use super::{curve, rules};
use crate::exit_code;
use crate::failure::Failure;
use crate::statistics::{self, percent};
use crate::stdout;
use crate::whole_file;
use crate::workspace::Workspace;

/// Version of the file.
const SCHEMA: u32 = 1;

/// Level of every bound that is published.
const CONFIDENCE: f64 = 0.95;

/// Suites that are made of recorded rounds.
const RESAMPLED: u64 = 2_000;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    schema: u32,
    /// Where suites were measured.
    machines: Vec<String>,
    /// First and last day of measuring.
    days: Vec<String>,
    /// What was measured.
    commits: Vec<String>,
    /// Live suites in which nothing may be red.
    null: Vec<NullArm>,
    /// Suites made of recorded rounds in which nothing may be red.
    resampled: Vec<ResampledArm>,
    /// What was planted, and what of it was found.
    planted: Vec<PlantedArm>,
    /// Of each case: the slow-down, in percent, that is found in 95 % of suites. Absent where there is none.
    found_in_95_percent: BTreeMap<CaseName, f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NullArm {
    arm: String,
    suites: u64,
    red_suites: u64,
    /// One-sided, 95 %.
    red_suites_at_most: f64,
    unfit_suites: u64,
    cells: u64,
    red_cells: u64,
    red_cells_at_most: f64,
    inconclusive_cells: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResampledArm {
    arm: String,
    of_suites: u64,
    suites: u64,
    red_suites: u64,
    red_suites_at_most: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlantedArm {
    arm: String,
    suites: u64,
    cells: u64,
    found: u64,
    found_at_least: f64,
    /// The median of what was really planted, as measured; absent where no size was planted.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect_percent: Option<f64>,
}

/// Every recorded suite, by arm.
pub struct Recorded(pub BTreeMap<Arm, Vec<Suite>>);

impl Recorded {
    /// Reads the files.
    pub fn read(benches_data: &Path) -> Result<Self, Failure> {
        let suites = Arm::ALL.into_iter().map(|arm| Ok((arm, record::read(&arm.file(benches_data))?)));
        let suites = suites.collect::<Result<BTreeMap<_, _>, Failure>>()?;
        Ok(Self(suites.into_iter().filter(|(_, suites)| !suites.is_empty()).collect()))
    }

    /// The suites of an arm.
    pub fn of(&self, arm: Arm) -> &[Suite] {
        self.0.get(&arm).map_or(&[], Vec::as_slice)
    }

    /// What unchanged code looks like in suites made of recorded rounds.
    pub fn unchanged(&self) -> Result<Resampled, Failure> {
        rates::resampled(self.of(Arm::Same), RESAMPLED, 1)
    }
}

/// Four digits are more than the data can tell.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

fn at_most(events: u64, trials: u64) -> f64 {
    rounded(statistics::upper_bound(events, trials, CONFIDENCE).unwrap_or(1.0))
}

fn at_least(events: u64, trials: u64) -> f64 {
    rounded(statistics::lower_bound(events, trials, CONFIDENCE).unwrap_or(0.0))
}

/// Judges everything that is recorded.
pub fn publish(recorded: &Recorded, unchanged: &Resampled) -> Result<Published, Failure> {
    let all = || recorded.0.values().flatten();
    let distinct = |value: fn(&Suite) -> &String| {
        let values: std::collections::BTreeSet<&String> = all().map(value).collect();
        values.into_iter().cloned().collect::<Vec<String>>()
    };
    let days = distinct(|suite| &suite.day);
    let null = |(&arm, suites): (&Arm, &Vec<Suite>)| {
        let Rates { suites, red_suites, unfit_suites, cells, red, inconclusive, .. } = rates::of(arm, suites);
        arm.is_null().then(|| NullArm {
            arm: arm.to_string(),
            suites,
            red_suites,
            red_suites_at_most: at_most(red_suites, suites),
            unfit_suites,
            cells,
            red_cells: red,
            red_cells_at_most: at_most(red, cells),
            inconclusive_cells: inconclusive,
        })
    };
    let mut resampled = Vec::new();
    for arm in [Arm::Same, Arm::Neutral, Arm::Busy].into_iter().filter(|arm| !recorded.of(*arm).is_empty()) {
        let suites = recorded.of(arm);
        let made = if arm == Arm::Same { unchanged.clone() } else { rates::resampled(suites, RESAMPLED, 1)? };
        resampled.push(ResampledArm {
            arm: arm.to_string(),
            of_suites: suites.len() as u64,
            suites: made.suites,
            red_suites: made.red_suites,
            red_suites_at_most: at_most(made.red_suites, made.suites),
        });
    }
    let planted = |(&arm, suites): (&Arm, &Vec<Suite>)| {
        let Rates { suites, cells, red, effect_percent, .. } = rates::of(arm, suites);
        (!arm.is_null()).then(|| PlantedArm {
            arm: arm.to_string(),
            suites,
            cells,
            found: red,
            found_at_least: at_least(red, cells),
            effect_percent: effect_percent.map(rounded),
        })
    };
    let found = unchanged.needed.keys().filter_map(|case| {
        let found = unchanged.found_with(case, 0.95)?;
        Some((case.clone(), (percent(found) * 10.0).round() / 10.0))
    });
    Ok(Published {
        schema: SCHEMA,
        machines: distinct(|suite| &suite.machine),
        days: days.first().into_iter().chain(days.last()).cloned().collect(),
        commits: distinct(|suite| &suite.commit),
        null: recorded.0.iter().filter_map(null).collect(),
        resampled,
        planted: recorded.0.iter().filter_map(planted).collect(),
        found_in_95_percent: found.collect(),
    })
}

impl Published {
    /// The table of the README.
    pub fn table(&self) -> String {
        let percent = |part: f64| format!("{:.1} %", part * 100.0);
        let name = |arm: &str| arm.parse::<Arm>().map_or_else(|_| arm.to_owned(), Arm::description);
        let mut out = String::from(
            "| nothing is worse: | suites | red | at most | comparisons | red | not judged |\n|---|---:|---:|---:|---:|---:|---:|\n",
        );
        for NullArm {
            arm,
            suites,
            red_suites,
            red_suites_at_most,
            cells,
            red_cells,
            inconclusive_cells,
            unfit_suites,
            ..
        } in &self.null
        {
            let unfit = if *unfit_suites > 0 { format!(", {unfit_suites} suites UNFIT") } else { String::new() };
            out.push_str(&format!(
                "| {} | {suites} | {red_suites} | {} | {cells} | {red_cells} | {inconclusive_cells}{unfit} |\n",
                name(arm),
                percent(*red_suites_at_most)
            ));
        }
        for ResampledArm { arm, of_suites, suites, red_suites, red_suites_at_most } in &self.resampled {
            out.push_str(&format!(
                "| {}, made of the rounds of {of_suites} | {suites} | {red_suites} | {:.2} % | | | |\n",
                name(arm),
                red_suites_at_most * 100.0
            ));
        }
        out.push_str(
            "\n| planted: | really, as measured | comparisons | found | at least |\n|---|---:|---:|---:|---:|\n",
        );
        for PlantedArm { arm, cells, found, found_at_least, effect_percent, .. } in &self.planted {
            let effect = effect_percent.map_or_else(|| "—".to_owned(), |effect| format!("{effect:+.2} %"));
            let part = *found as f64 / (*cells).max(1) as f64;
            out.push_str(&format!(
                "| {} | {effect} | {cells} | {} | {} |\n",
                name(arm),
                percent(part),
                percent(*found_at_least)
            ));
        }
        let mut found: Vec<_> = self.found_in_95_percent.iter().map(|(case, size)| (*size, case)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let (Some(best), Some(worst)) = (found.first(), found.last()) {
            let median = found[found.len() / 2];
            out.push_str(&format!(
                "\nFound in 95 % of suites: a slow-down of {} % (`{}`) to {} % (`{}`), {} % in the case in the middle.\n",
                best.0, best.1, worst.0, worst.1, median.0
            ));
        }
        let days = match self.days.as_slice() {
            [first, last] if first != last => format!("{first} to {last}"),
            days => days.first().cloned().unwrap_or_default(),
        };
        out.push_str(&format!("\nMeasured on {}, {days}. \"At most\" and \"at least\" are one-sided bounds of 95 % (Clopper and Pearson).\n", self.machines.join("; ")));
        out
    }
}

/// The file.
pub const FILE: &str = "selftest.toml";
/// The curve.
const CURVE: &str = "selftest.svg";
/// Where the table is in the README.
const BEGIN: &str = "<!-- written by `cargo xtask perf selftest` -->\n";
const END: &str = "<!-- end -->\n";

/// The README with the table put in; None where it has no place for it.
pub fn with_table(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// Judges everything that is recorded and writes it down; or shows what the rules of other tools say to the same.
pub fn write(workspace: &Workspace, compare_rules: bool) -> Result<u8, Failure> {
    let dir = workspace.benches_data();
    let recorded = Recorded::read(&dir)?;
    if recorded.0.is_empty() {
        return Err(Failure::environment(
            format!("{} has no suites", dir.join("selftest").display()),
            "measure some: cargo xtask perf selftest --suites 1",
        ));
    }
    if compare_rules {
        stdout::print(&rules::table(&recorded))?;
        return Ok(exit_code::GREEN);
    }
    let unchanged = recorded.unchanged()?;
    let published = publish(&recorded, &unchanged)?;
    let head = "# Written by `cargo xtask perf selftest` from the pairs in selftest/; do not edit.\n\n";
    let text = toml::to_string_pretty(&published).map_err(|error| {
        Failure::environment(
            format!("the results cannot be written as TOML: {error}"),
            "this is a bug: please report it",
        )
    })?;
    whole_file::write(&dir.join(FILE), &format!("{head}{text}"), |text| toml::from_str::<Published>(text).is_ok())?;
    whole_file::write(&dir.join(CURVE), &curve::svg(&recorded, &unchanged)?, |_| true)?;
    let table = published.table();
    let readme = workspace.root().join("README.md");
    let text = std::fs::read_to_string(&readme).map_err(|error| Failure::path("read", &readme, &error))?;
    if let Some(text) = with_table(&text, &table) {
        whole_file::write(&readme, &text, |_| true)?;
    }
    stdout::print(&table)?;
    Ok(exit_code::GREEN)
}
