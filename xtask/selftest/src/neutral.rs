//! Neutral changes: edits of the source that cost nothing and must not fail.

use std::path::Path;

use perf_judge::rng::SplitMix64;
use perf_runner::compare::tree::Tree;
use perf_runner::error::Error;

/// A neutral change of the head.
#[derive(Debug)]
pub struct NeutralChange {
    /// A description for the recorded suite.
    pub description: String,
    /// The changed files of the workspace.
    pub tree: Tree,
    /// Arguments of cargo that select additional features.
    pub features: Vec<String>,
}

const LIBRARY: &str = "crates/aggregator-core/src/lib.rs";
const MANIFEST: &str = "crates/aggregator-core/Cargo.toml";
const WORKSPACE: &str = "Cargo.toml";

/// Makes the neutral change of suite `number`: one of five kinds in turn, with random details. Changed files are written to
/// `dir`.
pub fn make_change(tree: &Tree, number: u64, dir: &Path) -> Result<NeutralChange, Error> {
    let mut random = SplitMix64::new(number);
    let changed = |description: String, path: &str, text: String, features: &[&'static str]| {
        let tree = tree.clone().with_file(path, &text, dir)?;
        Ok(NeutralChange { description, tree, features: features.iter().map(|&word| word.to_owned()).collect() })
    };
    match number % 5 {
        0 => {
            let text = tree.text(LIBRARY)? + &unused_function(&mut random, "");
            changed("added a function".into(), LIBRARY, text, &[])
        }
        1 => rename_function(tree, &mut random, dir),
        2 => {
            let text = tree.text(LIBRARY)? + &unused_function(&mut random, "#[cfg(feature = \"unrelated\")]\n");
            let with_code = tree.clone().with_file(LIBRARY, &text, dir)?;
            let manifest = tree.text(MANIFEST)?.replacen("[features]\n", "[features]\nunrelated = []\n", 1);
            let tree = with_code.with_file(MANIFEST, &manifest, dir)?;
            let features = ["--features", "aggregator-core/unrelated"].map(str::to_owned).into();
            let description = "added a feature that no case uses".into();
            Ok(NeutralChange { description, tree, features })
        }
        3 => {
            let level = ["0", "1", "2"][random.below(3)];
            let text = tree.text(WORKSPACE)?;
            let text = text.replacen("debug = \"line-tables-only\"", &format!("debug = {level}"), 1);
            changed(format!("debug level {level}"), WORKSPACE, text, &[])
        }
        _ => {
            // Additional lines and a function change the codegen units, and no code that runs.
            let lines = 1 + random.below(40);
            let text =
                format!("{}{}", tree.text("crates/aggregator-core/src/stream.rs")?, "\n// A line.".repeat(lines));
            let text = text + "\n" + &unused_function(&mut random, "");
            changed("added lines and a function to stream.rs".into(), "crates/aggregator-core/src/stream.rs", text, &[])
        }
    }
}

/// The source of a function of about a kilobyte that is linked and never called.
fn unused_function(random: &mut SplitMix64, attribute: &str) -> String {
    let statements: String = (0..20 + random.below(60))
        .map(|_| format!("    x = x.rotate_left({}) ^ {};\n", 1 + random.below(62), random.next_u64()))
        .collect();
    format!(
        "\n{attribute}#[used]\nstatic NEUTRAL: fn(u64) -> u64 = neutral;\n\n{attribute}#[inline(never)]\n\
         fn neutral(mut x: u64) -> u64 {{\n{statements}    x\n}}\n"
    )
}

/// Renames a private function of the engine in its file.
fn rename_function(tree: &Tree, random: &mut SplitMix64, dir: &Path) -> Result<NeutralChange, Error> {
    let mut candidates = Vec::new();
    let compiled = |path: &&str| path.starts_with("crates/aggregator-core/src/") && path.ends_with(".rs");
    // Functions of tests are not compiled into the measured programs.
    for path in tree.paths().filter(compiled).filter(|path| !path.ends_with("/tests.rs")) {
        let text = tree.text(path)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines() {
            // Without indentation and `pub`: a free function that only this file uses.
            let Some(name) = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next()) else { continue };
            if name.len() > 5 && text.matches(&format!(".{name}")).count() == 0 {
                candidates.push((path.to_owned(), name.to_owned()));
            }
        }
    }
    let Some((path, name)) = random.pick(&candidates) else {
        return Err(Error::environment(
            "the engine has no private function to rename",
            "this is a bug of the self-test",
        ));
    };
    let other = format!("{name}_{}", "renamed".repeat(1 + random.below(3)));
    let text = tree.text(path)?;
    let mut out = String::new();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text.as_str();
    while let Some(at) = rest.find(name.as_str()) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let whole = !before.ends_with(is_name) && !after.starts_with(is_name);
        out.push_str(before);
        out.push_str(if whole { &other } else { name });
        rest = after;
    }
    out.push_str(rest);
    let tree = tree.clone().with_file(path, &out, dir)?;
    Ok(NeutralChange { description: format!("renamed `{name}` to `{other}`"), tree, features: Vec::new() })
}

#[cfg(test)]
mod tests {
    use perf_runner::workspace::Workspace;

    use super::*;

    /// The self-test itself shows that they compile and cost nothing.
    #[test]
    fn each_kind_changes_only_the_expected_files() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::find().unwrap();
        let tree = Tree::from_work_tree(&workspace).unwrap();
        let changed = |number| {
            let neutral = make_change(&tree, number, dir.path()).unwrap();
            let paths: Vec<String> =
                tree.paths().filter(|path| !tree.same_file(&neutral.tree, path)).map(str::to_owned).collect();
            assert!(!neutral.description.is_empty());
            assert_eq!(neutral.tree.paths().count(), tree.paths().count());
            (paths, neutral)
        };
        for (number, expected) in [(0, vec![LIBRARY]), (2, vec![MANIFEST, LIBRARY]), (3, vec![WORKSPACE])] {
            let (paths, neutral) = changed(number);
            assert_eq!(paths, expected, "{}", neutral.description);
        }
        let (paths, neutral) = changed(1);
        let [path] = paths.as_slice() else { panic!("{paths:?}") };
        let [_, old, _, new, _] = neutral.description.split('`').collect::<Vec<_>>()[..] else {
            panic!("{}", neutral.description)
        };
        let text = neutral.tree.text(path).unwrap();
        assert!(
            text.contains(&format!("fn {new}")) && !text.contains(&format!("fn {old}(")),
            "{}",
            neutral.description
        );
        assert_eq!(changed(4).0.len(), 1);
        // Suites with the same kind of change differ in its details.
        assert_ne!(changed(0).1.tree.text(LIBRARY).unwrap(), changed(5).1.tree.text(LIBRARY).unwrap());
    }
}
