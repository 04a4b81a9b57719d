//! Pointer chasing: dependent loads that miss every cache smaller than the memory they cover.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cache line of 64 bytes. On processors with lines of 128 bytes it is half a line, which hardly matters in random order.
#[repr(align(64))]
pub struct CacheLine {
    /// Index of the next line. Atomic because the lines are in statics; a relaxed load compiles to an ordinary load.
    next: AtomicUsize,
    /// Explicit padding: a static without padding bytes is all zeros and takes no space in the executable.
    _rest: [usize; 7],
}

impl CacheLine {
    /// A line that is not yet part of a cycle.
    pub const fn new() -> Self {
        Self { next: AtomicUsize::new(0), _rest: [0; 7] }
    }

    fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }
}

/// Lines in one cycle, in an order that is deterministic and that no prefetcher predicts.
pub struct PointerChase<'a> {
    lines: &'a [CacheLine],
}

impl<'a> PointerChase<'a> {
    /// Links the lines to one cycle. This writes every line, so that no step touches a page for the first time.
    pub fn new(lines: &'a [CacheLine]) -> Self {
        let link = |from: usize, to: usize| lines[from].next.store(to, Ordering::Relaxed);
        (0..lines.len()).for_each(|at| link(at, at));
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        // Sattolo's algorithm: a line is never swapped with itself, which gives a single cycle.
        for last in (1..lines.len()).rev() {
            // Marsaglia's xorshift.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let other = (((random >> 32) * last as u64) >> 32) as usize;
            let (from_last, from_other) = (lines[last].next(), lines[other].next());
            link(last, from_other);
            link(other, from_last);
        }
        Self { lines }
    }

    /// Takes `steps` steps from the index `from` and returns the last index. Each step is one load that depends on the one
    /// before.
    #[inline(never)]
    pub fn walk(&self, from: usize, steps: u64) -> usize {
        let mut at = from;
        for _ in 0..steps {
            at = self.lines[at].next();
            // Prevents unrolling: each step costs the same number of instructions.
            black_box(());
        }
        at
    }
}
