//! What a measuring process may use up.

/// What a measuring process may use up before the system ends it. The process sets the limits for itself when it starts
/// (`benches/limits.rs`); who runs it knows from here what its sudden end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Seconds of processor time; in `time`, which runs many cases, seconds of each case.
    pub processor_seconds: u64,
    /// Bytes of address space.
    pub memory: u64,
}

/// Ten times what the largest case may need some day, and far below what hurts a machine.
const MEMORY: u64 = 1 << 30;

impl ProcessLimits {
    /// For `count` and `heap`: an ordinary case takes them half a second at most.
    pub const ORDINARY: Self = Self { processor_seconds: 10, memory: MEMORY };
    /// For `count` and `heap` with a heavy case, which may take 20 s under the heap profiler.
    pub const HEAVY: Self = Self { processor_seconds: 50, memory: MEMORY };
    /// For `time`: a case takes it a tenth of a second, unless a person asked for longer.
    pub const TIMED: Self = Self { processor_seconds: 20, memory: MEMORY };

    /// The memory in MiB.
    pub const fn mebibytes(self) -> u64 {
        self.memory >> 20
    }
}
