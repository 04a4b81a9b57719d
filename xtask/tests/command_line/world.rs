//! A workspace of its own in a temporary directory, with measuring programs that print what a test wants.
//!
//! ```text
//! let world = World::new();
//! world.case("query/floor/10").exact("heap-blocks", 61).time(500.0);
//! world.xtask(&["perf"]).expect(0);
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use perf_gate::Baseline;
use tempfile::TempDir;

use crate::folder;

/// The package that measures.
pub const HARNESS: &str = "world-bench";

/// Manifest of the measured workspace. All names differ from those of this workspace, so that a hard-coded name fails.
const MANIFEST: &str = r#"
[workspace]

[workspace.metadata.perf]
data = "world-data"
command = "cargo world"
harness = ["world-bench"]

[package]
name = "world-bench"
version = "0.1.0"
edition = "2024"

[lib]
bench = false

[[bench]]
name = "time"
harness = false

[[bench]]
name = "heap"
harness = false

[[bench]]
name = "count"
harness = false
"#;

/// A workspace with everything that a run of xtask reads.
pub struct World {
    dir: TempDir,
    cases: RefCell<BTreeMap<String, Case>>,
}

#[derive(Clone, Default)]
struct Case {
    exact: BTreeMap<String, u64>,
    checksum: u64,
    time: Option<f64>,
    instructions: Option<u64>,
    heavy: bool,
}

