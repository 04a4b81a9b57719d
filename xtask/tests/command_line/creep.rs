//! Many small steps, each of which passes, and the anchor, against which they add up; and baselines for several tools.

use crate::tiny::{CASES, CLOCK, MOCKS, Tiny};
use crate::world::{Ran, World};

/// Commits a change that adds 0.9 % to the instructions, for each of `steps`.
fn creep(tiny: &Tiny, steps: std::ops::RangeInclusive<i32>) {
    let instructions = |step: i32| (100_000.0 * 1.009_f64.powi(step)).round() as u64;
    for step in steps {
        let (before, now) = (instructions(step - 1), instructions(step));
        let before = if step == 1 { "100_000".to_owned() } else { before.to_string() };
        tiny.edit(CLOCK, &format!("INSTRUCTIONS: u64 = {before}"), &format!("INSTRUCTIONS: u64 = {now}"));
        tiny.commit(&format!("step {step}"));
    }
}

fn pin(tiny: &Tiny, revision: &str) {
    tiny.write("clock-data/anchor.toml", &format!("schema = 1\nrevision = \"{revision}\"\n"));
    tiny.commit("pin an anchor");
}

/// Twenty commits of +0.9 %, under another valgrind than that of the baseline: the base is always the commit before, so each of
/// them passes against it. Against the anchor the sixth is above 5 %, and fails.
#[test]
fn creep_is_red_when_it_passes_five_percent_also_under_other_tools() {
    let tiny = Tiny::with_instructions();
    tiny.git(&["tag", "v1"]);
    pin(&tiny, "v1");
    tiny.install_valgrind("3.22.0");
    let strict = ["--against", "HEAD^", "--require", "instructions", "--require", "anchor"];

    creep(&tiny, 1..=5);
    tiny.perf(&strict).expect(0).says("anchor").says("+4.6 %");
    creep(&tiny, 6..=6);
    tiny.perf(&strict).expect(1).says("above the anchor").says("+5.5");
    let rows = tiny.report()["rows"].as_array().unwrap().clone();
    let of_anchor: Vec<_> = rows.iter().filter(|row| row["class"] == "anchor").collect();
    assert_eq!(of_anchor.len(), CASES.len(), "{of_anchor:#?}");
    assert!(of_anchor.iter().all(|row| row["verdict"] == "REGRESSED" && row["metric"] == "instructions"));
    // Against the commit before they still pass.
    let counted: Vec<_> = rows.iter().filter(|row| row["class"] == "instructions").collect();
    assert!(counted.len() == CASES.len() && counted.iter().all(|row| row["verdict"] == "PASS"), "{counted:#?}");

    creep(&tiny, 7..=20);
    tiny.perf(&strict).expect(1).says("+19.6");
    // Without an anchor every run passes.
    tiny.git(&["rm", "--quiet", "clock-data/anchor.toml"]);
    tiny.commit("unpin");
    tiny.perf(&["--against", "HEAD^^", "--require", "instructions"]).expect(0);
}

/// The anchor was measured here once; then every run knows its values.
#[test]
fn an_anchor_is_measured_where_it_is_required_and_then_known() {
    let tiny = Tiny::with_instructions();
    tiny.git(&["tag", "v1"]);
    pin(&tiny, "v1");
    tiny.install_valgrind("3.22.0");
    // The pin itself changes nothing that is measured.
    tiny.perf(&["--only", "**", "--require", "anchor"]).expect(0).says("nothing that is measured differs from it");
    creep(&tiny, 1..=6);
    // Exit code 0: the run did not require the anchor.
    tiny.perf(&["--against", "HEAD^"]).expect(0).says("anchor: not compared").says("perf --require anchor");
    tiny.perf(&["--against", "HEAD^", "--require", "anchor"]).expect(1).says("measured here");
    tiny.perf(&["--against", "HEAD^"]).expect(1).says("measured here");

    // A limit of its own, with its reason.
    let allowed: String = CASES
        .iter()
        .map(|case| {
            format!(
                "[[allowed]]\ncase = \"{case}\"\nmetric = \"instructions\"\npercent = 8\nreason = \"a new spring\"\n"
            )
        })
        .collect();
    tiny.write("clock-data/anchor.toml", &format!("schema = 1\nrevision = \"v1\"\n{allowed}"));
    tiny.perf(&["--against", "HEAD^"]).expect(0).says("ACCEPTED").says("a new spring").says("5 % to 8 % over it");
    tiny.perf(&["--against", "HEAD^", "--forbid-rule-changes"]).expect(1).says("loosens the rules");

    tiny.write("clock-data/anchor.toml", "schema = 1\nrevision = \"v2\"\n");
    let missing = "this clone has no `v2`: git fetch --depth 1 origin v2";
    tiny.perf(&["--against", "HEAD^"]).expect(0).says(missing);
    tiny.perf(&["--against", "HEAD^", "--require", "anchor"]).expect(4).says(missing);
    tiny.write("clock-data/anchor.toml", "schema = 1\nrevision = \"HEAD\"\n");
    tiny.perf(&["--against", "HEAD^"]).expect(3).says("anchor.toml:2").says("neither a tag nor a full hash");
}

