//! `perf load`: the program is built and started, and its report decides.

use std::fs;

use crate::folder;
use crate::tiny::Tiny;
use crate::world::{Ran, World};

/// A workspace whose program `world-load` does what a test writes.
struct Load(World);

impl Load {
    fn new() -> Self {
        let world = World::new();
        folder::edit(
            &world.path("Cargo.toml"),
            "harness = [\"world-bench\"]",
            "harness = [\"world-bench\"]\nload = \"world-load\"",
        );
        world.install("measuring.sh", "world-load");
        world.write("world-data/load/users.toml", "schema = 1\n");
        Self(world)
    }

    /// Lets the program write a report with this end and these verdicts, and exit with a code.
    fn reports(&self, end: &str, verdicts: &[&str], code: i32) {
        let threshold =
            |verdict: &&str| format!("{{\"threshold\":\"ttft.p95 < 1s\",\"verdict\":\"{verdict}\",\"n\":9}}");
        let thresholds = verdicts.iter().map(threshold).collect::<Vec<_>>().join(",");
        let report = format!(
            "{{\"schema\":1,\"scenario\":\"users\",\"end\":{{\"kind\":\"{end}\"}},\
             \"requests\":{{\"succeeded\":9,\"failed\":0}},\"thresholds\":[{thresholds}]}}"
        );
        self.does(&format!(
            "cat >\"$3/report.json\" <<'END'\n{report}\nEND\necho \"asked: ${{*#*load/}}\"\nexit {code}\n"
        ));
    }

    /// The program is called with the scenario first.
    fn does(&self, script: &str) {
        let scenario = self.0.path("world-data/load/users.toml");
        let script_file =
            self.0.path("bin/world-load.d").join(scenario.strip_prefix("/").unwrap()).with_extension("toml.sh");
        folder::write(&script_file, script);
    }

    fn run(&self, options: &[&str]) -> Ran {
        self.0.xtask(&[&["perf", "load"], options].concat())
    }
}

#[test]
fn the_report_decides_and_not_the_exit_code_of_the_program() {
    let load = Load::new();
    load.reports("complete", &["PASS", "PASS"], 0);
    load.run(&["users", "--virtual"]).expect(0).says("PASS (exit 0): all 2 thresholds are met");
    load.reports("complete", &["PASS", "FAIL"], 0);
    load.run(&["users"]).expect(1).says("FAIL (exit 1): 1 of 2 thresholds are not met");
    load.reports("complete", &["PASS", "INSUFFICIENT"], 0);
    load.run(&["users"]).expect(4).says("INCONCLUSIVE (exit 4): 1 of 2");
    load.reports("aborted", &["PASS"], 0);
    load.run(&["users"]).expect(1);
    load.reports("interrupted", &["PASS"], 0);
    load.run(&["users"]).expect(130);
}

#[test]
fn without_a_valid_report_nothing_passes() {
    let load = Load::new();
    load.reports("complete", &["PASS"], 0);
    load.run(&["users"]).expect(0);
    // The report of the run before is no report of this one.
    load.does("exit 0\n");
    load.run(&["users"]).expect(2).says("world-load ended with exit status: 0 and without a report");
    load.does("echo 'these are my arguments'\nexit 0\n");
    load.run(&["users", "--", "--help"]).expect(0).says("these are my arguments");
    // What ends badly after its report has not passed.
    load.reports("complete", &["PASS"], 101);
    load.run(&["users"]).expect(2).says("world-load ended with exit status: 101, although its report passes");
    load.reports("complete", &["PASS"], 1);
    load.run(&["users"]).expect(2);
    load.does("echo '{}' >\"$3/limit.json\"\nexit 101\n");
    load.run(&["users", "--find-limit", "1..2"]).expect(2).says("exit status: 101 and without a report");
    load.does("echo '{}' >\"$3/report.json\"\n");
    load.run(&["users"]).expect(2).says("not the report of a load run");
    load.does("echo '{\"schema\":7}' >\"$3/report.json\"\n");
    load.run(&["users"]).expect(2).says("schema 7");
    load.run(&["absent"]).expect(2).says("there is no scenario absent").says("one of world-data/load: users");
    load.does("echo '{}' >\"$3/limit.json\"\nexit 1\n");
    load.run(&["users", "--find-limit", "1..2"]).expect(1);
    fs::remove_file(load.0.path("bin/world-load")).unwrap();
    load.run(&["users"]).expect(2).says("cargo built no program");
    load.0.xtask(&["perf", "load", "--help"]).expect(0);
    let bare = World::new();
    bare.xtask(&["perf", "load", "users"]).expect(2).says("no program that puts load on a target");
}

