//! A progress bar on standard error, if that is a terminal.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use aggregator_index::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Delay before the bar appears.
const DELAY: Duration = Duration::from_millis(200);

/// The progress bar of an index update.
pub struct UpdateBar {
    started: Instant,
    bar: Option<ProgressBar>,
    is_seen: bool,
}

impl UpdateBar {
    /// Makes a bar that is hidden at first.
    pub fn new() -> Self {
        Self { started: Instant::now(), bar: None, is_seen: stderr().is_terminal() }
    }

    /// Shows the progress, with rate and time left.
    pub fn show(&mut self, progress: &Progress) {
        if !self.is_seen || self.started.elapsed() < DELAY {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
            // The template is a constant; should it be wrong, the bar has another form.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        let doing = match progress.stage {
            Stage::Waiting => "waiting for another process",
            Stage::Finding => "finding files",
            Stage::Reading => "indexing",
            _ => "writing the index",
        };
        bar.set_message(format!("{doing}, {} of {} files", progress.files_done, progress.files_found));
        bar.set_length(progress.bytes_found);
        bar.set_position(progress.bytes_done);
    }

    /// Removes the bar.
    pub fn clear(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
