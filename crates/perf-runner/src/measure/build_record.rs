//! Whether what cargo calls built was made of the sources that are there.
//!
//! Cargo goes by dates. Where a clock was wrong, or a source came with an old date (`cp -p`, an archive, a cache of `target`),
//! it takes an old program for that of new sources, which would then be measured, and kept, as theirs. So whatever it built of
//! packages in folders is written down, with digests of the sources and of what was built; what cargo calls fresh has to be
//! written there, else it is removed and built again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::digest;
use crate::workspace::{Harness, Workspace};

/// What was built of what, by the name of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ArtifactDigests(BTreeMap<PathBuf, ArtifactDigest>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ArtifactDigest {
    sources: String,
    built: String,
}

/// What is known of the files that cargo made here.
#[derive(Debug)]
pub struct BuildRecord {
    file: PathBuf,
    digests: ArtifactDigests,
    data: String,
}

/// One line of cargo's messages, as far as it matters here. What stands in for cargo need not say all of it.
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
    /// For what is built in a folder: the workspace, or a copy of it.
    pub fn open(workspace: &Workspace, harness: &Harness, root: &Path) -> Self {
        let file = workspace.perf_dir().join("compiled.json");
        // What cannot be read is built again.
        let digests = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let data = root.join(&workspace.config.data);
        let is_read = |path: &Path| {
            let inside: Vec<_> =
                path.strip_prefix(&data).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
            harness.reads(&inside.join("/"))
        };
        let mut files = BTreeMap::new();
        read_files(&data, &is_read, &mut files);
        Self { file, digests, data: digest_of(&files) }
    }

    /// What cargo calls built in its messages although nothing says that it was of these sources; and a target which had to be
    /// built now and was not.
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

    /// Writes down what was built now.
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
        // What a manifest says cargo compares itself, and much of it reaches no program.
        for part in ["build.rs", "src", "benches"] {
            read_files(&dir.join(part), &|_| true, &mut files);
        }
        digest::compute([digest_of(&files).as_str(), &self.data])
    }
}

/// Removes what cargo takes for built, so that it builds that again, and what is made of it. `cargo clean` removes more: what
/// other packages have under the same name.
pub fn remove_artifacts(stale: &[PathBuf]) -> Result<(), Error> {
    for file in stale {
        // A build script has another name beside this one.
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

/// Cargo goes on calling it built.
pub fn rebuild_error(stale: &[PathBuf]) -> Error {
    let names: Vec<_> = stale.iter().map(|file| file.display().to_string()).collect();
    Error::environment(
        format!("cargo does not build {} again, although its sources are others", names.join(", ")),
        "check the clock of this machine, and remove the target folder",
    )
}

/// Those of packages in folders; what is in a registry does not change.
fn artifacts(messages: &str) -> impl Iterator<Item = Artifact> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts.filter(|artifact| artifact.package_id.starts_with("path+"))
}

fn artifact_digest(file: &Path, sources: String) -> ArtifactDigest {
    let built = fs::read(file).map_or_else(|_| String::new(), |content| digest::compute_bytes([content.as_slice()]));
    ArtifactDigest { sources, built }
}

fn digest_of(files: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    digest::compute_bytes(files.iter().flat_map(|(path, content)| [path.as_os_str().as_encoded_bytes(), content]))
}

/// Every file in a folder, or the file of that name. What cannot be read cargo cannot read either.
fn read_files(path: &Path, wanted: &dyn Fn(&Path) -> bool, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    // Deeper than any source: links that lead in circles have an end.
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
