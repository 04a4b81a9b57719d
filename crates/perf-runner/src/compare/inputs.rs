//! The inputs of a side: the files that its measuring programs are built from, and that its cases read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use super::tree::{Entry, Tree, is_package_source, strip_folder};
use crate::error::Error;
use crate::workspace::{Harness, Workspace};

/// Maximum number of paths through symbolic links. Folders that link to each other can form any number of paths.
const MAX_PATHS: usize = 1_000_000;

impl Tree {
    /// Paths and hashes of the files that the measuring programs are built from, and that the cases read. `packages` are the
    /// folders of the workspace packages. External packages, profiles and the compiler are not included.
    ///
    /// # Errors
    /// If a source cannot be read, or links form more than a million paths.
    pub fn inputs(
        &self,
        workspace: &Workspace,
        harness: &Harness,
        packages: &[String],
    ) -> Result<Vec<(String, &str)>, Error> {
        let reached: BTreeMap<String, &str> = self.linked_paths()?.into_iter().collect();
        let is_one = |path: &&String| is_input(path, workspace, harness, packages);
        let mut to_do: Vec<String> = reached.keys().filter(is_one).cloned().collect();
        let mut inputs = BTreeMap::new();
        while let Some(path) = to_do.pop() {
            let entry = reached.get(&path).and_then(|at| self.files.get(*at));
            let Some(entry) = entry.filter(|_| !inputs.contains_key(&path)) else { continue };
            if path.ends_with(".rs") && entry.link.is_none() {
                let source = fs::read(&entry.content).map_err(|error| Error::path("read", &entry.content, &error))?;
                let package =
                    packages.iter().filter(|package| strip_folder(&path, package).is_some()).max_by_key(|it| it.len());
                to_do.extend(named_files(&path, package.map_or("", String::as_str), &String::from_utf8_lossy(&source)));
            }
            inputs.insert(path, entry.blob.as_str());
        }
        Ok(inputs.into_iter().collect())
    }

    /// A needed link out of the workspace: its path and its target. Both sides would read the same file there.
    ///
    /// # Errors
    /// If links form more than a million paths.
    pub fn link_out(
        &self,
        workspace: &Workspace,
        harness: &Harness,
        packages: &[String],
    ) -> Result<Option<(&str, &Path)>, Error> {
        let is_needed = |path: &str| {
            is_input(path, workspace, harness, packages)
                || packages.iter().any(|package| package == path || strip_folder(package, path).is_some())
        };
        Ok(self.linked_paths()?.into_iter().find_map(|(path, at)| {
            let to = self.files.get(at)?.link.as_deref()?;
            (resolve_link(at, to).is_none() && is_needed(&path)).then_some((at, to))
        }))
    }

    /// Every path to a file, directly or through links, with the path of the file itself. A link to a file appears twice: first
    /// with the link, then with the file.
    ///
    /// A path contains each link at most once, because a second pass leads to the same files.
    fn linked_paths(&self) -> Result<Vec<(String, &str)>, Error> {
        let end = |(path, entry): (&String, &Entry)| Some((path.clone(), resolve_link(path, entry.link.as_deref()?)?));
        let links: Vec<(String, String)> = self.files.iter().filter_map(end).collect();
        let mut found: Vec<(String, &str)> = self.files.keys().map(|path| (path.clone(), path.as_str())).collect();
        // The links in the path with the same index.
        let mut through: Vec<Vec<usize>> = vec![Vec::new(); found.len()];
        let mut next = 0;
        while let (Some((path, at)), Some(passed)) = (found.get(next).cloned(), through.get(next).cloned()) {
            for (number, (link, to)) in links.iter().enumerate().filter(|(number, _)| !passed.contains(number)) {
                let leads_on = match strip_folder(&path, to) {
                    Some(rest) => format!("{link}/{rest}"),
                    None if path == *to => link.clone(),
                    None => continue,
                };
                found.push((leads_on, at));
                through.push([&passed[..], &[number]].concat());
            }
            if found.len() > MAX_PATHS {
                return Err(Error::environment(
                    format!("the symbolic links of the workspace form more than {MAX_PATHS} paths, such as {path}"),
                    "remove links between folders that link to each other",
                ));
            }
            next += 1;
        }
        Ok(found)
    }
}

fn is_input(path: &str, workspace: &Workspace, harness: &Harness, packages: &[String]) -> bool {
    is_package_source(path, packages)
        || path == workspace.config.data
        || strip_folder(path, &workspace.config.data).is_some_and(|name| harness.reads(name))
        || matches!(path, "rust-toolchain.toml" | "rust-toolchain")
        || path.starts_with(".cargo/")
}

