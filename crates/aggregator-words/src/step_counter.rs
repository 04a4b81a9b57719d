//! Counts the characters that are read, so that tests can check that the work is linear. Outside of tests it does nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Adds to the number of characters read on this thread.
#[inline(always)]
pub(crate) fn count_steps(_count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + _count as u64));
}

/// The number of characters read on this thread since the last call.
#[cfg(test)]
pub(crate) fn take_count() -> u64 {
    STEPS.with(std::cell::Cell::take)
}