/// A program that puts no load on anything, and reports the times of a file: `TIMES` milliseconds, of which its runs scatter by a percent.
const PROGRAM: &str = r#"
const MILLIS: u64 = 200;
const FAILED: u64 = 0;
const CODE: i32 = 0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let out = std::path::Path::new(&arguments[3]);
    assert!(arguments[1].ends_with("strikes.toml") && arguments[2] == "--out", "{arguments:?}");
    std::fs::create_dir_all(out).unwrap();
    // The name of the folder has the number of the pair.
    let scatter = out.display().to_string().bytes().map(u64::from).sum::<u64>() % 7;
    let value = MILLIS * 1_000_000 + scatter * MILLIS * 2_000;
    let percentiles = [50, 90, 99].map(|percent| format!("{{\"percent\":{percent},\"value\":{value}}}")).join(",");
    let one = |metric| format!("{{\"metric\":\"{metric}\",\"from\":\"intended\",\"percentiles\":[{percentiles}]}}");
    let distributions = ["ttfe", "ttft", "e2e"].map(one).join(",");
    let succeeded = 1_000 - FAILED;
    let report = format!(
        "{{\"schema\":1,\"scenario\":\"strikes\",\"end\":{{\"kind\":\"complete\"}},\"requests\":{{\"succeeded\":{succeeded},\
         \"failed\":{FAILED}}},\"thresholds\":[],\"distributions\":[{distributions}]}}"
    );
    std::fs::write(out.join("report.json"), report).unwrap();
    println!("this is not shown");
    std::process::exit(CODE);
}
"#;

const MAIN: &str = "crates/clock-load/src/main.rs";

/// A repository whose first commit has the program.
fn with_program() -> Tiny {
    let tiny = Tiny::new();
    tiny.edit("Cargo.toml", "\"crates/clock-mocks\"]", "\"crates/clock-load\", \"crates/clock-mocks\"]");
    tiny.edit("Cargo.toml", "[workspace.metadata.perf]", "[workspace.metadata.perf]\nload = \"clock-load\"");
    let package = "[[package]]\nname = \"clock-mocks\"";
    tiny.edit("Cargo.lock", package, &format!("[[package]]\nname = \"clock-load\"\nversion = \"0.1.0\"\n\n{package}"));
    tiny.write(
        "crates/clock-load/Cargo.toml",
        "[package]\nname = \"clock-load\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    tiny.write(MAIN, PROGRAM);
    tiny.write("clock-data/load/strikes.toml", "schema = 1\n");
    tiny.commit("a program that puts load on a target");
    tiny
}

#[test]
fn a_change_that_is_slower_than_its_base_under_load_fails() {
    let tiny = with_program();
    let pairs = |arguments: &[&str]| {
        let all = [&["perf", "load", "--pairs", "8"], arguments, &["strikes"]].concat();
        Ran::of(tiny.command(&all).output().unwrap())
    };
    let ran = pairs(&["--against", "HEAD"]).expect(0).says("a change of 10 % would have been seen").says("ttft p50");
    assert!(!ran.stdout.contains("not shown"), "{}", ran.stdout);
    assert!(tiny.path("target/perf/load/strikes/pairs.json").exists());
    tiny.edit(MAIN, "MILLIS: u64 = 200", "MILLIS: u64 = 230");
    pairs(&[]).expect(1).says("6 rows are slower").says("+15.");
    tiny.commit("slower");
    tiny.edit(MAIN, "MILLIS: u64 = 230", "MILLIS: u64 = 150");
    tiny.edit(MAIN, "FAILED: u64 = 0", "FAILED: u64 = 40");
    // What fails fast is not faster.
    pairs(&[]).expect(1).says("IMPROVED").says("4.00 % of the requests of the change fail");
    tiny.edit(MAIN, "CODE: i32 = 0", "CODE: i32 = 101");
    pairs(&[]).expect(2).says("the run of the change ended with exit status: 101");
    pairs(&["--against", "nowhere"]).expect(2).says("is not a commit of this repository");
    Ran::of(tiny.command(&["perf", "load", "--pairs", "3", "strikes"]).output().unwrap())
        .expect(2)
        .says("3 is not in 8..=100");
    Ran::of(tiny.command(&["perf", "load", "--against", "HEAD", "strikes"]).output().unwrap())
        .expect(2)
        .says("--pairs");
}