/// The target of a link, relative to the top; `None` if it is outside.
fn resolve_link(link: &str, to: &Path) -> Option<String> {
    let mut parts: Vec<String> = link.split('/').map(str::to_owned).collect();
    parts.pop();
    for part in to.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => _ = parts.pop()?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The files that a source names, relative to the top: includes, modules with `#[path]`, and `rerun-if-changed` of a build
/// script. It finds literal names only.
fn named_files(path: &str, package: &str, source: &str) -> Vec<String> {
    let manifest = if package.is_empty() { "Cargo.toml".to_owned() } else { format!("{package}/Cargo.toml") };
    let mut found = Vec::new();
    for word in ["include_str!", "include_bytes!", "include!", "#[path"] {
        for (at, _) in source.match_indices(word) {
            let rest = source.get(at + word.len()..).unwrap_or_default().trim_start_matches(is_before_name);
            let of_package = rest.strip_prefix("concat!").map(|rest| rest.trim_start_matches(is_before_name));
            let of_package = of_package.and_then(|rest| rest.strip_prefix("env!(\"CARGO_MANIFEST_DIR\")"));
            let named = match of_package {
                Some(rest) => leading_literal(rest.trim_start_matches(is_before_name))
                    .and_then(|name| resolve_link(&manifest, Path::new(name.trim_start_matches('/')))),
                None => leading_literal(rest).and_then(|name| resolve_link(path, Path::new(name))),
            };
            found.extend(named);
        }
    }
    for word in ["cargo:rerun-if-changed=", "cargo::rerun-if-changed="] {
        for (at, _) in source.match_indices(word) {
            let name = source.get(at + word.len()..).unwrap_or_default().split(['"', '\\', '\n']).next();
            found.extend(name.and_then(|name| resolve_link(&manifest, Path::new(name))));
        }
    }
    found
}

/// Whether a character may occur between a macro or an attribute and its string literal.
fn is_before_name(char: char) -> bool {
    char.is_whitespace() || matches!(char, '(' | '[' | '{' | '=' | ',')
}

/// The content of the string literal that a source starts with; escapes are not resolved.
fn leading_literal(source: &str) -> Option<&str> {
    let raw = source.strip_prefix("r").unwrap_or(source).trim_start_matches('#');
    raw.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A tree of plain files (`None`) and links to a target.
    fn tree(files: &[(&str, Option<&str>)]) -> Tree {
        let entry =
            |link: &Option<&str>| Entry { blob: String::new(), content: PathBuf::new(), link: link.map(PathBuf::from) };
        Tree { files: files.iter().map(|(path, link)| ((*path).to_owned(), entry(link))).collect() }
    }

    fn leads_to(tree: &Tree, path: &str) -> Option<String> {
        let reached: BTreeMap<String, &str> = tree.linked_paths().unwrap().into_iter().collect();
        reached.get(path).map(|at| (*at).to_owned())
    }

    #[test]
    fn chains_of_links_are_followed() {
        let names: Vec<String> = (0..40).map(|number| format!("l{number}")).collect();
        let mut files: Vec<(&str, Option<&str>)> =
            names.windows(2).map(|pair| (&pair[1][..], Some(&pair[0][..]))).collect();
        files.extend([("l0", Some("docs")), ("docs/a.txt", None), ("src/text", Some("../l39/a.txt"))]);
        let tree = tree(&files);
        assert_eq!(leads_to(&tree, "l39/a.txt").as_deref(), Some("docs/a.txt"));
        assert_eq!(leads_to(&tree, "src/text").as_deref(), Some("docs/a.txt"));
    }

    #[test]
    fn circles_of_links_end() {
        let tree = tree(&[("a/to-b", Some("../b")), ("b/to-a", Some("../a")), ("a/self", Some(".")), ("b/x", None)]);
        assert_eq!(leads_to(&tree, "a/to-b/x").as_deref(), Some("b/x"));
        assert_eq!(leads_to(&tree, "a/self/self/to-b"), None, "contains `self` twice");
        assert_eq!(leads_to(&tree, "b/to-a/self/to-b/x").as_deref(), Some("b/x"));
    }

    #[test]
    fn too_many_links_are_an_error() {
        let names: Vec<String> = (0..12).map(|number| format!("l{number}")).collect();
        let files: Vec<(&str, Option<&str>)> = names.iter().map(|name| (&name[..], Some("."))).collect();
        let error = tree(&files).linked_paths().unwrap_err().to_string();
        assert!(error.contains("symbolic links"), "{error}");
    }

    #[test]
    fn named_files_of_a_source_are_found() {
        let source = r##"
            const A: &str = include_str!("../../../docs/a.md");
            const B: &[u8] = include_bytes! [ r#"b.bin"# ];
            include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/c.rs"));
            #[path = "elsewhere/d.rs"] mod d;
            include!(concat!(env!("OUT_DIR"), "/made.rs"));
            include_str!("/absolute");
            println!("cargo::rerun-if-changed=proto/e.proto\nmore");
            println!("cargo:rerun-if-changed=f");
        "##;
        let mut found = named_files("crates/x/src/lib.rs", "crates/x", source);
        found.sort_unstable();
        let expected = ["crates/shared/c.rs", "crates/x/f", "crates/x/proto/e.proto", "crates/x/src/b.bin"];
        assert_eq!(found, [&expected[..], &["crates/x/src/elsewhere/d.rs", "docs/a.md"]].concat());
        for cut in 0..source.len() {
            named_files("crates/x/src/lib.rs", "", &source[..cut]);
        }
    }
}
