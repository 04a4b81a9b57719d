//! How often an operation waits for the system: for a timer, a device, or a lock that another thread holds. Only on Linux.

use perf_gate::Metric;

/// Times that the operation waited: voluntary context switches of its thread.
#[cfg(target_os = "linux")]
const WAITS: Metric = Metric::new("waits", perf_gate::Unit::Count, perf_gate::Class::Schedule);

/// Set in the process that counts again.
#[cfg(target_os = "linux")]
const AGAIN: &str = "COUNT_WAITS_AGAIN";

/// Performs an operation of the case of this process, and counts its waits.
///
/// A busy machine may let a thread wait for reasons of its own, such as a page of memory: one of thousands of processes did.
/// What the operation waits for repeats. So if there are waits, another process counts them too, and the smaller number counts.
///
/// # Errors
/// When the system does not say how often the thread has waited, or when the other process fails.
#[cfg(target_os = "linux")]
pub fn count<T>(case: &str, operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    let before = voluntary_switches()?;
    let result = operation();
    let mut waits = voluntary_switches()? - before;
    if waits > 0 && std::env::var_os(AGAIN).is_none() {
        waits = waits.min(count_again(case)?);
    }
    Ok((result, vec![(WAITS, waits)]))
}

/// Performs an operation, and counts nothing on other systems.
#[cfg(not(target_os = "linux"))]
pub fn count<T>(_case: &str, operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    Ok((operation(), Vec::new()))
}

/// The waits that another process of this program counts.
#[cfg(target_os = "linux")]
fn count_again(case: &str) -> Result<u64, String> {
    let failed = |why: String| format!("the process that counts waits again {why}");
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let output = std::process::Command::new(program).arg(case).env(AGAIN, "1").output();
    let output = output.map_err(|error| failed(format!("cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed: {}", String::from_utf8_lossy(&output.stderr).trim_end())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut records = text.lines().filter_map(|line| serde_json::from_str::<perf_gate::Record>(line).ok());
    let waits = records.find(|record| record.metric() == WAITS);
    waits.map(|record| record.value()).ok_or_else(|| failed(format!("printed none: {text}")))
}

#[cfg(target_os = "linux")]
fn voluntary_switches() -> Result<u64, String> {
    const FILE: &str = "/proc/thread-self/status";
    let status = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
    count.ok_or_else(|| format!("{FILE} has no line voluntary_ctxt_switches"))
}
