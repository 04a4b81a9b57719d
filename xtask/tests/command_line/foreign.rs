//! The gate in another project's workspace: other names and metrics, and two harness packages with divan and dhat.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::folder;
use crate::world::Ran;

/// The operation of `words/count/*`, which the tests edit.
const WORDS: &str = "libs/textkit/src/words.rs";

/// Unoptimised code compiles twice as fast, and is compiled twice: for the work tree, and for both sides of a comparison. What an
/// operation spends its time in stays as it is, else its pairs would not fit into the time budget.
const UNOPTIMISED: &str = "[profile.bench]\nopt-level = 0\n";
const BUT_OPTIMISED: &str = "
[profile.bench.package.textindex]
opt-level = 3

[profile.bench.package.textkit]
opt-level = 3

[profile.bench.package.divan]
opt-level = 3

[profile.bench.package.siphasher]
opt-level = 3
";

fn fixture() -> PathBuf {
    // Read at run time: clones that share a target folder share this executable.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).join("tests/fixtures/foreign")
}

/// A copy of the workspace in a repository of its own, on its branch `trunk`.
struct Foreign {
    dir: TempDir,
}

impl Foreign {
    fn new() -> Self {
        let foreign = Self { dir: tempfile::tempdir().unwrap() };
        folder::copy(&fixture(), foreign.dir.path());
        let manifest = foreign.path("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace("[profile.bench]\n", UNOPTIMISED) + BUT_OPTIMISED).unwrap();
        foreign.git(&["init", "--quiet", "--initial-branch", "trunk"]);
        foreign.commit("the beginning");
        // What crates of others compile to stays between runs of this test; what is kept of comparisons does not.
        for made in ["pairs", "compare", "latest", "base", "tree"] {
            let _ = fs::remove_dir_all(target().join("perf").join(made));
        }
        foreign
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Replaces a text that occurs exactly once in a file.
    #[track_caller]
    fn edit(&self, path: &str, from: &str, to: &str) {
        folder::edit(&self.path(path), from, to);
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        folder::git(self.dir.path(), arguments);
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
    }

    fn restore(&self) {
        self.git(&["reset", "--quiet", "--hard"]);
    }

    /// Runs the gate in it. Every crate of others was fetched to build this test.
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.dir.path()).args(arguments).stdin(Stdio::null());
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TARGET_DIR", target()).env("VALGRIND", "there-is-none");
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"].iter().for_each(|name| {
            command.env_remove(name);
        });
        Ran::of(command.output().unwrap())
    }

    fn rows(&self) -> Vec<Value> {
        let report = fs::read_to_string(target().join("perf/latest/report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        report["rows"].as_array().unwrap().clone()
    }

    /// The failing rows of a harness, as `VERDICT case metric`, without wall time: what this machine can tell about that
    /// is nothing that a test can promise.
    fn failures(&self) -> Vec<String> {
        let is_failing = |row: &&Value| {
            row["class"] != "wall"
                && ["BROKEN", "REGRESSED", "MISSING"].iter().any(|verdict| row["verdict"] == *verdict)
        };
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        let rows = self.rows();
        let failing = rows.iter().filter(is_failing);
        failing.map(|row| format!("{} {} {}", text(row, "verdict"), text(row, "case"), text(row, "metric"))).collect()
    }

    /// The verdicts of a harness, each once.
    fn verdicts(&self, harness: &str) -> Vec<String> {
        let rows = self.rows();
        let own = rows.iter().filter(|row| row["harness"] == harness && row["class"] != "wall");
        let mut verdicts: Vec<String> = own.map(|row| row["verdict"].as_str().unwrap().to_owned()).collect();
        verdicts.sort();
        verdicts.dedup();
        verdicts
    }
}

/// The target folder of the workspace.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign")
}

