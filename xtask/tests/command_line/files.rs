//! Invalid files in the data folder: every command exits with 3, and with file, place and hint, before it builds or measures.

use std::fs;
use std::process::{Command, Stdio};

use crate::world::{Ran, World};

/// Runs every verb that reads the files. None may measure: the measuring programs would leave a trace.
#[track_caller]
fn refused(world: &World, says: &[&str]) {
    world.script("count.list.sh", "touch $here/measured; exit 1");
    for arguments in [&["perf"][..], &["baseline", "check"], &["baseline", "diff"], &["baseline", "update"]] {
        let ran = world.xtask(arguments).expect(3).says("error: invalid file ").says("hint: ");
        for text in says {
            assert!(ran.stderr.contains(text), "{arguments:?}: no {text:?} in {}", ran.stderr);
        }
        assert_eq!(ran.stdout, "");
        let obeyed = |c: char| c.is_control() && c != '\n';
        assert!(!ran.stderr.contains(obeyed), "{:?}", ran.stderr);
    }
    assert!(!world.path("bin/measured").exists());
}

/// Checks a baseline with one change, and reverts the change.
#[track_caller]
fn edited(world: &World, from: &str, to: &str, says: &[&str]) {
    let before = world.baseline();
    world.edit_baseline(from, to);
    refused(world, says);
    fs::write(world.baseline_file(), before).unwrap();
}

#[test]
fn baselines_with_a_wrong_value_are_refused_at_their_line() {
    let world = World::with_baseline();
    let hint = "`git restore world-data/baselines/world-bench/";
    edited(&world, "value = 15", "value = nan", &[".toml:16:94: ", "floating point", hint]);
    edited(&world, "value = 15", "value = -15", &[".toml:16:94: ", hint]);
    edited(&world, "value = 15", "value = 1.5", &[".toml:16:94: "]);
    edited(&world, "value = 15", "value = 15, colour = 1", &[".toml:16:98: ", "unknown field `colour`"]);
    edited(&world, "value = 15", "value = 15, value = 15", &[".toml:16:98: ", "duplicate key"]);
    edited(&world, "value = 15", "value = 99999999999999999999", &[".toml:16:94: "]);
    edited(&world, "unit = \"count\"", "unit = \"furlongs\"", &[".toml:15:", "unknown variant `furlongs`"]);
    edited(&world, "class = \"behaviour\", ", "", &[".toml:15:", "missing field `class`"]);
    edited(&world, "schema = 4", "schema = 4\nschema = 4", &[".toml:3:1: ", "duplicate key"]);
    let before = world.baseline();
    fs::write(world.baseline_file(), before.replace("value = 61", "value = 500")).unwrap();
    refused(&world, &[".toml:11:1: ", "`digest` does not match the stored values", hint]);
    fs::write(world.baseline_file(), before).unwrap();
    edited(&world, "key.rustc", "key.rusty", &["unknown field `rusty`"]);
}

#[test]
fn baselines_that_contradict_themselves_are_refused_at_their_line() {
    let world = World::with_baseline();
    edited(&world, "schema = 4", "schema = 5", &[".toml:2:1: ", "schema 5 is not the version", "baseline update"]);
    edited(&world, "\"deltas\"", "\"events\"", &[".toml:16:1: ", "`query/floor/10` has two records for `events`"]);
    edited(
        &world,
        "checksum = \"0000000000000007\" },\n]",
        "checksum = \"0000000000000008\" },\n]",
        &["different checksums"],
    );
    edited(
        &world,
        "\"heap-blocks\", unit = \"blocks\", class = \"heap\"",
        "\"time\", unit = \"ns\", class = \"wall\"",
        &["never compared across runs"],
    );
    edited(&world, "x86_64", "x86-64", &["which does not match the file name"]);
    let entry = |metric: &str, date: &str| {
        format!(
            "accepted = [ {{ case = \"query/floor/10\", metric = \"{metric}\", value = 1, expires = \"{date}\", reason = \"r\" }},"
        )
    };
    edited(&world, "accepted = [", &entry("events", "2026-02-30"), &[".toml:12:1: ", "`2026-02-30`", "is not a date"]);
    edited(&world, "accepted = [", &entry("events", "tomorrow"), &["is not a date"]);
    edited(&world, "accepted = [", &entry("wakeups", "2026-02-28"), &["has no record of it"]);
}

