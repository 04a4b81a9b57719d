//! The way through cargo: building the measuring programs, and `cargo xtask test`.

mod common;

use std::process::{Command, Stdio};

use common::{Ran, World, gone, record, wait_for};

/// A workspace whose measuring programs are real: each prints what it would have measured.
fn buildable() -> World {
    let world = World::new();
    let bench = |name: &str| format!("[[bench]]\nname = \"{name}\"\nharness = false\n");
    let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
    world.write(
        "Cargo.toml",
        &format!("{manifest}[lib]\nbench = false\n{}", ["time", "heap", "count"].map(bench).concat()),
    );
    let main = |metric| {
        let line = record("a/b/c", metric, 1, 7);
        format!(
            "fn main() {{ println!(\"{{}}\", if std::env::args().any(|a| a == \"--list\") {{ \"a/b/c\" }} else {{ r#\"{line}\"# }}) }}"
        )
    };
    world.write("benches/count.rs", &main("events"));
    world.write("benches/heap.rs", &main("heap-blocks"));
    world.write("benches/time.rs", "fn main() { println!(\"no table\") }");
    world
}

fn perf(world: &World) -> Ran {
    let mut command = world.command(&[]);
    command.args(["perf", "--processes", "1"]);
    Ran::of(command.output().unwrap())
}

#[test]
fn the_programs_are_built_by_cargo_and_found_in_its_target_directory() {
    let world = buildable();
    perf(&world).expect(1).says("a table that cannot be read");
    assert_eq!(world.verdict("heap", "a/b/c", "heap-blocks"), "NEW");
    assert_eq!(world.verdict("behaviour", "a/b/c", "events"), "NEW");
}

#[test]
fn a_build_that_fails_is_2_and_shows_what_the_compiler_said() {
    let world = buildable();
    world.write("benches/heap.rs", "fn main() { no_such_function() }");
    perf(&world)
        .expect(2)
        .says("cannot find function `no_such_function`")
        .says("building the measuring programs failed")
        .says("fix what they say");
    let world = World::new();
    perf(&world).expect(2).says("cargo built no bench target `time`");
}

#[test]
fn a_lock_file_that_does_not_fit_is_2() {
    let world = buildable();
    world.write("Cargo.lock", "version = 4\n");
    perf(&world).expect(2).says("`cargo tree -p perf-gate` ended with");
}

/// Cargo and what it started are gone too, not only the process that was asked to stop.
#[test]
fn an_interruption_ends_the_build() {
    let world = buildable();
    let script = "fn main() {
        std::fs::write(\"building.tmp\", std::process::id().to_string()).unwrap();
        std::fs::rename(\"building.tmp\", \"building\").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }";
    world.write("build.rs", script);
    let mut command = world.command(&[]);
    let started = command.arg("perf").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&world, "building");
    assert!(Command::new("kill").args(["-INT", &started.id().to_string()]).status().unwrap().success());
    Ran::of(started.wait_with_output().unwrap()).expect(130);
    assert!(gone(std::fs::read_to_string(world.path("building")).unwrap().trim()));
}

#[test]
fn tests_are_passed_on_with_their_verdict() {
    let world = buildable();
    let library = |documented: u32| {
        format!(
            "/// ```\n/// assert_eq!(perf_gate::one(), {documented});\n/// ```\npub fn one() -> u32 {{ 1 }}\n\
             #[test]\nfn passes() {{ assert_eq!(one(), 1) }}\n"
        )
    };
    world.write("src/lib.rs", &library(1));
    let ran = world.xtask(&["test"]).expect(0);
    assert!(ran.stdout.contains("1 passed") || ran.stderr.contains("1 passed"), "{}{}", ran.stdout, ran.stderr);
    world.write("src/lib.rs", &library(2));
    assert_eq!(world.xtask(&["test"]).code, 1, "only what the documentation says is wrong");
    world.write("src/lib.rs", "#[test]\nfn passes() {}\n#[test]\nfn fails() { panic!(\"on purpose\") }\n");
    // Not `expect`: the test's own message says `panicked`, which is no panic of xtask.
    assert_eq!(world.xtask(&["test"]).code, 1);
    world.xtask(&["test", "passes"]).expect(0);
}
