//! How much the process has allocated, where its allocator counts.

/// What a process has allocated since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allocated {
    /// Bytes, those that were freed again too.
    pub bytes: u64,
    /// Allocations.
    pub blocks: u64,
}

/// An allocator that counts, around that of the system; with the feature `counting-allocator`. It is that of the crate
/// `stats_alloc`: implementing one needs `unsafe`, which this workspace forbids. The program installs it:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: &aggregator_observe::CountingAllocator = &aggregator_observe::COUNTING_ALLOCATOR;
///
/// let before = aggregator_observe::counted().unwrap_or_default();
/// let kept = vec![0_u8; 1_000];
/// let after = aggregator_observe::counted().unwrap();
/// assert!(after.bytes - before.bytes >= 1_000, "{after:?}, {}", kept.len());
/// ```
#[cfg(feature = "counting-allocator")]
pub type CountingAllocator = stats_alloc::StatsAlloc<std::alloc::System>;

/// The only one that there is of it.
#[cfg(feature = "counting-allocator")]
pub use stats_alloc::INSTRUMENTED_SYSTEM as COUNTING_ALLOCATOR;

/// What the counting allocator has counted; `None` where it is not installed.
#[cfg(feature = "counting-allocator")]
pub fn counted() -> Option<Allocated> {
    let stats = COUNTING_ALLOCATOR.stats();
    // A program that has it has allocated before it gets here.
    let blocks = (stats.allocations as u64).saturating_add(stats.reallocations as u64);
    (blocks > 0).then_some(Allocated { bytes: stats.bytes_allocated as u64, blocks })
}

/// Nothing: the counting allocator needs the feature `counting-allocator`.
#[cfg(not(feature = "counting-allocator"))]
pub fn counted() -> Option<Allocated> {
    None
}
