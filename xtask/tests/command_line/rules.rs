//! A change cannot loosen its own rules unnoticed: each loosened rule is reported before the verdict, and fails the run where
//! that is forbidden.

use std::fs;

use perf_gate::Baseline;

use crate::tiny::{CLOCK, MOCKS, Tiny};
use crate::world::days_ahead;

const BUDGETS: &str = "clock-data/budgets.toml";
const THRESHOLDS: &str = "clock-data/thresholds.toml";

/// A workspace with a baseline and a budget.
fn tiny() -> Tiny {
    let tiny = Tiny::with_baseline();
    let budget = "schema = 1\n[[budget]]\ncase = \"strike/noon/12\"\nmetric = \"heap-blocks\"\nunit = \"blocks\"\nlimit = 60\n\
                  source = \"a promise\"\n";
    tiny.write(BUDGETS, budget);
    tiny.commit("a budget");
    tiny
}

fn baseline(tiny: &Tiny) -> String {
    let folder = "clock-data/baselines/clock-bench";
    let name = fs::read_dir(tiny.path(folder)).unwrap().next().unwrap().unwrap().file_name();
    format!("{folder}/{}", name.to_str().unwrap())
}

/// Edits the baseline with a valid digest.
fn edit_baseline(tiny: &Tiny, from: &str, to: &str) {
    let file = baseline(tiny);
    let text = fs::read_to_string(tiny.path(&file)).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    tiny.write(&file, &Baseline::update_digest(&text.replacen(from, to, 1)));
}

fn margin(case: &str, percent: u8, day: &str) -> String {
    format!(
        "schema = 1\n[[threshold]]\ncase = \"{case}\"\nwall_percent = {percent}\nreason = \"why not\"\nexpires = \"{day}\"\n"
    )
}

#[test]
fn a_loosened_rule_is_reported_before_the_verdict_and_fails_where_it_is_forbidden() {
    let tiny = tiny();
    let accepted = |day: &str| {
        format!(
            "accepted = [\n  {{ case = \"strike/noon/12\", metric = \"heap-blocks\", value = 9000000, expires = \"{day}\", reason = \"why not\" }},"
        )
    };
    let soon = days_ahead(30);
    let blocks = "metric = \"heap-blocks\", unit = \"blocks\", class = \"heap\", value = ";
    type Trick<'a> = (&'a str, Box<dyn Fn() + 'a>, String);
    let tricks: [Trick<'_>; 8] = [
        (
            "a stored value",
            Box::new(|| edit_baseline(&tiny, &format!("{blocks}56"), &format!("{blocks}500"))),
            "stored value: strike/noon/12 heap-blocks: 56 to 500 (+792.9 %)".into(),
        ),
        (
            "an acceptance",
            Box::new(|| edit_baseline(&tiny, "accepted = [", &accepted(&soon))),
            format!("acceptance: strike/noon/12 heap-blocks: 9000000 until {soon} (why not)"),
        ),
        (
            "a looser budget",
            Box::new(|| tiny.edit(BUDGETS, "limit = 60", "limit = 600")),
            "budget: strike/noon/12 heap-blocks: 60 to 600 blocks".into(),
        ),
        (
            "a budget deleted",
            Box::new(|| tiny.write(BUDGETS, "schema = 1\nbudget = []\n")),
            "budget: strike/noon/12 heap-blocks: the limit of 60 blocks is gone".into(),
        ),
        (
            "a margin",
            Box::new(|| tiny.write(THRESHOLDS, &margin("wind/spring/40", 100, &soon))),
            format!("margin: wind/spring/40: 100 % until {soon} (why not)"),
        ),
        (
            "a case made easier",
            Box::new(|| tiny.edit(MOCKS, "//! What the clock", "// Easier.\n//! What the clock")),
            "harness: crates/clock-mocks/src/lib.rs differs".into(),
        ),
        (
            "an input",
            Box::new(|| tiny.edit("clock-data/scenarios/floor.toml", "seed = 1", "seed = 2")),
            "input: clock-data/scenarios/floor.toml differs".into(),
        ),
        (
            "a case deleted",
            Box::new(|| {
                let file = baseline(&tiny);
                let text = fs::read_to_string(tiny.path(&file)).unwrap();
                let kept: String = text
                    .lines()
                    .filter(|line| !line.contains("wind/spring/40"))
                    .map(|line| format!("{line}\n"))
                    .collect();
                tiny.write(&file, &Baseline::update_digest(&kept));
            }),
            "case: wind/spring/40 is no longer stored".into(),
        ),
    ];
    for (name, trick, told) in tricks {
        trick();
        let ran = tiny.perf(&["--against", "HEAD", "--forbid-rule-changes"]);
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.stdout, ran.stderr);
        let ran = ran.says("Rules changed by this change").says(&told);
        let verdict = ran.stdout.find("this change loosens the rules that judge it").unwrap_or(0);
        assert!(ran.stdout.find("Rules changed").unwrap() < verdict, "{name}: before the verdict: {}", ran.stdout);
        let markdown = fs::read_to_string(tiny.path("target/perf/latest/report.md")).unwrap();
        assert!(markdown.contains("### Rules changed by this change"), "{name}: {markdown}");
        assert!(!tiny.report()["rules_changed"].as_array().unwrap().is_empty(), "{name}");
        tiny.restore();
    }

    // Without the option it is only listed.
    tiny.edit(BUDGETS, "limit = 60", "limit = 600");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("budget: strike/noon/12 heap-blocks: 60 to 600 blocks");
    tiny.restore();
    let ran = tiny.perf(&["--against", "HEAD", "--forbid-rule-changes"]).expect(0);
    assert!(!ran.stdout.contains("Rules changed"), "{}", ran.stdout);
    // Stricter rules are not listed.
    tiny.edit(BUDGETS, "limit = 60", "limit = 57");
    let ran = tiny.perf(&["--against", "HEAD", "--forbid-rule-changes"]).expect(0);
    assert!(!ran.stdout.contains("Rules changed"), "{}", ran.stdout);
}

