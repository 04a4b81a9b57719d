//! Every verdict and every exit code of `perf`, through child processes.

use crate::world::{Ran, World, record};

#[test]
fn equal_to_the_baseline_passes() {
    let world = World::with_baseline();
    world.xtask(&["perf"]).expect(0).says("PASS in part (exit 0)");
    assert_eq!(world.not_fine(), [""; 0]);
    assert_eq!(world.verdict("behaviour", "query/floor/10", "checksum"), "PASS");
    assert_eq!(world.verdict("wall", "query/floor/10", "time"), "INFO");
    world.xtask(&["perf", "--quick", "--require-baseline"]).expect(0);
}

#[test]
fn higher_fails_and_lower_is_an_improvement() {
    for (metric, class) in [("polls", "schedule"), ("heap-blocks", "heap")] {
        let world = World::with_baseline();
        let value = if metric == "polls" { 12 } else { 61 };
        world.case("query/floor/10").exact(metric, value + 1);
        world.xtask(&["perf"]).expect(1).says("cargo world perf --only 'query/floor/10'");
        assert_eq!(world.not_fine(), [format!("REGRESSED query/floor/10 {metric}")]);
        world.case("query/floor/10").exact(metric, value - 1);
        world.xtask(&["perf"]).expect(0);
        assert_eq!(world.verdict(class, "query/floor/10", metric), "IMPROVED");
    }
}

#[test]
fn any_change_of_behaviour_fails() {
    let world = World::with_baseline();
    for events in [14, 16] {
        world.case("query/floor/10").exact("events", events);
        world.xtask(&["perf"]).expect(1);
        assert_eq!(world.not_fine(), ["REGRESSED query/floor/10 events"]);
    }
    world.case("query/floor/10").exact("events", 15).checksum(8);
    world.xtask(&["perf"]).expect(1).says("computed a different result");
    assert_eq!(world.not_fine(), ["REGRESSED query/floor/10 checksum"]);
}

#[test]
fn removed_rows_are_missing_and_added_rows_are_new() {
    let world = World::with_baseline();
    world.case("query/floor/10").without("polls");
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.not_fine(), ["MISSING query/floor/10 polls"]);
    world.case("query/floor/10").exact("polls", 12).exact("wakeups", 3);
    world.xtask(&["perf"]).expect(0).says("cargo world baseline update");
    assert_eq!(world.not_fine(), ["NEW query/floor/10 wakeups"]);
    world.xtask(&["perf", "--require-baseline"]).expect(1);

    world.case("query/floor/10").without("wakeups");
    world.remove("url/ordinary/40");
    world.xtask(&["perf"]).expect(1);
    assert!(world.not_fine().iter().all(|row| row.starts_with("MISSING url/ordinary/40")), "{:?}", world.not_fine());
    assert_eq!(world.not_fine().len(), 4, "each stored row of the case");
}

#[test]
fn without_a_baseline_everything_is_new() {
    let world = World::new();
    world.case("query/floor/10").time(500.0);
    world
        .xtask(&["perf"])
        .expect(0)
        .says("there is no baseline")
        .says("cargo world baseline update")
        .says("rows are new and not compared");
    assert_eq!(world.verdict("behaviour", "query/floor/10", "checksum"), "NEW");
    world.xtask(&["perf", "--require-baseline"]).expect(1);
}

#[test]
fn another_key_is_inconclusive() {
    let world = World::with_baseline();
    world.write("world-data/scenarios/floor.toml", "seed = 2\n");
    world.case("query/floor/10").exact("heap-blocks", 99);
    world.xtask(&["perf"]).expect(4).says("not comparable: inputs is").says("INCONCLUSIVE (exit 4)");
    assert_eq!(world.verdict("heap", "query/floor/10", "heap-blocks"), "INCONCLUSIVE");
    assert_eq!(world.verdict("behaviour", "query/floor/10", "checksum"), "INCONCLUSIVE");
    // A regression outranks an inconclusive row: a missing case is known under any key.
    world.remove("url/ordinary/40");
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.verdict("heap", "url/ordinary/40", "heap-bytes"), "MISSING");
}

