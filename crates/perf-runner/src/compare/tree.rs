//! The files of one side: which there are, what is in them, and laying them where both sides are built.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::git;
use crate::error::Failure;
use crate::files::digest;
use crate::workspace::{Harness, Workspace};

/// The path of a file from a folder that it is in; a folder without a name is the top.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// Whether a file is one that some packages, which are named by their folders, are built from.
fn is_of_packages(path: &str, packages: &[String]) -> bool {
    let inside = packages.iter().find_map(|package| below(path, package));
    inside.is_some_and(|inside| {
        matches!(inside, "Cargo.toml" | "build.rs") || inside.starts_with("src/") || inside.starts_with("benches/")
    })
}

/// One file: a name of its content that git gave it, and where the content is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    blob: String,
    at: PathBuf,
}

/// The files of a side, by their path from the root of the workspace, with `/` on every system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, Entry>,
}

impl Tree {
    /// What is in the work tree, committed or not, except what git ignores and what cargo made: cargo loads the whole
    /// workspace, and a source may include any file of it.
    pub fn of_work_tree(workspace: &Workspace) -> Result<Self, Failure> {
        let mut list = vec!["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."];
        let made = format!(":(exclude){}", workspace.shown(workspace.target_dir()));
        if workspace.target_dir().starts_with(workspace.root()) {
            list.push(&made);
        }
        let listed = git::must(workspace, &list, None)?;
        let at = |path: &str| workspace.root().join(path);
        // A deleted file is listed until the deletion is committed.
        let mut paths: Vec<&str> = listed.split_terminator('\0').filter(|path| at(path).is_file()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut files = BTreeMap::new();
        for some in paths.chunks(200) {
            let hashes = git::must(workspace, &[&["hash-object", "--"], some].concat(), None)?;
            for (path, blob) in some.iter().zip(hashes.lines()) {
                files.insert((*path).to_owned(), Entry { blob: blob.to_owned(), at: at(path) });
            }
        }
        Ok(Self { files })
    }

    /// What is in a commit; its content is laid in `dir`, which is emptied first. With the folder of the workspace there.
    pub fn of_commit(workspace: &Workspace, commit: &str, dir: &Path) -> Result<(Self, PathBuf), Failure> {
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(|error| Failure::path("empty", dir, &error))?;
        }
        fs::create_dir_all(dir).map_err(|error| Failure::path("create", dir, &error))?;
        let listed = git::must(workspace, &["ls-tree", "-r", "-z", commit, "--", "."], None)?;
        // The workspace may be a folder of its repository, all of which is checked out.
        let prefix = git::must(workspace, &["rev-parse", "--show-prefix"], None)?;
        let top = dir.join(prefix.trim_end_matches(['\n', '/']));
        let mut files = BTreeMap::new();
        for line in listed.split_terminator('\0') {
            // `100644 blob <hash>\t<path>`; links and submodules are not built from.
            if let Some((about, path)) = line.split_once('\t')
                && let [mode, "blob", blob] = about.split(' ').collect::<Vec<_>>()[..]
                && mode.starts_with("100")
            {
                files.insert(path.to_owned(), Entry { blob: blob.to_owned(), at: top.join(path) });
            }
        }
        // An index of its own: that of the user stays as it is. A git that was killed leaves it and its lock behind, which
        // would stop every later one.
        let index = dir.with_extension("index");
        for left in [index.clone(), dir.with_extension("index.lock")] {
            match fs::remove_file(&left) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::path("remove", &left, &error));
                }
                _ => {}
            }
        }
        let to = format!("--prefix={}/", dir.display());
        git::must(workspace, &["read-tree", commit], Some(&index))?;
        git::must(workspace, &["checkout-index", "--all", "--force", "--quiet", &to], Some(&index))?;
        fs::remove_file(&index).map_err(|error| Failure::path("remove", &index, &error))?;
        Ok((Self { files }, top))
    }

    /// These files with the measuring programs, the mocks and the inputs of another side.
    pub fn with_harness_of(&self, other: &Self, workspace: &Workspace, harness: &Harness) -> Self {
        let data = &workspace.config.data;
        let is_harness = |path: &str| harness.shared.iter().chain([data]).any(|folder| below(path, folder).is_some());
        let own = self.files.iter().filter(|(path, _)| !is_harness(path));
        let its = other.files.iter().filter(|(path, _)| is_harness(path));
        Self { files: own.chain(its).map(|(path, entry)| (path.clone(), entry.clone())).collect() }
    }

    /// These files with one of them changed; the new content is written to `dir`.
    pub fn with(mut self, path: &str, content: &str, dir: &Path) -> Result<Self, Failure> {
        let at = dir.join(path.replace('/', "-"));
        fs::create_dir_all(dir).map_err(|error| Failure::path("create", dir, &error))?;
        fs::write(&at, content).map_err(|error| Failure::path("write", &at, &error))?;
        let blob = digest::of([content]);
        self.files.insert(path.to_owned(), Entry { blob, at });
        Ok(self)
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Result<String, Failure> {
        let at = self.files.get(path).map_or_else(|| PathBuf::from(path), |entry| entry.at.clone());
        fs::read_to_string(&at).map_err(|error| Failure::path("read", &at, &error))
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a file is the same in both, or missing in both.
    pub fn agrees_on(&self, other: &Self, path: &str) -> bool {
        self.files.get(path).map(|entry| &entry.blob) == other.files.get(path).map(|entry| &entry.blob)
    }

    /// Names and contents of what the measuring programs are made of and read, where `packages` are the folders of the
    /// workspace's packages they are built from. Packages from elsewhere, profiles and compiler are not among it.
    pub fn inputs(&self, workspace: &Workspace, harness: &Harness, packages: &[String]) -> Vec<(&str, &str)> {
        let of_package = |path: &str| is_of_packages(path, packages);
        let of_data = |path: &str| below(path, &workspace.config.data).is_some_and(|name| harness.reads(name));
        let of_build = |path: &str| path == "rust-toolchain.toml" || path.starts_with(".cargo/");
        let is_input = |path: &str| of_package(path) || of_data(path) || of_build(path);
        let inputs = self.files.iter().filter(|(path, _)| is_input(path));
        inputs.map(|(path, entry)| (path.as_str(), entry.blob.as_str())).collect()
    }

    /// Names and contents of what runs are judged by.
    pub fn rules(&self, workspace: &Workspace, harness: &Harness) -> Vec<(&str, &str)> {
        let own = format!("baselines/{}/", harness.package);
        let is_rule = |path: &str| {
            let name = below(path, &workspace.config.data);
            name.is_some_and(|name| name.starts_with(&own) || matches!(name, "budgets.toml" | "thresholds.toml"))
        };
        let rules = self.files.iter().filter(|(path, _)| is_rule(path));
        rules.map(|(path, entry)| (path.as_str(), entry.blob.as_str())).collect()
    }

    /// Names of the contents of what measures: the files of the harness and of what belongs to it, by their paths.
    pub fn harness(&self, harness: &Harness) -> BTreeMap<String, String> {
        self.blobs(|path| is_of_packages(path, &harness.shared))
    }

    /// The same of what its cases read.
    pub fn read_by_cases(&self, workspace: &Workspace, harness: &Harness) -> BTreeMap<String, String> {
        self.blobs(|path| below(path, &workspace.config.data).is_some_and(|name| harness.reads(name)))
    }

    fn blobs(&self, is_one: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let files = self.files.iter().filter(|(path, _)| is_one(path));
        files.map(|(path, entry)| (path.clone(), entry.blob.clone())).collect()
    }

    /// Makes a directory hold exactly these files. What is the same already is left alone, so that cargo builds only what
    /// changed; what is written is newer than anything cargo built.
    pub fn lay(&self, dir: &Path) -> Result<(), Failure> {
        fs::create_dir_all(dir).map_err(|error| Failure::path("create", dir, &error))?;
        self.remove_others(dir, dir)?;
        for (path, entry) in &self.files {
            let content = fs::read(&entry.at).map_err(|error| Failure::path("read", &entry.at, &error))?;
            let to = dir.join(path);
            if fs::read(&to).is_ok_and(|there| there == content) {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(|error| Failure::path("create", parent, &error))?;
            }
            fs::write(&to, content).map_err(|error| Failure::path("write", &to, &error))?;
        }
        Ok(())
    }

    fn remove_others(&self, root: &Path, dir: &Path) -> Result<(), Failure> {
        let unreadable = |error: std::io::Error| Failure::path("list", dir, &error);
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && !path.is_symlink() {
                self.remove_others(root, &path)?;
                continue;
            }
            let parts: Vec<_> =
                path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_string_lossy()).collect();
            if !self.files.contains_key(&parts.join("/")) {
                fs::remove_file(&path).map_err(|error| Failure::path("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}
