//! `baseline update` and `baseline diff`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::world::{HARNESS, Ran, World, days_ahead, gone, record, wait_for};

/// What there is in the folder of baselines and in the one of the harness, where temporary files would be too.
fn stored(world: &World) -> Vec<String> {
    let names = |dir: PathBuf| -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    };
    let mut found = names(world.path("world-data/baselines"));
    found.extend(names(world.baselines()).into_iter().map(|name| match name.ends_with(".toml") {
        true if !name.starts_with('.') => "one baseline".to_owned(),
        _ => name,
    }));
    found.sort_by(|a, b| b.cmp(a));
    found
}

#[test]
fn the_first_update_writes_a_whole_new_file() {
    let world = World::new();
    world.case("query/floor/10").exact("heap-blocks", 61);
    world.xtask(&["baseline", "update"]).expect(0).says("NEW").says("written: world-data/baselines/world-bench/");
    let text = world.baseline();
    assert!(text.contains("metric = \"heap-blocks\", unit = \"blocks\", class = \"heap\", value = 61"), "{text}");
    assert!(text.contains("provenance.commit = \"unknown\""), "a folder without git: {text}");
    assert_eq!(stored(&world), [HARNESS, "one baseline"]);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(world.baseline_file()).unwrap().permissions().mode();
    assert_ne!(mode & 0o044, 0, "as readable as any new file: {mode:o}");
}

#[test]
fn an_update_without_changes_does_not_touch_the_file() {
    let world = World::with_baseline();
    let before = fs::metadata(world.baseline_file()).unwrap();
    world.xtask(&["baseline", "update"]).expect(0).says("unchanged: world-data/baselines/world-bench/");
    let after = fs::metadata(world.baseline_file()).unwrap();
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    world.xtask(&["baseline", "diff"]).expect(0).says("nothing would change");
}

#[test]
fn improved_and_new_rows_are_stored() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 60).exact("wakeups", 3);
    let before = world.baseline();
    world.xtask(&["baseline", "diff"]).expect(0).says("IMPROVED").says("NEW");
    assert_eq!(world.baseline(), before, "diff writes nothing");
    world.xtask(&["baseline", "update"]).expect(0).says("IMPROVED").says("NEW");
    assert!(world.baseline().contains("value = 60"));
    world.xtask(&["perf", "--require-baseline"]).expect(0);
    assert_eq!(world.not_fine(), [""; 0]);
}

#[test]
fn worse_rows_need_to_be_accepted_by_name() {
    let world = World::with_baseline();
    let before = world.baseline();
    world.case("query/floor/10").exact("heap-blocks", 62);
    world.case("url/ordinary/40").exact("heap-bytes", 3_000);
    world.xtask(&["baseline", "update"]).expect(1).says("2 rows got worse").says("--accept <case>");
    let one = ["baseline", "update", "--accept", "query/floor/10", "--reason", "why"];
    world.xtask(&one).expect(1).says("1 row got worse");
    assert_eq!(world.baseline(), before);
    world.xtask(&["baseline", "diff"]).expect(0).says("REGRESSED");

    let both = ["baseline", "update", "--accept", "query/floor/10", "--accept", "url/*", "--reason", "a good one"];
    world.xtask(&both).expect(0).says("say why in the commit message: a good one");
    assert!(world.baseline().contains("value = 3000") && world.baseline().contains("value = 62"));
    assert!(!world.baseline().contains("a good one"), "for good: nothing to remember");
    world.xtask(&["perf"]).expect(0);
    world.xtask(&both).expect(2).says("matches no case that got worse");
}

#[test]
fn a_removed_row_counts_as_worse() {
    let world = World::with_baseline();
    world.remove("url/ordinary/40");
    world.xtask(&["baseline", "update"]).expect(1).says("MISSING");
    // --accept can name it, although no case has that name.
    world.xtask(&["perf", "--only", "url/ordinary/40"]).expect(1).says("MISSING");
    world
        .xtask(&["baseline", "update", "--accept", "nope", "--reason", "r"])
        .expect(1)
        .says("`--accept nope` matches 0");
    world.xtask(&["baseline", "update", "--accept", "url/ordinary/40", "--reason", "not needed"]).expect(0);
    assert!(!world.baseline().contains("url/ordinary/40"));
}