#[test]
fn each_part_of_the_key_counts() {
    let world = World::with_baseline();
    for (change, undo, field) in [
        (("Cargo.toml", "\n[profile.bench]\ndebug = 1\n"), None, "profile"),
        (("Cargo.toml", "\n[features]\ndefault = [\"x\"]\nx = []\n"), None, "packages"),
        (
            (".cargo/config.toml", "[build]\nrustflags = [\"-Ctarget-cpu=native\"]\n"),
            Some(".cargo/config.toml"),
            "profile",
        ),
        (("world-data/corpus/new.md", "text\n"), Some("world-data/corpus/new.md"), "inputs"),
        (("world-data/profiles/slow.toml", "p50 = 1\n"), Some("world-data/profiles/slow.toml"), "inputs"),
    ] {
        let (file, text) = change;
        let before = std::fs::read_to_string(world.path(file)).unwrap_or_default();
        world.write(file, &format!("{before}{text}"));
        world.xtask(&["perf"]).expect(4).says(&format!("{field} is "));
        match undo {
            Some(file) => std::fs::remove_file(world.path(file)).unwrap(),
            None => world.write(file, &before),
        }
    }
    for (name, value) in [("RUSTFLAGS", "-Copt-level=1"), ("CARGO_PROFILE_BENCH_LTO", "fat")] {
        let ran = Ran::of(world.command(&["perf", "--quick"]).env(name, value).output().unwrap());
        ran.expect(4).says(&format!("rustflags is {name}={value} here, none in the baseline"));
    }
    // The user's configuration of cargo reaches the compiler, too.
    world.write("home/config.toml", "[build]\nrustflags = [\"-Ctarget-cpu=native\"]\n");
    let ran = Ran::of(world.command(&["perf", "--quick"]).env("CARGO_HOME", world.path("home")).output().unwrap());
    ran.expect(4).says("profile is ");
    // Budgets and other settings of the user are not part of the key.
    world.write("world-data/budgets.toml", "# other\nschema = 1\nbudget = []\n");
    world.write(".cargo/config.toml", "[alias]\nxtask = \"run\"\n[build]\njobs = 1\n");
    world.xtask(&["perf"]).expect(0);
}

#[test]
fn the_key_is_the_same_in_another_folder() {
    let (here, there) = (World::with_baseline(), World::with_baseline());
    std::fs::copy(here.baseline_file(), there.baseline_file()).unwrap();
    there.xtask(&["perf"]).expect(0);
}

#[test]
fn a_broken_case_is_one_failing_row_with_its_reason() {
    let world = World::with_baseline();
    let floor = "query/floor/10";
    let other = record("url/ordinary/40", "heap-blocks", 1, 7);
    let contradiction = record(floor, "heap-blocks", 61, 8);
    let events = record(floor, "events", 15, 7);
    for (script, text, reason) in [
        (
            "count.d/query/floor/10.sh",
            "echo first >&2; echo 'expected 10 results, found 9' >&2; exit 3",
            "`count` ended with exit status: 3: expected 10 results, found 9",
        ),
        ("heap.d/query/floor/10.sh", "printf 'bad \\033[31mnews\\007' >&2; exit 1", "exit status: 1: bad news\""),
        ("heap.d/query/floor/10.sh", "kill -9 $$", "signal: 9"),
        ("heap.d/query/floor/10.sh", "echo no json", "`heap` printed an invalid record in line 1"),
        ("heap.d/query/floor/10.sh", "exit 0", "`heap` printed no record"),
        ("heap.d/query/floor/10.sh", "printf '\\377'", "not UTF-8"),
        ("heap.d/query/floor/10.sh", "head -c 5000000 /dev/zero", "printed more than 4194304 bytes"),
        ("heap.d/query/floor/10.sh", &format!("echo '{other}'"), "a record of another case, `url/ordinary/40`"),
        ("heap.d/query/floor/10.sh", &format!("echo '{contradiction}'"), "computed two different results"),
        (
            "heap.d/query/floor/10.sh",
            &format!("echo '{events}'"),
            "`events`, whose class this program does not measure",
        ),
    ] {
        world.script(script, text);
        world.xtask(&["perf"]).expect(1);
        assert_eq!(world.not_fine(), ["BROKEN query/floor/10 case"], "{text}");
        let rows = world.rows();
        let row = rows.iter().find(|row| row["verdict"] == "BROKEN").unwrap();
        assert!(row["reason"].to_string().contains(reason), "{reason} not in {}", row["reason"]);
        world.lay();
    }
}

