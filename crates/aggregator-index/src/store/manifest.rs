//! The manifest: the indexed files, read from the index itself.

use std::collections::BTreeMap;

use tantivy::Searcher;

use crate::files::walk::FileStamp;
use crate::store::schema::{FILE, HASH_HIGH, HASH_LOW, MODIFIED, READ, SIZE};

/// The manifest entry of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stamp: FileStamp,
    /// Digest of the content.
    pub(crate) hash: u128,
    /// When it was read, in nanoseconds since 1970.
    pub(crate) read: i64,
}

/// Coarsest time stamps of file systems (FAT has 2 s).
const GRANULARITY: i64 = 2_000_000_000;

impl Entry {
    /// Whether a file with this stamp is certainly unchanged. A file that was changed shortly before it was read
    /// may have been changed again afterwards with the same time; git calls such entries racy.
    pub(crate) fn is_still(&self, stamp: FileStamp) -> bool {
        self.stamp == stamp && self.is_settled()
    }

    /// Whether the file was read well after it was changed.
    pub(crate) fn is_settled(&self) -> bool {
        self.stamp.modified != i64::MIN && self.stamp.modified < self.read.saturating_sub(GRANULARITY)
    }
}

/// Reads the manifest, by path.
pub(crate) fn load(searcher: &Searcher) -> tantivy::Result<BTreeMap<Vec<u8>, Entry>> {
    let mut entries = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let fast = segment.fast_fields();
        let Some(paths) = fast.bytes(FILE)? else { continue };
        let (size, modified, read) = (fast.u64(SIZE)?, fast.i64(MODIFIED)?, fast.i64(READ)?);
        let (high, low) = (fast.u64(HASH_HIGH)?, fast.u64(HASH_LOW)?);
        for doc in segment.doc_ids_alive() {
            let Some(ord) = paths.term_ords(doc).next() else { continue };
            let mut path = Vec::new();
            paths.ord_to_bytes(ord, &mut path)?;
            let value = |column: &tantivy::columnar::Column<u64>| column.first(doc).unwrap_or(0);
            let stamp = FileStamp { size: value(&size), modified: modified.first(doc).unwrap_or(i64::MIN) };
            let hash = u128::from(value(&high)) << 64 | u128::from(value(&low));
            entries.insert(path, Entry { stamp, hash, read: read.first(doc).unwrap_or(i64::MIN) });
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_just_before_it_was_read_is_read_again() {
        let second = 1_000_000_000;
        let entry = |modified, read| Entry { stamp: FileStamp { size: 3, modified }, hash: 0, read };
        let stamp = |modified| FileStamp { size: 3, modified };
        assert!(entry(10 * second, 20 * second).is_still(stamp(10 * second)));
        assert!(!entry(10 * second, 20 * second).is_still(stamp(10 * second + 1)));
        assert!(!entry(10 * second, 20 * second).is_still(FileStamp { size: 4, modified: 10 * second }));
        assert!(!entry(10 * second, 11 * second).is_still(stamp(10 * second)));
        assert!(!entry(30 * second, 20 * second).is_still(stamp(30 * second)), "in the future");
        assert!(!entry(i64::MIN, 20 * second).is_still(stamp(i64::MIN)), "without a time");
    }
}