#[test]
fn instructions_and_their_tools_go_together() {
    let tools = |world: &World| {
        let line = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned() + "\n";
        let text = world.baseline();
        [line(&text, "tools.valgrind"), line(&text, "tools.libc")].concat()
    };
    let world = World::with_instructions();
    world.edit_baseline(&tools(&world), "");
    refused(&world, &[".toml:20:1: ", "`query/floor/10` has a record for `instructions`, but `tools` does not say"]);
    let world = World::with_baseline();
    world.edit_baseline("provenance.commit", "tools.valgrind = \"3\"\ntools.libc = \"x\"\nprovenance.commit");
    refused(&world, &[":10:1: ", "`tools` says what instructions were counted with, but there is no such record"]);
    let world = World::with_instructions();
    world.edit_baseline("tools.valgrind", "tools.valgrint");
    refused(&world, &["unknown field `valgrint`"]);
    let world = World::with_instructions();
    world.edit_baseline("value = 42000", "value = 0");
    refused(&world, &["a measured number of instructions cannot be zero"]);
}

#[test]
fn invalid_baselines_are_refused() {
    let world = World::with_baseline();
    let deep = format!("schema = 2\nrecord = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let far = format!("schema = 2\nkey{} = 1\n", ".a".repeat(100_000));
    for (text, says) in [
        (&b""[..], ": it is empty"),
        (b"\n \n", ": it is empty"),
        (b"schema", ":1:"),
        (b"schema = 2\n", "missing field"),
        (b"schema = 2\nke\xff", ":2:3: it is not UTF-8 text"),
        (b"\xef\xbb\xbfschema = 1\n", ":1:1: it starts with a byte order mark"),
        (b"schema = 2\0\n", ":1:"),
        (b"schema = 2\n<<<<<<< HEAD\n=======\n>>>>>>> branch\n", ":2:1: it has merge conflict markers"),
        (b"schema = 2\n\x1b[2J = 1\n", ":2:"),
        (b"schema = 2\n\"\\u001b[2J\" = 1\n", "unknown field `[2J`"),
        (deep.as_bytes(), ":2:"),
        (far.as_bytes(), ""),
    ] {
        fs::write(world.baseline_file(), text).unwrap();
        refused(&world, &[says, "world-data/baselines/world-bench/"]);
    }
    fs::write(world.baseline_file(), "<<<<<<< HEAD\n").unwrap();
    refused(&world, &["git checkout --ours world-data/baselines/world-bench/"]);
}

#[test]
fn a_baseline_cut_anywhere_is_refused() {
    let world = World::with_baseline();
    let text = world.baseline();
    for cut in [1, 100, 150, 200, 400, 700, 900, text.len() - 3] {
        fs::write(world.baseline_file(), &text[..cut]).unwrap();
        world.xtask(&["baseline", "check"]).expect(3);
    }
}

#[test]
fn irregular_files_are_refused_without_blocking() {
    let with_baseline = || {
        let world = World::with_baseline();
        let file = world.baseline_file();
        fs::remove_file(&file).unwrap();
        (world, file)
    };
    let (world, file) = with_baseline();
    fs::create_dir(&file).unwrap();
    refused(&world, &["it is a directory, not a file"]);

    let (world, file) = with_baseline();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    refused(&world, &["it is not a regular file"]);

    let (world, file) = with_baseline();
    let fifo = world.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink(&fifo, &file).unwrap();
    refused(&world, &["it is not a regular file"]);

    for target in ["/dev/zero", "/dev/null"] {
        let (world, file) = with_baseline();
        std::os::unix::fs::symlink(target, &file).unwrap();
        refused(&world, &["it is not a regular file"]);
    }

    let (world, file) = with_baseline();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    refused(&world, &["it cannot be read: No such file"]);

    let (world, file) = with_baseline();
    // A sparse file.
    fs::File::create(&file).unwrap().set_len(300 << 20).unwrap();
    refused(&world, &["it has 314572800 bytes; the limit is 1048576"]);
}

#[test]
fn a_file_that_may_not_be_read_is_refused_with_that_hint() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with_baseline();
    fs::set_permissions(world.baseline_file(), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(world.baseline_file()).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    refused(&world, &["it cannot be read: Permission denied", "chmod u+r world-data/baselines/world-bench/"]);
}

#[test]
fn unknown_files_among_the_baselines_are_refused() {
    for (file, says) in [
        ("notes.txt", "world-data/baselines/notes.txt: only folders named like harness packages"),
        ("world-bench/notes.txt", "world-data/baselines/world-bench/notes.txt: only baselines"),
        ("stranger/x.toml", "world-data/baselines/stranger: `stranger` is not a harness"),
    ] {
        let world = World::with_baseline();
        world.write(&format!("world-data/baselines/{file}"), "x");
        refused(&world, &[says]);
    }
    let world = World::with_baseline();
    world.write("world-data/baselines/.hidden", "");
    world.write("world-data/baselines/world-bench/.hidden", "");
    world.xtask(&["baseline", "check"]).expect(0).says("world-bench ");
}

#[test]
fn budgets_are_read_as_strictly() {
    let world = World::with_baseline();
    for (text, says) in [
        ("", "world-data/budgets.toml: it is empty"),
        ("schema = 1\n", "missing field `budget`"),
        ("schema = 9\nbudget = []\n", "budgets.toml:1:10: schema 9"),
        ("schema = 1\nbudget = []\nbudgets = []\n", "budgets.toml:3:1: unknown field `budgets`"),
        (
            "schema = 1\n[[budget]]\ncase = \"a/b/c\"\nmetric = \"events\"\nunit = \"count\"\nlimit = -1\nsource = \"x\"\n",
            "budgets.toml:6:9: ",
        ),
    ] {
        world.write("world-data/budgets.toml", text);
        refused(&world, &[says, "this file is edited by hand"]);
    }
    fs::remove_file(world.path("world-data/budgets.toml")).unwrap();
    refused(&world, &["budgets.toml: it cannot be read"]);
}

#[test]
fn other_files_have_to_be_whole() {
    for (file, text, says) in [
        ("world-data/scenarios/floor.toml", "seed = \n", "scenarios/floor.toml:1:"),
        ("world-data/scenarios/floor.toml", "<<<<<<< HEAD\n", "scenarios/floor.toml:1:1: it has merge conflict"),
        ("world-data/corpus/a.md", "", "corpus/a.md: it is empty"),
    ] {
        let world = World::with_baseline();
        world.write(file, text);
        refused(&world, &[says]);
    }
    let world = World::with_baseline();
    std::os::unix::fs::symlink(".", world.path("world-data/circle")).unwrap();
    refused(&world, &["world-data/circle: it is a link to a directory"]);
    let world = World::with_baseline();
    world.write("world-data/README.md", "Heading\n=======\n");
    world.xtask(&["baseline", "check"]).expect(0).says("OK: 4 files");
}

#[test]
fn another_directory_of_baselines_is_read_instead() {
    let world = World::with_baseline();
    fs::create_dir(world.path("other")).unwrap();
    world.xtask(&["perf", "--baselines", "other"]).expect(0).says("there is no baseline");
    let other = world.path("other/world-bench");
    fs::create_dir(&other).unwrap();
    fs::copy(world.baseline_file(), other.join(world.baseline_file().file_name().unwrap())).unwrap();
    world.edit_baseline("schema = 4", "schema = 0");
    world.xtask(&["perf", "--baselines", "other"]).expect(0);
    assert_eq!(world.not_fine(), [""; 0]);
}

#[test]
fn a_closed_pipe_does_not_change_the_verdict() {
    let world = World::with_baseline();
    let mut child = world.command(&["perf", "--quick"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Ran::of(child.wait_with_output().unwrap()).expect(0);
}
