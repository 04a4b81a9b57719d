//! A counter of steps, with which tests show that work is linear in the length of a text. Outside of tests it compiles to
//! nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts one iteration of a loop whose length depends on the text.
#[inline(always)]
pub(crate) fn count_step() {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + 1));
}

/// Returns the number of steps on this thread since the last call.
#[cfg(test)]
pub(crate) fn take_count() -> u64 {
    STEPS.with(std::cell::Cell::take)
}
