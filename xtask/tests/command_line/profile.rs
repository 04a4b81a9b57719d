//! `perf profile`: the files it writes, what it prints, and what it does without a part.

use crate::world::World;

const CASE: &str = "query/floor/10";

/// Of 20 operations, whose names have hashes. `malloc` is called by the engine, and 100 instructions lost their callers.
const CALLGRIND: &str = "version: 1\npositions: line\nevents: Ir\n\n\
    fn=(1) engine::poll::h0123456789abcdef'count::counted_operations::h0123456789abcdef'main\n7 600\n\
    cfn=(2) malloc'engine::poll::h0123456789abcdef'count::counted_operations::h0123456789abcdef'main\ncalls=20 1\n7 1300\n\
    fn=(2)\n1 1300\nfn=deep'deeper\n1 100\ntotals: 2000\n";

const SITES: &str = r#"{"dhatFileVersion":2,"ftbl":["[root]","0x1: main (benches/heap.rs:9:1)","0x2: clone (src/lib.rs:7:3)"],
    "pps":[{"tb":120,"tbk":3,"fs":[2,1]},{"tb":8,"tbk":1,"fs":[1]}]}"#;

const FILES: [&str; 5] = ["allocations.svg", "callgrind.out", "dhat.json", "flame.svg", "top.txt"];

fn world() -> World {
    let world = World::with_instructions();
    world.write(&format!("bin/callgrind.d/{CASE}.out"), CALLGRIND);
    world.write(&format!("bin/sites.d/{CASE}.json"), SITES);
    world
}

fn files(world: &World, dir: &str) -> Vec<String> {
    let files = std::fs::read_dir(world.path(dir)).unwrap();
    let mut names: Vec<String> = files.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn tables_pictures_and_what_opens_them() {
    let world = world();
    let ran = world.command(&["perf", "profile", CASE]).output().unwrap();
    let ran = crate::world::Ran::of(ran).expect(0);
    insta::assert_snapshot!(ran.stdout);
    let dir = "target/perf/profile/query_floor_10";
    assert_eq!(files(&world, dir), FILES);
    let read = |name: &str| std::fs::read_to_string(world.path(dir).join(name)).unwrap();
    assert_eq!((read("callgrind.out").as_str(), read("dhat.json").as_str()), (CALLGRIND, SITES));
    // The tables are those on the screen.
    assert!(ran.stdout.starts_with(&read("top.txt")), "{}", read("top.txt"));
    assert!(
        read("flame.svg").contains("[callers cut off]") && read("allocations.svg").contains("bytes of query/floor/10")
    );

    // What cannot be made anew is removed, not left from before.
    world.remove_valgrind();
    let ran = profile(&world, &[CASE]).expect(0).says("instructions: no profile: valgrind is not installed");
    assert!(ran.stdout.contains("blocks of one operation: 4"), "{}", ran.stdout);
    assert_eq!(files(&world, dir), ["allocations.svg", "dhat.json", "top.txt"]);
}

fn profile(world: &World, arguments: &[&str]) -> crate::world::Ran {
    let arguments = [&["perf", "profile"], arguments].concat();
    crate::world::Ran::of(world.command(&arguments).output().unwrap())
}

#[test]
fn a_directory_and_the_length_of_tables_can_be_chosen() {
    let world = world();
    world.write("mine/notes.txt", "mine");
    let ran = profile(&world, &[CASE, "--out", "mine", "--top", "1", "--no-base"]).expect(0);
    let ran = ran.says("functions by what they spend themselves, 1 of 3").says("not compared: `--no-base` is given");
    assert!(ran.stdout.contains("\nmine/flame.svg\n"), "{}", ran.stdout);
    assert_eq!(files(&world, "mine"), [&FILES[..4], &["notes.txt"], &FILES[4..]].concat());
    profile(&world, &[CASE, "--top", "0"]).expect(2);
    profile(&world, &[CASE, "--depth", "0"]).expect(2);
    profile(&world, &[CASE, "--no-base", "--against", "HEAD"]).expect(2).says("cannot be used with");
    profile(&world, &[CASE, "--against", "HEAD"]).expect(2).says("this is not a git repository");
}

#[test]
fn an_unknown_case_is_an_error_that_names_similar_ones() {
    let world = world();
    profile(&world, &["query/flor/10"])
        .expect(2)
        .says("there is no case `query/flor/10`")
        .says("cases with similar names are: query/floor/10, url/ordinary/40");
    profile(&world, &["query"]).expect(2).says("`query` is not a case name");
    assert!(!world.path("target/perf/profile").exists());
}

#[test]
fn a_part_that_fails_is_named_and_the_other_is_made() {
    let world = world();
    let callgrind = format!("bin/callgrind.d/{CASE}.out");
    for (text, says) in [
        (CALLGRIND.replace("totals: 2000\n", ""), "line 14: the file has no line `totals:`, so it is not complete"),
        (CALLGRIND.replace("7 600", "7 601"), "the costs add up to 2001, but the file states 2000"),
        ("".to_owned(), "wrote an invalid profile"),
    ] {
        world.write(&callgrind, &text);
        let ran = profile(&world, &[CASE]).expect(1).says("`count` under callgrind").says(says);
        assert!(ran.stdout.contains("blocks of one operation: 4"), "{}", ran.stdout);
    }
    world.write(&callgrind, CALLGRIND);
    for (text, says) in [("{", "wrote an invalid file: EOF"), (&SITES.replace("[2,1]", "[9]"), "frame 9 of stack 0")] {
        world.write(&format!("bin/sites.d/{CASE}.json"), text);
        let ran = profile(&world, &[CASE]).expect(1).says("allocations: no profile: `heap --sites`").says(says);
        assert!(ran.stdout.contains("instructions of one operation: 100"), "{}", ran.stdout);
    }
    // A heavy case is not run under valgrind, which is no failure.
    world.write(&format!("bin/sites.d/{CASE}.json"), SITES);
    world.case(CASE).heavy();
    profile(&world, &[CASE]).expect(0).says("the case is heavy, so it does not run under valgrind");
}
