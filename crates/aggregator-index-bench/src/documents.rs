//! The documents of the handbook, compiled in, so that both sides of a comparison read the same.

use std::fs;
use std::path::Path;

macro_rules! documents {
    ($($name:literal)*) => {
        /// Names and contents of the documents.
        const DOCUMENTS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../benches-data/handbook/docs/", $name)))),*];
    };
}

documents! {
    "concepts/snapshots-and-chunks.md"
    "install/containers.md"
    "install/installation.de.md"
    "install/linux.md"
    "install/migrate.md"
    "install/upgrade.md"
    "operate/ajastus.fi.md"
    "operate/filters.md"
    "operate/monitoring.html"
    "operate/notifications.md"
    "operate/recover.md"
    "operate/restore.md"
    "operate/scheduler.md"
    "operate/sync.md"
    "reference/exit-codes.md"
    "reference/rest-api.md"
    "reference/tern.1.txt"
    "reference/tern.toml"
    "reference/tern_client.py"
    "reference/web-interface.html"
    "release-notes.txt"
    "security/api-tokens.md"
    "security/encryption-keys.md"
    "security/tls.html"
    "security/users-and-roles.md"
    "start/first-backup.md"
    "start/quickstart.ja.md"
    "storage/backends.md"
    "storage/garbage-collection.md"
    "storage/pruning.md"
    "storage/retention.md"
    "storage/verify.md"
    "troubleshooting/performance.md"
    "troubleshooting/solucion-de-problemas.es.md"
}

/// Writes `copies` copies of all documents into the folders `0`, `1`, … of a folder.
///
/// # Panics
/// When a file cannot be written.
pub fn write_copies(folder: &Path, copies: usize) {
    for copy in 0..copies {
        for (name, content) in DOCUMENTS {
            let path = folder.join(copy.to_string()).join(name);
            let parent = path.parent().expect("a file is in a folder");
            fs::create_dir_all(parent).and_then(|()| fs::write(&path, content)).expect("documents can be written");
        }
    }
}

/// Iterates over names and contents of the documents.
pub fn iter() -> impl Iterator<Item = (&'static Path, &'static [u8])> {
    DOCUMENTS.iter().map(|(name, content)| (Path::new(*name), *content))
}

/// Total size of one copy in bytes.
pub fn total_bytes() -> u64 {
    DOCUMENTS.iter().map(|(_, content)| content.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_of_the_handbook_is_compiled_in() {
        let scratch = crate::scratch::ScratchDir::new();
        write_copies(&scratch.join("docs"), 1);
        let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/handbook/docs");
        assert_eq!(list_files(&scratch.join("docs/0")), list_files(&handbook));
        assert_eq!(list_files(&handbook).len(), DOCUMENTS.len());
    }

    fn list_files(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => open.push(entry.path()),
                    false => found.push(entry.path().strip_prefix(folder).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }
}
