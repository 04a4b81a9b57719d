//! How often an operation waits for the system: for a timer, a device, or a lock that another thread holds. Only on Linux.

use perf_gate::Metric;

/// Times that the operation waited: voluntary context switches of its thread.
#[cfg(target_os = "linux")]
const WAITS: Metric = Metric::new("waits", perf_gate::Unit::Count, perf_gate::Class::Schedule);

/// Performs an operation, and counts its waits.
///
/// # Errors
/// When the system does not say how often the thread has waited.
#[cfg(target_os = "linux")]
pub fn count<T>(operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    let before = voluntary_switches()?;
    let result = operation();
    Ok((result, vec![(WAITS, voluntary_switches()? - before)]))
}

/// Performs an operation, and counts nothing on other systems.
#[cfg(not(target_os = "linux"))]
pub fn count<T>(operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    Ok((operation(), Vec::new()))
}

#[cfg(target_os = "linux")]
fn voluntary_switches() -> Result<u64, String> {
    const FILE: &str = "/proc/thread-self/status";
    let status = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
    count.ok_or_else(|| format!("{FILE} has no line voluntary_ctxt_switches"))
}