/// A change that adds a case and stores its values passes under other tools too, where a stored value of each row is required.
#[test]
fn a_new_case_that_is_stored_for_other_tools_passes() {
    let tiny = Tiny::with_instructions();
    tiny.edit(MOCKS, "[(&str, u64); 2]", "[(&str, u64); 3]");
    tiny.edit(MOCKS, "(\"wind/spring/40\", 7)", "(\"wind/spring/40\", 7), (\"wind/weight/50\", 7)");
    // The base does not build with the cases of the change, so it is measured with its own.
    tiny.edit(CLOCK, "/// How it works.", "/// What drives it.\npub const WEIGHT: u64 = 7;\n\n/// How it works.");
    tiny.edit(
        "crates/clock-bench/benches/count.rs",
        "fn main() {",
        "fn main() {\n    std::hint::black_box(clock::WEIGHT);",
    );
    let strict = ["--against", "HEAD", "--require", "instructions", "--require-baseline"];
    tiny.perf(&strict).expect(1).says("NEW");
    Ran::of(tiny.command(&["baseline", "update"]).output().unwrap()).expect(0);
    tiny.perf(&strict).expect(0);
    tiny.install_valgrind("3.22.0");
    tiny.perf(&strict).expect(0).says("stored for other tools, and the base does not have the case");
}

/// Instructions of another valgrind are stored beside those of the first, and both are judged.
#[test]
fn each_set_of_tools_has_stored_instructions_of_its_own() {
    let world = World::with_instructions();
    let first = world.baseline();
    world.install_valgrind("3.22.0");
    world.case("query/floor/10").instructions(50_000);
    world.case("url/ordinary/40").instructions(70_000);
    world
        .xtask(&["perf", "--require", "instructions"])
        .expect(4)
        .says("valgrind is 3.22.0 here, 3.19.0 in the baseline");
    world.xtask(&["baseline", "diff"]).expect(0).says("NEW");
    world.xtask(&["baseline", "update"]).expect(0).says("+valgrind-3.22.0+glibc");
    let files: Vec<_> = std::fs::read_dir(world.baselines()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let is_main = |path: &&std::path::PathBuf| !path.display().to_string().contains('+');
    let main = files.iter().find(is_main).unwrap();
    assert_eq!(std::fs::read_to_string(main).unwrap(), first, "the values of the first stay");
    world.xtask(&["baseline", "update"]).expect(0).says("unchanged");
    world.xtask(&["baseline", "check"]).expect(0);

    world.xtask(&["perf", "--require", "instructions", "--require-baseline"]).expect(0);
    assert_eq!(world.verdict("instructions", "query/floor/10", "instructions"), "PASS");
    world.case("query/floor/10").instructions(50_501);
    world.xtask(&["perf"]).expect(1).says("above the baseline by more than 1 %");
    // With the tools of before the values of before count.
    world.install_valgrind("3.19.0");
    world.case("query/floor/10").instructions(42_000);
    world.case("url/ordinary/40").instructions(60_000);
    world.xtask(&["perf", "--require", "instructions"]).expect(0);

    // A file under the name of other tools is refused.
    let beside = files.iter().find(|path| !is_main(path)).unwrap();
    let wrong = beside.with_file_name(beside.file_name().unwrap().to_str().unwrap().replace("3.22.0", "3.23.0"));
    std::fs::rename(beside, &wrong).unwrap();
    world.xtask(&["baseline", "check"]).expect(3).says("does not match the file name");
}
