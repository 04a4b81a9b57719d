//! What the server has seen: counts of connections, the requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::request::Request;

/// How many connections and requests there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Connections accepted so far.
    pub accepted: u64,
    /// Connections that are open on the server's side.
    pub open: u64,
    /// Connections that are silent until the client closes ([`Step::Hang`](super::Step::Hang)).
    pub hanging: u64,
    /// Requests read so far.
    pub requests: u64,
    /// Connections that were closed because what the client sent was no request; see
    /// [`FaultServer::unreadable`](super::FaultServer::unreadable).
    pub unreadable: u64,
}

/// Shared by the server's thread and its owner.
#[derive(Debug, Default)]
pub(super) struct Record {
    counts: watch::Sender<Counts>,
    requests: Mutex<Vec<Request>>,
    unreadable: Mutex<Vec<String>>,
}

impl Record {
    pub(super) fn counts(&self) -> watch::Receiver<Counts> {
        self.counts.subscribe()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    pub(super) fn unreadable(&self) -> Vec<String> {
        lock(&self.unreadable).clone()
    }

    /// Adds a request and says its number, from 0.
    pub(super) fn add(&self, request: Request) -> u64 {
        let mut requests = lock(&self.requests);
        requests.push(request);
        let before = requests.len() as u64 - 1;
        self.counts.send_modify(|counts| counts.requests += 1);
        before
    }

    pub(super) fn add_unreadable(&self, why: String) {
        lock(&self.unreadable).push(why);
        self.counts.send_modify(|counts| counts.unreadable += 1);
    }
}

/// A poisoned lock is as good as another: nothing is half-written in it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a connection as open while it lives; to be dropped after the socket.
pub(super) struct Open<'a>(&'a Record);

impl<'a> Open<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        record.counts.send_modify(|counts| {
            counts.accepted += 1;
            counts.open += 1;
        });
        Self(record)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.counts.send_modify(|counts| counts.open -= 1);
    }
}

/// Counts a connection as hanging while it lives.
pub(super) struct Hanging<'a>(&'a Record);

impl<'a> Hanging<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        record.counts.send_modify(|counts| counts.hanging += 1);
        Self(record)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.counts.send_modify(|counts| counts.hanging -= 1);
    }
}