#[test]
fn accepted_until_a_day_keeps_the_stored_value() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 63);
    let accept = |expires| {
        [
            "baseline",
            "update",
            "--accept",
            "query/floor/10",
            "--reason",
            "until the \"parser\" is done",
            "--expires",
            expires,
        ]
    };
    world.xtask(&accept("2020-01-01")).expect(2).says("that day is over");
    world.xtask(&accept("2999-1-1")).expect(2).says("YYYY-MM-DD");
    world.xtask(&accept("2999-01-01")).expect(2).says("more than 90 days ahead");
    world.xtask(&accept(&days_ahead(30))).expect(0);
    assert!(world.baseline().contains("metric = \"heap-blocks\", unit = \"blocks\", class = \"heap\", value = 61"));
    world.xtask(&["perf"]).expect(0).says(&format!("until {}: until the \"parser\" is done", days_ahead(30)));
    assert_eq!(world.not_fine(), ["ACCEPTED query/floor/10 heap-blocks"]);
    world.xtask(&["baseline", "update"]).expect(0).says("unchanged");

    world.case("query/floor/10").exact("heap-blocks", 64);
    world.xtask(&["perf"]).expect(1).says("beyond the accepted 63");
    world.case("query/floor/10").exact("heap-blocks", 63);
    world.edit_baseline(&days_ahead(30), "2020-01-01");
    world.xtask(&["perf"]).expect(1).says("its acceptance expired on 2020-01-01");
    world.xtask(&["baseline", "update"]).expect(1);

    world.case("query/floor/10").exact("heap-blocks", 61);
    let stale = "no longer needed: the acceptance of query/floor/10 heap-blocks until 2020-01-01";
    world.xtask(&["baseline", "diff"]).expect(0).says(stale);
    world.xtask(&["baseline", "update"]).expect(0).says(stale);
    assert!(world.baseline().contains("accepted = [\n]"), "no longer needed: {}", world.baseline());
}

#[test]
fn only_a_worse_number_can_be_accepted_until_a_day() {
    let accept = ["baseline", "update", "--accept", "*", "--reason", "r", "--expires", &days_ahead(30)];
    let world = World::with_baseline();
    world.case("query/floor/10").checksum(8);
    world.xtask(&accept).expect(1).says("`checksum` of `query/floor/10` is REGRESSED").says("leave `--expires` away");
    world.xtask(&accept[..6]).expect(0);
    world.remove("query/floor/10");
    world.xtask(&accept).expect(1).says("is MISSING");
}

/// After a change of the checksum no stored value of the case is comparable.
#[test]
fn another_checksum_replaces_every_value_of_its_case() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 63);
    let accept = ["baseline", "update", "--accept", "*", "--reason", "r"];
    world.xtask(&[&accept[..], &["--expires", &days_ahead(30)]].concat()).expect(0);
    world.case("query/floor/10").checksum(8);
    world.xtask(&accept).expect(0);
    assert!(world.baseline().contains("value = 63") && world.baseline().contains("accepted = [\n]"));
    world.xtask(&["perf"]).expect(0);
    assert_eq!(world.not_fine(), [""; 0]);
}

#[test]
fn another_key_replaces_all_values_and_hides_no_regression() {
    let world = World::with_baseline();
    world.write("world-data/scenarios/floor.toml", "seed = 2\n");
    world.case("query/floor/10").exact("heap-blocks", 62);
    world.xtask(&["baseline", "diff"]).expect(0).says("not comparable: inputs is").says("REGRESSED");
    world.xtask(&["baseline", "update", "--only", "query/*"]).expect(1).says("leave `--only` away");
    world.xtask(&["baseline", "update"]).expect(1).says("everything is replaced").says("1 row got worse");
    world.xtask(&["perf"]).expect(4);
    world.xtask(&["baseline", "update", "--accept", "*", "--reason", "other inputs"]).expect(0);
    world.xtask(&["perf"]).expect(0);
}

#[test]
fn only_leaves_other_rows_as_they_are() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 60);
    world.case("url/ordinary/40").exact("heap-bytes", 1_000);
    world.xtask(&["baseline", "update", "--only", "query/*"]).expect(0);
    assert!(world.baseline().contains("value = 60") && world.baseline().contains("value = 2048"));
}

#[test]
fn unrepeatable_values_are_refused() {
    let world = World::with_baseline();
    let before = world.baseline();
    let line = record("url/ordinary/40", "heap-blocks", 5, 7).replace('5', "'$n'");
    world.script(
        "heap.d/url/ordinary/40.sh",
        &format!("n=$(cat $here/n 2>/dev/null || echo 1); echo $((n+1)) > $here/n; echo '{line}'"),
    );
    world.xtask(&["baseline", "update"]).expect(1).says("url/ordinary/40 heap-blocks = 1").says("heap-blocks = 2");
    world.script("heap.d/url/ordinary/40.sh", "echo 'assertion failed' >&2; exit 1");
    world
        .xtask(&["baseline", "update"])
        .expect(1)
        .says("url/ordinary/40: `heap` ended with exit status: 1: assertion failed");
    world.xtask(&["baseline", "diff"]).expect(1);
    assert_eq!(world.baseline(), before);
}

