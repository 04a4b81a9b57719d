//! Two threads, each with a query over one engine, whose polls have to overlap.
//!
//! A provider or a model that is polled waits, inside the poll, until the other thread's query polls its own. If something of
//! the engine lets only one query be polled at a time, they never meet, and the row `polls-alone` counts it: as a number, not
//! as a duration. A lock that is released before a provider is polled does not show.

use std::hash::Hasher as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use aggregator_core::model::{AnswerRequest, ChunkStream};
use aggregator_core::provider::{HitStream, SearchRequest};
use aggregator_core::{Engine, LanguageModel, Query, SearchProvider};
use aggregator_mocks::{InvariantChecker, List, Pace, ScriptedModel, ScriptedProvider, Step, Style, catalog};
use futures::{Stream, StreamExt as _, stream};
use siphasher::sip::SipHasher13;
use tokio::runtime::Runtime;

use super::metrics;
use super::query::{drain, runtime};
use super::query_stats::QueryStats;
use super::workload::{Observation, Workload, require};

pub struct OverlappingPolls {
    runtimes: [Runtime; 2],
    engine: Engine,
    query: Query,
    meeting: Arc<Meeting>,
}

const SEED: u64 = 7;

impl OverlappingPolls {
    pub fn new() -> Self {
        let (corpus, meeting) = (catalog::corpus(), Arc::<Meeting>::default());
        let emit = |items| [Step::Wait(Duration::from_millis(50)), Step::Emit { items, every: Duration::ZERO }];
        let list = List { pool: 24, repeats: 0 };
        let provider = ScriptedProvider::new("alder", &emit(10), Pace::Scripted, &corpus, list, SEED);
        let style = Style { sources: 10, citations: 4, invented: 0 };
        let model = ScriptedModel::new("ember", &emit(20), Pace::Scripted, &corpus, style, SEED);
        let engine = Engine::builder()
            .hash_seed(0)
            .provider(MeetingMock { mock: provider, meeting: Arc::clone(&meeting) })
            .model(MeetingMock { mock: model, meeting: Arc::clone(&meeting) })
            .build()
            .expect("one provider and one model");
        let query = Query::new("how do two threads share one engine?").expect("a question").with_seed(SEED);
        Self { runtimes: [runtime(true), runtime(true)], engine, query, meeting }
    }

    /// Runs one query on this thread and one on another.
    fn on_both<T: Send>(&self, read: impl Fn(&Runtime, &Engine, Query) -> T + Sync) -> [T; 2] {
        let [here, there] = &self.runtimes;
        thread::scope(|scope| {
            let other = scope.spawn(|| read(there, &self.engine, self.query.clone()));
            let own = read(here, &self.engine, self.query.clone());
            // Joined, so that the thread has also released what is its own.
            [own, other.join().expect("the other thread ends well")]
        })
    }
}

impl Workload for OverlappingPolls {
    fn run(&mut self) -> u64 {
        self.on_both(|runtime, engine, query| runtime.block_on(drain(engine.run(query)))).iter().sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let both = self.on_both(|runtime, engine, query| {
            let QueryStats { checker, polls, wakeups, .. } =
                runtime.block_on(QueryStats::collect(engine.run(query), None));
            (checker, polls, wakeups)
        });
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        let sum = |of: fn(&(InvariantChecker, u64, u64)) -> u64| both.iter().map(of).sum::<u64>();
        for (checker, ..) in &both {
            checker.check()?;
            hasher.write_u64(checker.checksum());
        }
        let (alone, together) = self.meeting.take();
        require(alone + together > 20, || format!("the mocks were polled {} times only", alone + together))?;
        let events = sum(|(checker, ..)| checker.events);
        let counts = vec![
            (metrics::EVENTS, events),
            (metrics::POLLS, sum(|(_, polls, _)| *polls)),
            (metrics::WAKEUPS, sum(|(.., wakeups)| *wakeups)),
            (metrics::POLLS_ALONE, alone),
        ];
        Ok(Observation { amount: events, checksum: hasher.finish(), counts })
    }
}

/// A provider or model that waits in each poll for a poll of the other thread.
struct MeetingMock<M> {
    mock: M,
    meeting: Arc<Meeting>,
}

impl<M> MeetingMock<M> {
    fn meet_at_each_poll<S>(&self, mut stream: S) -> impl Stream<Item = S::Item> + Send + 'static
    where
        S: Stream + Unpin + Send + 'static,
    {
        let meeting = Arc::clone(&self.meeting);
        stream::poll_fn(move |cx: &mut Context<'_>| -> Poll<Option<S::Item>> {
            meeting.meet();
            stream.poll_next_unpin(cx)
        })
    }
}

impl SearchProvider for MeetingMock<ScriptedProvider> {
    fn name(&self) -> &str {
        self.mock.name()
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        Box::pin(self.meet_at_each_poll(self.mock.search(request)))
    }
}

impl LanguageModel for MeetingMock<ScriptedModel> {
    fn name(&self) -> &str {
        self.mock.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.mock.shows(request)
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        Box::pin(self.meet_at_each_poll(self.mock.answer(request)))
    }
}

/// Where two threads meet.
#[derive(Default)]
struct Meeting {
    state: Mutex<MeetingState>,
    met: Condvar,
}

#[derive(Default)]
struct MeetingState {
    is_awaited: bool,
    meetings: u64,
    together: u64,
    alone: u64,
    /// Whether a poll has waited in vain. After that no other waits, so that the case ends soon.
    gave_up: bool,
}

impl Meeting {
    /// How long a poll waits for the other thread: far longer than a machine leaves a thread without a processor.
    const PATIENCE: Duration = Duration::from_secs(10);

    fn lock(&self) -> MutexGuard<'_, MeetingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the other thread calls this too.
    fn meet(&self) {
        let mut state = self.lock();
        if state.gave_up {
            state.alone += 1;
        } else if state.is_awaited {
            state.is_awaited = false;
            state.meetings += 1;
            state.together += 2;
            self.met.notify_one();
        } else {
            state.is_awaited = true;
            // The other thread may be at its next meeting before this one wakes up.
            let before = state.meetings;
            let waited = self.met.wait_timeout_while(state, Self::PATIENCE, |state| state.meetings == before);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.meetings == before {
                (state.is_awaited, state.gave_up) = (false, true);
                state.alone += 1;
            }
        }
    }

    /// The polls of the operation that has ended: those that met no other one, and those that did.
    fn take(&self) -> (u64, u64) {
        let mut state = self.lock();
        (std::mem::take(&mut state.alone), std::mem::take(&mut state.together))
    }
}
