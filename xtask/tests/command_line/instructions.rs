//! The class of instructions, with a scripted valgrind; and heavy cases, which are not counted by it.

use crate::world::{World, days_ahead};

const NOT_INSTALLED: &str =
    "instructions: not measured: valgrind is not installed (Debian, Ubuntu: apt-get install valgrind)";

#[test]
fn above_one_percent_fails_and_below_is_an_improvement() {
    let world = World::with_instructions();
    world.xtask(&["perf"]).expect(0).says("PASS (exit 0): no regressions");
    assert_eq!(world.not_fine(), [""; 0]);
    for (now, code, verdict) in
        [(42_420, 0, "PASS"), (42_421, 1, "REGRESSED"), (41_580, 0, "PASS"), (41_579, 0, "IMPROVED")]
    {
        world.case("query/floor/10").instructions(now);
        world.xtask(&["perf"]).expect(code);
        assert_eq!(world.verdict("instructions", "query/floor/10", "instructions"), verdict, "{now}");
        assert_eq!(world.verdict("instructions", "url/ordinary/40", "instructions"), "PASS");
    }
    world.case("query/floor/10").instructions(42_421);
    world.xtask(&["perf", "--quick"]).expect(1).says("+1.00 %").says("above the baseline by more than 1 %");
    let counting = world.harness()["instructions"].clone();
    assert_eq!((&counting["measured"], &counting["valgrind"]), (&true.into(), &"3.19.0".into()));
}

/// A different result fails in behaviour, whatever its instructions are.
#[test]
fn fewer_instructions_do_not_hide_another_checksum() {
    let world = World::with_instructions();
    world.case("query/floor/10").instructions(1_000).checksum(8);
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.not_fine(), ["REGRESSED query/floor/10 checksum", "IMPROVED query/floor/10 instructions"],);
}

#[test]
fn without_valgrind_nothing_is_counted_and_the_report_says_so_once() {
    let world = World::with_instructions();
    world.remove_valgrind();
    for format in ["human", "markdown"] {
        let ran = world.xtask(&["perf", "--format", format]).expect(0);
        assert_eq!(ran.stdout.matches("instructions: not measured: ").count(), 1, "{}", ran.stdout);
        // Without what Markdown needs, and on one line.
        let plain = ran.stdout.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains(NOT_INSTALLED), "{plain}");
        assert!(!plain.contains("PASS (exit 0)"), "{plain}");
        assert!(plain.contains("PASS in part (exit 0): no regressions; instructions were not measured"), "{plain}");
    }
    assert_eq!(world.not_fine(), [""; 0], "no row of the baseline is MISSING");
    assert!(world.rows().iter().all(|row| row["class"] != "instructions"));
    assert_eq!(world.harness()["instructions"]["not_measured"], NOT_INSTALLED);
    world.xtask(&["perf", "--require", "instructions"]).expect(4).says("INCONCLUSIVE (exit 4)").says(NOT_INSTALLED);
    world.xtask(&["perf", "--require", "wall"]).expect(4).says("INCONCLUSIVE (exit 4)");
    world.xtask(&["perf", "--require", "wall=75%"]).expect(4).says("INCONCLUSIVE (exit 4)");
    world.xtask(&["perf", "--require", "wall=75"]).expect(2).says("not a whole percentage from 1% to 100%");
    world.xtask(&["perf", "--require", "heap"]).expect(2).says("possible values: instructions, anchor, wall");
    // A regression outranks an inconclusive row.
    world.case("query/floor/10").exact("heap-blocks", 62);
    world.xtask(&["perf", "--require", "instructions"]).expect(1);
}

#[test]
fn an_unusable_valgrind_is_like_a_missing_one() {
    let world = World::with_instructions();
    for (script, says) in [
        ("exit 1", "valgrind cannot be used: ended with exit status: 1"),
        ("echo hello", "valgrind cannot be used: `--version` printed `hello`"),
    ] {
        world.script("valgrind.version.sh", script);
        world.xtask(&["perf"]).expect(0).says("instructions: not measured: ").says(says);
    }
    // Valgrind exists and does not run the program.
    world.remove_valgrind();
    world.install("broken-valgrind.sh", "valgrind");
    world.xtask(&["perf"]).expect(0);
    let line = "instructions: not measured: valgrind cannot be used: ended with exit status: 1: unhandled instruction";
    assert_eq!(world.harness()["instructions"]["not_measured"], line);
}

