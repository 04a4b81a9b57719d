//! `perf --against` in a real repository: built by cargo and linked in many layouts. Only the times are constants.

use std::fs;
use std::path::PathBuf;

use crate::tiny::{CASES, CLOCK, MOCKS, Tiny};
use crate::world::{Ran, days_ahead};
use serde_json::Value;

/// The file with the pairs of the only comparison.
fn pairs_file(tiny: &Tiny) -> PathBuf {
    let mut files = fs::read_dir(tiny.path("target/perf/pairs")).unwrap().map(|file| file.unwrap().path());
    let one = files.next().unwrap();
    assert_eq!(files.next(), None, "one comparison");
    one
}

/// Number of built sides in the cache.
fn sides(tiny: &Tiny) -> usize {
    fs::read_dir(tiny.path("target/perf/compare")).map_or(0, Iterator::count)
}

fn pairing(tiny: &Tiny) -> Value {
    let comparison = tiny.comparison();
    assert!(comparison["pairs"].is_object(), "{comparison}");
    comparison["pairs"].clone()
}

#[test]
fn unchanged_inputs_are_identical_and_changed_ones_are_measured_once() {
    let tiny = Tiny::with_baseline().linking_each_layout();
    let head = tiny.git(&["rev-parse", "HEAD"]);

    // Nothing that is measured differs.
    tiny.edit("README.md", "small", "tiny");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("IDENTICAL");
    let report = tiny.report();
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.len() > 3 && rows.iter().all(|row| row["verdict"] == "IDENTICAL"), "{rows:#?}");
    assert_eq!(tiny.comparison()["unchanged"]["commit"], head.trim());
    let mut classes: Vec<_> = rows.iter().map(|row| row["class"].as_str().unwrap()).collect();
    classes.dedup();
    assert_eq!(classes, ["behaviour", "heap"], "each class once");
    for built in ["tree", "build", "compare", "pairs"] {
        assert!(!tiny.path("target/perf").join(built).exists(), "{built}");
    }

    // A source differs, and the programs do not.
    tiny.edit(CLOCK, "//! A clock that only says", "//! A clock which only says");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("IDENTICAL");
    assert_eq!(tiny.wall_verdicts(), ["IDENTICAL"; 2]);
    assert_eq!(tiny.comparison()["unchanged"]["commit"], head.trim());
    assert_eq!(sides(&tiny), 2);
    assert!(!tiny.path("target/perf/pairs").exists());

    // The programs differ, and their time does not.
    tiny.git(&["switch", "--quiet", "--create", "work"]);
    tiny.edit(CLOCK, "wind the spring, then strike", "strike while the spring is wound");
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(tiny.wall_verdicts(), ["PASS"; 2]);
    assert_eq!(sides(&tiny), 3);
    for case in CASES {
        let paired = &tiny.wall(case)["paired"];
        assert!(paired["pairs"].as_u64().unwrap() > 7 && paired["confirming"] == 0, "{paired}");
        assert!(paired["mde_percent"].as_f64().unwrap() < 3.0, "{paired}");
    }
    let (first, file) = (pairing(&tiny), pairs_file(&tiny));
    assert_eq!((&first["earlier_pairs"], &first["own_cases"]), (&Value::from(0), &Value::Null));
    let measured = fs::read(&file).unwrap();

    // What was measured is known, also where the base is found in another way.
    tiny.commit("another way");
    for (arguments, chosen) in [(&["--against", "main"][..], "requested as `main`"), (&[], "the merge base with main")]
    {
        tiny.perf(arguments).expect(0);
        assert_eq!(tiny.wall_verdicts(), ["PASS"; 2]);
        let again = pairing(&tiny);
        assert_eq!(again["earlier_pairs"], again["pairs"]);
        assert_eq!((&again["pairs"], &again["linking_seconds"]), (&first["pairs"], &Value::from(0.0)));
        assert_eq!(again["revision"]["chosen"], chosen);
        assert_eq!(again["revision"]["commit"], head.trim());
        assert_eq!((pairs_file(&tiny), fs::read(&file).unwrap() == measured), (file.clone(), true));
    }
}

