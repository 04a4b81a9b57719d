//! Writes lines to standard error from a thread of its own: a terminal or a pipe that nobody reads stops only that.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Lines that wait at most; more are lost.
const QUEUE: usize = 4_096;

/// Time in which what waits is to be written when the program ends.
const FLUSH_WITHIN: Duration = Duration::from_secs(1);

enum Message {
    Line(String),
    Flush(SyncSender<()>),
}

/// Takes lines and returns at once.
#[derive(Debug)]
pub struct Writer {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread, which ends with the writer. `describe_lost` makes a line of the number of lines that were lost.
    pub fn start(describe_lost: impl Fn(u64) -> String + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let lost = Arc::<AtomicU64>::default();
        let writer = Self { sender, lost: Arc::clone(&lost) };
        std::thread::Builder::new().name("log".into()).spawn(move || run(&receiver, &lost, describe_lost))?;
        Ok(writer)
    }

    /// Hands over a line, without its end.
    pub fn write(&self, line: String) {
        if self.sender.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines are written, for a second at most.
    pub fn flush(&self) {
        let (done, is_done) = sync_channel(1);
        if self.sender.try_send(Message::Flush(done)).is_ok() {
            let _ = is_done.recv_timeout(FLUSH_WITHIN);
        }
    }
}

fn run(receiver: &Receiver<Message>, lost: &AtomicU64, describe_lost: impl Fn(u64) -> String) {
    while let Ok(message) = receiver.recv() {
        let mut lines = match message {
            Message::Line(line) => line + "\n",
            Message::Flush(done) => {
                let _ = done.send(());
                continue;
            }
        };
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            lines.push_str(&(describe_lost(lost) + "\n"));
        }
        // If standard error is closed, there is nowhere to write it.
        let _ = std::io::stderr().lock().write_all(lines.as_bytes());
    }
}