#[test]
fn counts_of_other_tools_are_inconclusive() {
    let world = World::with_instructions();
    world.install_valgrind("3.22.0");
    world.case("query/floor/10").instructions(99_000);
    world
        .xtask(&["perf", "--require-baseline"])
        .expect(0)
        .says("not comparable: valgrind is 3.22.0 here, 3.19.0 in the baseline")
        .says("no regressions; 2 instructions rows are inconclusive");
    assert_eq!(world.verdict("instructions", "query/floor/10", "instructions"), "INCONCLUSIVE");
    world.xtask(&["perf", "--require", "instructions"]).expect(4);

    world.install_valgrind("3.19.0");
    let text = world.baseline();
    let libc = text.lines().find(|line| line.starts_with("tools.libc = ")).unwrap();
    world.edit_baseline(libc, "tools.libc = \"glibc 1.0\"");
    world.xtask(&["perf"]).expect(0).says(", glibc 1.0 in the baseline");
}

#[test]
fn the_output_of_valgrind_has_to_be_a_number() {
    let world = World::with_instructions();
    for (script, reason) in [
        ("each=100; events='Ir Dr'", "counted `Ir Dr` instead of instructions"),
        ("each=0", "spent 0 instructions on 20 operations in the function `counted_operations`"),
        ("each=100; enough=none", "printed `none` instead of a number of operations"),
        ("each=100; enough=$((operations + 1))", "requested 1 operations, and then 2"),
        (
            "echo 'operation 3 computed 4 items, the one before it 5' >&2; exit 1",
            "exit status: 1: operation 3 computed",
        ),
        ("kill -9 $$", "signal: 9"),
    ] {
        world.script("valgrind.d/query/floor/10.sh", script);
        world.xtask(&["perf"]).expect(1).says("`count` under callgrind");
        assert_eq!(world.not_fine(), ["BROKEN query/floor/10 instructions"], "{script}");
        let rows = world.rows();
        let row = rows.iter().find(|row| row["verdict"] == "BROKEN").unwrap();
        assert!(row["reason"].to_string().contains(reason), "{reason} not in {}", row["reason"]);
        world.xtask(&["baseline", "update"]).expect(1).says("broken cases have no values to store");
    }
    world.lay();
    world.script("count.d/query/floor/10.sh", "exit 1");
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.not_fine(), ["BROKEN query/floor/10 case"], "one failing row for a broken case");
}

#[test]
fn an_update_keeps_a_stored_value_that_is_within_the_margin() {
    let world = World::with_instructions();
    world.case("query/floor/10").instructions(42_400);
    world.xtask(&["baseline", "diff"]).expect(0).says("nothing would change");
    world.xtask(&["baseline", "update"]).expect(0).says("unchanged");
    assert!(world.baseline().contains("value = 42000"));
    // The second small step exceeds the margin of the stored value.
    world.case("query/floor/10").instructions(42_800);
    world.xtask(&["baseline", "update"]).expect(1).says("1 row got worse");
    world.case("query/floor/10").instructions(41_000);
    world.xtask(&["baseline", "update"]).expect(0).says("IMPROVED");
    assert!(world.baseline().contains("value = 41000"));
    // Another checksum replaces the value.
    world.case("query/floor/10").instructions(41_100).checksum(8);
    world.xtask(&["baseline", "update", "--accept", "*", "--reason", "r"]).expect(0);
    assert!(world.baseline().contains("value = 41100"));
    world.xtask(&["perf"]).expect(0);
    assert_eq!(world.not_fine(), [""; 0]);
    // Another key replaces the value, too.
    world.write("world-data/scenarios/floor.toml", "seed = 2\n");
    world.case("query/floor/10").instructions(41_200);
    world.xtask(&["baseline", "update"]).expect(0);
    assert!(world.baseline().contains("value = 41200"));
}

