//! How often an operation waits for the system: for a timer, a device, or a lock that another thread holds. Only on Linux.

use perf_gate::Metric;

/// Times that the operation waited: voluntary context switches of its thread.
#[cfg(target_os = "linux")]
const WAITS: Metric = Metric::new("waits", perf_gate::Unit::Count, perf_gate::Class::Schedule);

/// Performs an operation, and counts its waits.
///
/// # Errors
/// When a mapped file cannot be read, or the system does not say how often the thread has waited.
#[cfg(target_os = "linux")]
pub fn count<T>(operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    read_mapped_files()?;
    let before = voluntary_switches()?;
    let result = operation();
    Ok((result, vec![(WAITS, voluntary_switches()? - before)]))
}

/// Performs an operation, and counts nothing on other systems.
#[cfg(not(target_os = "linux"))]
pub fn count<T>(operation: impl FnOnce() -> T) -> Result<(T, Vec<(Metric, u64)>), String> {
    Ok((operation(), Vec::new()))
}

/// Reads what is mapped of the files of this program and its libraries, so that the system has it in memory.
///
/// A system with little free memory drops parts of files. The thread would wait for the disk where the operation is the first
/// to need such a part of its own code, and that says nothing of the operation.
#[cfg(target_os = "linux")]
fn read_mapped_files() -> Result<(), String> {
    use std::io::{Read as _, Seek as _, SeekFrom};

    const FILE: &str = "/proc/self/maps";
    let maps = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    for line in maps.lines() {
        // `start-end permissions offset device inode path`, in hexadecimal digits; the path of what is no file has no slash.
        let Some(path) = line.find('/').map(|at| &line[at..]) else { continue };
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let part = || {
            let mut fields = line.split_ascii_whitespace();
            let (start, end) = fields.next()?.split_once('-')?;
            let offset = fields.nth(1)?;
            Some((number(offset)?, number(end)?.checked_sub(number(start)?)?))
        };
        let (offset, length) = part().ok_or_else(|| format!("{FILE} has the line {line:?}, which is no mapping"))?;
        let read = || {
            let mut file = std::fs::File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            std::io::copy(&mut file.take(length), &mut std::io::sink())
        };
        read().map_err(|error| format!("{path}, which is mapped into this process: {error}"))?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn voluntary_switches() -> Result<u64, String> {
    const FILE: &str = "/proc/thread-self/status";
    let status = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
    count.ok_or_else(|| format!("{FILE} has no line voluntary_ctxt_switches"))
}
