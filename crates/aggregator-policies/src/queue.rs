//! The order of arrival: who waits for a limit, and whose task is woken next. Plain data; its owner has the lock.

use std::collections::VecDeque;
use std::task::Waker;

/// Callers in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    next: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    waker: Waker,
}

impl Queue {
    /// The number of callers that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many stand before the caller with this number; before a new one if it has none.
    pub(crate) fn before(&self, place: Option<u64>) -> usize {
        match place {
            Some(number) => self.position(number).unwrap_or(0),
            None => self.waiting.len(),
        }
    }

    /// Puts a caller at the end, or renews the waker of one that waits. Returns its number.
    pub(crate) fn wait(&mut self, place: Option<u64>, waker: &Waker) -> u64 {
        if let Some(number) = place {
            if let Some(at) = self.position(number) {
                self.waiting[at].waker.clone_from(waker);
            }
            return number;
        }
        let number = self.next;
        self.next += 1;
        self.waiting.push_back(Waiting { number, waker: waker.clone() });
        number
    }

    /// Removes a caller. If it was the first one, the task of the next one is woken, which reads the clock.
    pub(crate) fn leave(&mut self, number: u64) {
        let Some(at) = self.position(number) else { return };
        self.waiting.remove(at);
        if at == 0
            && let Some(first) = self.waiting.front()
        {
            first.waker.wake_by_ref();
        }
    }

    fn position(&self, number: u64) -> Option<usize> {
        // They stand in the order of their numbers.
        self.waiting.binary_search_by_key(&number, |waiting| waiting.number).ok()
    }
}
