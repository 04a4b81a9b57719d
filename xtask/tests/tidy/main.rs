//! Rules of the source tree that no compiler checks: dependencies, commands in documents, leftovers. The reasons of the dependency
//! rules are in `crates/ARCHITECTURE.md`.

mod members;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use members::MEMBERS;

/// Exactly these, so that what judges stays small and old records stay readable when the engine changes.
const PERF_GATE_LIBRARY: [&str; 3] = ["serde", "thiserror", "toml"];

const MOST_LINES: usize = 800;

fn root() -> PathBuf {
    // Read at run time: clones that share a target folder share this executable.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().expect("xtask is a folder of the workspace").to_owned()
}

/// Fails with one line for each finding and what to do about all of them.
#[track_caller]
fn none(findings: &[String], to_do: &str) {
    assert!(findings.is_empty(), "\n  {}\nWhat to do: {to_do}\n", findings.join("\n  "));
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()))
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`cargo {}` failed: {error}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn packages() -> Vec<serde_json::Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    let mut metadata: serde_json::Value = serde_json::from_str(&metadata).expect("cargo prints JSON");
    match metadata["packages"].take() {
        serde_json::Value::Array(packages) if !packages.is_empty() => packages,
        other => panic!("`cargo metadata` names no packages: {other}"),
    }
}

fn text<'a>(value: &'a serde_json::Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("`cargo metadata` has no text `{field}` in {value}"))
}

/// The direct dependencies of one kind: `normal`, `dev` or `build`.
fn dependencies<'a>(package: &'a serde_json::Value, kind: &str) -> BTreeSet<&'a str> {
    let all = package["dependencies"].as_array().expect("a package has a list of dependencies");
    all.iter().filter(|one| one["kind"].as_str().unwrap_or("normal") == kind).map(|one| text(one, "name")).collect()
}

/// Every file of the tree that is text, as a path from the root with its content.
///
/// The folder is walked without git, so that this works in an archive and includes untracked files.
fn files() -> Vec<(String, String)> {
    let root = root();
    let (mut folders, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display())) {
            let entry = entry.expect("a folder that was opened can be listed");
            let (path, kind) = (entry.path(), entry.file_type().expect("an entry has a type"));
            // In a second work tree of git it is a file.
            if entry.file_name() == ".git" {
                continue;
            }
            // Cargo marks its output folders with this file, wherever CARGO_TARGET_DIR puts them.
            if kind.is_dir() && entry.file_name() != "target" && !path.join("CACHEDIR.TAG").exists() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(content) = fs::read_to_string(&path)
            {
                let name = path.strip_prefix(&root).expect("it is below the root");
                found.push((name.to_string_lossy().replace('\\', "/"), content));
            }
        }
    }
    found.sort();
    assert!(
        found.iter().any(|(name, _)| name == "xtask/tests/tidy/main.rs"),
        "the walk from {} is wrong",
        root.display()
    );
    found
}

fn is_source(name: &str) -> bool {
    [".rs", ".sh", ".py", ".yml", ".yaml", ".html", ".js", ".css"].iter().any(|end| name.ends_with(end))
        || name.starts_with(".ci/")
}

#[test]
fn workspace_members_depend_in_the_allowed_directions_only() {
    let packages = packages();
    let members: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let mut findings = Vec::new();
    for package in &packages {
        let name = text(package, "name");
        let Some(rule) = MEMBERS.iter().find(|member| member.name == name) else {
            findings.push(format!("`{name}` is a new member without a rule"));
            continue;
        };
        for (kind, allowed) in [("normal", rule.normal), ("dev", rule.dev), ("build", &[])] {
            let direct = dependencies(package, kind);
            let wrong = direct.intersection(&members).filter(|one| !allowed.contains(one));
            findings.extend(wrong.map(|wrong| format!("`{name}` has `{wrong}` as a {kind} dependency")));
        }
    }
    none(
        &findings,
        "remove the dependency, or change the table in crates/ARCHITECTURE.md first and then MEMBERS in xtask/tests/tidy/members.rs",
    );
}