#[test]
fn without_an_option_nothing_is_measured_on_equal_inputs_unless_it_is_asked_for() {
    let tiny = Tiny::with_baseline();
    tiny.git(&["switch", "--quiet", "--create", "work"]);
    tiny.edit("README.md", "small", "tiny");
    tiny.commit("words only");
    tiny.perf(&[]).expect(0).says("IDENTICAL").says("to measure: cargo clock perf --only '**'");
    let report = tiny.report();
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.len() > 3 && rows.iter().all(|row| row["verdict"] == "IDENTICAL"), "{rows:#?}");
    for built in ["tree", "build", "compare", "pairs"] {
        assert!(!tiny.path("target/perf").join(built).exists(), "{built}");
    }
    let [one, _] = CASES;
    for only in [one, "**"] {
        tiny.perf(&["--only", only]).expect(0);
        assert!(tiny.wall(one)["head"].is_u64(), "{}", tiny.wall(one));
    }
}

#[test]
fn slower_fails_faster_passes_and_a_threshold_widens_the_margin_until_it_expires() {
    let tiny = Tiny::new();
    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.perf(&["--against", "HEAD"]).expect(1).says("REGRESSED").says("slower; instructions were not counted");
    assert_eq!(tiny.wall_verdicts(), ["REGRESSED"; 2]);
    for case in CASES {
        let row = tiny.wall(case);
        let change = row["paired"]["change_percent"].as_f64().unwrap();
        assert!((9.0..11.0).contains(&change), "{row}");
        assert!(row["paired"]["confirming"].as_u64().unwrap() > 0, "on fresh pairs: {row}");
        let [base, head] = ["base", "head"].map(|side| row[side].as_u64().unwrap());
        assert!((495..=505).contains(&base) && (545..=555).contains(&head), "{row}");
    }

    // The stored pairs are judged again.
    let threshold = |case: &str, day: &str| {
        format!(
            "[[threshold]]\ncase = \"{case}\"\nwall_percent = 15\nreason = \"it is worth it\"\nexpires = \"{day}\"\n"
        )
    };
    let thresholds = |entries: &[String]| {
        tiny.write("clock-data/thresholds.toml", &format!("schema = 1\n{}", entries.concat()));
    };
    let [one, other] = CASES;
    thresholds(&[threshold(one, &days_ahead(30)), threshold(other, &days_ahead(30))]);
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(tiny.wall_verdicts(), ["PASS"; 2]);
    thresholds(&[threshold(one, "2020-01-01"), threshold(other, &days_ahead(30))]);
    tiny.perf(&["--against", "HEAD"]).expect(1);
    assert_eq!(tiny.wall_verdicts(), ["REGRESSED", "PASS"]);
    assert_eq!(pairing(&tiny)["earlier_pairs"], pairing(&tiny)["pairs"]);

    // Only the rules differ from the base: the case is measured, and no change of its time is reported.
    tiny.edit(CLOCK, "550.0", "500.0");
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(tiny.wall_verdicts(), ["IDENTICAL"; 2]);

    tiny.restore();
    tiny.edit(CLOCK, "500.0", "450.0");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("IMPROVED");
    assert_eq!(tiny.wall_verdicts(), ["IMPROVED"; 2]);
    assert!(tiny.wall(one)["paired"]["confirming"].as_u64().unwrap() > 0);
}

#[test]
fn a_slower_mean_fails_although_most_operations_are_as_fast() {
    let tiny = Tiny::new();
    tiny.edit(CLOCK, "MEAN_FACTOR: f64 = 1.5", "MEAN_FACTOR: f64 = 3.0");
    tiny.perf(&["--against", "HEAD"]).expect(1).says("the mean is slower");
    assert_eq!(tiny.wall_verdicts(), ["PASS"; 2]);
    let rows = tiny.rows("mean");
    assert_eq!(rows.len(), CASES.len());
    for row in rows {
        assert_eq!((row["verdict"].as_str(), row["metric"].as_str()), (Some("REGRESSED"), Some("mean-time")), "{row}");
        assert!((99.0..101.0).contains(&row["paired"]["change_percent"].as_f64().unwrap()), "{row}");
    }
}

#[test]
fn a_slowdown_of_all_cases_that_none_of_them_shows_fails_in_their_common_row() {
    let tiny = Tiny::new();
    let cases = (0..6).map(|n| format!("(\"strike/many/{n}\", {n}), ")).collect::<String>();
    tiny.edit(MOCKS, "pub const CASES: [(&str, u64); 2] = [", &format!("pub const CASES: [(&str, u64); 8] = [{cases}"));
    tiny.commit("many cases");
    tiny.edit(CLOCK, "500.0", "503.5");
    tiny.perf(&["--against", "HEAD"]).expect(1).says("all cases together are slower");
    let of_cases = tiny.rows("wall");
    let passes = |row: &Value| row["verdict"] == "PASS";
    assert!(of_cases.len() == 8 && of_cases.iter().all(passes), "the margin of a case is 1 %: {of_cases:#?}");
    let [row] = &tiny.rows("together")[..] else { panic!("{:?}", tiny.rows("together")) };
    assert_eq!(
        (row["verdict"].as_str(), row["case"].as_str()),
        (Some("REGRESSED"), Some("all-cases/timed/8")),
        "{row}"
    );
    let number = |name: &str| row["paired"][name].as_f64().unwrap();
    assert!((0.4..1.1).contains(&number("change_percent")) && number("confirming") > 60.0, "{row}");

    tiny.edit(CLOCK, "503.5", "500.5");
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(tiny.rows("together")[0]["verdict"], "PASS", "0.1 % is within the margin");
}

