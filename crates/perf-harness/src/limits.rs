//! Resource limits of this process: an endless loop or an endless allocation ends the process within seconds.
//!
//! The gate reports a process that was ended by a limit as BROKEN. Where a limit cannot be set (no Unix; address space on
//! macOS), the process runs without it until the time limit of the gate ends it.

use perf_gate::ProcessLimits;

/// Sets the limits of this process. A further call restarts the limit of processor time.
#[cfg(unix)]
pub fn apply(limits: ProcessLimits) {
    use rustix::process::Resource;
    use rustix::time::{ClockId, clock_gettime};

    // The limit is in whole seconds, so the current second is rounded up.
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0) + 1;
    set_rlimit(Resource::Cpu, used + limits.processor_seconds);
    set_rlimit(Resource::As, limits.memory);
    // A process that exceeds the limit of processor time would dump its memory to a file.
    set_rlimit(Resource::Core, 0);
}

/// Sets the soft limit of a resource and keeps its hard limit.
#[cfg(unix)]
fn set_rlimit(resource: rustix::process::Resource, to: u64) {
    let maximum = rustix::process::getrlimit(resource).maximum;
    let current = Some(maximum.map_or(to, |maximum| to.min(maximum)));
    // An error means that this system cannot limit the resource.
    let _ = rustix::process::setrlimit(resource, rustix::process::Rlimit { current, maximum });
}

/// Does nothing: only Unix has these limits.
#[cfg(not(unix))]
pub fn apply(_: ProcessLimits) {}
