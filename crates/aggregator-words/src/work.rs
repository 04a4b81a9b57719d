//! Counts the characters that are looked at, in tests, so that they can show that the work is linear; elsewhere it is
//! nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many characters are looked at.
#[inline(always)]
pub(crate) fn steps(_count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + _count as u64));
}

/// The steps on this thread since the last call.
#[cfg(test)]
pub(crate) fn take() -> u64 {
    STEPS.with(std::cell::Cell::take)
}
