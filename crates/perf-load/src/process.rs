//! What a process uses: the only place that reads `/proc`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// What a process used at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// Processor time of all its threads since it began.
    pub processor: Duration,
}

/// Says what a process uses.
pub trait Sampler: Send {
    /// What it uses now; `None` where that cannot be measured. It is called ten times a second, so it must take well below a
    /// millisecond.
    fn sample(&mut self) -> Option<Usage>;
}

impl<F: FnMut() -> Option<Usage> + Send> Sampler for F {
    fn sample(&mut self) -> Option<Usage> {
        self()
    }
}

/// A process of this machine, by Linux's `/proc`. Elsewhere nothing is measured.
///
/// Resident memory is `VmRSS` of `/proc/PID/status`, which Linux adds up from counters of each processor, so it may be off by up to
/// 64 pages a thread (proc_pid_status(5)). Processor time has steps of 10 ms.
#[derive(Debug, Clone)]
pub struct ProcessSampler {
    status: PathBuf,
    stat: PathBuf,
}

impl ProcessSampler {
    /// The process that calls.
    pub fn this_process() -> Self {
        Self::of("self")
    }

    /// The process with this number.
    pub fn of_process(pid: u32) -> Self {
        Self::of(&pid.to_string())
    }

    fn of(name: &str) -> Self {
        let folder = PathBuf::from("/proc").join(name);
        Self { status: folder.join("status"), stat: folder.join("stat") }
    }
}

/// The memory of this machine, as `MemTotal` of `/proc/meminfo` has it; `None` where there is no such file.
pub fn machine_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

impl Sampler for ProcessSampler {
    fn sample(&mut self) -> Option<Usage> {
        let resident_bytes = resident(&fs::read_to_string(&self.status).ok()?)?;
        let processor = processor(&fs::read_to_string(&self.stat).ok()?)?;
        Some(Usage { resident_bytes, processor })
    }
}

/// `VmRSS:      1234 kB`, where a kB is 1,024 bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Fields 14 and 15, `utime` and `stime`, in steps of USER_HZ, which is 100 in a second on all architectures that Rust runs on. The name
/// in field 2 may have spaces and parentheses.
fn processor(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Duration::from_millis(user.checked_add(system)?.checked_mul(10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_read() {
        assert_eq!(resident("Name:\tx\nVmHWM:\t 9 kB\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1000 10 184467";
        assert_eq!(processor(stat), Some(Duration::from_secs(3)));
        assert_eq!(processor("42 (x) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_measured_and_one_that_is_not_there_is_not() {
        let (memory, used) =
            (machine_memory().unwrap(), ProcessSampler::this_process().sample().unwrap().resident_bytes);
        assert!(used > 0 && memory > used, "{used} of {memory}");
        let usage = ProcessSampler::this_process().sample().expect("Linux has /proc");
        assert!(usage.resident_bytes > 100_000);
        assert_eq!(ProcessSampler::of_process(u32::MAX).sample(), None);
    }
}
