//! Recorded runs: what they have, how they are shown and shared, and what they do not change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use perf_gate::Baseline;
use perf_history::run::{
    RecordedCase, RecordedHarness, RecordedRun, RecordedValue, RecordedWall, WallChange, WallChanges,
};
use perf_judge::rng::SplitMix64;
use perf_runner::history::folder::HistoryFolder;

use crate::folder;
use crate::tiny::{CLOCK, Tiny};
use crate::world::Ran;

const BLOCKS: &str = "strike/noon/12";

fn xtask(tiny: &Tiny, arguments: &[&str]) -> Ran {
    Ran::of(tiny.command(arguments).output().unwrap())
}

/// The files of recorded runs.
fn runs(tiny: &Tiny) -> Vec<PathBuf> {
    let months = fs::read_dir(tiny.path("clock-data/history")).into_iter().flatten().flatten();
    let months = months.filter(|entry| entry.file_name().to_string_lossy().starts_with("20"));
    let files = months.flat_map(|month| fs::read_dir(month.path()).unwrap());
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Records a run of each number of blocks, each of a commit of its own.
fn record(tiny: &Tiny, blocks: &[u64]) {
    let mut before = 56;
    // Each commit has a second of its own, however fast the machine is.
    let start: u64 = tiny.git(&["show", "--no-patch", "--format=%ct"]).trim().parse().unwrap();
    for (now, seconds) in blocks.iter().zip(start + 1..) {
        tiny.edit(CLOCK, &format!("BLOCKS: u64 = {before}"), &format!("BLOCKS: u64 = {now}"));
        // Also where the blocks stay another program is measured.
        tiny.edit(CLOCK, "wind the", "wind the very");
        tiny.git(&["add", "--all"]);
        folder::git_at(seconds, &tiny.path(""), &["commit", "--quiet", "--message", &format!("{now} blocks")]);
        let ran = Ran::of(tiny.perf_command(&["--record", "--against", "HEAD^"]).output().unwrap());
        assert!(ran.code < 2, "{} {}", ran.stdout, ran.stderr);
        before = *now;
    }
}

#[test]
fn a_recorded_run_is_shown_with_its_changes() {
    let tiny = Tiny::with_baseline();
    xtask(&tiny, &["perf", "history"]).expect(2).says("no run is recorded").says("perf --record");
    record(&tiny, &[57, 57, 60, 60]);
    assert_eq!(runs(&tiny).len(), 4);
    assert_eq!(tiny.git(&["status", "--porcelain"]), "", "git does not see them");

    let ran = xtask(&tiny, &["perf", "history", BLOCKS]).expect(0).says("heap-blocks: blocks, class heap");
    assert!(ran.stdout.contains("step +5.26 %  57 → 60  since"), "{}", ran.stdout);
    assert!(ran.stdout.contains("wall: change of wall time, added up from run to run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("no change of level in events"), "{}", ran.stdout);
    xtask(&tiny, &["perf", "history"]).expect(0).says("heap-blocks: step +5.26 %");
    let head = tiny.git(&["rev-parse", "HEAD"]);
    let csv = xtask(&tiny, &["perf", "history", BLOCKS, "--metric", "heap-blocks", "--format", "csv"]).expect(0).stdout;
    let values: Vec<&str> = csv.split_terminator("\r\n").skip(1).map(|line| line.split(',').nth(8).unwrap()).collect();
    assert_eq!(values, ["57", "57", "60", "60"], "{csv}");
    assert!(csv.contains(head.trim()));
    let json = xtask(&tiny, &["perf", "history", BLOCKS, "--since", "HEAD^", "--format", "json"]).expect(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    // Commits of one second are not told apart by their dates.
    assert!(json.as_array().unwrap().iter().any(|point| point["metric"] == "heap-blocks" && point["value"] == 60.0));
    xtask(&tiny, &["perf", "history", "--since", "2d"]).expect(0);
    xtask(&tiny, &["perf", "history", "--since", "2999-01-01"]).expect(2).says("no recorded run has such values");
    xtask(&tiny, &["perf", "history", "--since", "soon"])
        .expect(2)
        .says("neither a day, nor a number of days, nor a commit");
    xtask(&tiny, &["perf", "history", "strike/none/1"])
        .expect(2)
        .says("no recorded run has a case 'strike/none/1'")
        .says("strike/noon/12");
    xtask(&tiny, &["perf", "history", BLOCKS, "--metric", "polls"]).expect(2).says("no recorded run has such values");

    // A file that was changed is an error with its name, for whoever reads the history.
    let file = runs(&tiny).remove(1);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    fs::remove_dir_all(tiny.path("clock-data/history/index")).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    xtask(&tiny, &["perf", "history"]).expect(3).says("invalid file").says(&name);
    // The index is made again.
    fs::write(&file, whole).unwrap();
    xtask(&tiny, &["perf", "history"]).expect(0).says("step +5.26 %");
}

#[test]
fn only_commits_are_recorded() {
    let tiny = Tiny::with_baseline();
    tiny.edit(CLOCK, "BLOCKS: u64 = 56", "BLOCKS: u64 = 57");
    let ran = Ran::of(tiny.perf_command(&["--record"]).output().unwrap());
    ran.expect(2).says("the work tree differs from HEAD in 1 files, such as").says("commit first");
    let ran = Ran::of(tiny.perf_command(&["--record", "--only", "strike/**"]).output().unwrap());
    ran.expect(2).says("cannot be used with");
    assert!(runs(&tiny).is_empty());
    // What equals the base is measured if it is recorded.
    tiny.restore();
    let ran = Ran::of(tiny.perf_command(&["--record", "--against", "HEAD^"]).output().unwrap());
    ran.expect(0).says("values recorded in clock-data/history/20");
    assert_eq!(runs(&tiny).len(), 1);
}

/// A history changes neither what is measured nor the base: with and without it a run has the same key and the same base.
#[test]
fn a_history_is_no_input() {
    let tiny = Tiny::with_baseline();
    record(&tiny, &[57]);
    let run = |history: bool| {
        if !history {
            fs::remove_dir_all(tiny.path("clock-data/history")).unwrap();
        }
        let ran = Ran::of(tiny.perf_command(&[]).output().unwrap());
        assert!(ran.code < 2, "{}", ran.stderr);
        let report = tiny.report();
        let harness = &report["harnesses"][0];
        let base = harness["comparison"]["pairs"]["revision"].clone();
        assert!(base["commit"].is_string(), "{harness}");
        (harness["key"].clone(), base, report["rules_changed"].clone())
    };
    let with = run(true);
    // Also where git would see it.
    fs::remove_file(tiny.path("clock-data/history/.gitignore")).unwrap();
    assert_eq!(run(true), with);
    assert_eq!(run(false), with);
    assert_eq!(with.1["chosen"], "the parent of HEAD");
}

#[test]
fn runs_are_shared_on_a_branch() {
    let tiny = Tiny::with_baseline();
    record(&tiny, &[57]);
    xtask(&tiny, &["perf", "history", "push"]).expect(2).says("no remote `origin`").says("--remote");
    let remote = tempfile::tempdir().unwrap();
    let remote = remote.path().join("remote.git");
    let path = remote.to_str().unwrap();
    tiny.git(&["init", "--quiet", "--bare", path]);
    tiny.git(&["remote", "add", "origin", path]);
    let before = tiny.files();
    xtask(&tiny, &["perf", "history", "pull"]).expect(2).says("has no branch `perf-history`");
    xtask(&tiny, &["perf", "history", "push"]).expect(0).says("1 runs sent to `perf-history` of origin; it has 1");
    xtask(&tiny, &["perf", "history", "push"]).expect(0).says("0 runs sent");
    tiny.assert_same_after(&before, "the user's repository is only read");

    // Another clone has a run of its own, and pushes at the same time.
    let other = Tiny::with_baseline();
    other.git(&["remote", "add", "origin", path]);
    record(&other, &[58]);
    xtask(&other, &["perf", "history", "push"]).expect(0).says("1 runs sent").says("it has 2");
    xtask(&other, &["perf", "history", "pull"]).expect(0).says("1 runs fetched").says("2 are here");
    xtask(&tiny, &["perf", "history", "pull"]).expect(0).says("1 runs fetched");
    assert_eq!((runs(&tiny).len(), runs(&other).len()), (2, 2));
    for (one, two) in runs(&tiny).iter().zip(runs(&other)) {
        assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
    }
    xtask(&tiny, &["perf", "history", "push", "--branch", "a..b"]).expect(2).says("not a remote and a branch");
    xtask(&tiny, &["perf", "history", "push", "--remote", "/nowhere/at/all"]).expect(2).says("check the remote");
    let listed = tiny.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(!listed.contains("history"), "{listed}");
}

/// A run with every value that this workspace stores, and a wall time of each case with both changes.
fn run_of_this_workspace(seed: u64) -> RecordedRun {
    let mut rng = SplitMix64::new(seed);
    let mut percent = || (rng.below(20_000) as f64 - 10_000.0) / 1_000.0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut harnesses = Vec::new();
    for package in [
        "perf-gate",
        "aggregator-http-bench",
        "aggregator-index-bench",
        "aggregator-load-bench",
        "aggregator-providers-bench",
    ] {
        let folder = root.join("benches-data/baselines").join(package);
        let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        let stored = Baseline::from_toml(&fs::read_to_string(file).unwrap()).unwrap();
        let mut cases: BTreeMap<_, RecordedCase> = BTreeMap::new();
        for record in stored.records() {
            let mut changed = || Some(WallChange(percent(), percent(), percent()));
            let case = cases.entry(record.case().clone()).or_insert_with(|| RecordedCase {
                checksum: record.checksum(),
                values: BTreeMap::new(),
                wall: Some(RecordedWall { ns: 123_456, changes: WallChanges { base: changed(), anchor: changed() } }),
            });
            let metric = record.metric();
            case.values.insert(metric.name(), RecordedValue(record.value(), metric.unit(), metric.class()));
        }
        let (package, key, tools) = (package.to_owned(), stored.key.clone(), stored.tools.clone());
        harnesses.push(RecordedHarness { package, key, tools, cases, together: WallChanges::default() });
    }
    RecordedRun {
        commit: format!("{seed:040x}"),
        committed: 1_760_000_000 + seed as i64,
        measured: 1_760_000_900 + seed as i64,
        machine: "a processor of many words, 2 processors".into(),
        quick: false,
        base: Some(format!("{:040x}", seed - 1)),
        anchor: Some("c".repeat(40)),
        harnesses,
    }
}

#[test]
fn a_run_of_this_workspace_fits_into_ten_kilobytes() {
    let run = run_of_this_workspace(1);
    let bytes = perf_history::file::to_bytes(&run).unwrap();
    assert!(perf_history::file::from_bytes(&bytes).unwrap() == run);
    let bytes = bytes.len();
    println!("{} values in {bytes} bytes", run.number_of_values());
    assert!(run.number_of_values() > 700 && bytes <= 10_000, "{} values in {bytes} bytes", run.number_of_values());
}

/// With an index no run file is read: the answer is the same when their content is gone. Prints how long a case takes; `HISTORY_RUNS`
/// asks for more than the 40 runs of every test run: `.ci/run long_runs` for 2,000.
#[test]
fn one_case_of_many_runs_is_read_from_the_index() {
    let number: u64 = std::env::var("HISTORY_RUNS").map_or(40, |number| number.parse().unwrap());
    let tiny = Tiny::new();
    let folder = HistoryFolder::at(tiny.path("clock-data/history"), "history".into());
    let mut run = run_of_this_workspace(1);
    for seed in 1..=number {
        (run.commit, run.base) = (format!("{seed:040x}"), Some(run.commit));
        (run.committed, run.measured) = (run.committed + 1, run.measured + 1);
        folder.append(&run).unwrap();
    }
    let show = |what: &str| {
        let began = std::time::Instant::now();
        let ran = xtask(&tiny, &["perf", "history", "query/floor/10", "--metric", "instructions"]).expect(0);
        println!("{what}: {:.2} s", began.elapsed().as_secs_f64());
        assert!(ran.stdout.contains(&format!("{number} commits")), "{}", ran.stdout);
        ran.stdout
    };
    let first = show("the index is made");
    runs(&tiny).iter().for_each(|file| fs::write(file, "no run").unwrap());
    assert_eq!(show("the index is there"), first);
    fs::remove_dir_all(tiny.path("clock-data/history/index")).unwrap();
    xtask(&tiny, &["perf", "history", "query/floor/10"]).expect(3).says("not a complete gzip file");
}

/// Without a pin the oldest comparable run is the anchor.
#[test]
fn the_oldest_comparable_run_is_the_anchor() {
    let tiny = Tiny::with_baseline();
    record(&tiny, &[57]);
    tiny.edit(CLOCK, "BLOCKS: u64 = 57", "BLOCKS: u64 = 60");
    tiny.perf(&["--against", "HEAD"]).expect(1).says("above the anchor").says("the oldest comparable run");
}
