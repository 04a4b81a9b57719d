//! The way through cargo: building the measuring programs, and `cargo xtask test`.

use std::process::{Command, Stdio};

use crate::world::{Ran, World, gone, record, wait_for};

/// A workspace whose measuring programs are built by cargo; each prints a constant.
fn buildable() -> World {
    let world = World::new();
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
    Ran::of(world.building(&["perf", "--quick"]).output().unwrap())
}

fn test(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(world.building(&[&["test"], arguments].concat()).output().unwrap())
}

#[test]
fn the_programs_are_built_by_cargo_and_found_in_its_target_directory() {
    let world = buildable();
    perf(&world).expect(1).says("printed an invalid table");
    assert_eq!(world.verdict("heap", "a/b/c", "heap-blocks"), "NEW");
    assert_eq!(world.verdict("behaviour", "a/b/c", "events"), "NEW");
}

#[test]
fn a_failing_build_is_2_and_shows_the_compiler_error() {
    let world = buildable();
    world.write("benches/heap.rs", "fn main() { no_such_function() }");
    perf(&world)
        .expect(2)
        .says("cannot find function `no_such_function`")
        .says("building the measuring programs failed")
        .says("fix the errors that cargo printed above");
    for (bench, says) in [
        ("time", "package world-bench has no bench target `time`"),
        ("heap", "cargo built no bench target `heap` in package world-bench"),
    ] {
        let world = World::new();
        let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
        let target = format!("[[bench]]\nname = \"{bench}\"\nharness = false\n");
        assert!(manifest.contains(&target), "{manifest}");
        let manifest = manifest.replace(&target, "").replace("[package]\n", "[package]\nautobenches = false\n");
        world.write("Cargo.toml", &manifest);
        perf(&world).expect(2).says(says);
    }
}

#[test]
fn a_lock_file_that_does_not_fit_is_2() {
    let world = buildable();
    world.write("Cargo.lock", "version = 4\n");
    perf(&world).expect(2).says("`cargo tree -p world-bench` ended with");
}

/// The signal ends cargo and its children, too.
#[test]
fn an_interruption_ends_the_build() {
    let world = buildable();
    let script = "fn main() {
        std::fs::write(\"building.tmp\", std::process::id().to_string()).unwrap();
        std::fs::rename(\"building.tmp\", \"building\").unwrap();
        std::thread::sleep(std::time::Duration::from_secs(600));
    }";
    world.write("build.rs", script);
    let mut command = world.building(&["perf"]);
    let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&world, "building");
    assert!(Command::new("kill").args(["-INT", &started.id().to_string()]).status().unwrap().success());
    Ran::of(started.wait_with_output().unwrap()).expect(130);
    assert!(gone(std::fs::read_to_string(world.path("building")).unwrap().trim()));
}

/// The self-test is a program of the workspace.
#[test]
fn a_self_test_is_built_and_gets_its_arguments() {
    let world = buildable();
    let selftest =
        |arguments: &[&str]| Ran::of(world.building(&[&["perf", "selftest"], arguments].concat()).output().unwrap());
    selftest(&[]).expect(2).says("this workspace has no self-test of its gate");
    let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
    let named = manifest.replace("harness = [", "selftest = \"world-bench\"\nharness = [");
    world.write("Cargo.toml", &named);
    world.write(
        "src/main.rs",
        "fn main() { println!(\"{:?}\", std::env::args().skip(1).collect::<Vec<_>>()); std::process::exit(4) }",
    );
    selftest(&["--judge-only", "--arms", "same"]).expect(4).says("[\"--judge-only\", \"--arms\", \"same\"]");
}

#[test]
fn test_arguments_and_exit_codes_are_forwarded() {
    let world = buildable();
    let library = |documented: u32| {
        format!(
            "/// ```\n/// assert_eq!(world_bench::one(), {documented});\n/// ```\npub fn one() -> u32 {{ 1 }}\n\
             #[test]\nfn passes() {{ assert_eq!(one(), 1) }}\n"
        )
    };
    world.write("src/lib.rs", &library(1));
    let ran = test(&world, &[]).expect(0);
    assert!(ran.stdout.contains("1 passed") || ran.stderr.contains("1 passed"), "{}{}", ran.stdout, ran.stderr);
    world.write("src/lib.rs", &library(2));
    assert_eq!(test(&world, &[]).code, 1, "only what the documentation says is wrong");
    world.write("src/lib.rs", "#[test]\nfn passes() {}\n#[test]\nfn fails() { panic!(\"on purpose\") }\n");
    // Not `expect`, which rejects `panicked`: here the failing test prints it.
    assert_eq!(test(&world, &[]).code, 1);
    test(&world, &["passes"]).expect(0);
}

#[test]
fn a_package_that_is_named_is_tested_alone() {
    let world = buildable();
    let manifest = std::fs::read_to_string(world.path("Cargo.toml")).unwrap();
    world.write("Cargo.toml", &manifest.replacen("[workspace]", "[workspace]\nmembers = [\"other\"]", 1));
    world.write("other/Cargo.toml", "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    world.write("other/src/lib.rs", "#[test]\nfn fails() { panic!(\"on purpose\") }\n");
    world.write("src/lib.rs", "#[test]\nfn passes() {}\n");
    let lock = std::fs::read_to_string(world.path("Cargo.lock")).unwrap();
    world.write("Cargo.lock", &(lock + "\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n"));
    test(&world, &["-p", "world-bench"]).expect(0);
    assert_eq!(test(&world, &[]).code, 1);
}
