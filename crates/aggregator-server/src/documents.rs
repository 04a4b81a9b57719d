//! The documents of a call, and their index.

use std::fs;
use std::hash::Hasher as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aggregator_index::{Index, IndexError, Options, Report};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::exit::{Exit, ProgramError};
use crate::interrupt::Interrupt;
use crate::settings::{EffectiveSettings, user_folder};
use crate::terminal::progress::UpdateBar;

/// Documents, and where their index is.
#[derive(Debug)]
pub struct Documents {
    /// The folders and files, absolute and in order, each once.
    pub folders: Vec<PathBuf>,
    /// The folder of the index.
    pub index_folder: PathBuf,
    options: Options,
}

/// An index that is up to date.
#[derive(Debug)]
pub struct UpdatedIndex {
    /// The index of the folders, open.
    pub index: Index,
    /// The report of the update.
    pub report: Report,
    /// The duration of the update.
    pub took: Duration,
}

impl Documents {
    /// The documents of the command line, or else of the settings.
    ///
    /// # Errors
    /// When neither the command line nor the settings name documents, when a path does not exist, and when there is no folder
    /// for the index.
    pub fn find(named: &[PathBuf], settings: &EffectiveSettings) -> Result<Self, ProgramError> {
        let named = if named.is_empty() { &settings.documents.folders } else { named };
        if named.is_empty() {
            let what =
                "no documents are named: give a folder with --docs, or `folders` in [documents] of aggregator.toml";
            return Err(ProgramError::new(Exit::Usage, what));
        }
        let absolute = |path: &PathBuf| {
            fs::canonicalize(path).map_err(|error| {
                let what = format!(
                    "documents {:?} cannot be read: {error}; name a folder or file that is there",
                    path.display().to_string()
                );
                ProgramError::new(Exit::Documents, what)
            })
        };
        let mut folders = named.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
        folders.sort();
        folders.dedup();
        let cache = match &settings.documents.cache {
            Some(cache) => cache.clone(),
            None => user_folder("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("aggregator")).ok_or_else(|| {
                let what = "there is no place for the index: set HOME or XDG_CACHE_HOME, or `cache` in [documents]";
                ProgramError::new(Exit::Usage, what)
            })?,
        };
        let index_folder = cache.join("index").join(name(&folders));
        let mut options = Options::default();
        options.max_file_bytes = settings.documents.max_file_bytes;
        Ok(Self { folders, index_folder, options })
    }

    /// Opens the index and updates it; shows a progress bar if standard error is a terminal.
    ///
    /// # Errors
    /// When documents or the index cannot be read or written.
    pub fn update(&self, interrupt: &Interrupt) -> Result<UpdatedIndex, ProgramError> {
        let failed = |error: IndexError| ProgramError::new(Exit::Documents, error);
        let started = Instant::now();
        let index = Index::open(&self.index_folder).map_err(failed)?;
        let mut bar = UpdateBar::new();
        let report = index.update(&self.folders, &self.options, |progress| {
            bar.show(progress);
            if interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        bar.clear();
        match report {
            Err(IndexError::Busy { .. }) if interrupt.is_raised() => Err(ProgramError::new(
                Exit::Interrupted,
                "interrupted while another process indexed; the index is as it was",
            )),
            Err(error) => Err(failed(error)),
            Ok(report) => Ok(UpdatedIndex { index, report, took: started.elapsed() }),
        }
    }
}

/// The name of the index of folders: the last part of the first, and a digest of all.
fn name(folders: &[PathBuf]) -> String {
    let mut hasher = SipHasher13::new();
    for folder in folders {
        hasher.write(folder.as_os_str().as_encoded_bytes());
        hasher.write(&[0]);
    }
    let plain = |folder: &Path| -> String {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect()
    };
    let digest = hasher.finish128().as_u128();
    format!("{}-{digest:032x}", folders.first().map(|folder| plain(folder)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_folders_have_another_index() {
        let name = |folders: &[&str]| name(&folders.iter().map(PathBuf::from).collect::<Vec<_>>());
        let names =
            [name(&["/a/docs"]), name(&["/b/docs"]), name(&["/a/docs", "/b"]), name(&["/a/doc", "s/b"]), name(&["/"])];
        for (at, one) in names.iter().enumerate() {
            assert!(!names[..at].contains(one), "{names:?}");
            assert!(one.len() < 80 && one.is_ascii(), "{one}");
        }
        assert!(names[0].starts_with("docs-") && name(&["/ä\u{1b} b"]).starts_with("b-"), "{names:?}");
        assert_eq!(name(&["/a/docs"]), names[0]);
    }
}