impl World {
    /// A workspace with no case, no budget and no baseline.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let world = Self { dir, cases: RefCell::default() };
        world.write("Cargo.toml", MANIFEST);
        world.write("Cargo.lock", &format!("version = 4\n\n[[package]]\nname = \"{HARNESS}\"\nversion = \"0.1.0\"\n"));
        world.write("src/lib.rs", "");
        world.write("world-data/budgets.toml", "schema = 1\nbudget = []\n");
        world.write("world-data/scenarios/floor.toml", "seed = 1\n");
        folder::know_rustc(world.dir.path());
        fs::create_dir(world.path("bin")).unwrap();
        for name in ["count", "heap", "time"] {
            // A target needs a source file.
            world.write(&format!("benches/{name}.rs"), "fn main() {}\n");
            world.install("measuring.sh", name);
        }
        world.install("cargo.sh", "cargo");
        world.write("bin/cargo.path", &(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()) + "\n"));
        world
    }

    /// Links a script of the fixtures as a program. A copy could fail with ETXTBSY while another test forks.
    pub fn install(&self, script: &str, program: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(script);
        std::os::unix::fs::symlink(script, self.path("bin").join(program)).unwrap();
    }

    /// Installs a valgrind of this version. Without it there is none, even if the machine has one.
    pub fn install_valgrind(&self, version: &str) {
        if !self.path("bin/valgrind").exists() {
            self.install("valgrind.sh", "valgrind");
        }
        self.script("valgrind.version.sh", &format!("echo valgrind-{version}"));
    }

    /// Removes valgrind.
    pub fn remove_valgrind(&self) {
        fs::remove_file(self.path("bin/valgrind")).unwrap();
    }

    /// Two cases with instructions, and a baseline of them.
    pub fn with_instructions() -> Self {
        let world = Self::two_cases();
        world.install_valgrind("3.19.0");
        world.case("query/floor/10").instructions(42_000);
        world.case("url/ordinary/40").instructions(60_000);
        world.xtask(&["baseline", "update"]).expect(0);
        world
    }

    fn two_cases() -> Self {
        let world = Self::new();
        world.case("query/floor/10").exact("events", 15).exact("polls", 12).exact("heap-blocks", 61).time(500.0);
        world.case("url/ordinary/40").exact("results", 40).exact("heap-bytes", 2_048).time(1_900.0);
        world
    }

    /// Two cases, and a baseline of them.
    pub fn with_baseline() -> Self {
        let world = Self::two_cases();
        world.xtask(&["baseline", "update"]).expect(0);
        world
    }

    /// A path in the workspace.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file in the workspace.
    pub fn write(&self, path: &str, text: &str) {
        folder::write(&self.path(path), text);
    }

    /// Changes, or adds, a case.
    pub fn case(&self, name: &str) -> CaseEditor<'_> {
        self.cases.borrow_mut().entry(name.to_owned()).or_insert_with(|| Case { checksum: 7, ..Case::default() });
        CaseEditor { world: self, name: name.to_owned() }
    }

    /// Removes a case.
    pub fn remove(&self, name: &str) {
        self.cases.borrow_mut().remove(name);
        self.lay();
    }

    /// Replaces the script of one of the programs: `count.list.sh`, `heap.d/<case>.sh` or `time.sh`.
    pub fn script(&self, name: &str, text: &str) {
        self.write(&format!("bin/{name}"), text);
    }

    /// Writes the files that the programs print, and replaces scripts of tests.
    pub fn lay(&self) {
        let cases = self.cases.borrow();
        let mark = |case: &Case| if case.heavy { " heavy" } else { "" };
        let list: String = cases.iter().map(|(name, case)| format!("echo {name}{}\n", mark(case))).collect();
        for (name, case) in cases.iter() {
            let script = case.instructions.map_or_else(
                || "echo 'its instructions are not prepared' >&2; exit 1".to_owned(),
                |each| format!("each={each}"),
            );
            self.script(&format!("valgrind.d/{name}.sh"), &script);
        }
        for (program, heap) in [("count", false), ("heap", true)] {
            self.script(&format!("{program}.list.sh"), &list);
            for (name, case) in cases.iter() {
                let mut script = String::new();
                // A case without heap figures of its own gets one: both programs measure every case.
                let mut exact = case.exact.clone();
                exact.entry("heap-live".into()).or_insert(0);
                exact.entry("deltas".into()).or_insert(0);
                for (metric, value) in exact.iter().filter(|(metric, _)| metric.starts_with("heap") == heap) {
                    let _ = writeln!(script, "echo '{}'", record(name, metric, *value, case.checksum));
                }
                self.script(&format!("{program}.d/{name}.sh"), &script);
            }
        }
        let times = cases.iter().filter_map(|(name, case)| Some((name.as_str(), case.time?)));
        self.script("time.sh", &format!("cat <<'END'\n{}END\n", divan_table(&times.collect::<Vec<_>>())));
    }

    /// The folder of the baselines of its harness.
    pub fn baselines(&self) -> PathBuf {
        self.path("world-data/baselines").join(HARNESS)
    }

    /// The path of the baseline file.
    pub fn baseline_file(&self) -> PathBuf {
        fs::read_dir(self.baselines()).unwrap().next().unwrap().unwrap().path()
    }

    /// The text of the baseline.
    pub fn baseline(&self) -> String {
        fs::read_to_string(self.baseline_file()).unwrap()
    }

    /// Changes the text of the baseline.
    pub fn edit_baseline(&self, from: &str, to: &str) {
        let text = self.baseline();
        assert!(text.contains(from), "no {from:?} in {text}");
        // The digest is adjusted, so that the test reaches the other checks.
        fs::write(self.baseline_file(), Baseline::update_digest(&text.replacen(from, to, 1))).unwrap();
    }

    /// A call of xtask with these measuring programs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.building(arguments);
        command.env("CARGO", self.path("bin/cargo"));
        command
    }

    /// A call of xtask with the real cargo.
    pub fn building(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.dir.path()).args(arguments).stdin(Stdio::null());
        // Variables of the user who runs the tests must not change the result.
        for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command.env("VALGRIND", self.path("bin/valgrind"));
        command
    }

    /// Runs xtask; `perf` with the minimum of samples.
    pub fn xtask(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        if arguments.first() == Some(&"perf") && !arguments.contains(&"--quick") {
            command.arg("--quick");
        }
        Ran::of(command.output().unwrap())
    }

    /// The verdict of a row in the last run; panics unless there is exactly one such row.
    pub fn verdict(&self, class: &str, case: &str, metric: &str) -> String {
        let rows = self.rows();
        let mut found =
            rows.iter().filter(|row| row["class"] == class && row["case"] == case && row["metric"] == metric);
        let row = found.next().unwrap_or_else(|| panic!("no row {class} {case} {metric} in {rows:#?}"));
        assert!(found.next().is_none(), "two rows {class} {case} {metric}");
        row["verdict"].as_str().unwrap().to_owned()
    }

    /// The rows of the last run.
    pub fn rows(&self) -> Vec<serde_json::Value> {
        self.report()["rows"].as_array().unwrap().clone()
    }

    /// The harness entry of the last report.
    pub fn harness(&self) -> serde_json::Value {
        let report = self.report();
        assert_eq!(report["harnesses"].as_array().map(Vec::len), Some(1), "{report}");
        report["harnesses"][0].clone()
    }

    /// The report of the last run.
    pub fn report(&self) -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(self.path("target/perf/latest/report.json")).unwrap()).unwrap()
    }

    /// The rows of the last run that are neither PASS nor INFO, as `VERDICT case metric`.
    pub fn not_fine(&self) -> Vec<String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let rows = self.rows();
        let rows = rows.iter().filter(|row| row["verdict"] != "PASS" && row["verdict"] != "INFO");
        rows.map(|row| format!("{} {} {}", text(&row["verdict"]), text(&row["case"]), text(&row["metric"]))).collect()
    }
}