#[test]
fn instructions_can_be_accepted_permanently_or_until_a_day() {
    let world = World::with_instructions();
    world.case("query/floor/10").instructions(43_000);
    let accept = ["baseline", "update", "--accept", "query/floor/10", "--reason", "why", "--expires", &days_ahead(30)];
    world.xtask(&accept).expect(0);
    assert!(world.baseline().contains("value = 42000"));
    world.xtask(&["perf"]).expect(0).says(&format!("until {}: why", days_ahead(30)));
    assert_eq!(world.not_fine(), ["ACCEPTED query/floor/10 instructions"]);
    world.xtask(&["baseline", "update"]).expect(0).says("unchanged");
    // Without valgrind it is unknown whether the acceptance is still needed.
    world.remove_valgrind();
    let ran = world.xtask(&["baseline", "update"]).expect(0).says("unchanged").says(NOT_INSTALLED);
    assert!(!ran.stdout.contains("no longer needed"), "{}", ran.stdout);
    world.install_valgrind("3.19.0");
    world.case("query/floor/10").instructions(43_500);
    world.xtask(&["perf"]).expect(1).says("above the baseline by more than 1 %, and beyond the accepted 43000");
    world.xtask(&accept[..6]).expect(0);
    assert!(world.baseline().contains("value = 43500"));
    world.xtask(&["perf"]).expect(0);
}

#[test]
fn counts_that_do_not_repeat_are_refused() {
    let world = World::with_instructions();
    let counter = "n=$(cat $here/n 2>/dev/null || echo 0); echo $((n+1)) > $here/n;";
    // Four runs: twice without operations and with them.
    world.script("valgrind.d/query/floor/10.sh", &format!("{counter} each=$((42000 + 43 * (n / 2)))"));
    world
        .xtask(&["baseline", "update"])
        .expect(1)
        .says("query/floor/10 instructions = 42000 and 42043, more than 0.1 % apart");
    world.write("bin/n", "0");
    world.script("valgrind.d/query/floor/10.sh", &format!("{counter} each=$((42000 + 42 * (n / 2)))"));
    world.xtask(&["baseline", "update"]).expect(0);
}

#[test]
fn without_valgrind_stored_instructions_stay_while_the_checksum_does() {
    let world = World::with_instructions();
    world.remove_valgrind();
    world.case("query/floor/10").exact("heap-blocks", 60);
    world
        .xtask(&["baseline", "update"])
        .expect(0)
        .says(NOT_INSTALLED)
        .says("2 rows of instructions: the stored values are kept")
        .says("IMPROVED");
    assert!(world.baseline().contains("value = 42000") && world.baseline().contains("tools.valgrind = \"3.19.0\""));
    let lost = "instructions of query/floor/10 are not kept: the checksum or the key differs";
    world.case("query/floor/10").checksum(8);
    world.xtask(&["baseline", "diff"]).expect(0).says(lost);
    world.xtask(&["baseline", "update", "--accept", "*", "--reason", "r"]).expect(0).says(lost);
    assert!(!world.baseline().contains("value = 42000") && world.baseline().contains("value = 60000"));
    world.xtask(&["perf", "--require-baseline"]).expect(0);
    // With the last of them their tools go.
    world.write("world-data/scenarios/floor.toml", "seed = 2\n");
    world.xtask(&["baseline", "update"]).expect(0).says("instructions of url/ordinary/40 are not kept");
    assert!(!world.baseline().contains("tools.") && !world.baseline().contains("instructions"));
    world.install_valgrind("3.19.0");
    world.xtask(&["perf"]).expect(0).says("2 rows are new and not compared");
    world.xtask(&["perf", "--require-baseline"]).expect(1);
}

#[test]
fn other_tools_have_counts_of_their_own_and_the_stored_ones_stay() {
    let world = World::with_instructions();
    let (main, text) = (world.baseline_file(), world.baseline());
    world.install_valgrind("3.22.0");
    world.case("query/floor/10").instructions(42_100);
    world.xtask(&["baseline", "diff"]).expect(0).says("NEW query/floor/10 instructions");
    let alone = "no instructions are stored for valgrind 3.22.0";
    world.xtask(&["baseline", "update", "--only", "query/*"]).expect(1).says(alone).says("leave `--only` away");
    world.xtask(&["baseline", "update"]).expect(0).says("+valgrind-3.22.0+");
    assert_eq!(std::fs::read_to_string(main).unwrap(), text);
    world.xtask(&["perf", "--require", "instructions"]).expect(0);

    // From now on they are judged like the first.
    world.case("query/floor/10").instructions(43_000);
    world.xtask(&["perf"]).expect(1);
    world.xtask(&["baseline", "update"]).expect(1).says("1 row got worse");
    world.xtask(&["baseline", "update", "--only", "query/*", "--accept", "query/*", "--reason", "why"]).expect(0);
    world.xtask(&["perf", "--require", "instructions"]).expect(0);
}

