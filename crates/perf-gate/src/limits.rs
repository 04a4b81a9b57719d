//! Limits of a measuring process.

/// Limits of a measuring process. The process sets them for itself at its start (`benches/limits.rs`), and the operating
/// system ends a process that exceeds one; the runner uses the same values to explain that end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Processor time in seconds. In `time`, which runs many cases, the limit holds for each case.
    pub processor_seconds: u64,
    /// Address space in bytes.
    pub memory: u64,
}

/// 1 GiB: about ten times the expected maximum of a case, and a small part of the memory of a machine.
const MEMORY: u64 = 1 << 30;

impl ProcessLimits {
    /// Limits of `count` and `heap` for an ordinary case, which takes at most half a second.
    pub const ORDINARY: Self = Self { processor_seconds: 10, memory: MEMORY };
    /// Limits of `count` and `heap` for a heavy case, which takes up to 20 s under the heap profiler.
    pub const HEAVY: Self = Self { processor_seconds: 50, memory: MEMORY };
    /// Limits of `time` for each case, which takes a tenth of a second by default.
    pub const TIMED: Self = Self { processor_seconds: 20, memory: MEMORY };

    /// The limit of memory in MiB.
    pub const fn mebibytes(self) -> u64 {
        self.memory >> 20
    }
}
