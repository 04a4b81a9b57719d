//! Which segments are merged.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use tantivy::SegmentMeta;
use tantivy::index::SegmentComponent;
use tantivy::indexer::{MergeCandidate, MergePolicy};

/// The number of small segments from which on they are merged.
const SEGMENTS: usize = 8;
/// Most passages of a small segment. A merge reads the stored texts of a segment in one piece, about 300 bytes a passage.
const SMALL: u32 = 20_000;
/// Most passages that are merged at once.
const TOGETHER: u32 = 50_000;
/// Bytes of dictionaries that are merged at once. A merge holds those of all of its segments in memory, and they are what
/// differs: lists of changes with their digests have six times as many to a passage as prose.
const DICTIONARIES: u64 = 5 * 1_024 * 1_024;
/// A segment with a larger part of removed passages is rewritten without them.
const REMOVED: f32 = 0.3;

/// Merges small segments, when there are enough of them, a few at a time. The memory of a merge does not grow with the
/// index; the number of large segments does, one for some ten megabytes of text.
#[derive(Debug)]
pub(crate) struct Bounded {
    /// Where the files of the segments are.
    folder: PathBuf,
}

impl Bounded {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn dictionary(&self, segment: &SegmentMeta) -> u64 {
        let path = self.folder.join(segment.relative_path(SegmentComponent::Terms));
        fs::metadata(path).map_or(DICTIONARIES, |found| found.len())
    }
}

impl MergePolicy for Bounded {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut small: Vec<_> = segments.iter().filter(|segment| segment.num_docs() <= SMALL).collect();
        if small.len() < SEGMENTS && !small.iter().any(|segment| is_sparse(segment)) {
            return Vec::new();
        }
        small.sort_by_key(|segment| Reverse(segment.num_docs()));
        let mut candidates = Vec::new();
        let mut group = Vec::new();
        let (mut passages, mut bytes) = (0, 0);
        for segment in small {
            let dictionary = self.dictionary(segment);
            if passages + segment.num_docs() > TOGETHER || bytes + dictionary > DICTIONARIES {
                candidates.extend(candidate(&std::mem::take(&mut group)));
                (passages, bytes) = (0, 0);
            }
            passages += segment.num_docs();
            bytes += dictionary;
            group.push(segment);
        }
        candidates.extend(candidate(&group));
        candidates
    }
}

fn is_sparse(segment: &SegmentMeta) -> bool {
    segment.num_deleted_docs() as f32 > REMOVED * segment.max_doc() as f32
}

/// One segment is worth it only if passages of it were removed; else it would be merged again and again.
fn candidate(group: &[&SegmentMeta]) -> Option<MergeCandidate> {
    let worth = group.len() > 1 || group.iter().any(|segment| is_sparse(segment));
    worth.then(|| MergeCandidate(group.iter().map(|segment| segment.id()).collect()))
}