#[test]
fn a_removed_count_is_missing() {
    let world = World::with_instructions();
    world.case("query/floor/10").heavy().untimed();
    world.xtask(&["perf"]).expect(1);
    assert_eq!(world.not_fine(), ["MISSING query/floor/10 instructions"]);
    world.remove("query/floor/10");
    world.xtask(&["perf"]).expect(1);
    assert!(world.not_fine().contains(&"MISSING query/floor/10 instructions".to_owned()));
    world.xtask(&["baseline", "update", "--accept", "query/floor/10", "--reason", "gone"]).expect(0);
    assert!(!world.baseline().contains("query/floor/10"));
}

#[test]
fn heavy_cases_are_counted_and_profiled_and_nothing_else() {
    let world = World::with_instructions();
    world.case("load/huge/10000").exact("events", 1).exact("heap-blocks", 9).heavy();
    world.xtask(&["perf"]).expect(0);
    let classes = |case: &str| {
        let mut classes: Vec<_> =
            world.rows().iter().filter(|row| row["case"] == case).map(|row| row["class"].to_string()).collect();
        classes.dedup();
        classes
    };
    assert_eq!(classes("load/huge/10000"), ["\"behaviour\"", "\"heap\""]);
    assert_eq!(classes("url/ordinary/40"), ["\"behaviour\"", "\"heap\"", "\"instructions\"", "\"wall\""]);
    world.xtask(&["baseline", "update"]).expect(0);
    world.xtask(&["perf", "--only", "load/*", "--require-baseline"]).expect(0);
    // `time` measures it all the same: then `time` and the list are about different things.
    world.case("load/huge/10000").time(5.0);
    world
        .xtask(&["perf"])
        .expect(1)
        .says("timed `load/huge/10000`, which `count --list` does not list, or marks as heavy");
}

#[test]
fn a_case_is_broken_if_programs_disagree_whether_it_is_heavy() {
    for (program, reason) in [
        ("count", "`count --list` marks it as heavy, `heap --list` does not"),
        ("heap", "`heap --list` marks it as heavy, `count --list` does not"),
    ] {
        let world = World::with_baseline();
        world.case("query/floor/10").untimed();
        world.script(&format!("{program}.list.sh"), "echo query/floor/10 heavy; echo url/ordinary/40");
        world.xtask(&["perf"]).expect(1).says(reason);
        assert_eq!(world.not_fine(), ["BROKEN query/floor/10 case"]);
    }
    let world = World::with_baseline();
    world.case("query/floor/10").untimed();
    world.script("heap.list.sh", "echo query/floor/10 untimed; echo url/ordinary/40");
    world.xtask(&["perf"]).expect(1).says("`heap --list` marks it as untimed, `count --list` does not");
    let world = World::with_baseline();
    world.script("count.list.sh", "echo query/floor/10 light");
    world.xtask(&["perf"]).expect(2).says("is not a case name");
}

#[test]
fn budgets_of_instructions_are_limits_where_they_are_counted() {
    let world = World::with_instructions();
    let write = |limit: u64| {
        let budget =
            format!("case = \"query/floor/10\"\nmetric = \"instructions\"\nlimit = {limit}\nunit = \"instr\"\n");
        world.write("world-data/budgets.toml", &format!("schema = 1\n[[budget]]\n{budget}source = \"README\"\n"));
    };
    write(42_000);
    world.xtask(&["perf"]).expect(0).says("100 % used");
    write(41_999);
    world.xtask(&["perf"]).expect(1).says("above the budget: README");
    world.remove_valgrind();
    world.xtask(&["perf"]).expect(0);
    assert_eq!(world.verdict("budget", "query/floor/10", "instructions"), "INCONCLUSIVE");
    world.xtask(&["perf", "--require", "instructions"]).expect(4);
}
