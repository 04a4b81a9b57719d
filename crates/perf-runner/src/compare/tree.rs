//! The files of a side: their paths and contents, and writing them to the build directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::git;
use crate::workspace::{Harness, Workspace};

/// The path of a file relative to `folder`; `None` if it is not inside. The empty folder is the top.
pub(super) fn strip_folder<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// Whether a path is a source of one of the packages, which are named by their folders. A target may be anywhere in its
/// package, so each Rust file counts, except those of tests and examples.
pub(super) fn is_package_source(path: &str, packages: &[String]) -> bool {
    packages.iter().filter_map(|package| strip_folder(path, package)).any(|inside| {
        let is_for_others = || inside.split('/').any(|part| matches!(part, "tests" | "examples"));
        matches!(inside, "Cargo.toml" | "src" | "benches")
            || inside.starts_with("src/")
            || inside.starts_with("benches/")
            || (inside.ends_with(".rs") && !is_for_others())
    })
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Git's hash of the content.
    pub(super) blob: String,
    /// The path of a file with the content.
    pub(super) content: PathBuf,
    /// The target, if the file is a symbolic link.
    pub(super) link: Option<PathBuf>,
}

impl Entry {
    /// Creates an entry for the file at `content`. A symbolic link is not followed; on a file system without links, git checks
    /// out a file instead.
    fn new(blob: &str, content: PathBuf) -> Self {
        let link = fs::read_link(&content).ok();
        let blob = link.as_ref().map_or_else(|| blob.to_owned(), |to| format!("a link to {}", to.display()));
        Self { blob, content, link }
    }
}

/// The files of a side, by their path relative to the root of the workspace, with `/` on every system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub(super) files: BTreeMap<String, Entry>,
}