/// The packages that each package needs for itself, where all members are built together. Each then has the features that any of them
/// selects, so that it needs no fewer packages than alone.
fn edges_of_all_members() -> BTreeMap<String, BTreeSet<String>> {
    let tree =
        cargo(&["tree", "--locked", "--workspace", "-e", "normal,build", "--prefix", "depth", "--format", " {p}"]);
    let (mut edges, mut path) = (BTreeMap::<String, BTreeSet<String>>::new(), Vec::<String>::new());
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, package) = line.split_once(' ').expect("a line of `cargo tree` has a depth");
        let name = package.split(' ').next().expect("a line of `cargo tree` has a name").to_owned();
        path.truncate(depth.parse().expect("a depth is a number"));
        if let Some(parent) = path.last() {
            edges.entry(parent.clone()).or_default().insert(name.clone());
        }
        edges.entry(name.clone()).or_default();
        path.push(name);
    }
    edges
}

/// All packages that can be reached from one.
fn closure<'e>(edges: &'e BTreeMap<String, BTreeSet<String>>, from: &'e str) -> BTreeSet<&'e str> {
    let (mut found, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(name) = left.pop() {
        if found.insert(name) {
            left.extend(edges.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    found
}

#[test]
fn no_member_is_built_from_an_excluded_package() {
    let together = edges_of_all_members();
    let mut findings = Vec::new();
    for package in packages() {
        let name = text(&package, "name");
        let Some(rule) = MEMBERS.iter().find(|member| member.name == name) else { continue };
        let at_most = closure(&together, name);
        assert!(together.contains_key(name), "`cargo tree --workspace` does not name {name}");
        // The task runner's dev-dependencies are built before it can run a test, so they count as well.
        let edges = if name == "xtask" { "normal,build,dev" } else { "normal,build" };
        let never = rule.never.iter().copied().flatten();
        // A call for each member takes nine seconds.
        if name != "xtask" && !never.clone().any(|never| at_most.contains(never)) {
            continue;
        }
        let tree = cargo(&["tree", "--locked", "-p", name, "-e", edges, "--prefix", "none", "--format", "{p}"]);
        let built: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(built.contains(name), "`cargo tree -p {name}` does not name {name}: {tree}");
        assert!(name == "xtask" || built.is_subset(&at_most), "{name}: {built:?} of {at_most:?}");
        for never in never.filter(|never| built.contains(**never)) {
            findings
                .push(format!("`{name}` is built from `{never}` (see `cargo tree -p {name} -i {never} -e {edges}`)"));
        }
    }
    none(
        &findings,
        "use something smaller, or switch off the feature that brings it in; the reasons are in crates/ARCHITECTURE.md",
    );
}

#[test]
fn no_banned_crate_is_locked() {
    let rules: toml::Table = toml::from_str(&read(&root().join("deny.toml"))).expect("deny.toml is TOML");
    let lock: toml::Table = toml::from_str(&read(&root().join("Cargo.lock"))).expect("Cargo.lock is TOML");
    let names = |table: &toml::Table, list: &str, key: &str| -> BTreeSet<String> {
        let entries = table[list].as_array().expect("it is a list").iter();
        entries.map(|entry| entry[key].as_str().expect("it is a name").to_owned()).collect()
    };
    let banned = names(rules["bans"].as_table().expect("deny.toml has [bans]"), "deny", "crate");
    let locked = names(&lock, "package", "name");
    for wanted in ["aws-lc-sys", "native-tls", "openssl-sys"] {
        assert!(banned.contains(wanted), "deny.toml no longer bans `{wanted}`, which needs more than a C linker");
    }
    let findings: Vec<String> =
        banned.intersection(&locked).map(|name| format!("`{name}` (see `cargo tree --workspace -i {name}`)")).collect();
    none(&findings, "switch off the feature that brings it in; the reasons of the bans are in deny.toml");
}

#[test]
fn the_library_of_perf_gate_needs_three_crates() {
    let packages = packages();
    let perf_gate =
        packages.iter().find(|package| text(package, "name") == "perf-gate").expect("perf-gate is a member");
    let (normal, build) = (dependencies(perf_gate, "normal"), dependencies(perf_gate, "build"));
    assert!(
        normal == BTreeSet::from(PERF_GATE_LIBRARY) && build.is_empty(),
        "crates/perf-gate/Cargo.toml: the library depends on {normal:?}, building it on {build:?}, allowed is exactly \
         {PERF_GATE_LIBRARY:?} and nothing; what the benches need belongs in [dev-dependencies]",
    );
}

/// Cargo compiles a package again for each set of features, and all that depends on it: with one feature more in one harness, the
/// engine is compiled twice on each side of a comparison.
#[test]
fn harnesses_that_every_change_measures_compile_the_same_engine() {
    let manifest: toml::Table = toml::from_str(&read(&root().join("Cargo.toml"))).expect("Cargo.toml is TOML");
    let harnesses = manifest["workspace"]["metadata"]["perf"]["harness"].as_array().expect("there are harnesses");
    let always = harnesses.iter().filter(|harness| harness.get("only-if-changed").is_none());
    let features_of = |harness: &toml::Value| {
        let name = harness["package"].as_str().expect("a harness is a package").to_owned();
        let edges = ["--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}|{f}"];
        let tree = cargo(&[&["tree", "--locked", "--package", &name], &edges[..]].concat());
        let mut features = BTreeMap::<String, BTreeSet<String>>::new();
        for line in tree.lines() {
            let (package, its) = line.split_once('|').expect("a line has a package and its features");
            // A package that was printed before has a mark.
            features.entry(package.to_owned()).or_default().insert(its.trim_end_matches(" (*)").to_owned());
        }
        (name, features)
    };
    let all = Vec::from_iter(always.map(features_of));
    let ((first, expected), others) = all.split_first().expect("a harness is measured with every change");
    let mut findings = Vec::new();
    for (name, features) in others {
        let shared = features.iter().filter_map(|(package, its)| Some((package, its, expected.get(package)?)));
        let differ = shared.filter(|(_, its, expected)| its != expected);
        findings.extend(differ.map(|(package, its, expected)| {
            format!("{package} has the features {expected:?} in {first}, {its:?} in {name}")
        }));
    }
    assert!(all.len() > 1 && expected.keys().any(|package| package.starts_with("aggregator-core ")));
    none(
        &findings,
        "`cargo tree -e features -i <package> -p <harness>` says who selects a feature; do without it, or select it in both",
    );
}

/// A planted fault must not reach a user: its feature is on only where a command line names it.
#[test]
fn planted_faults_are_built_only_on_request() {
    const FEATURE: &str = "seeded-faults";
    let (mut have_it, mut findings) = (BTreeSet::new(), Vec::new());
    for package in packages() {
        let name = text(&package, "name");
        let features = package["features"].as_object().expect("a package has features");
        for (feature, enables) in features {
            let enables = enables.as_array().expect("a feature has a list");
            let leads = enables.iter().any(|one| one.as_str().is_some_and(|one| one.ends_with(FEATURE)));
            if feature == FEATURE {
                have_it.insert(name.to_owned());
            } else if leads {
                findings.push(format!("feature `{feature}` of `{name}` switches `{FEATURE}` on"));
            }
        }
        for dependency in package["dependencies"].as_array().expect("a package has a list of dependencies") {
            let asked = dependency["features"].as_array().expect("a dependency has features");
            if asked.iter().any(|one| one == FEATURE) {
                findings.push(format!("`{name}` depends on `{}` with `{FEATURE}`", text(dependency, "name")));
            }
        }
    }
    // What cargo itself would build, however it came to it.
    let tree = cargo(&["tree", "--locked", "--workspace", "--edges", "features,all", "--prefix", "none"]);
    // In quotes it is a feature; a folder may have the same name.
    let feature = format!("feature \"{FEATURE}\"");
    findings.extend(tree.lines().filter(|line| line.contains(&feature)).map(|line| format!("cargo builds {line}")));
    none(
        &findings,
        &format!(
            "`{FEATURE}` is for xtask/tests/planted and `faults-feature` in Cargo.toml, which name it: switch it on nowhere else"
        ),
    );
    let expected = ["aggregator-cases", "aggregator-core", "aggregator-mocks", "perf-gate"].map(str::to_owned);
    assert_eq!(have_it, BTreeSet::from(expected), "these have the feature `{FEATURE}`");
}

#[test]
fn every_dependency_takes_its_version_from_the_workspace() {
    let mut findings = Vec::new();
    for package in packages() {
        let manifest: toml::Table =
            toml::from_str(&read(Path::new(text(&package, "manifest_path")))).expect("cargo read it");
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        let tables = targets.into_iter().flatten().filter_map(|(_, target)| target.as_table()).chain([&manifest]);
        for table in tables {
            for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let entries = table.get(section).and_then(toml::Value::as_table);
                for (dependency, value) in entries.into_iter().flatten() {
                    if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                        findings.push(format!("`{}` has `{dependency}` in [{section}]", text(&package, "name")));
                    }
                }
            }
        }
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if lints != Some(true) {
            findings.push(format!("`{}` does not take the lints", text(&package, "name")));
        }
    }
    none(
        &findings,
        "put versions under [workspace.dependencies] in Cargo.toml, and write `workspace = true` in the member",
    );
}

/// The command lines `cargo xtask …` in the code of a Markdown text: the words after `xtask`.
fn xtask_commands(markdown: &str) -> Vec<Vec<String>> {
    let mut code = Vec::new();
    let mut fenced = false;
    for line in markdown.replace("\\\n", " ").lines() {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        } else if fenced {
            code.push(line.to_owned());
        } else {
            // Between backticks is every second part.
            code.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let mut commands = Vec::new();
    for line in code {
        for command in line.split("cargo xtask").skip(1) {
            // A longer word that begins alike is another program.
            if command.starts_with(|c: char| !c.is_whitespace()) {
                continue;
            }
            let ends = |word: &str| word.starts_with(['#', '|', '&', ';', '>', '<', '…', '·', '"', '\'']);
            let words = command.split_whitespace().take_while(|word| !ends(word));
            commands.push(
                words.map(|word| word.trim_matches(['[', ']', '(', ')', ',', '.', ':', ';']).to_owned()).collect(),
            );
        }
    }
    commands
}

#[test]
fn command_lines_are_found_in_markdown() {
    let markdown = "Run `cargo xtask perf --quick`, not cargo xtask prose. `cargo xtasks no`\n\n```sh\n$ cargo xtask baseline \
                    \\\n  update --accept a/b/c --reason \"x y\" # why\nCARGO_TARGET_DIR=x cargo xtask test && cargo xtask perf\n```\n\
                    `cargo xtask perf [--only <glob>]` `cargo xtask …`\n";
    let found: Vec<String> = xtask_commands(markdown).iter().map(|words| words.join(" ")).collect();
    assert_eq!(found, ["perf --quick", "baseline update --accept a/b/c --reason", "test", "perf", "perf --only", ""],);
}

/// The help of each command, read once.
#[derive(Default)]
struct Helps(BTreeMap<Vec<String>, Result<String, String>>);

impl Helps {
    fn of(&mut self, verbs: &[String]) -> Result<String, String> {
        let ask = || {
            let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
            let output = xtask.args(verbs).arg("--help").output().expect("xtask starts");
            let error = String::from_utf8_lossy(&output.stderr);
            match output.status.success() {
                true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
                false => Err(error.lines().next().unwrap_or("it fails without a message").to_owned()),
            }
        };
        self.0.entry(verbs.to_vec()).or_insert_with(ask).clone()
    }
}

/// Whether the program has the verbs and the flags of a command line, by its help.
fn exists(words: &[String], helps: &mut Helps) -> Result<(), String> {
    let mut verbs: &[String] = &[];
    let help = loop {
        let help = helps.of(verbs)?;
        // Where no further verb is expected, a word is an argument.
        match words.get(verbs.len()) {
            Some(word) if help.contains("Commands:") && !word.starts_with('-') => verbs = &words[..=verbs.len()],
            _ => break help,
        }
    };
    // Arguments of such a command go to another program.
    if help.contains("[ARGS]...") {
        return Ok(());
    }
    let known: BTreeSet<&str> = help.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let flags = words.iter().filter(|word| word.starts_with('-')).map(|flag| flag.split('=').next().unwrap_or(flag));
    match flags.filter(|flag| !matches!(*flag, "-" | "--")).find(|flag| !known.contains(flag)) {
        Some(unknown) => Err(format!("its help does not know `{unknown}`")),
        None => Ok(()),
    }
}

#[test]
fn every_command_line_in_the_documents_exists() {
    let (mut findings, mut helps) = (Vec::new(), Helps::default());
    for (name, content) in files().iter().filter(|(name, _)| name.ends_with(".md")) {
        for words in xtask_commands(content) {
            let shown = format!("{name}: `cargo xtask {}`", words.join(" "));
            if let Err(error) = exists(&words, &mut helps) {
                findings.push(format!("{shown}: {error}"));
            }
        }
    }
    none(&findings, "correct the document, or the program if the document is right");
}

#[test]
fn the_readme_shows_the_two_commands() {
    let file = root().join("README.md");
    assert!(
        file.is_file(),
        "there is no README.md at the root: write what it is, the two commands, and an example of a failure"
    );
    let commands = xtask_commands(&read(&file));
    for wanted in [&["perf"][..], &["baseline", "update"]] {
        let shown =
            commands.iter().any(|words| words.iter().map(String::as_str).take(wanted.len()).eq(wanted.iter().copied()));
        assert!(shown, "README.md does not show `cargo xtask {}` in a code block or as inline code", wanted.join(" "));
    }
}

#[test]
fn source_files_stay_readable() {
    let long = files().into_iter().filter(|(name, _)| is_source(name)).filter_map(|(name, content)| {
        let lines = content.lines().count();
        (lines > MOST_LINES).then(|| format!("{name} has {lines} lines"))
    });
    none(&long.collect::<Vec<_>>(), &format!("cut it by subject; a source file has at most {MOST_LINES} lines"));
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    // Put together here, so that this file does not contain what it looks for.
    let folders = ["home", "root", "Users", "work"].map(|name| format!("/{name}/"));
    let mut findings = Vec::new();
    // What people paste has paths of their machines; those of the labels are invented.
    let is_pasted = |name: &str| name.starts_with("benches-data/") && name.ends_with(".jsonl");
    for (name, content) in files().into_iter().filter(|(name, _)| !is_pasted(name)) {
        for (index, line) in content.lines().enumerate() {
            for folder in &folders {
                // After a character of a name it is the middle of a longer path or of a URL.
                let begins =
                    |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || "_-.~}>)]%*".contains(c));
                if line.match_indices(folder.as_str()).any(|(at, _)| begins(&line[..at])) {
                    findings.push(format!(
                        "{name}:{}: {}",
                        index + 1,
                        line.trim().chars().take(100).collect::<String>()
                    ));
                }
            }
        }
    }
    none(&findings, "write the path from the root of the repository, or take it from the environment");
}

#[test]
fn every_crate_says_what_it_is() {
    let mut findings = Vec::new();
    for package in packages() {
        for target in package["targets"].as_array().expect("a package has targets") {
            let file = Path::new(text(target, "src_path"));
            let is_root = file.ends_with("lib.rs") || file.ends_with("main.rs");
            if is_root && !read(file).starts_with("//! ") {
                findings.push(format!(
                    "{} of `{}`",
                    file.file_name().unwrap_or_default().display(),
                    text(&package, "name")
                ));
            }
        }
    }
    none(&findings, "begin the file with `//! ` and one line that says what the crate is");
}

/// A change to a budget, the judge or what runs it needs a reviewer other than its author. A repository chooses its owners; this
/// test checks that the list of paths they would own is complete.
#[test]
fn paths_that_decide_verdicts_are_listed_for_owners() {
    let guide = read(&root().join(".github/CONTRIBUTING.md"));
    let (_, listed) =
        guide.split_once("## What decides verdicts").expect("CONTRIBUTING.md lists what decides verdicts");
    let mut findings = Vec::new();
    let mut decide: Vec<String> = ["/benches-data/", "/xtask/", "/.github/", "/.ci/"].map(str::to_owned).into();
    decide.extend(
        ["perf-gate", "perf-judge", "perf-runner", "perf-cli", "perf-github", "aggregator-mocks"]
            .map(|name| format!("/crates/{name}/")),
    );
    for path in &decide {
        if !listed.contains(&format!("`{path}`")) {
            findings.push(format!(".github/CONTRIBUTING.md does not list `{path}`"));
        }
    }
    // GitHub ignores a line that it does not understand, and a later line replaces the owners of an earlier one.
    let owners = read(&root().join(".github/CODEOWNERS"));
    let mut seen = BTreeSet::new();
    for line in owners.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let pattern = words.next().unwrap_or_default();
        let path = pattern.strip_prefix('/').filter(|path| path.ends_with('/'));
        if !path.is_some_and(|path| root().join(path).is_dir()) {
            findings.push(format!("`{pattern}` is not the path of a folder, like `/xtask/`"));
        }
        let is_owner = |word: &str| {
            word.strip_prefix('@').is_some_and(|name| {
                let plain =
                    |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                name.split('/').count() <= 2 && name.split('/').all(plain)
            })
        };
        let owners: Vec<&str> = words.collect();
        if owners.is_empty() || !owners.iter().all(|owner| is_owner(owner)) {
            findings.push(format!("`{line}` names no owner, or something that can be none"));
        }
        if !seen.insert(pattern.to_owned()) {
            findings.push(format!("`{pattern}` has several lines"));
        }
    }
    none(&findings, "correct .github/CODEOWNERS and the list in .github/CONTRIBUTING.md");
}

/// Names in code spans: of tests with low lines, of metrics behind the word `row`.
#[test]
fn tests_and_rows_against_the_defects_of_the_reference_exist() {
    let sources: String =
        files().into_iter().filter(|(name, _)| name.ends_with(".rs")).map(|(_, content)| content).collect();
    let baselines = files().into_iter().filter(|(name, _)| name.starts_with("benches-data/baselines/"));
    let stored: String = baselines.map(|(_, content)| content).collect();
    let metrics: BTreeSet<&str> =
        stored.split("metric = \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let document = read(&root().join("crates/REFERENCE.md"));
    let (_, defects) = document.split_once("## Its defects").expect("crates/REFERENCE.md lists the defects");
    let rows: Vec<&str> =
        defects.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| there")).collect();
    assert!(rows.len() >= 25, "{} defects are left", rows.len());
    let mut findings = Vec::new();
    for row in rows {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        let mut spans = here.split('`');
        while let (Some(before), Some(name)) = (spans.next(), spans.next()) {
            let exists = match before.ends_with("row ") {
                true => metrics.contains(name),
                false => sources.contains(&format!("fn {name}(")),
            };
            if !exists {
                findings.push(format!("crates/REFERENCE.md: `{name}` in {row}"));
            }
        }
        if !here.contains('`') && !here.starts_with("none: ") {
            findings.push(format!("crates/REFERENCE.md names nothing in {row}"));
        }
    }
    none(&findings, "name a test or a metric that there is");
}

#[test]
fn the_map_names_every_crate() {
    let file = root().join("crates/ARCHITECTURE.md");
    assert!(
        file.is_file(),
        "there is no crates/ARCHITECTURE.md: write what each crate is for and what it must not know"
    );
    let map = read(&file);
    let words: BTreeSet<&str> = map.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').collect();
    let missing = packages().into_iter().map(|package| text(&package, "name").to_owned());
    let missing = missing.filter(|name| !words.contains(name.as_str())).map(|name| format!("`{name}`"));
    none(
        &missing.collect::<Vec<_>>(),
        "name the crate in crates/ARCHITECTURE.md, with its purpose and what it must not know",
    );
}

#[test]
fn the_stored_shape_is_pinned_for_the_current_schema_and_no_other() {
    let library = read(&root().join("crates/perf-gate/src/lib.rs"));
    let version = library.lines().find_map(|line| line.strip_prefix("pub const SCHEMA: u32 = ")?.strip_suffix(';'));
    let version = version.expect("crates/perf-gate/src/lib.rs has a line `pub const SCHEMA: u32 = <number>;`");
    let stored = read(&root().join("crates/perf-gate/src/baseline.rs"));
    let tests = stored.lines().filter_map(|line| line.trim().strip_prefix("fn schema_")?.strip_suffix("_on_disk() {"));
    assert_eq!(
        tests.collect::<Vec<_>>(),
        [version],
        "crates/perf-gate/src/baseline.rs must have one test `schema_<version>_on_disk`, for the SCHEMA of lib.rs; when a \
         stored type changes, raise SCHEMA, and rename and adapt that test in the same commit",
    );
}
