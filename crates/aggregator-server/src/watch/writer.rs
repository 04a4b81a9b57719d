//! Writes lines from a thread of its own. If standard error is a full pipe that its reader does not drain, only this thread blocks.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lines that wait at most, beside those that are being written; more are lost.
const QUEUE: usize = 4_096;

/// Time in which what waits is to be written when the program ends.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

/// Takes lines and returns at once.
#[derive(Debug)]
pub struct Writer(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something waits, or the writer is gone.
    given: Condvar,
    /// Something was written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<String>,
    /// Lines that were lost since the last one that waits was given.
    lost: u64,
    /// Lines that were given so far, lost ones too.
    given: u64,
    /// How many of these are written, or said to be lost.
    settled: u64,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Starts the thread, which writes to `output` and ends with the writer. `describe_lost` makes a line of the number of lines that
    /// were lost.
    ///
    /// # Errors
    /// If there can be no further thread.
    pub fn start(
        output: impl Write + Send + 'static,
        describe_lost: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let writer = Self(Arc::clone(&shared));
        std::thread::Builder::new().name("log".into()).spawn(move || run(&shared, output, describe_lost))?;
        Ok(writer)
    }

    /// Hands over a line, without its end.
    pub fn write(&self, line: String) {
        let mut state = self.0.lock();
        state.given += 1;
        if state.waiting.len() < QUEUE {
            state.waiting.push_back(line);
        } else {
            state.lost += 1;
        }
        drop(state);
        self.0.given.notify_one();
    }

    /// Waits until all lines that were given are written, and how many of them were lost; for a second at most.
    pub fn flush(&self) {
        let state = self.0.lock();
        let given = state.given;
        let _ = self.0.written.wait_timeout_while(state, FLUSH_WITHIN, |state| state.settled < given);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.given.notify_one();
    }
}

fn run(shared: &Shared, mut output: impl Write, describe_lost: impl Fn(u64) -> String) {
    let mut lines = VecDeque::new();
    loop {
        let nothing = |state: &mut State| state.waiting.is_empty() && state.lost == 0 && !state.is_closed;
        let mut state = shared.given.wait_while(shared.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut lines, &mut state.waiting);
        let lost = std::mem::take(&mut state.lost);
        let taken = lines.len() as u64 + lost;
        drop(state);
        if taken == 0 {
            return;
        }
        // They came when these were waiting.
        let lost = (lost > 0).then(|| describe_lost(lost));
        for line in lines.drain(..).chain(lost) {
            // If standard error is closed, there is nowhere to write it. One call for each, so that lines of other processes do not
            // come between.
            let _ = output.write_all((line + "\n").as_bytes());
        }
        shared.lock().settled += taken;
        shared.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// An output that shows a line when it is to be written, and writes it when it is allowed to.
    struct Gate {
        begun: Sender<String>,
        allowed: Receiver<()>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(String::from_utf8(bytes.to_vec()).unwrap());
            // From when the other end is gone, all is allowed.
            let _ = self.allowed.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A writer, the lines that it begins to write, and what allows it one.
    fn gated() -> (Writer, Receiver<String>, Sender<()>) {
        let ((begun, lines), (allow, allowed)) = (channel(), channel());
        (Writer::start(Gate { begun, allowed }, |lost| format!("{lost} lost")).unwrap(), lines, allow)
    }

    /// The queue is full when the program ends: what waits is written all the same, and last the number of what was lost.
    #[test]
    fn a_full_queue_is_flushed_with_the_number_of_lost_lines() {
        let (writer, lines, allow) = gated();
        writer.write("first".into());
        assert_eq!(lines.recv().unwrap(), "first\n");
        (0..QUEUE + 10).for_each(|number| writer.write(number.to_string()));
        drop(allow);
        writer.flush();
        let written: Vec<String> = lines.try_iter().collect();
        let mut expected: Vec<String> = (0..QUEUE).map(|number| format!("{number}\n")).collect();
        expected.push("10 lost\n".into());
        assert_eq!(written, expected);
    }

    #[test]
    fn lost_lines_are_told_once() {
        let (writer, lines, allow) = gated();
        writer.write("first".into());
        lines.recv().unwrap();
        (0..=QUEUE).for_each(|number| writer.write(number.to_string()));
        drop(allow);
        writer.flush();
        writer.write("last".into());
        writer.flush();
        let written: Vec<String> = lines.try_iter().skip(QUEUE).collect();
        assert_eq!(written, ["1 lost\n", "last\n"]);
    }

    #[test]
    fn a_writer_that_is_dropped_writes_what_waits() {
        let (writer, lines, allow) = gated();
        (0..3).for_each(|number| writer.write(number.to_string()));
        drop(writer);
        drop(allow);
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["0\n", "1\n", "2\n"]);
    }
}