/// Edits the measurements of a case.
pub struct CaseEditor<'a> {
    world: &'a World,
    name: String,
}

impl CaseEditor<'_> {
    fn edit(self, edit: impl FnOnce(&mut Case)) -> Self {
        edit(self.world.cases.borrow_mut().get_mut(&self.name).unwrap());
        self.world.lay();
        self
    }

    /// Sets a value of an exact class.
    pub fn exact(self, metric: &str, value: u64) -> Self {
        self.edit(|case| {
            case.exact.insert(metric.to_owned(), value);
        })
    }

    /// Removes a value.
    pub fn without(self, metric: &str) -> Self {
        self.edit(|case| {
            case.exact.remove(metric);
        })
    }

    /// Sets the checksum.
    pub fn checksum(self, checksum: u64) -> Self {
        self.edit(|case| case.checksum = checksum)
    }

    /// Sets the median of one operation, in nanoseconds.
    pub fn time(self, ns: f64) -> Self {
        self.edit(|case| case.time = Some(ns))
    }

    /// Sets the instructions of one operation.
    pub fn instructions(self, instructions: u64) -> Self {
        self.edit(|case| case.instructions = Some(instructions))
    }

    /// Marks the case as heavy.
    pub fn heavy(self) -> Self {
        self.edit(|case| case.heavy = true)
    }

    /// Removes the case from the table of `time`.
    pub fn untimed(self) -> Self {
        self.edit(|case| case.time = None)
    }
}

/// A record as the programs print it, on one line.
pub fn record(case: &str, metric: &str, value: u64, checksum: u64) -> String {
    let unit = match metric {
        "heap-blocks" => "blocks",
        "polls" => "polls",
        "wakeups" => "wakes",
        "total" => "ns",
        metric if metric.starts_with("heap") => "bytes",
        _ => "count",
    };
    format!(r#"{{"case":"{case}","metric":"{metric}","unit":"{unit}","value":{value},"checksum":"{checksum:016x}"}}"#)
}

/// A table as divan prints it.
fn divan_table(times: &[(&str, f64)]) -> String {
    if times.is_empty() {
        return String::new();
    }
    let width = times.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 6;
    let mut out =
        format!("{:width$}  fastest       │ slowest       │ median        │ mean          │ samples │ iters\n", "time");
    let _ = writeln!(
        out,
        "{:width$}                │               │               │               │         │",
        "╰─ case"
    );
    for (index, (name, ns)) in times.iter().enumerate() {
        let branch = if index + 1 == times.len() { "   ╰─ " } else { "   ├─ " };
        let time = if *ns < 1_000.0 { format!("{ns} ns") } else { format!("{} µs", ns / 1_000.0) };
        let _ = writeln!(
            out,
            "{:width$}  {time:<13} │ {time:<13} │ {time:<13} │ {time:<13} │ 100     │ 100",
            format!("{branch}{name}")
        );
    }
    // Divan ends every tree with an empty line.
    out.push('\n');
    out
}

/// The result of a run of xtask.
pub struct Ran {
    /// Exit code; -1 for a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Converts the output of a process.
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Checks that standard output and error contain a text, with any line breaks.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let both = one_line(&format!("{}{}", self.stdout, self.stderr));
        assert!(both.contains(&one_line(text)), "no {text:?} in\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// Waits until a child signals that it works, by writing a file.
pub fn wait_for(world: &World, file: &str) {
    let start = Instant::now();
    while !world.path(file).exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "no {file}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process has ended; a zombie counts as ended.
pub fn gone(id: &str) -> bool {
    let start = Instant::now();
    loop {
        let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
        let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
        if state.is_empty() || state.starts_with('Z') {
            return true;
        }
        if start.elapsed() > Duration::from_secs(5) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The day `days` days ahead, `YYYY-MM-DD` (UTC).
pub fn days_ahead(days: i64) -> String {
    let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    day.to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string()
}
