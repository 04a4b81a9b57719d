//! `perf load`: the program is built and started, and its report decides.

use std::fs;

use crate::folder;
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
