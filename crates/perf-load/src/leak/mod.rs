//! Whether memory leaks: live heap by equality, resident memory by its slope.

mod growth;
mod heap;
mod resident;

pub use growth::{Growth, GrowthVerdict, growth};
pub use heap::{Heap, HeapVerdict, heap_growth};
pub use resident::{MemoryReport, MemorySample};