#[test]
fn a_runaway_case_is_broken_with_its_reason() {
    let world = World::with_baseline();
    let no_memory = "echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$";
    for (script, reason) in [
        ("ulimit -S -t 1; while :; do :; done", "exceeded its limit of 10 s of CPU time"),
        (no_memory, "exceeded its limit of 1024 MiB of memory"),
        ("kill -ABRT $$", "ended with signal: 6"),
    ] {
        for program in ["count", "heap"] {
            world.script(&format!("{program}.d/query/floor/10.sh"), script);
            world.xtask(&["perf"]).expect(1).says(&format!("`{program}` {reason}"));
            assert_eq!(world.not_fine(), ["BROKEN query/floor/10 case"]);
            world.lay();
        }
    }
    world.script("time.sh", "kill -XCPU $$");
    world.xtask(&["perf"]).expect(1).says("`time` exceeded its limit of 20 s of CPU time");
    world.script("time.sh", no_memory);
    world.xtask(&["perf"]).expect(1).says("`time` exceeded its limit of 1024 MiB of memory");
}

#[test]
fn a_case_that_one_program_does_not_know_is_broken() {
    let world = World::with_baseline();
    world.script("heap.list.sh", "echo query/floor/10");
    world.xtask(&["perf"]).expect(1).says("`count --list` names it, `heap --list` does not");
    assert_eq!(world.not_fine(), ["BROKEN url/ordinary/40 case"]);
}

/// One process times all cases, so a broken case would end the measurement of the others.
#[test]
fn a_broken_case_is_not_timed_and_the_others_are() {
    let world = World::with_baseline();
    let budget =
        "[[budget]]\ncase = \"query/floor/10\"\nmetric = \"time\"\nunit = \"ns\"\nlimit = 1000\nsource = \"s\"\n";
    world.write("world-data/budgets.toml", &format!("schema = 1\n{budget}"));
    world.script("count.d/query/floor/10.sh", "echo 'it broke' >&2; exit 1");
    let good = std::fs::read_to_string(world.path("bin/time.sh")).unwrap();
    world.script("time.sh", &format!("case \"$*\" in *url/ordinary/40*) ;; *) exit 1;; esac\n{good}"));
    world.xtask(&["perf"]).expect(1).says("it broke");
    assert_eq!(world.not_fine(), ["BROKEN query/floor/10 case", "BROKEN query/floor/10 time"]);
    assert_eq!(world.verdict("wall", "url/ordinary/40", "time"), "INFO");
    assert_eq!(world.verdict("budget", "query/floor/10", "time"), "BROKEN");
}

#[test]
fn wall_rows_are_broken_when_their_table_is() {
    let world = World::with_baseline();
    world.case("url/ordinary/40").untimed();
    world.xtask(&["perf"]).expect(1).says("not timed");
    assert_eq!(world.not_fine(), ["BROKEN url/ordinary/40 time"]);

    let all = ["BROKEN query/floor/10 time", "BROKEN url/ordinary/40 time"];
    world.case("url/ordinary/40").time(1_900.0);
    let good = std::fs::read_to_string(world.path("bin/time.sh")).unwrap();
    for (script, reason) in [
        ("echo 'it broke' >&2; exit 1".to_owned(), "`time` ended with exit status: 1: it broke"),
        ("echo hello".to_owned(), "printed an invalid table"),
        (
            good.replace("url/ordinary/40", "url/ordinary/41"),
            "timed `url/ordinary/41`, which `count --list` does not list",
        ),
    ] {
        world.script("time.sh", &script);
        world.xtask(&["perf"]).expect(1).says(reason);
        assert_eq!(world.not_fine(), all, "{script}");
    }
}

