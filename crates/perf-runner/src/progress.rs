//! How far a run is, for the person who waits.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::process::parallel;

/// On a terminal one bar with the current case and the time left; elsewhere one plain line a phase.
///
/// The bar counts expected milliseconds, not cases: a process that times every case takes much longer than one that
/// counts one, and the time left would be wrong.
pub struct Progress(ProgressBar);

impl Progress {
    /// Expected milliseconds of one case in `count` or `heap`.
    pub const EXACT_CASE_MS: u64 = 30;

    /// Expected milliseconds of one case under callgrind, which runs it twice and needs a quarter of a second to start.
    pub const INSTRUCTIONS_CASE_MS: u64 = 700;

    /// Expected milliseconds of so many cases in `count` and `heap`, and under callgrind if instructions are counted.
    pub fn exact_ms(cases: usize, instructions: bool) -> u64 {
        let both = 2 * Self::parallel_ms(Self::EXACT_CASE_MS);
        let counted = if instructions { Self::parallel_ms(Self::INSTRUCTIONS_CASE_MS) } else { 0 };
        cases as u64 * (both + counted)
    }

    /// The part of expected milliseconds that passes when all processors are at work.
    pub fn parallel_ms(expected: u64) -> u64 {
        (expected / parallel::workers() as u64).max(1)
    }

    /// Expected milliseconds of one process of `time`.
    pub fn timing_process_ms(cases: usize, per_case: Duration) -> u64 {
        // Divan looks for a sample size first, which takes about as long again for a fast case.
        30 + cases as u64 * (per_case.as_millis() as u64 * 3 / 2)
    }

    /// Starts a bar over the expected milliseconds of the whole run.
    pub fn new(expected: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(expected), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:30}] {percent:>3} %, {eta} left  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self(bar)
    }

    /// A new phase begins.
    pub fn start_phase(&self, name: &'static str, what: &str) {
        self.0.set_prefix(name);
        Self::announce(name, what);
    }

    /// The plain line of a phase, where there is no terminal for a bar.
    pub fn announce(name: &str, what: &str) {
        if !std::io::stderr().is_terminal() {
            anstream::eprintln!("{name}: {what}");
        }
    }

    /// What runs now; of several at once the one that began last.
    pub fn set_current(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Some of the expected milliseconds are over.
    pub fn advance(&self, expected: u64) {
        self.0.inc(expected);
    }
}

/// The bar goes away, whatever ended the run.
impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
