//! Everything that libraries log, at the level TRACE.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// The log of this process.
pub struct Log(Mutex<String>);

static LOG: Log = Log(Mutex::new(String::new()));

/// Records from now on. Call it once a process.
pub fn start() -> &'static Log {
    log::set_logger(&LOG).expect("the only logger of this process");
    log::set_max_level(log::LevelFilter::Trace);
    log::trace!("the log is recorded");
    &LOG
}

impl Log {
    /// Fails if the text is anywhere in what was logged, or nothing was.
    pub fn assert_without(&self, text: &str) {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(log.lines().count() > 100, "libraries log what they do: {log}");
        if let Some(line) = log.lines().find(|line| line.contains(text)) {
            panic!("{text} is in the log: {line}");
        }
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(log, "{} {} {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}