#[test]
fn time_gets_fixed_arguments_and_a_clean_environment() {
    let world = World::with_baseline();
    let good = std::fs::read_to_string(world.path("bin/time.sh")).unwrap();
    world.script("time.sh", &format!("echo \"$@\" >> $here/seen; env >> $here/seen\n{good}"));
    for (arguments, processes, times) in [
        (&["perf"][..], 20, "--min-time 0.03 --max-time 0.06"),
        (&["perf", "--quick"], 5, "--min-time 0.01 --max-time 0.02"),
    ] {
        let mut command = world.command(arguments);
        let ran = command.args(["--only", "query/*"]).env("DIVAN_SAMPLE_COUNT", "1").env("SECRET", "1").output();
        Ran::of(ran.unwrap()).expect(0);
        let seen = std::fs::read_to_string(world.path("bin/seen")).unwrap();
        let told = format!("--bench --color never {times} query/floor/10\n");
        assert_eq!(seen.matches(&told).count(), processes, "{seen}");
        assert!(!seen.contains("DIVAN") && !seen.contains("SECRET"), "{seen}");
    }
}

#[test]
fn budgets_are_limits() {
    let world = World::with_baseline();
    let budget = |case: &str, metric: &str, limit: u64| {
        let unit = if metric == "time" { "ns" } else { "blocks" };
        format!(
            "[[budget]]\ncase = \"{case}\"\nmetric = \"{metric}\"\nunit = \"{unit}\"\nlimit = {limit}\nsource = \"the README\"\n"
        )
    };
    let write = |budgets: &[String]| {
        world.write("world-data/budgets.toml", &format!("schema = 1\n{}", budgets.concat()));
    };
    write(&[budget("query/floor/10", "heap-blocks", 61), budget("query/floor/10", "time", 500)]);
    world.xtask(&["perf"]).expect(0).says("100 % used");
    assert_eq!(world.verdict("budget", "query/floor/10", "heap-blocks"), "PASS");
    assert_eq!(world.verdict("budget", "query/floor/10", "time"), "PASS");

    write(&[budget("query/floor/10", "heap-blocks", 60)]);
    world.xtask(&["perf"]).expect(1).says("above the budget: the README");
    write(&[budget("query/floor/10", "time", 499)]);
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.verdict("budget", "query/floor/10", "time"), "REGRESSED");
    write(&[budget("query/gone/10", "time", 499)]);
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.verdict("budget", "query/gone/10", "time"), "MISSING");
    world.xtask(&["perf", "--only", "url/*"]).expect(0);
}

#[test]
fn only_limits_the_expected_rows_and_has_to_match() {
    let world = World::with_baseline();
    world.remove("url/ordinary/40");
    world.xtask(&["perf", "--only", "query/*"]).expect(0);
    assert!(world.rows().iter().all(|row| row["case"] == "query/floor/10"));
    world.xtask(&["perf", "--only", "nothing/*"]).expect(2).says("matches no case").says("query/floor/10");
    world.xtask(&["perf", "--only", "[a"]).expect(2).says("is not a valid pattern");
}

#[test]
fn a_run_that_does_not_end_leaves_no_report_of_an_earlier_one() {
    let world = World::with_baseline();
    world.xtask(&["perf"]).expect(0);
    let reports = ["md", "json", "html"].map(|end| world.path(&format!("target/perf/latest/report.{end}")));
    assert!(reports.iter().all(|report| report.exists()));
    world.script("count.list.sh", "exit 1");
    world.xtask(&["perf"]).expect(2).says("`count --list` printed no list of cases: ended with exit status: 1");
    assert!(!reports.iter().any(|report| report.exists()));
}

#[test]
fn invalid_case_lists_are_refused() {
    let world = World::with_baseline();
    for (list, says) in [
        ("exit 0", "the list is empty"),
        ("echo 'no name'", "is not a case name"),
        ("echo a/b/c; echo a/b/c", "`a/b/c` is listed twice"),
    ] {
        world.script("count.list.sh", list);
        world.xtask(&["perf"]).expect(2).says(says);
    }
}

