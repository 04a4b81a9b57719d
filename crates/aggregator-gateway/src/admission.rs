//! Who runs, who waits and who is refused: plain data, which the queries themselves look at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::settings::AdmissionSettings;

/// As many queries run and wait as are allowed, so this one was refused at once. Nothing was asked, and asking again later may
/// succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{running} queries run and {waiting} wait, which is as many as are allowed: {}", advice(.retry_after))]
#[non_exhaustive]
pub struct Overloaded {
    /// Queries that run.
    pub running: u32,
    /// Queries that wait.
    pub waiting: u32,
    /// An estimate of when a place is free: the time in which all that wait now have begun, at the pace at which queries have
    /// ended lately. `None` until one has ended.
    pub retry_after: Option<Duration>,
}

fn advice(retry_after: &Option<Duration>) -> String {
    let when = match retry_after {
        Some(wait) => format!("in {:.1} s", wait.as_secs_f64().max(0.1)),
        None => "when some have ended".into(),
    };
    format!("ask again {when}, or allow more with `running` and `waiting`")
}

/// The places of a gateway, shared by its queries.
#[derive(Debug)]
pub(crate) struct Admission {
    settings: AdmissionSettings,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// Number of the next ticket. Numbers are in the order of arrival.
    next: u64,
    /// Tickets that have a place, with the time since which they have it.
    running: BTreeMap<u64, Instant>,
    /// Tickets that wait, with what wakes them once they were polled. The first one is next.
    waiting: BTreeMap<u64, Option<Waker>>,
    /// How long queries have kept their places lately.
    mean: Option<Duration>,
}

impl Places {
    /// The place of a ticket is free: the ticket that has waited longest gets it. Returns what wakes that one.
    fn hand_on(&mut self, since: Instant, now: Instant) -> Option<Waker> {
        let kept = now.saturating_duration_since(since);
        // The weight that TCP gives a new round-trip time (RFC 6298): an eighth.
        self.mean = Some(self.mean.map_or(kept, |mean| mean.mul_f64(0.875) + kept.mul_f64(0.125)));
        let (number, waker) = self.waiting.pop_first()?;
        self.running.insert(number, now);
        waker
    }
}

impl Admission {
    pub(crate) fn new(settings: AdmissionSettings) -> Self {
        Self { settings, places: Mutex::default() }
    }

    /// A place, or one in the queue.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Ticket, Overloaded> {
        let mut places = self.lock();
        let (running, waiting) = (places.running.len() as u32, places.waiting.len() as u32);
        let number = places.next;
        // A place that is free was offered to those that wait, so none waits then.
        if running < self.settings.running {
            places.running.insert(number, Instant::now());
        } else if waiting < self.settings.waiting {
            places.waiting.insert(number, None);
        } else {
            let retry_after = places.mean.map(|mean| mean * (waiting + 1) / running);
            return Err(Overloaded { running, waiting, retry_after });
        }
        places.next += 1;
        Ok(Ticket { admission: Arc::clone(self), number })
    }

    /// How many run and wait.
    pub(crate) fn load(&self) -> (u32, u32) {
        let places = self.lock();
        (places.running.len() as u32, places.waiting.len() as u32)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Each change is complete before anything can panic.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right of one query to run, or its place in the queue. Dropping it gives either up: at the last event of the query, or
/// with the query.
#[derive(Debug)]
pub(crate) struct Ticket {
    admission: Arc<Admission>,
    number: u64,
}

impl Ticket {
    /// Whether it is this query's turn. If not, the waker is woken when it is.
    pub(crate) fn is_admitted(&self, waker: &Waker) -> bool {
        let mut places = self.admission.lock();
        let Some(waiting) = places.waiting.get_mut(&self.number) else { return true };
        let replaced = match waiting {
            Some(known) if known.will_wake(waker) => None,
            _ => waiting.replace(waker.clone()),
        };
        // A waker may hold the last reference to a task that has a ticket, so it is dropped without the lock.
        drop(places);
        drop(replaced);
        false
    }

    /// The number of queries that begin before this one; `None` once it is its turn.
    pub(crate) fn ahead(&self) -> Option<u32> {
        let places = self.admission.lock();
        let waits = places.waiting.contains_key(&self.number);
        waits.then(|| places.waiting.range(..self.number).count() as u32)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut places = self.admission.lock();
        let next = match places.running.remove(&self.number) {
            Some(since) => places.hand_on(since, Instant::now()),
            None => None,
        };
        let left = places.waiting.remove(&self.number);
        drop(places);
        drop(left);
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(running: u32, waiting: u32) -> Arc<Admission> {
        Arc::new(Admission::new(AdmissionSettings { running, waiting }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_says_when_to_ask_again() {
        let admission = admission(2, 1);
        let first = admission.enter().unwrap();
        let _second = admission.enter().unwrap();
        let _third = admission.enter().unwrap();
        let refused = admission.enter().unwrap_err();
        assert_eq!(refused, Overloaded { running: 2, waiting: 1, retry_after: None });
        assert_eq!(
            refused.to_string(),
            "2 queries run and 1 wait, which is as many as are allowed: ask again when some have ended, or allow more with \
             `running` and `waiting`"
        );
        tokio::time::advance(Duration::from_secs(4)).await;
        drop(first);
        let _fourth = admission.enter().unwrap();
        let refused = admission.enter().unwrap_err();
        assert_eq!(refused.retry_after, Some(Duration::from_secs(4)), "two begin in 4 s, which end two at a time");
        assert!(refused.to_string().contains("ask again in 4.0 s"), "{refused}");
    }

    #[test]
    fn places_are_given_in_the_order_of_arrival_and_those_that_leave_are_passed_over() {
        let admission = admission(1, 3);
        let tickets: Vec<_> = (0..4).map(|_| admission.enter().unwrap()).collect();
        let ahead = |ticket: &Ticket| ticket.ahead();
        assert_eq!(tickets.iter().map(ahead).collect::<Vec<_>>(), [None, Some(0), Some(1), Some(2)]);
        let mut tickets = tickets.into_iter();
        let (first, second, third, fourth) =
            (tickets.next().unwrap(), tickets.next().unwrap(), tickets.next().unwrap(), tickets.next().unwrap());
        drop(second);
        assert_eq!((third.ahead(), fourth.ahead(), admission.load()), (Some(0), Some(1), (1, 2)));
        drop(first);
        assert_eq!((third.ahead(), fourth.ahead(), admission.load()), (None, Some(0), (1, 1)));
        drop(third);
        drop(fourth);
        assert_eq!(admission.load(), (0, 0));
    }
}
