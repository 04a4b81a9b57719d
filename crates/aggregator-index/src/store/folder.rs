//! The folders of an index: which one counts, and how another takes its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::made_with::MadeWith;

/// A complete index on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

/// The newest index, of whatever version.
pub(crate) fn newest(root: &Path) -> io::Result<Option<Generation>> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut newest: Option<Generation> = None;
    for entry in entries {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix("index-")?.parse().ok());
        if let Some(number) = number
            && newest.as_ref().is_none_or(|newest| newest.number < number)
        {
            newest = Some(Generation { number, path: entry.path() });
        }
    }
    Ok(newest)
}

/// The index that counts, if this version can read it.
pub(crate) fn readable(root: &Path) -> io::Result<Option<Generation>> {
    let Some(newest) = newest(root)? else { return Ok(None) };
    Ok((MadeWith::read(&newest.path)?.as_ref() == Some(MadeWith::this())).then_some(newest))
}

/// An empty folder for an index that is made anew. Only the holder of the lock may ask for it.
pub(crate) fn begin(root: &Path) -> io::Result<PathBuf> {
    let path = root.join("building");
    remove(&path)?;
    fs::create_dir(&path)?;
    Ok(path)
}

/// Removes what is being built when it goes out of scope: where it was published, nothing is there any more, and where that
/// failed, as on a full disk, it would only take room.
pub(crate) struct Unpublished<'a>(pub(crate) &'a Path);

impl Drop for Unpublished<'_> {
    fn drop(&mut self) {
        let _ = remove(&self.0.join("building"));
    }
}

/// Lets what was built count, and removes what counted before. Only the holder of the lock may ask for it.
pub(crate) fn publish(root: &Path) -> io::Result<Generation> {
    let number = newest(root)?.map_or(1, |newest| newest.number + 1);
    let building = root.join("building");
    MadeWith::this().write(&building)?;
    sync(&building)?;
    let path = root.join(format!("index-{number}"));
    fs::rename(&building, &path)?;
    sync(root)?;
    tidy(root, number);
    Ok(Generation { number, path })
}

/// Removes what does not count: older ones, whose readers go on with the files that they have open, and what was never
/// completed. What cannot be removed does no harm, and is tried again the next time.
pub(crate) fn tidy(root: &Path, number: u64) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let old =
            name.strip_prefix("index-").and_then(|found| found.parse().ok()).is_some_and(|found: u64| found < number);
        if old || name == "building" {
            let _ = remove(&entry.path());
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    // Folders can be opened on Unix only; elsewhere a rename is durable enough.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_counts_and_the_others_go() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(readable(root).unwrap(), None);
        assert_eq!(newest(&root.join("absent")).unwrap(), None);
        begin(root).unwrap();
        assert_eq!(newest(root).unwrap(), None, "what is being built does not count");
        let first = publish(root).unwrap();
        assert_eq!((first.number, readable(root).unwrap()), (1, Some(first.clone())));

        fs::write(begin(root).unwrap().join("half"), "x").unwrap();
        assert!(fs::read_dir(begin(root).unwrap()).unwrap().next().is_none(), "what was left is removed");
        assert_eq!(readable(root).unwrap(), Some(first.clone()));
        let second = publish(root).unwrap();
        assert_eq!(readable(root).unwrap(), Some(second.clone()));
        assert!(!first.path.exists());

        fs::write(second.path.join("made-with.json"), r#"{"format":0}"#).unwrap();
        assert_eq!((readable(root).unwrap(), newest(root).unwrap()), (None, Some(second)));
    }
}
