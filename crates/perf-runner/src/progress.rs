//! The progress of a run, on standard error.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::process::parallel;

/// A progress bar with the current case and the remaining time on a terminal; otherwise one plain line per phase.
///
/// The bar counts expected milliseconds instead of cases, because cases of different phases take very different times.
pub struct Progress(ProgressBar);

impl Progress {
    /// Expected milliseconds of one case in `count` or in `heap`.
    pub const EXACT_CASE_MS: u64 = 30;

    /// Expected milliseconds of one case under callgrind, which runs it twice and starts in 250 ms.
    pub const INSTRUCTIONS_CASE_MS: u64 = 700;

    /// Expected milliseconds of `cases` cases in `count` and `heap`, and under callgrind if `instructions` is set.
    pub fn exact_ms(cases: usize, instructions: bool) -> u64 {
        let both = 2 * Self::parallel_ms(Self::EXACT_CASE_MS);
        let counted = if instructions { Self::parallel_ms(Self::INSTRUCTIONS_CASE_MS) } else { 0 };
        cases as u64 * (both + counted)
    }

    /// Expected milliseconds of parallel work: `expected` divided by the number of workers, at least 1.
    pub fn parallel_ms(expected: u64) -> u64 {
        (expected / parallel::workers() as u64).max(1)
    }

    /// Expected milliseconds of one process of `time` that measures `cases` cases.
    pub fn timing_process_ms(cases: usize, per_case: Duration) -> u64 {
        // Divan determines a sample size first, which takes about half as long again.
        30 + cases as u64 * (per_case.as_millis() as u64 * 3 / 2)
    }

    /// Starts a bar of `expected` milliseconds for the whole run.
    pub fn new(expected: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(expected), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:30}] {percent:>3} %, {eta} left  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self(bar)
    }

    /// Starts a phase: sets the prefix of the bar, or prints a line.
    pub fn start_phase(&self, name: &'static str, what: &str) {
        self.0.set_prefix(name);
        Self::announce(name, what);
    }

    /// Prints the line of a phase if standard error is not a terminal.
    pub fn announce(name: &str, what: &str) {
        if !std::io::stderr().is_terminal() {
            anstream::eprintln!("{name}: {what}");
        }
    }

    /// Sets the text behind the bar: the case that was started last.
    pub fn set_current(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Advances the bar by `expected` milliseconds.
    pub fn advance(&self, expected: u64) {
        self.0.inc(expected);
    }
}

/// Removes the bar.
impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
