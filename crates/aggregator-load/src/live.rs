//! What a person sees while a run goes on.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::time::Duration;

use perf_load::{Observer, Record, Snapshot, write_record};

/// Shows where the run is, and keeps a line of each request where that is asked for.
pub(crate) struct Live {
    raw: Option<BufWriter<File>>,
    raw_error: Option<io::Error>,
    is_terminal: bool,
    /// Seconds since the last line, where lines are not overwritten.
    since: u32,
}

/// How often there is a line where lines are not overwritten, in seconds.
const EVERY: u32 = 10;

impl Live {
    pub(crate) fn new(raw: Option<File>) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self { raw: raw.map(BufWriter::new), raw_error: None, is_terminal, since: 0 }
    }

    /// Ends the line that is shown; the first error of the file of requests.
    ///
    /// # Errors
    /// If a line could not be written.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.is_terminal {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
        match (self.raw_error.take(), &mut self.raw) {
            (Some(error), _) => Err(error),
            (None, Some(raw)) => raw.flush(),
            (None, None) => Ok(()),
        }
    }
}

impl Observer for Live {
    fn finished(&mut self, record: &Record) {
        if let (Some(raw), None) = (&mut self.raw, &self.raw_error)
            && let Err(error) = write_record(record, raw)
        {
            self.raw_error = Some(error);
        }
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.since += 1;
        let line = line(snapshot);
        let mut out = anstream::stderr();
        // Nobody sees it if standard error is closed.
        let _ = if self.is_terminal {
            write!(out, "\r{line}\x1b[K").and_then(|()| out.flush())
        } else if self.since.is_multiple_of(EVERY) {
            writeln!(out, "{line}")
        } else {
            Ok(())
        };
    }
}

/// A snapshot in a line.
fn line(snapshot: &Snapshot) -> String {
    let Snapshot { elapsed, left, in_flight, ended_per_second, succeeded, failed, .. } = snapshot;
    let mut line = format!(
        "{} s, {} s left: {ended_per_second:.1}/s, {in_flight} in flight, {succeeded} ok, {failed} failed",
        elapsed.as_secs(),
        left.as_secs()
    );
    for (name, so_far) in [("ttft", snapshot.ttft), ("e2e", snapshot.e2e)] {
        if let Some(so_far) = so_far {
            let [p50, p95, p99] = [so_far.p50, so_far.p95, so_far.p99].map(millis);
            line.push_str(&format!("; {name} p50 {p50} p95 {p95} p99 {p99} ms"));
        }
    }
    if let Some(bytes) = snapshot.resident_bytes {
        line.push_str(&format!("; {} MiB", bytes >> 20));
    }
    if snapshot.skipped > 0 {
        line.push_str(&format!("; {} skipped", snapshot.skipped));
    }
    let mut errors: Vec<_> = snapshot.errors.iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (kind, count) in errors.into_iter().take(3) {
        line.push_str(&format!("; {kind} {count}"));
    }
    line
}

fn millis(time: Duration) -> u128 {
    time.as_millis()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_snapshot_is_a_line() {
        let so_far = perf_load::SoFar {
            p50: Duration::from_millis(120),
            p95: Duration::from_millis(480),
            p99: Duration::from_millis(900),
            n: 500,
        };
        let errors = BTreeMap::from([("rate-limited".to_owned(), 7), ("timeout".to_owned(), 9)]);
        let snapshot = Snapshot {
            elapsed: Duration::from_secs(12),
            left: Duration::from_secs(48),
            in_flight: 100,
            skipped: 3,
            succeeded: 484,
            failed: 16,
            cancelled: 0,
            ended_per_second: 41.25,
            errors,
            ttft: Some(so_far),
            e2e: None,
            resident_bytes: Some(50 << 20),
        };
        insta::assert_snapshot!(line(&snapshot), @"12 s, 48 s left: 41.2/s, 100 in flight, 484 ok, 16 failed; ttft p50 120 p95 480 p99 900 ms; 50 MiB; 3 skipped; timeout 9; rate-limited 7");
    }
}
