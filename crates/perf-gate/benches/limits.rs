//! What this process may use up: an endless loop or an endless allocation ends it within seconds, and not the machine.
//!
//! A runaway shows as BROKEN: `xtask` knows what the signals mean. Where a limit cannot be set (no Unix; address space on
//! macOS), the process goes on without it, and the judge's wall clock is what ends it.

use perf_gate::ProcessLimits;

/// Allows this process so much from now on; called again, the processor time begins anew.
#[cfg(unix)]
pub fn apply(limits: ProcessLimits) {
    use rustix::process::Resource;
    use rustix::time::{ClockId, clock_gettime};

    // The limit is in whole seconds: the one that has begun is not counted.
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0) + 1;
    set_rlimit(Resource::Cpu, used + limits.processor_seconds);
    set_rlimit(Resource::As, limits.memory);
    // The system would write the memory of whoever exceeds the first of them to a file.
    set_rlimit(Resource::Core, 0);
}

/// Sets the limit that counts, and leaves the one up to which it may be raised again.
#[cfg(unix)]
fn set_rlimit(resource: rustix::process::Resource, to: u64) {
    let maximum = rustix::process::getrlimit(resource).maximum;
    let current = Some(maximum.map_or(to, |maximum| to.min(maximum)));
    // An error means that it cannot be limited here.
    let _ = rustix::process::setrlimit(resource, rustix::process::Rlimit { current, maximum });
}

/// There is nothing to set.
#[cfg(not(unix))]
pub fn apply(_: ProcessLimits) {}
