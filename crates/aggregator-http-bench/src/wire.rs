//! The server's end of a connection in memory, which counts what the server does with it.

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::fault::Fault;

/// Bytes that the connection takes at a time with the planted fault [`Fault::ShortWrites`].
const SHORT: usize = 64;
/// Bytes of the buffer of the planted fault [`Fault::HeldBytes`].
const HELD: usize = 64 << 10;
/// What is late with the planted fault [`Fault::LateWrites`].
const DELAY: Duration = Duration::from_millis(1);

/// What the server did with its connections.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Polls of the futures of connections.
    pub(crate) polls: AtomicU64,
    /// Writes, each of which is a system call over a socket.
    pub(crate) writes: AtomicU64,
    /// Bytes that were written.
    pub(crate) bytes: AtomicU64,
}

impl Counts {
    pub(crate) fn add(counter: &AtomicU64, number: u64) {
        counter.fetch_add(number, Ordering::Relaxed);
    }
}

/// The server's end of a connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: DuplexStream,
    counts: Arc<Counts>,
    fault: Option<Fault>,
    /// With the planted fault [`Fault::HeldBytes`] only.
    held: Vec<u8>,
    /// With the planted fault [`Fault::LateWrites`] only, while it lasts; whether the one before the first write is over.
    delay: Option<Pin<Box<Sleep>>>,
    has_written: bool,
}

impl Wire {
    pub(crate) fn new(stream: DuplexStream, counts: &Arc<Counts>, fault: Option<Fault>) -> Self {
        let held = Vec::with_capacity(if fault == Some(Fault::HeldBytes) { HELD } else { 0 });
        Self { stream, counts: Arc::clone(counts), fault, held, delay: None, has_written: false }
    }

    fn wrote(&mut self, slices: &[IoSlice<'_>], written: io::Result<usize>) -> io::Result<usize> {
        let length = match written {
            Ok(length) => length,
            Err(_) if self.fault == Some(Fault::UnseenEnd) => slices.iter().map(|slice| slice.len()).sum(),
            Err(error) => return Err(error),
        };
        Counts::add(&self.counts.writes, 1);
        Counts::add(&self.counts.bytes, length as u64);
        match self.fault {
            Some(Fault::CopiedBytes) => drop(black_box(copied(slices, length))),
            Some(Fault::HeldBytes) => self.held.extend(copied(slices, length)),
            _ => {}
        }
        Ok(length)
    }

    fn poll_delay(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.fault != Some(Fault::LateWrites) {
            return Poll::Ready(());
        }
        ready!(self.delay.get_or_insert_with(|| Box::pin(sleep(DELAY))).as_mut().poll(cx));
        self.delay = None;
        Poll::Ready(())
    }
}

/// A copy of the first bytes.
fn copied(slices: &[IoSlice<'_>], length: usize) -> Vec<u8> {
    slices.iter().flat_map(|slice| slice.iter().copied()).take(length).collect()
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if self.fault == Some(Fault::UnseenEnd) && buffer.filled().len() == before {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.has_written {
            ready!(self.poll_delay(cx));
            self.has_written = true;
        }
        let written = match slices.iter().find(|slice| !slice.is_empty()) {
            Some(first) if self.fault == Some(Fault::ShortWrites) => {
                let length = first.len().min(SHORT);
                ready!(Pin::new(&mut self.stream).poll_write(cx, &first[..length]))
            }
            _ => ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices)),
        };
        Poll::Ready(self.wrote(slices, written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_delay(cx));
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