#[test]
fn an_unstable_machine_is_reported_and_the_change_does_not_fail() {
    let tiny = Tiny::new();
    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.write("unstable", "");
    let ran = tiny.perf(&["--against", "HEAD"]).expect(0);
    ran.says("UNSTABLE").says("the base differs from itself");
    assert_eq!(tiny.wall_verdicts(), ["UNSTABLE"; 2]);
    // The first pairs are as slow as those of the run that fails.
    for case in CASES {
        let row = tiny.wall(case);
        let count = |name: &str| row["paired"][name].as_u64().unwrap() as usize;
        let first = count("pairs") - count("confirming");
        let mut first = row["paired"]["differences_percent"].as_array().unwrap().iter().take(first);
        assert!(first.all(|percent| percent.as_f64().unwrap() > 8.0), "{row}");
    }
}

#[test]
fn a_base_that_does_not_build_with_the_cases_of_the_change_has_its_own() {
    let tiny = Tiny::new();
    let with_new = "pub const CASES: [(&str, u64); 3] = [(\"set/fresh/40\", clock::FRESH), ";
    tiny.edit(MOCKS, "pub const CASES: [(&str, u64); 2] = [", with_new);
    tiny.edit(MOCKS, "(\"strike/noon/12\", 7)", "(\"strike/noon/12\", 8)");
    tiny.edit(CLOCK, "/// How it works", "/// What is new.\npub const FRESH: u64 = 9;\n\n/// How it works");
    let dependency = "edition = \"2024\"\n\n[dependencies]\nclock = { path = \"../clock\" }\n";
    tiny.edit("crates/clock-mocks/Cargo.toml", "edition = \"2024\"\n", dependency);
    let locked = "name = \"clock-mocks\"\nversion = \"0.1.0\"\n";
    tiny.edit("Cargo.lock", locked, &format!("{locked}dependencies = [\n \"clock\",\n]\n"));
    tiny.edit(CLOCK, "wind the spring, then strike", "strike while the spring is wound");
    // A second, which holds on any machine.
    let budget = "[[budget]]\ncase = \"set/fresh/40\"\nmetric = \"time\"\nunit = \"ns\"\nlimit = 1_000_000_000\nsource = \"a test\"\n";
    tiny.write("clock-data/budgets.toml", &format!("schema = 1\n\n{budget}"));

    tiny.perf(&["--against", "HEAD"]).expect(0).says("the base does not build with the cases of the change");
    let [budget] = &tiny.rows("budget")[..] else { panic!("{:?}", tiny.rows("budget")) };
    assert_eq!(budget["verdict"], "PASS", "the change alone has to keep it: {budget}");
    assert_eq!(tiny.wall_verdicts(), ["NEW", "PASS"], "another checksum, and the same");
    assert_eq!(tiny.wall("set/fresh/40")["verdict"], "NEW", "the base has no such case");
    let reason = pairing(&tiny)["own_cases"].as_str().unwrap().to_owned();
    assert!(reason.contains("cannot find value `FRESH` in crate `clock`"), "{reason}");
}

