//! Counts the steps of an analysis in tests, so that they can show that it is linear; elsewhere it is nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// One turn of a loop whose length depends on the text.
#[inline(always)]
pub(super) fn step() {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + 1));
}

/// The steps on this thread since the last call.
#[cfg(test)]
pub(super) fn take() -> u64 {
    STEPS.with(std::cell::Cell::take)
}
