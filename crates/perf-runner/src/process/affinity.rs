//! Keeping a child on one processor: moving to another one costs it its caches in the middle of a measurement.

/// A processor that this program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor(#[cfg_attr(not(target_os = "linux"), allow(dead_code))] usize);

/// All that this program may use, in order; none where the system cannot tell.
#[cfg(target_os = "linux")]
pub fn available_processors() -> Vec<Processor> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return Vec::new() };
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|&number| set.is_set(number)).map(Processor).collect()
}

/// All that this program may use, in order; none where the system cannot tell.
#[cfg(not(target_os = "linux"))]
pub fn available_processors() -> Vec<Processor> {
    Vec::new()
}

/// While it lives, this thread is on one processor, and so are the children that it starts, for ever.
#[derive(Debug)]
pub struct AffinityGuard {
    #[cfg(target_os = "linux")]
    before: Option<rustix::thread::CpuSet>,
}

impl AffinityGuard {
    /// Moves this thread; without a processor it stays where it is.
    #[cfg(target_os = "linux")]
    pub fn pin(processor: Option<Processor>) -> Self {
        let Some(Processor(number)) = processor else { return Self { before: None } };
        let before = rustix::thread::sched_getaffinity(None).ok();
        let mut one = rustix::thread::CpuSet::new();
        one.set(number);
        // Where it is not allowed, the children are measured wherever they happen to be.
        let moved = rustix::thread::sched_setaffinity(None, &one).is_ok();
        Self { before: before.filter(|_| moved) }
    }

    /// There is nothing to do.
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
