//! Processor affinity: a child that migrates loses its caches in the middle of a measurement.

/// A processor that this program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor(#[cfg_attr(not(target_os = "linux"), allow(dead_code))] usize);

/// The processors that this process may use, in ascending order; empty if the system does not report them.
#[cfg(target_os = "linux")]
pub fn available_processors() -> Vec<Processor> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return Vec::new() };
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|&number| set.is_set(number)).map(Processor).collect()
}

/// The processors that this process may use, in ascending order; empty if the system does not report them.
#[cfg(not(target_os = "linux"))]
pub fn available_processors() -> Vec<Processor> {
    Vec::new()
}

/// Pins the current thread to one processor until it is dropped. Children started meanwhile stay pinned.
#[derive(Debug)]
pub struct AffinityGuard {
    #[cfg(target_os = "linux")]
    before: Option<rustix::thread::CpuSet>,
}

impl AffinityGuard {
    /// Pins the current thread; does nothing for `None`.
    #[cfg(target_os = "linux")]
    pub fn pin(processor: Option<Processor>) -> Self {
        let Some(Processor(number)) = processor else { return Self { before: None } };
        let before = rustix::thread::sched_getaffinity(None).ok();
        let mut one = rustix::thread::CpuSet::new();
        one.set(number);
        // If pinning is not permitted, children run on any processor.
        let moved = rustix::thread::sched_setaffinity(None, &one).is_ok();
        Self { before: before.filter(|_| moved) }
    }

    /// Does nothing on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn pin(_: Option<Processor>) -> Self {
        Self {}
    }
}

#[cfg(target_os = "linux")]
impl Drop for AffinityGuard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = rustix::thread::sched_setaffinity(None, before);
        }
    }
}
