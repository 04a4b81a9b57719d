//! The merge policy.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

use tantivy::SegmentMeta;
use tantivy::index::SegmentComponent;
use tantivy::indexer::{MergeCandidate, MergePolicy};

/// Minimum number of small segments for a merge.
const MIN_SMALL_SEGMENTS: usize = 8;
/// Maximum number of passages of a small segment. A merge reads the stored texts of a segment in one piece, about 300 bytes a
/// passage.
const MAX_SMALL_PASSAGES: u32 = 20_000;
/// Maximum number of passages of one merge.
const MAX_MERGED_PASSAGES: u32 = 50_000;
/// Maximum number of bytes of dictionaries of one merge, which holds those of all its segments in memory. Their size varies
/// most: change logs with digests have six times as many bytes a passage as prose.
const MAX_DICTIONARY_BYTES: u64 = 5 * 1_024 * 1_024;
/// A segment with a larger share of removed passages is rewritten without them.
const MAX_REMOVED_SHARE: f32 = 0.3;

/// Merges small segments, when there are enough of them, a few at a time. The memory of a merge does not grow with the
/// index; the number of large segments does, one for some ten megabytes of text.
#[derive(Debug)]
pub(crate) struct BoundedMergePolicy {
    /// The folder of the segment files.
    folder: PathBuf,
}

impl BoundedMergePolicy {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn dictionary(&self, segment: &SegmentMeta) -> u64 {
        let path = self.folder.join(segment.relative_path(SegmentComponent::Terms));
        fs::metadata(path).map_or(MAX_DICTIONARY_BYTES, |found| found.len())
    }
}

impl MergePolicy for BoundedMergePolicy {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut small: Vec<_> = segments.iter().filter(|segment| segment.num_docs() <= MAX_SMALL_PASSAGES).collect();
        if small.len() < MIN_SMALL_SEGMENTS && !small.iter().any(|segment| is_sparse(segment)) {
            return Vec::new();
        }
        small.sort_by_key(|segment| Reverse(segment.num_docs()));
        let mut candidates = Vec::new();
        let mut group = Vec::new();
        let (mut passages, mut bytes) = (0, 0);
        for segment in small {
            let dictionary = self.dictionary(segment);
            if passages + segment.num_docs() > MAX_MERGED_PASSAGES || bytes + dictionary > MAX_DICTIONARY_BYTES {
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
    segment.num_deleted_docs() as f32 > MAX_REMOVED_SHARE * segment.max_doc() as f32
}

/// One segment is worth it only if passages of it were removed; else it would be merged again and again.
fn candidate(group: &[&SegmentMeta]) -> Option<MergeCandidate> {
    let worth = group.len() > 1 || group.iter().any(|segment| is_sparse(segment));
    worth.then(|| MergeCandidate(group.iter().map(|segment| segment.id()).collect()))
}
