//! Limits the number of connections. When all places are taken and a new client connects, the server closes the connection that has
//! waited longest for its client: otherwise clients that open connections and send nothing would keep all others out.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

/// As many places as there may be connections.
#[derive(Debug)]
pub(crate) struct Places {
    state: Mutex<State>,
    /// A place has become free.
    freed: Notify,
}

#[derive(Debug)]
struct State {
    free: usize,
    next: u64,
    /// The connections that wait for their clients, the one that has waited longest first.
    waiting: BTreeMap<u64, Arc<Notify>>,
    /// Connections that were told to leave, and have not yet: one is enough for one that comes.
    leaving: usize,
}

impl Places {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        let state = State { free: places.max(1), next: 0, waiting: BTreeMap::new(), leaving: 0 };
        Arc::new(Self { state: Mutex::new(state), freed: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, at once or after the longest-waiting connection has given its own up; where none waits, after one has ended. To be
    /// awaited by one task at a time.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        loop {
            // Made before the look at the places, so that one that becomes free meanwhile is not missed.
            let freed = self.freed.notified();
            {
                let mut state = self.lock();
                if state.free > 0 {
                    state.free -= 1;
                    drop(state);
                    return Place::new(Arc::clone(self));
                }
                if state.leaving == 0
                    && let Some((_, leaves)) = state.waiting.pop_first()
                {
                    state.leaving = 1;
                    leaves.notify_one();
                }
            }
            freed.await;
        }
    }
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// It waits for the head of its first request.
    Begins,
    /// It waits for the body of a request.
    Reads,
    /// It answers.
    Answers,
    /// It has answered, and waits for the next request. The client may still have to take the end of the response.
    Rests,
}

/// The place of one connection. It is free again when this and all clones are dropped.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    places: Arc<Places>,
    leaves: Arc<Notify>,
    doing: Mutex<Activity>,
}

#[derive(Debug)]
struct Activity {
    doing: Doing,
    /// Its number among those that wait, if it does.
    number: Option<u64>,
    /// It was told to leave when a request had just come: it answers that one, and ends.
    is_last: bool,
}

impl Place {
    fn new(places: Arc<Places>) -> Self {
        let activity = Activity { doing: Doing::Begins, number: None, is_last: false };
        let place = Self(Arc::new(Taken { places, leaves: Arc::default(), doing: Mutex::new(activity) }));
        place.set(Doing::Begins);
        place
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.0.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, now: Doing) {
        let mut activity = self.activity();
        let mut state = self.0.places.lock();
        activity.doing = now;
        let leaves = activity.number.take().is_some_and(|number| state.waiting.remove(&number).is_none());
        match now {
            Doing::Answers if leaves => {
                // Another one has to go.
                activity.is_last = true;
                state.leaving = 0;
                self.0.places.freed.notify_one();
            }
            Doing::Begins | Doing::Reads | Doing::Rests if !activity.is_last => {
                let number = state.next;
                state.next += 1;
                activity.number = Some(number);
                if !leaves {
                    state.waiting.insert(number, Arc::clone(&self.0.leaves));
                }
            }
            _ => {}
        }
    }

    fn doing(&self) -> Doing {
        self.activity().doing
    }

    /// Waits until the place is wanted for another connection.
    pub(crate) async fn is_wanted(&self) {
        self.0.leaves.notified().await;
    }

    /// Whether there was no whole head of a request yet.
    pub(crate) fn begins(&self) -> bool {
        self.doing() == Doing::Begins
    }

    /// Whether a request is answered.
    pub(crate) fn answers(&self) -> bool {
        self.doing() == Doing::Answers
    }

    /// Follows the request that has come: from the end of its body it is answered.
    pub(crate) fn request(&self, body: hyper::body::Incoming) -> Body {
        let is_whole = http_body::Body::is_end_stream(&body);
        self.set(if is_whole { Doing::Answers } else { Doing::Reads });
        if is_whole { Body::empty() } else { Body::new(RequestBody { body, place: self.clone() }) }
    }

    /// Follows the response: from its end a request is waited for.
    pub(crate) fn response(&self, body: Body) -> ResponseBody {
        ResponseBody { body, place: self.clone() }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let number = self.doing.get_mut().unwrap_or_else(PoisonError::into_inner).number;
        let mut state = self.places.lock();
        if number.is_some_and(|number| state.waiting.remove(&number).is_none()) {
            state.leaving = 0;
        }
        state.free += 1;
        drop(state);
        self.places.freed.notify_one();
    }
}

/// The body of a request.
struct RequestBody {
    body: hyper::body::Incoming,
    place: Place,
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || http_body::Body::is_end_stream(&self.body) {
            self.place.set(Doing::Answers);
        }
        frame
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response.
pub(crate) struct ResponseBody {
    body: Body,
    place: Place,
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.place.set(Doing::Rests);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn the_one_that_has_waited_longest_gives_way() {
        let places = Places::new(3);
        let [first, second, third] = [(); 3].map(|()| places.take().now_or_never().expect("a free place"));
        first.set(Doing::Answers);
        second.set(Doing::Reads);
        let leaves = |place: &Place| place.is_wanted().now_or_never().is_some();
        let mut fourth = Box::pin(places.take());
        assert!(fourth.as_mut().now_or_never().is_none() && leaves(&third), "it waits since before the second");
        assert!(!leaves(&first) && !leaves(&second));
        drop(third);
        let fourth = fourth.as_mut().now_or_never().expect("the place of the third");
        fourth.set(Doing::Answers);
        second.set(Doing::Answers);
        let mut fifth = Box::pin(places.take());
        assert!(
            fifth.as_mut().now_or_never().is_none() && [&first, &second, &fourth].into_iter().all(|one| !leaves(one))
        );
        drop(first);
        let _fifth = fifth.as_mut().now_or_never().expect("the place of the first");
        assert_eq!(places.lock().waiting.len(), 1, "the fifth");
    }

    #[test]
    fn one_leaves_for_one_that_comes_and_another_one_where_a_request_was_faster() {
        let places = Places::new(2);
        let [first, second] = [(); 2].map(|()| places.take().now_or_never().expect("a free place"));
        let told = |place: &Place| place.is_wanted().now_or_never().is_some();
        let mut third = Box::pin(places.take());
        assert!(third.as_mut().now_or_never().is_none() && told(&first));
        // Woken for nothing, it waits on.
        places.freed.notify_one();
        assert!(third.as_mut().now_or_never().is_none() && !told(&second), "one is enough");
        first.set(Doing::Reads);
        assert!(third.as_mut().now_or_never().is_none() && !told(&second), "the first leaves still");
        first.set(Doing::Answers);
        assert!(third.as_mut().now_or_never().is_none() && told(&second));
        first.set(Doing::Rests);
        drop(second);
        let third = third.as_mut().now_or_never().expect("the place of the second");
        let mut fourth = Box::pin(places.take());
        assert!(
            fourth.as_mut().now_or_never().is_none() && told(&third),
            "the first has its last answer, and ends by itself"
        );
        drop((first, third));
        drop(fourth.as_mut().now_or_never().expect("a place"));
        let state = places.lock();
        assert_eq!((state.free, state.waiting.len(), state.leaving), (2, 0, 0));
    }
}
