//! Generations of an index on disk: the newest is current, and a new one replaces it by a rename.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::format::IndexFormat;

/// A complete index on disk, with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

/// The newest generation, of any format.
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

/// The newest generation, if this version can read it.
pub(crate) fn readable(root: &Path) -> io::Result<Option<Generation>> {
    let Some(newest) = newest(root)? else { return Ok(None) };
    Ok((IndexFormat::read(&newest.path)?.as_ref() == Some(IndexFormat::current())).then_some(newest))
}

/// Creates the empty folder of a new generation. Only the holder of the lock may call it.
pub(crate) fn begin(root: &Path) -> io::Result<PathBuf> {
    let path = root.join("building");
    remove(&path)?;
    fs::create_dir(&path)?;
    Ok(path)
}

/// Removes the folder of an unpublished generation when it goes out of scope, as after a full disk.
pub(crate) struct BuildGuard<'a>(pub(crate) &'a Path);

impl Drop for BuildGuard<'_> {
    fn drop(&mut self) {
        let _ = remove(&self.0.join("building"));
    }
}

/// Publishes the new generation and removes older ones. Only the holder of the lock may call it.
pub(crate) fn publish(root: &Path) -> io::Result<Generation> {
    let number = newest(root)?.map_or(1, |newest| newest.number + 1);
    let building = root.join("building");
    IndexFormat::current().write(&building)?;
    sync(&building)?;
    let path = root.join(format!("index-{number}"));
    fs::rename(&building, &path)?;
    sync(root)?;
    remove_old(root, number);
    Ok(Generation { number, path })
}

/// Removes older and incomplete generations. Readers of an older one keep the files that they have open. A failed removal is
/// tried again by the next update.
pub(crate) fn remove_old(root: &Path, number: u64) {
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
    fn the_newest_generation_is_current_and_others_are_removed() {
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
