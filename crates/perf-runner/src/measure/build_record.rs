//! A record of what cargo built from which sources, to detect stale artifacts.
//!
//! Cargo compares modification times. If a clock was wrong, or a source has an old time (`cp -p`, an archive, a cached
//! `target`), cargo takes an old program for a fresh one, and the gate would measure the wrong code. So the gate records
//! digests of the sources and of the artifacts of each local package. An artifact that cargo calls fresh and that does not
//! match the record is removed and built again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::workspace::Workspace;

/// The recorded digests, by the path of the artifact.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ArtifactDigests(BTreeMap<PathBuf, ArtifactDigest>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ArtifactDigest {
    sources: String,
    built: String,
}

/// The record of the artifacts in the target directory.
#[derive(Debug)]
pub struct BuildRecord {
    file: PathBuf,
    digests: ArtifactDigests,
    data: String,
}

/// The used part of one `compiler-artifact` message of cargo.
#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    filenames: Vec<PathBuf>,
    target: Target,
    fresh: bool,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl BuildRecord {
    /// Opens the record for a build in `root`: the root of the workspace, or of a copy of it.
    ///
    /// Harnesses share what they are compiled from, so the inputs of all of them belong to the sources: with those of one, each
    /// would find what another has built stale.
    pub fn open(workspace: &Workspace, root: &Path) -> Self {
        let file = workspace.perf_dir().join("compiled.json");
        // An unreadable record is empty, so everything is built again.
        let digests = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let data = root.join(&workspace.config.data);
        let is_read = |path: &Path| {
            let inside: Vec<_> =
                path.strip_prefix(&data).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
            let name = inside.join("/");
            workspace.harnesses.iter().any(|harness| harness.reads(&name))
        };
        let mut files = BTreeMap::new();
        read_files(&data, &is_read, &mut files);
        Self { file, digests, data: digest_of(&files) }
    }

    /// The artifacts that cargo calls fresh but that the record does not confirm, and the target `wanted` if cargo did not
    /// build it in this call. `messages` are cargo's JSON messages.
    pub fn stale_artifacts(&self, messages: &str, wanted: Option<&str>) -> Vec<PathBuf> {
        let is_known = |artifact: &Artifact| {
            let sources = self.sources(artifact);
            artifact
                .filenames
                .iter()
                .all(|file| self.digests.0.get(file) == Some(&artifact_digest(file, sources.clone())))
        };
        let stale = |artifact: &Artifact| {
            artifact.fresh && (wanted == Some(artifact.target.name.as_str()) || !is_known(artifact))
        };
        artifacts(messages).filter(stale).flat_map(|artifact| artifact.filenames).collect()
    }

    /// Records the artifacts that cargo has just built.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub fn update(&mut self, messages: &str) -> Result<(), Error> {
        self.digests.0.retain(|file, _| file.exists());
        for artifact in artifacts(messages).filter(|artifact| !artifact.fresh) {
            let sources = self.sources(&artifact);
            self.digests.0.extend(artifact.filenames.into_iter().map(|file| {
                let digest = artifact_digest(&file, sources.clone());
                (file, digest)
            }));
        }
        let text = serde_json::to_vec(&self.digests).unwrap_or_default();
        fs::write(&self.file, text).map_err(|error| Error::path("write", &self.file, &error))
    }

    fn sources(&self, artifact: &Artifact) -> String {
        let dir = artifact.manifest_path.parent().unwrap_or(&artifact.manifest_path);
        let mut files = BTreeMap::new();
        // Without the manifest: cargo compares its content itself.
        for part in ["build.rs", "src", "benches"] {
            read_files(&dir.join(part), &|_| true, &mut files);
        }
        perf_digest::compute([digest_of(&files).as_str(), &self.data])
    }
}

/// Removes artifacts, so that cargo builds them and everything that depends on them again. `cargo clean` would also remove
/// artifacts of other packages with the same name.
///
/// # Errors
/// If an artifact cannot be removed.
pub fn remove_artifacts(stale: &[PathBuf]) -> Result<(), Error> {
    for file in stale {
        // A build script has a second name in the same directory.
        let is_script = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("build-script-"));
        let removed = match file.parent() {
            Some(dir) if is_script => fs::remove_dir_all(dir),
            _ => fs::remove_file(file),
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::path("remove", file, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The error for artifacts that cargo still calls fresh after they were removed.
pub fn rebuild_error(stale: &[PathBuf]) -> Error {
    let names: Vec<_> = stale.iter().map(|file| file.display().to_string()).collect();
    Error::environment(
        format!("cargo does not rebuild {}, although its sources changed", names.join(", ")),
        "check the clock of this machine, and remove the target directory",
    )
}

/// The artifacts of local packages; those of registry packages do not change.
fn artifacts(messages: &str) -> impl Iterator<Item = Artifact> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts.filter(|artifact| artifact.package_id.starts_with("path+"))
}

fn artifact_digest(file: &Path, sources: String) -> ArtifactDigest {
    ArtifactDigest { sources, built: perf_digest::compute_file(file).unwrap_or_default() }
}

fn digest_of(files: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    perf_digest::compute_bytes(files.iter().flat_map(|(path, content)| [path.as_os_str().as_encoded_bytes(), content]))
}

/// Reads a file, or every file below a folder. Unreadable files are skipped, because cargo cannot read them either.
fn read_files(path: &Path, wanted: &dyn Fn(&Path) -> bool, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    // Deeper than any source, to end circles of links.
    const MAX_DEPTH: usize = 64;
    let leads_above = || path.is_symlink() && fs::canonicalize(path).is_ok_and(|to| path.starts_with(to));
    if path.components().count() > MAX_DEPTH || leads_above() {
        return;
    }
    if let Ok(entries) = fs::read_dir(path) {
        entries.filter_map(Result::ok).for_each(|entry| read_files(&entry.path(), wanted, files));
    } else if wanted(path)
        && let Ok(content) = fs::read(path)
    {
        files.insert(path.to_owned(), content);
    }
}