#[test]
fn invalid_rules_are_refused() {
    let tiny = tiny();
    let refused = |says: &str| {
        let ran = tiny.perf(&["--against", "HEAD"]).expect(3);
        ran.says(says);
        tiny.restore();
    };
    tiny.write(THRESHOLDS, &margin("wind/spring/40", 100, "9999-12-31"));
    refused("`expires` is more than 90 days ahead");
    tiny.write(THRESHOLDS, &margin("no/such/case", 100, &days_ahead(30)));
    refused("it has a margin for the case `no/such/case`, which is in no baseline");
    let accepted = "accepted = [\n  { case = \"strike/noon/12\", metric = \"heap-blocks\", value = 9000000, expires = \"9999-12-31\", reason = \"r\" },";
    edit_baseline(&tiny, "accepted = [", accepted);
    refused("the accepted row `strike/noon/12` expires on `9999-12-31`, more than 90 days ahead");
    let file = baseline(&tiny);
    let record = |value: u32| {
        format!("\"strike/noon/12\", metric = \"heap-blocks\", unit = \"blocks\", class = \"heap\", value = {value}")
    };
    tiny.edit(&file, &record(56), &record(500));
    refused("`digest` does not match the stored values");
}

#[test]
fn a_wide_margin_is_shown_and_rules_without_a_base_are_inconclusive() {
    let tiny = tiny();
    tiny.write(THRESHOLDS, &margin("wind/spring/40", 15, &days_ahead(30)));
    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.perf(&["--against", "HEAD"]).expect(1).says("margin 15 % instead of 1 % (thresholds.toml)");
    assert_eq!(tiny.wall("wind/spring/40")["paired"]["margin_percent"], 15.0);
    assert_eq!(tiny.wall("strike/noon/12")["paired"]["margin_percent"], 1.0);
    let shallow = tiny.shallow();
    shallow.perf(&["--forbid-rule-changes"]).expect(4);
}