#[test]
fn usage_errors_are_2() {
    let world = World::with_baseline();
    for arguments in [
        &["perf", "--format", "xml"][..],
        &["measure"],
        &["baseline"],
        &["baseline", "update", "--accept", "x"],
        &["baseline", "update", "--reason", "x"],
        &["perf", "--baselines", "nowhere"],
        &["perf", "--budget", "1s"],
        &["perf", "--seeded-faults"],
    ] {
        world.xtask(arguments).expect(2);
    }
    let outside = tempfile::tempdir().unwrap();
    let ran = world.command(&["perf"]).current_dir(outside.path()).output().unwrap();
    Ran::of(ran).expect(2).says("run this inside the workspace");
    world.write("empty/.hidden", "");
    let planted = world.xtask(&["perf", "--seeded-faults", "--baselines", "empty"]);
    planted.expect(2).says("no feature plants faults in this workspace");
    // The harness does not have the feature, so nothing would be measured, which must not pass.
    let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
    let named = "[workspace.metadata.perf]\nfaults-feature = \"planted\"";
    world.write("Cargo.toml", &manifest.replace("[workspace.metadata.perf]", named));
    for arguments in [&["perf"][..], &["baseline", "diff"]] {
        let ran = world.xtask(&[arguments, &["--seeded-faults", "--baselines", "empty"]].concat());
        ran.expect(2).says("no harness has the feature `planted` that plants faults");
    }
    world.write("Cargo.toml", &manifest);
    world.write("file", "");
    world.xtask(&["perf", "--out", "file/dir"]).expect(2).says("cannot create file/dir");
}

#[test]
fn missing_or_invalid_metadata_is_2() {
    let world = World::new();
    let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
    let harness = "harness = [\"world-bench\"]";
    assert!(manifest.contains(harness), "{manifest}");
    for (written, says) in [
        ("harness = []", "Cargo.toml: [workspace.metadata.perf]: `harness` is empty"),
        ("harness = [\"stranger\"]", "`stranger` is not a package of this workspace"),
        (
            "harness = [{ package = \"world-bench\", with = [\"stranger\"] }]",
            "`stranger` is not a package of this workspace",
        ),
        (
            "harness = [{ package = \"world-bench\", only-if-changed = [\"stranger\"] }]",
            "`stranger` is not a package of this workspace",
        ),
        ("harness = [\"world-bench\"]\ncolour = 1", "unknown field `colour`"),
    ] {
        world.write("Cargo.toml", &manifest.replace(harness, written));
        for arguments in [&["perf"][..], &["baseline", "check"], &["test"]] {
            world.xtask(arguments).expect(2).says(says).says("correct ");
        }
    }
    world.write("Cargo.toml", &manifest.replace("[workspace.metadata.perf]", "[workspace.metadata.other]"));
    world.xtask(&["perf"]).expect(2).says("[workspace.metadata.perf]: the table is missing");
    // Help works with invalid settings.
    world.xtask(&["--help"]).expect(0).says("baseline");
}

#[test]
fn formats_and_places_of_the_reports() {
    let world = World::with_baseline();
    let json = world.xtask(&["perf", "--format", "json", "--out", "here"]).expect(0).stdout;
    assert_eq!(json, std::fs::read_to_string(world.path("here/report.json")).unwrap());
    let markdown = world.xtask(&["perf", "--format", "markdown", "--out", "here"]).expect(0).stdout;
    assert_eq!(markdown, std::fs::read_to_string(world.path("here/report.md")).unwrap());
    let html = std::fs::read_to_string(world.path("here/report.html")).unwrap();
    let again = "measure it again: <code>cargo world perf --quick --only &#39;query/floor/10&#39;</code>";
    assert!(html.contains("<h1>Performance: ") && html.contains(again), "{html}");
    let summary = world.path("summary.md");
    let ran = world
        .command(&["perf", "--quick"])
        .env("CARGO_TARGET_DIR", "elsewhere")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    Ran::of(ran).expect(0).says("elsewhere/perf/latest/report.json");
    assert!(world.path("elsewhere/perf/latest/report.json").exists());
    assert!(!summary.exists(), "the workflow writes it");
}

#[test]
fn a_run_as_a_person_sees_it() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 62);
    let ran = world.xtask(&["perf"]).expect(1);
    insta::assert_snapshot!("run_stdout", ran.stdout);
    insta::assert_snapshot!("run_stderr", ran.stderr);
}
