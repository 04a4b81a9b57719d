//! The live heap, by equality.

/// What lives on the heap, as an allocator counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heap {
    /// Bytes.
    pub bytes: u64,
    /// Blocks.
    pub blocks: u64,
}

/// What three counts of the live heap show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeapVerdict {
    /// All three are equal.
    Equal,
    /// Both steps are up, or one is and the other is level: bytes and blocks for each request.
    Leaks {
        /// Bytes for each request.
        bytes_per_request: f64,
        /// Blocks for each request.
        blocks_per_request: f64,
    },
    /// The count falls, or goes up and down: the requests are not equal to each other, or something else allocates.
    Unsteady,
}

/// Judges the live heap after N, 2N and 3N equal requests, none of them in flight.
///
/// A cache that fills at first is no leak: count only after a first series of requests has warmed up.
pub fn heap_growth(counts: [Heap; 3], requests_between: u64) -> HeapVerdict {
    let [first, second, third] = counts;
    if first == second && second == third {
        return HeapVerdict::Equal;
    }
    let rises = |of: fn(Heap) -> u64| of(first) <= of(second) && of(second) <= of(third);
    if !rises(|heap| heap.bytes) || !rises(|heap| heap.blocks) || requests_between == 0 {
        return HeapVerdict::Unsteady;
    }
    let each = |of: fn(Heap) -> u64| (of(third) - of(first)) as f64 / (2 * requests_between) as f64;
    HeapVerdict::Leaks { bytes_per_request: each(|heap| heap.bytes), blocks_per_request: each(|heap| heap.blocks) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_is_a_leak_and_equality_is_none() {
        let heap = |bytes, blocks| Heap { bytes, blocks };
        assert_eq!(heap_growth([heap(100, 3); 3], 1_000), HeapVerdict::Equal);
        assert_eq!(
            heap_growth([heap(100, 3), heap(1_124, 13), heap(2_148, 23)], 10),
            HeapVerdict::Leaks { bytes_per_request: 102.4, blocks_per_request: 1.0 }
        );
        let one = heap_growth([heap(100, 3), heap(100, 3), heap(101, 3)], 1);
        assert_eq!(one, HeapVerdict::Leaks { bytes_per_request: 0.5, blocks_per_request: 0.0 });
        assert_eq!(heap_growth([heap(100, 3), heap(90, 3), heap(200, 3)], 1), HeapVerdict::Unsteady);
    }
}