#[test]
fn a_link_is_not_replaced() {
    let world = World::with_baseline();
    fs::rename(world.baseline_file(), world.path("elsewhere")).unwrap();
    let link = world.baselines().join(format!("{}.toml", target(&world)));
    std::os::unix::fs::symlink(world.path("elsewhere"), &link).unwrap();
    world.xtask(&["perf"]).expect(0);
    world.case("query/floor/10").exact("heap-blocks", 60);
    world.xtask(&["baseline", "update"]).expect(2).says("is a symbolic link");
    assert!(link.is_symlink());
}

fn target(world: &World) -> String {
    let text = fs::read_to_string(world.path("elsewhere")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("key.target = ")).unwrap();
    line.trim_matches(['"', '\'']).to_owned()
}

#[test]
fn reasons_are_one_visible_line() {
    let world = World::with_baseline();
    for reason in ["", "  ", "two\nlines", "\u{1b}[31m", "\u{202e}", &"x".repeat(201)] {
        world.xtask(&["baseline", "update", "--accept", "*", "--reason", reason]).expect(2);
    }
}

#[test]
fn two_updates_at_once_do_not_mix() {
    let world = World::with_baseline();
    let good = fs::read_to_string(world.path("bin/count.list.sh")).unwrap();
    world.script("count.list.sh", &format!(": > $here/started; while [ ! -e $here/go ]; do sleep 0.01; done\n{good}"));
    let first = world.command(&["baseline", "update"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&world, "bin/started");
    world.xtask(&["baseline", "update"]).expect(2).says("another `cargo world baseline update` is running");
    world.write("bin/go", "");
    Ran::of(first.wait_with_output().unwrap()).expect(0);
    world.xtask(&["baseline", "update"]).expect(0);
}

#[test]
fn an_interruption_leaves_the_old_file_and_no_child() {
    for (signal, arguments) in
        [("-INT", &["baseline", "update"][..]), ("-TERM", &["baseline", "update"]), ("-INT", &["perf"])]
    {
        let world = World::with_baseline();
        world.case("query/floor/10").exact("heap-blocks", 60);
        let before = world.baseline();
        // A child and a grandchild that would outlive this test.
        world.script(
            "heap.d/url/ordinary/40.sh",
            "sleep 600 & echo $! > $here/grandchild; echo $$ > $here/child.tmp; mv $here/child.tmp $here/child; wait",
        );
        let started = world.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&world, "bin/child");
        let id = started.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        Ran::of(started.wait_with_output().unwrap()).expect(130).says("interrupted: nothing was written");
        for file in ["bin/child", "bin/grandchild"] {
            let id = fs::read_to_string(world.path(file)).unwrap();
            assert!(gone(id.trim()), "{file} {id} is still there");
        }
        assert_eq!(world.baseline(), before);
        assert_eq!(stored(&world), [HARNESS, "one baseline"]);
        assert!(!world.path("target/perf/latest/report.json").exists());
        // The lock was released with the end of its holder.
        world.case("url/ordinary/40");
        world.script("heap.d/url/ordinary/40.sh", "exit 1");
        world.xtask(&["baseline", "update"]).expect(1);
    }
}

/// Twenty updates at once: each of them stores the values or says that another one is running, and the file is whole.
#[test]
fn twenty_updates_at_once_leave_one_whole_baseline() {
    let world = World::with_baseline();
    world.case("query/floor/10").exact("heap-blocks", 60);
    let start =
        |_| world.command(&["baseline", "update"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..20).map(start).collect();
    let ended: Vec<Ran> = children.into_iter().map(|child| Ran::of(child.wait_with_output().unwrap())).collect();
    for ran in &ended {
        assert!(matches!(ran.code, 0 | 2), "{} {}", ran.stdout, ran.stderr);
        assert!(ran.code == 0 || ran.stderr.contains("is running in"), "{}", ran.stderr);
    }
    assert!(ended.iter().any(|ran| ran.code == 0));
    assert!(world.baseline().contains("metric = \"heap-blocks\", unit = \"blocks\", class = \"heap\", value = 60"));
    world.xtask(&["baseline", "check"]).expect(0);
    world.xtask(&["perf"]).expect(0);
}