impl Tree {
    /// The files of the work tree, committed or not, except those that git ignores and the target directory. It lists every
    /// file of the workspace, because cargo loads all members, and a source may include any file.
    ///
    /// # Errors
    /// If git fails.
    pub fn from_work_tree(workspace: &Workspace) -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        list_work_tree(workspace, "", &mut files)?;
        Ok(Self { files })
    }

    /// The files of a commit, checked out to `dir`, which is emptied first. Also returns the root of the workspace in `dir`.
    ///
    /// # Errors
    /// If git fails, or a needed submodule is not checked out.
    pub fn from_commit(workspace: &Workspace, commit: &str, dir: &Path) -> Result<(Self, PathBuf), Error> {
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(|error| Error::path("empty", dir, &error))?;
        }
        // The workspace may be a folder of its repository; the whole repository is checked out.
        let prefix = match git::locate(workspace.root())? {
            git::Location::InWorkTree(prefix) => prefix,
            git::Location::Elsewhere(reason) => {
                return Err(Error::environment(
                    reason,
                    "the base of a comparison is read with git; run this in a clone that git can read",
                ));
            }
        };
        let top = dir.join(prefix);
        let mut files = BTreeMap::new();
        check_out(workspace, "", commit, dir, &top, &mut files)?;
        Ok((Self { files }, top))
    }

    /// Takes the content of files that are equal in `other` from there. A fresh checkout may differ in line ends or filters,
    /// which would look like a change of the sources.
    pub fn reuse_content_of(&mut self, other: &Self) {
        for (path, entry) in &mut self.files {
            if let Some(its) = other.files.get(path)
                && its.blob == entry.blob
            {
                entry.content.clone_from(&its.content);
            }
        }
    }

    /// This tree with the harness, its shared packages and the data folder of `other`.
    pub fn with_harness_of(&self, other: &Self, workspace: &Workspace, harness: &Harness) -> Self {
        let data = &workspace.config.data;
        let is_harness = |path: &str| {
            harness.shared.iter().chain([data]).any(|folder| path == folder || strip_folder(path, folder).is_some())
        };
        let own = self.files.iter().filter(|(path, _)| !is_harness(path));
        let its = other.files.iter().filter(|(path, _)| is_harness(path));
        Self { files: own.chain(its).map(|(path, entry)| (path.clone(), entry.clone())).collect() }
    }

    /// This tree with another content of one file; the content is written to a file in `dir`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn with_file(mut self, path: &str, content: &str, dir: &Path) -> Result<Self, Error> {
        let at = dir.join(path.replace('/', "-"));
        fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
        fs::write(&at, content).map_err(|error| Error::path("write", &at, &error))?;
        let blob = perf_digest::compute([content]);
        self.files.insert(path.to_owned(), Entry { blob, content: at, link: None });
        Ok(self)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// If the file is missing, or cannot be read.
    pub fn text(&self, path: &str) -> Result<String, Error> {
        let at = self.files.get(path).map_or_else(|| PathBuf::from(path), |entry| entry.content.clone());
        fs::read_to_string(&at).map_err(|error| Error::path("read", &at, &error))
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a file is equal in both trees, or missing in both.
    pub fn same_file(&self, other: &Self, path: &str) -> bool {
        self.files.get(path).map(|entry| &entry.blob) == other.files.get(path).map(|entry| &entry.blob)
    }

    /// Hashes of a harness' baselines, by path.
    pub fn baseline_blobs(&self, workspace: &Workspace, harness: &Harness) -> BTreeMap<String, String> {
        let own = format!("baselines/{}/", harness.package);
        self.blobs(|path| strip_folder(path, &workspace.config.data).is_some_and(|name| name.starts_with(&own)))
    }

    /// Hashes of the source files of a harness and its shared packages, by path.
    pub fn harness_blobs(&self, harness: &Harness) -> BTreeMap<String, String> {
        self.blobs(|path| is_package_source(path, &harness.shared))
    }

    /// Hashes of the inputs of a harness, by path.
    pub fn input_blobs(&self, workspace: &Workspace, harness: &Harness) -> BTreeMap<String, String> {
        self.blobs(|path| strip_folder(path, &workspace.config.data).is_some_and(|name| harness.reads(name)))
    }

    fn blobs(&self, is_one: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let files = self.files.iter().filter(|(path, _)| is_one(path));
        files.map(|(path, entry)| (path.clone(), entry.blob.clone())).collect()
    }

    /// Writes exactly these files to a directory. Equal files are left alone, so that cargo rebuilds only what changed.
    /// Modification times may be older than cargo's artifacts; `measure::build_record` handles that.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write_to(&self, dir: &Path) -> Result<(), Error> {
        fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
        self.remove_others(dir, dir)?;
        for (path, entry) in &self.files {
            let to = dir.join(path);
            let write = |error: std::io::Error| Error::path("write", &to, &error);
            let there = fs::symlink_metadata(&to);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(|error| Error::path("create", parent, &error))?;
            }
            if let Some(link) = &entry.link {
                if fs::read_link(&to).is_ok_and(|there| there == *link) {
                    continue;
                }
                remove(&to).map_err(write)?;
                symlink(link, &to).map_err(write)?;
                continue;
            }
            let content = fs::read(&entry.content).map_err(|error| Error::path("read", &entry.content, &error))?;
            // Never writes through an old link.
            if there.is_ok_and(|there| !there.is_file()) {
                remove(&to).map_err(write)?;
            }
            if !fs::read(&to).is_ok_and(|there| there == content) {
                fs::write(&to, content).map_err(write)?;
            }
            make_executable_as(&entry.content, &to).map_err(write)?;
        }
        Ok(())
    }

    fn remove_others(&self, root: &Path, dir: &Path) -> Result<(), Error> {
        let unreadable = |error: std::io::Error| Error::path("list", dir, &error);
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && !path.is_symlink() {
                self.remove_others(root, &path)?;
                continue;
            }
            let parts: Vec<_> =
                path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_string_lossy()).collect();
            if !self.files.contains_key(&parts.join("/")) {
                fs::remove_file(&path).map_err(|error| Error::path("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}

/// Adds the files in the work tree of one repository: that of the workspace, or that of the submodule in `folder`.
fn list_work_tree(workspace: &Workspace, folder: &str, files: &mut BTreeMap<String, Entry>) -> Result<(), Error> {
    let dir = workspace.root().join(folder);
    let mut list = vec!["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."];
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let made = canonical(workspace.target_dir());
    let made = made.strip_prefix(canonical(&dir)).ok().map(|made| format!(":(exclude,literal){}", made.display()));
    list.extend(made.as_deref());
    let listed = git::run(&dir, &list, None)?;
    let at = |path: &str| dir.join(path);
    let is_there = |path: &&str| fs::symlink_metadata(at(path)).is_ok_and(|there| !there.is_dir());
    // Git lists a deleted file until the deletion is committed.
    let mut paths: Vec<&str> = listed.split_terminator('\0').filter(is_there).collect();
    paths.sort_unstable();
    paths.dedup();
    let (links, paths): (Vec<&str>, Vec<&str>) = paths.into_iter().partition(|path| at(path).is_symlink());
    files.extend(links.into_iter().map(|path| (join(folder, path), Entry::new("", at(path)))));
    for some in paths.chunks(200) {
        let hashes = git::run(&dir, &[&["hash-object", "--"], some].concat(), None)?;
        for (path, blob) in some.iter().zip(hashes.lines()) {
            files.insert(join(folder, path), Entry::new(blob, at(path)));
        }
    }
    for path in git::submodules(&dir)? {
        let path = join(folder, &path);
        if workspace.needs(&path) && workspace.root().join(&path).join(".git").exists() {
            list_work_tree(workspace, &path, files)?;
        }
    }
    Ok(())
}

/// Checks out a commit of one repository to `dir`, and adds the files below `top`, which corresponds to `folder`.
fn check_out(
    workspace: &Workspace,
    folder: &str,
    commit: &str,
    dir: &Path,
    top: &Path,
    files: &mut BTreeMap<String, Entry>,
) -> Result<(), Error> {
    let repository = workspace.root().join(folder);
    fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error))?;
    let listed = git::run(&repository, &["ls-tree", "-r", "-z", commit, "--", "."], None)?;
    // Its own index, so that the user's index stays unchanged. A killed git leaves the index and its lock behind, which would
    // block each later call.
    let base = workspace.perf_dir().join("base");
    let index = base.with_extension("index");
    for left in [index.clone(), base.with_extension("index.lock")] {
        match fs::remove_file(&left) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::path("remove", &left, &error));
            }
            _ => {}
        }
    }
    let to = format!("--prefix={}/", dir.display());
    // The whole commit, even if the work tree is a sparse checkout.
    let whole = ["-c", "core.sparseCheckout=false"];
    git::run(&repository, &[&whole[..], &["read-tree", commit]].concat(), Some(&index))?;
    git::run(
        &repository,
        &[&whole[..], &["checkout-index", "--all", "--force", "--quiet", &to]].concat(),
        Some(&index),
    )?;
    fs::remove_file(&index).map_err(|error| Error::path("remove", &index, &error))?;
    for line in listed.split_terminator('\0') {
        // `100644 blob <hash>\t<path>`
        let Some((about, path)) = line.split_once('\t') else { continue };
        match about.split(' ').collect::<Vec<_>>()[..] {
            [_, "blob", blob] => _ = files.insert(join(folder, path), Entry::new(blob, top.join(path))),
            [_, "commit", commit] => {
                let submodule = join(folder, path);
                if !workspace.needs(&submodule) {
                    continue;
                }
                if !workspace.root().join(&submodule).join(".git").exists() {
                    return Err(Error::environment(
                        format!("the submodule {submodule} is not checked out, and what is measured needs it"),
                        "git submodule update --init",
                    ));
                }
                let name = format!("{commit}^{{commit}}");
                let repository = workspace.root().join(&submodule);
                if git::try_run(&repository, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?
                    .is_none()
                {
                    return Err(Error::environment(
                        format!("the submodule {submodule} has no commit {commit} here"),
                        format!("git -C {submodule} fetch"),
                    ));
                }
                let at = top.join(path);
                check_out(workspace, &submodule, commit, &at, &at, files)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// Removes a file or directory, if it exists.
fn remove(path: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
use std::os::unix::fs::symlink;

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("symbolic links among the sources are supported on Unix only"))
}

/// Copies the executable bits of a file, because a build script may run it.
#[cfg(unix)]
fn make_executable_as(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).map(|file| file.permissions().mode());
    let (wanted, is) = (mode(from)? & 0o111, mode(to)?);
    if wanted == is & 0o111 {
        Ok(())
    } else {
        fs::set_permissions(to, fs::Permissions::from_mode(is & !0o111 | wanted))
    }
}

#[cfg(not(unix))]
fn make_executable_as(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}