#[test]
fn a_workspace_with_other_names_and_metrics_is_judged() {
    let foreign = Foreign::new();
    foreign.run(&["baseline", "update"]).expect(0).says("perf-data/baselines/textkit-bench/");
    let baseline = |package: &str| {
        let dir = foreign.path("perf-data/baselines").join(package);
        let mut files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
        fs::read_to_string(files.next().unwrap()).unwrap()
    };
    assert!(baseline("textkit-bench").contains(r#"metric = "words", unit = "count", class = "behaviour""#));
    assert!(baseline("index-bench").contains(r#"metric = "first-right", unit = "count", class = "quality""#));
    foreign.commit("baselines");

    // One allocation more in one library, and a rule for its cases: its harness fails, the other has nothing to do with it and
    // is not even built.
    foreign.edit(WORDS, "Cow::Borrowed(text)", "Cow::Owned(text.to_owned())");
    let budget = |case: &str| {
        let source = "source = \"a test\"";
        format!(
            "schema = 1\n[[budget]]\ncase = \"{case}\"\nmetric = \"heap-peak\"\nlimit = 1000000\nunit = \"bytes\"\n{source}\n"
        )
    };
    fs::write(foreign.path("perf-data/budgets.toml"), budget("words/count/100")).unwrap();
    let ran = foreign.run(&["perf", "--quick", "--budget", "5s"]).expect(1);
    let ran = ran.says("allocations are in without_soft_hyphens in libs/textkit/src/words.rs +1 (was 0)");
    assert!(!ran.stderr.contains("programs of index-bench"), "{}", ran.stderr);
    let words = ["100", "1000", "200000"].map(|size| format!("words/count/{size}"));
    let metrics = ["heap-blocks", "heap-bytes", "heap-peak"];
    let expected = words.iter().flat_map(|case| metrics.map(|metric| format!("REGRESSED {case} {metric}")));
    assert_eq!(foreign.failures(), expected.collect::<Vec<_>>());
    assert_eq!(foreign.verdicts("index-bench"), ["IDENTICAL"]);
    let wall =
        |case: &str| foreign.rows().into_iter().find(|row| row["class"] == "wall" && row["case"] == case).unwrap();
    assert!(wall("words/count/100")["paired"]["pairs"].as_u64().unwrap() >= 8, "{}", wall("words/count/100"));

    // Where the allocations come from, without valgrind. The base is still built.
    let ran = foreign.run(&["perf", "profile", "words/count/100"]).expect(0);
    let ran = ran.says("allocations are in without_soft_hyphens in libs/textkit/src/words.rs +1 (was 0)");
    let ran = ran.says("instructions: no profile: valgrind is not installed").says("compared with the base");
    let dir = target().join("perf/profile/words_count_100");
    let difference = fs::read_to_string(dir.join("allocations-difference.svg")).unwrap();
    assert!(difference.contains("without_soft_hyphens") && difference.contains("0 → 1 (+1, new)"), "{difference}");
    assert!(!dir.join("flame.svg").exists() && dir.join("dhat-base.json").is_file(), "{}", ran.stdout);

    // A difference in none of the named packages: the other harness is not built, and the last line says so. With --only one of
    // its cases is measured.
    foreign.restore();
    foreign.edit("Cargo.toml", "only-if-changed = true", "only-if-changed = [\"index-bench\"]");
    foreign.edit("libs/textindex/src/lib.rs", "A small inverted index", "An inverted index");
    let ran = foreign.run(&["perf", "--quick", "--only", "words/count/100"]).expect(0);
    let ran = ran.says("index-bench was not measured").says("the change touches none of index-bench");
    assert!(!ran.stderr.contains("index-bench"), "{}", ran.stderr);
    assert_eq!(foreign.verdicts("index-bench"), [""; 0]);
    // Harnesses share what they are compiled from, so all of the change is built before its base.
    foreign.edit(WORDS, "Cow::Borrowed(text)", "Cow::Owned(text.to_owned())");
    foreign.edit("bench/words/benches/cases.rs", "//!", "//! ");
    let ran = foreign.run(&["perf", "--quick", "--only", "index/build/200"]).expect(0);
    let built = ran.stderr.lines().filter_map(|line| line.strip_prefix("build: ")?.split(" in ").next());
    let expected =
        ["the change, textkit-bench", "the change, index-bench", "its base, textkit-bench", "its base, index-bench"];
    assert_eq!(built.collect::<Vec<_>>(), expected);
    assert!(!ran.stdout.contains("was not measured"), "{}", ran.stdout);

    // A rule for a case of the other: that has to be measured.
    foreign.restore();
    fs::write(foreign.path("perf-data/budgets.toml"), budget("index/build/200")).unwrap();
    let ran = foreign.run(&["perf", "--quick", "--only", "index/*"]).expect(0);
    ran.says("programs of index-bench");
    assert_eq!(foreign.verdicts("index-bench"), ["PASS"]);
    assert_eq!(wall("index/build/200")["verdict"], "IDENTICAL");

    // With --against and no difference nothing is built.
    foreign.restore();
    foreign.edit("README.md", "#", "##");
    foreign.run(&["perf", "--against", "HEAD"]).expect(0).says("IDENTICAL");

    // A dependency of one harness changes the key of that harness only.
    foreign.restore();
    let manifest = "bench/index/Cargo.toml";
    foreign.edit(manifest, "divan = \"0.1.21\"", "divan = \"0.1.21\"\nunicode-width = \"0.2\"");
    let lock = fs::read_to_string(foreign.path("Cargo.lock")).unwrap();
    let (before, of_index) = lock.split_once("name = \"index-bench\"").unwrap();
    let of_index = of_index.replacen(" \"textindex\",\n", " \"textindex\",\n \"unicode-width\",\n", 1);
    fs::write(foreign.path("Cargo.lock"), format!("{before}name = \"index-bench\"{of_index}")).unwrap();
    foreign.run(&["baseline", "diff", "--only", "words/*"]).expect(0).says("nothing would change");
    let ran = foreign.run(&["baseline", "diff", "--only", "index/*"]).expect(0);
    ran.says("not comparable: packages is").says("values are compared all the same");

    // Fewer right answers fail, by a class that no list of metrics knows this one to be of.
    foreign.restore();
    let index = "libs/textindex/src/lib.rs";
    let text = fs::read_to_string(foreign.path(index)).unwrap();
    let sorted = text.lines().find(|line| line.contains("sort_by_key(")).unwrap();
    foreign.edit(index, sorted, "");
    foreign.run(&["baseline", "update"]).expect(1).says("the quality decreased");
}

/// Names that only this project has.
#[test]
fn the_gate_has_no_name_of_this_project() {
    let mut found = Vec::new();
    let mut folders = vec![fixture()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            // Its task runner depends on the command line, and nothing else does.
            let text = text.replace("perf-cli", "").replace("perf_cli", "");
            for name in
                ["aggregator", "perf-gate", "perf_gate", "perf-judge", "perf-runner", "benches-data", "query/floor"]
            {
                if text.contains(name) {
                    found.push(format!("{name} in {}", path.display()));
                }
            }
        }
    }
    assert_eq!(found, [""; 0]);
    let lines = |file: &str| fs::read_to_string(fixture().join("xtask").join(file)).unwrap().lines().count();
    assert!(lines("src/main.rs") + lines("Cargo.toml") <= 20, "the task runner of a workspace is small");
}

/// A user who adopts the gate copies these files from the guide.
#[test]
fn the_guide_has_the_programs_of_the_harness() {
    let guide = fixture().join("../../../../crates/perf-runner/README.md");
    let guide = fs::read_to_string(guide).unwrap();
    for harness in ["words", "index"] {
        for program in ["count", "heap", "time"] {
            let file = fixture().join("bench").join(harness).join("benches").join(format!("{program}.rs"));
            assert!(
                guide.contains(&fs::read_to_string(file).unwrap()),
                "{program}.rs of {harness} is not in the guide"
            );
        }
    }
}
