//! Loads that depend on each other and find nothing in a cache smaller than the ring.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cache line; on processors with longer ones, half of one, which changes little where the order is random.
#[repr(align(64))]
pub struct CacheLine {
    /// Atomic only because rings are in statics; a relaxed load is a load like any other.
    next: AtomicUsize,
    /// Without gaps, all of a static is zeros, and takes no place in the executable.
    _rest: [usize; 7],
}

impl CacheLine {
    /// A line of no ring yet.
    pub const fn new() -> Self {
        Self { next: AtomicUsize::new(0), _rest: [0; 7] }
    }

    fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }
}

/// Lines in one cycle whose order no prefetcher guesses, and which is the same every time.
pub struct PointerChase<'a> {
    lines: &'a [CacheLine],
}

impl<'a> PointerChase<'a> {
    /// Makes lines a ring. All of them are written here, so that no step meets a page for the first time.
    pub fn new(lines: &'a [CacheLine]) -> Self {
        let link = |from: usize, to: usize| lines[from].next.store(to, Ordering::Relaxed);
        (0..lines.len()).for_each(|at| link(at, at));
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        // Sattolo's shuffle: a line never changes places with itself, which leaves one cycle through all of them.
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

    /// Goes so many steps, and says where that leads. A step is one load, whose result is the address of the next.
    #[inline(never)]
    pub fn walk(&self, from: usize, steps: u64) -> usize {
        let mut at = from;
        for _ in 0..steps {
            at = self.lines[at].next();
            // As many instructions for each step, however many there are.
            black_box(());
        }
        at
    }
}
