//! What the self-test found, for people: `selftest.toml` with exact bounds, a table in the README, a curve.

use std::collections::BTreeMap;
use std::path::Path;

use perf_gate::CaseName;
use perf_judge::exit_status;
use perf_judge::statistics::{self, percent};
use perf_runner::error::Error;
use perf_runner::files::atomic_write;
use perf_runner::workspace::Workspace;
use serde::{Deserialize, Serialize};

use crate::arms::{Arm, Promise};
use crate::curve;
use crate::rates::{self, Rates, Resampled};
use crate::record::Suite;
use crate::recorded::{RESAMPLED, Recorded};

/// Version of the file.
const SCHEMA: u32 = 1;

/// Level of every bound that is published.
const CONFIDENCE: f64 = 0.95;

/// Recorded suites that it takes: of fewer, what one of them shows by chance would be repeated as if it were the truth.
/// (Made of two suites of unchanged code, 39 of 2,000 were red; none, made of six.)
const ENOUGH: usize = 5;

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
    /// What is promised of an arm and was not reached where these suites were measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    not_kept: BTreeMap<String, String>,
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
pub fn publish(recorded: &Recorded, unchanged: &Resampled) -> Result<Published, Error> {
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
    for arm in [Arm::Same, Arm::Neutral, Arm::Busy].into_iter().filter(|arm| recorded.of(*arm).len() >= ENOUGH) {
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
    let mut published = Published {
        schema: SCHEMA,
        machines: distinct(|suite| &suite.machine),
        days: days.first().into_iter().chain(days.last()).cloned().collect(),
        commits: distinct(|suite| &suite.commit),
        null: recorded.0.iter().filter_map(null).collect(),
        resampled,
        planted: recorded.0.iter().filter_map(planted).collect(),
        found_in_95_percent: found.collect(),
        not_kept: BTreeMap::new(),
    };
    published.not_kept = not_kept(&published);
    Ok(published)
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
        for (arm, why) in &self.not_kept {
            out.push_str(&format!("\nNot kept on this machine: {}: {why}.\n", name(arm)));
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
/// The table, where it is in no README.
const TABLE: &str = "selftest.md";
/// Where the table is in the README.
const BEGIN: &str = "<!-- written by `cargo xtask perf selftest` -->\n";
const END: &str = "<!-- end -->\n";

/// The README with the table put in; None where it has no place for it.
pub fn with_table(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// What is promised and not kept, by arm: so far off that luck does not explain it, by a bound of 95 %.
fn not_kept(published: &Published) -> BTreeMap<String, String> {
    let promise = |arm: &str| arm.parse::<Arm>().ok().and_then(Arm::promise);
    let null = published.null.iter().map(|arm| (&arm.arm, arm.suites, arm.red_suites));
    let resampled = published.resampled.iter().map(|arm| (&arm.arm, arm.suites, arm.red_suites));
    let too_red = |(arm, suites, red): (&String, u64, u64)| match promise(arm) {
        Some(Promise::RedAtMost(most)) if statistics::lower_bound(red, suites, CONFIDENCE)? > most => {
            Some((arm.clone(), format!("{red} of {suites} suites are red, and at most 1 in {:.0} may be", 1.0 / most)))
        }
        _ => None,
    };
    let missed = |PlantedArm { arm, cells, found, .. }: &PlantedArm| match promise(arm) {
        Some(Promise::FoundAtLeast(least)) if statistics::upper_bound(*found, *cells, CONFIDENCE)? < least => Some((
            arm.clone(),
            format!("found in {found} of {cells} comparisons, and {:.0} % have to be", 100.0 * least),
        )),
        _ => None,
    };
    null.chain(resampled).filter_map(too_red).chain(published.planted.iter().filter_map(missed)).collect()
}

/// Judges everything that is recorded in a directory and writes it down; RED when a promise is not kept.
pub fn write(workspace: &Workspace, dir: &Path) -> Result<u8, Error> {
    let recorded = Recorded::read(dir)?;
    let unchanged = recorded.unchanged()?;
    let published = publish(&recorded, &unchanged)?;
    let head = "# Written by `cargo xtask perf selftest` from the pairs in selftest/; do not edit.\n\n";
    let text = toml::to_string_pretty(&published).map_err(|error| {
        Error::environment(format!("the results cannot be written as TOML: {error}"), "this is a bug: please report it")
    })?;
    atomic_write::write(&dir.join(FILE), &format!("{head}{text}"), |text| toml::from_str::<Published>(text).is_ok())?;
    atomic_write::write(&dir.join(CURVE), &curve::svg(&recorded, &unchanged)?, |_| true)?;
    let table = published.table();
    if dir == workspace.data_dir() {
        let readme = workspace.root().join("README.md");
        let text = std::fs::read_to_string(&readme).map_err(|error| Error::path("read", &readme, &error))?;
        if let Some(text) = with_table(&text, &table) {
            atomic_write::write(&readme, &text, |_| true)?;
        }
    } else {
        atomic_write::write(&dir.join(TABLE), &table, |_| true)?;
    }
    perf_cli::stdout::print(&table)?;
    Ok(if published.not_kept.is_empty() { exit_status::PASS } else { exit_status::FAIL })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::tests::suite;
    use crate::record;

    fn null(arm: Arm, suites: u64, red_suites: u64) -> NullArm {
        NullArm {
            arm: arm.to_string(),
            suites,
            red_suites,
            red_suites_at_most: at_most(red_suites, suites),
            unfit_suites: 0,
            cells: 31 * suites,
            red_cells: red_suites,
            red_cells_at_most: at_most(red_suites, 31 * suites),
            inconclusive_cells: 3,
        }
    }

    fn planted(arm: Arm, cells: u64, found: u64) -> PlantedArm {
        let found_at_least = at_least(found, cells);
        PlantedArm { arm: arm.to_string(), suites: 5, cells, found, found_at_least, effect_percent: Some(5.125) }
    }

    fn example() -> Published {
        let case = |name| CaseName::new(name).unwrap();
        Published {
            schema: SCHEMA,
            machines: vec!["a processor, 2 processors".into()],
            days: vec!["2026-11-25".into(), "2026-11-26".into()],
            commits: vec!["0123abc".into()],
            null: vec![null(Arm::Same, 20, 0), null(Arm::NeutralOneLayout, 20, 9)],
            resampled: vec![ResampledArm {
                arm: "same".into(),
                of_suites: 20,
                suites: 2_000,
                red_suites: 1,
                red_suites_at_most: at_most(1, 2_000),
            }],
            planted: vec![planted(Arm::Work(1), 31, 31), planted(Arm::Wall(5), 155, 152)],
            found_in_95_percent: [(case("a/b/c"), 2.4), (case("d/e/f"), 4.8), (case("g/h/i"), 3.0)].into(),
            not_kept: [("wall-5".into(), "found in 49 of 60 comparisons, and 95 % have to be".into())].into(),
        }
    }

    #[test]
    fn the_table_of_the_readme() {
        insta::assert_snapshot!(example().table());
        let readme = format!("before\n{BEGIN}old\n{END}after\n");
        assert_eq!(with_table(&readme, "new\n").unwrap(), format!("before\n{BEGIN}new\n{END}after\n"));
        assert_eq!(with_table("a README without a place for it", "new\n"), None);
    }

    #[test]
    fn a_promise_is_broken_where_luck_does_not_explain_it() {
        assert_eq!(not_kept(&example()), BTreeMap::new(), "one layout is promised nothing");
        let with = |null, planted, red_suites| {
            let mut published = Published { null: vec![null], planted: vec![planted], ..example() };
            published.resampled[0].red_suites = red_suites;
            not_kept(&published).into_iter().map(|(arm, why)| format!("{arm}: {why}")).collect::<Vec<_>>()
        };
        let fine = || planted(Arm::Wall(5), 100, 95);
        assert_eq!(with(null(Arm::Busy, 20, 1), fine(), 6), [""; 0]);
        assert_eq!(
            with(null(Arm::Busy, 20, 2), fine(), 0),
            ["busy: 2 of 20 suites are red, and at most 1 in 300 may be"]
        );
        assert_eq!(with(null(Arm::Busy, 2, 1), fine(), 0).len(), 1);
        assert_eq!(with(null(Arm::Busy, 20, 0), fine(), 20).len(), 1);
        let missed = |arm, cells, found| with(null(Arm::Same, 20, 0), planted(arm, cells, found), 0);
        assert_eq!(missed(Arm::Wall(5), 100, 89), ["wall-5: found in 89 of 100 comparisons, and 95 % have to be"]);
        assert_eq!(missed(Arm::Wall(3), 100, 70), [""; 0]);
        assert_eq!(missed(Arm::Work(1), 100, 95).len(), 1);
        assert_eq!(missed(Arm::Wall(7), 100, 0), [""; 0], "of which nothing is promised");
    }

    #[test]
    fn results_are_written_to_a_directory_and_a_broken_promise_is_red() {
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
        for file in [FILE, CURVE, TABLE] {
            assert!(std::fs::metadata(dir.path().join(file)).unwrap().len() > 500, "{file}");
        }
        record(Arm::Wall(10), 0.0);
        assert_eq!(write(&workspace, dir.path()).unwrap(), exit_status::FAIL, "what was planted was not found");
        record(Arm::Wall(10), 0.1);
        record(Arm::Same, 0.1);
        assert_eq!(write(&workspace, dir.path()).unwrap(), exit_status::FAIL, "unchanged code is red");
    }

    /// The pairs that were recorded, judged by the code as it is now. When this is red, a change of the judging code made
    /// the gate worse: red more often though nothing is worse, or blind to what it saw before.
    #[test]
    fn the_gate_is_no_worse_than_what_is_published() {
        let workspace = Workspace::find().unwrap();
        let text = std::fs::read_to_string(workspace.data_dir().join(FILE)).unwrap();
        let stored: Published = toml::from_str(&text).unwrap();
        let recorded = Recorded::read(&workspace.data_dir()).unwrap();
        let now = publish(&recorded, &recorded.unchanged().unwrap()).unwrap();
        assert!(now.not_kept.keys().all(|arm| stored.not_kept.contains_key(arm)), "{:?}", now.not_kept);

        for (before, now) in stored.null.iter().zip(&now.null) {
            assert_eq!((&before.arm, before.cells), (&now.arm, now.cells), "other pairs than those published");
            assert!(now.red_suites <= before.red_suites && now.red_cells <= before.red_cells, "{now:?}");
            assert!(
                now.inconclusive_cells <= before.inconclusive_cells,
                "{now:?}, {} before",
                before.inconclusive_cells
            );
        }
        for (before, now) in stored.resampled.iter().zip(&now.resampled) {
            assert!(now.suites >= 2_000 && now.red_suites <= before.red_suites, "{now:?}");
        }
        for (before, now) in stored.planted.iter().zip(&now.planted) {
            assert_eq!((&before.arm, before.cells), (&now.arm, now.cells), "other pairs than those published");
            assert!(now.found >= before.found, "{now:?}, {} before", before.found);
        }
        let counts = |published: &Published| {
            [
                published.null.len(),
                published.resampled.len(),
                published.planted.len(),
                published.found_in_95_percent.len(),
            ]
        };
        assert_eq!(counts(&stored), counts(&now));
        for (case, before) in &stored.found_in_95_percent {
            // The last digit may be another where a logarithm is.
            assert!(
                now.found_in_95_percent[case] <= before + 0.11,
                "{case}: {before} % were found, {:?}",
                now.found_in_95_percent[case]
            );
        }
        let readme = std::fs::read_to_string(workspace.root().join("README.md")).unwrap();
        assert_eq!(
            with_table(&readme, &stored.table()).as_deref(),
            Some(readme.as_str()),
            "the README has another table"
        );
    }
}