#[test]
fn with_another_toolchain_exact_values_are_compared_with_the_measured_base() {
    let tiny = Tiny::with_baseline();
    let folder = "clock-data/baselines/clock-bench";
    let name = fs::read_dir(tiny.path(folder)).unwrap().next().unwrap().unwrap().file_name();
    let file = format!("{folder}/{}", name.to_str().unwrap());
    tiny.edit(&file, "key.rustc = \"rustc ", "key.rustc = \"rustc 0.1.0, once ");
    // Another toolchain has other values.
    let text = fs::read_to_string(tiny.path(&file)).unwrap();
    assert_eq!(text.matches("value = 56").count(), CASES.len());
    tiny.write(&file, &perf_gate::Baseline::update_digest(&text.replace("value = 56", "value = 80")));
    tiny.commit("a baseline from elsewhere");
    let blocks = || {
        let rows = tiny.rows("heap");
        assert_eq!(rows.len(), CASES.len(), "{rows:#?}");
        assert!(rows.iter().all(|row| row["base"] == rows[0]["base"] && row["verdict"] == rows[0]["verdict"]));
        (rows[0]["verdict"].as_str().unwrap().to_owned(), rows[0]["base"].clone(), rows[0]["head"].clone())
    };

    tiny.edit(CLOCK, "wind the spring, then strike", "strike while the spring is wound");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("the baseline is not comparable: rustc is rustc");
    assert_eq!(blocks(), ("PASS".into(), 56.into(), 56.into()));
    assert!(pairing(&tiny)["baseline_not_comparable"].as_str().unwrap().contains("once"), "{}", pairing(&tiny));

    tiny.edit(CLOCK, "= 56", "= 57");
    tiny.perf(&["--against", "HEAD"]).expect(1);
    assert_eq!(blocks(), ("REGRESSED".into(), 56.into(), 57.into()));

    // Accepted where the baseline is from: one more there is one more here.
    let accepted = fs::read_to_string(tiny.path(&file)).unwrap().replace("value = 80", "value = 81");
    tiny.write(&file, &perf_gate::Baseline::update_digest(&accepted));
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(blocks(), ("PASS".into(), 57.into(), 57.into()));

    tiny.edit(CLOCK, "= 57", "= 40");
    tiny.perf(&["--against", "HEAD"]).expect(0).says("IMPROVED");
    assert_eq!(blocks(), ("IMPROVED".into(), 57.into(), 40.into()));
}

#[test]
fn a_base_that_does_not_build_is_not_compared() {
    let tiny = Tiny::new();
    let good = fs::read_to_string(tiny.path(CLOCK)).unwrap();
    tiny.write(CLOCK, "pub fn broken( {}");
    tiny.commit("broken");
    tiny.write(CLOCK, &good);
    tiny.perf(&["--against", "HEAD", "--require", "wall"]).expect(4).says("does not build here");
    assert_eq!(tiny.wall_verdicts(), ["INCONCLUSIVE"; 2]);
    assert!(tiny.comparison()["none"].as_str().unwrap().contains("does not build here"));
    // Without --against a missing base is no error.
    tiny.perf(&[]).expect(0);
    assert_eq!(tiny.wall_verdicts(), ["INFO"; 2]);

    // The change has to build.
    tiny.write(CLOCK, "pub fn also_broken( {}");
    tiny.perf(&["--against", "HEAD^"]).expect(2).says("the measuring programs do not build");
}

#[test]
fn a_missing_base_is_an_error_with_a_hint() {
    let tiny = Tiny::new();
    tiny.perf(&["--against", "nonsense"])
        .expect(2)
        .says("`--against nonsense` is not a commit of this repository")
        .says("git branch --all");

    tiny.edit(CLOCK, "500.0", "550.0");
    tiny.commit("slower");
    let shallow = tiny.shallow();
    shallow.perf(&["--against", "HEAD^", "--require", "wall"]).expect(4).says("git fetch --unshallow");
    assert_eq!(shallow.wall_verdicts(), ["INCONCLUSIVE"; 2]);

    fs::remove_dir_all(tiny.path(".git")).unwrap();
    tiny.perf(&["--against", "HEAD"]).expect(2).says("this is not a git repository with a commit");
}

/// Each run above is checked for files outside `target`. Here git is configured to write more.
#[test]
fn the_repository_is_only_read() {
    let tiny = Tiny::new().linking_each_layout();
    tiny.git(&["config", "core.splitIndex", "true"]);
    tiny.git(&["config", "core.untrackedCache", "true"]);
    tiny.git(&["config", "index.version", "4"]);
    tiny.write("staged", "");
    tiny.git(&["add", "staged"]);
    tiny.write("untracked", "");
    tiny.edit(CLOCK, "wind the spring, then strike", "strike while the spring is wound");
    let status = || tiny.git(&["--no-optional-locks", "status", "--porcelain"]);
    let before = status();
    assert_eq!(before, format!(" M {CLOCK}\nA  staged\n?? untracked\n"));
    // `perf` checks that every file of `.git` is as before.
    tiny.perf(&["--against", "HEAD"]).expect(0);
    assert_eq!(tiny.wall_verdicts(), ["PASS"; 2]);
    assert_eq!(status(), before);

    // A leftover of a killed git in `target` does not stop a run.
    tiny.write("target/perf/base.index.lock", "");
    tiny.write("target/perf/base/stray", "");
    Ran::of(tiny.perf_command(&["--against", "HEAD"]).output().unwrap()).expect(0);
}
