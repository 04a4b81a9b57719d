//! A limit that several processes share, in virtual time, over a store in memory.

mod scripted_store;

use std::sync::Arc;
use std::time::Duration;

use aggregator_policies::{NotShareable, Rate, SharedLimitSettings, SharedLimiter, Sharing, TooLate, Turned};
use futures::FutureExt as _;
use futures::future::join_all;
use tokio::time::{Instant, advance, sleep};

use scripted_store::{Behaviour, Scripted};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn limiter(store: &Scripted, rate: Rate) -> SharedLimiter {
    SharedLimiter::new(Arc::new(store.clone()), "web", rate).unwrap()
}

fn in_a_minute() -> Instant {
    Instant::now() + 60 * SECOND
}

/// The times that `callers` wait, begun at once, in the order of their arrival.
async fn turns(limiter: &SharedLimiter, callers: usize) -> Vec<Turned> {
    let deadline = in_a_minute();
    join_all((0..callers).map(|_| limiter.turn(deadline))).await.into_iter().map(Result::unwrap).collect()
}

fn local(turned: &Turned) -> bool {
    matches!(turned.sharing, Sharing::Local { .. })
}

#[tokio::test(start_paused = true)]
async fn one_process_gets_from_the_store_what_the_local_limiter_gives() {
    let store = Scripted::default();
    let limiter = limiter(&store, Rate::per_second(20, 20).unwrap());
    let turned = turns(&limiter, 100).await;
    let waited: Vec<u128> = turned.iter().map(|turned| turned.waited.as_millis()).collect();
    assert!(waited[..20].iter().all(|ms| *ms == 0), "{waited:?}");
    assert!(waited[20..].iter().copied().eq((1..=80).map(|turn| turn * 50)), "{waited:?}");
    assert!(turned.iter().all(|turned| turned.sharing == Sharing::Store { peers: 1 }));
    // It asks for what it needs, and once too early for each that waits at most.
    assert_eq!((store.script().granted.len(), limiter.waiting()), (100, 0));
    assert!(store.script().asked.len() <= 180, "{}", store.script().asked.len());
}

#[tokio::test(start_paused = true)]
async fn several_processes_keep_the_limit_together() {
    let store = Scripted::default();
    store.script().peers = 3;
    let rate = Rate::per_second(20, 20).unwrap();
    let processes: Vec<_> = (0..3).map(|_| limiter(&store, rate)).collect();
    let begun = Instant::now();
    let turned = join_all(processes.iter().map(|limiter| turns(limiter, 20))).await.concat();
    // 20 at once, and the other 40 at 20 a second.
    assert_eq!(turned.len(), 60);
    let took = begun.elapsed();
    assert!(took >= 2 * SECOND && took <= 2_100 * MS, "{took:?}");
    assert!(turned.iter().all(|turned| turned.sharing == Sharing::Store { peers: 3 }));
}

/// Those that wait for the same moment take turns, so that none waits far longer than the others.
#[tokio::test(start_paused = true)]
async fn several_processes_get_about_the_same() {
    let store = Scripted::default();
    store.script().peers = 3;
    store.script().latency = 2 * MS;
    let rate = Rate::per_second(20, 5).unwrap();
    let ends = Instant::now() + 20 * SECOND;
    let process = |number| {
        let limiter = limiter(&store, rate);
        async move {
            // None begins at the same time as another.
            sleep(7 * MS * number).await;
            let mut turns = 0;
            while limiter.turn(ends).await.is_ok() {
                turns += 1;
            }
            turns
        }
    };
    let turns: [u32; 3] = join_all([process(0), process(1), process(2)]).await.try_into().unwrap();
    assert!((400..=406).contains(&turns.iter().sum::<u32>()), "{turns:?}");
    assert!(turns.iter().all(|turns| (100..=170).contains(turns)), "{turns:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_costs_its_time_once() {
    let store = Scripted::default();
    store.behaves(Behaviour::Hangs);
    let limiter = limiter(&store, Rate::per_second(1_000, 1_000).unwrap());
    let begun = Instant::now();
    let turned = turns(&limiter, 10).await;
    assert!(turned.iter().all(local));
    assert_eq!((begun.elapsed(), store.script().asked.len()), (250 * MS, 1));
    assert_eq!(limiter.failure().unwrap().to_string(), "it has not answered within 0.25 s");
    // Later requests wait for nothing, also those that ask the store again; it is asked again a second after each failure.
    for _ in 0..50 {
        sleep(100 * MS).await;
        assert_eq!(turns(&limiter, 3).await[2].waited, Duration::ZERO);
    }
    let asked = store.script().asked.len();
    assert!((4..=6).contains(&asked), "{asked} times in 5.25 s");
    // A store that is back is used again, and one question shows it.
    store.behaves(Behaviour::Answers);
    sleep(2 * SECOND).await;
    turns(&limiter, 2).await;
    assert!(!local(&turns(&limiter, 1).await[0]));
    assert_eq!(limiter.failure(), None);
}

#[tokio::test(start_paused = true)]
async fn without_the_store_each_process_keeps_its_share() {
    let store = Scripted::default();
    store.script().peers = 4;
    let limiter = limiter(&store, Rate::per_second(20, 20).unwrap());
    turns(&limiter, 1).await;
    sleep(5 * SECOND).await;
    store.behaves(Behaviour::Fails);
    let turned = turns(&limiter, 15).await;
    assert!(turned.iter().all(|turned| turned.sharing == Sharing::Local { peers: 4 }), "{turned:?}");
    // A quarter of 20 at once, and then of 20 a second.
    let waited: Vec<u128> = turned.iter().map(|turned| turned.waited.as_millis()).collect();
    let expected: Vec<u128> = (0..15).map(|turn: u128| turn.saturating_sub(4) * 200).collect();
    assert_eq!(waited, expected);
    assert_eq!(limiter.failure().unwrap().to_string(), "the store is down");
}

#[tokio::test(start_paused = true)]
async fn before_the_first_answer_the_settings_say_how_many_share() {
    let store = Scripted::default();
    store.behaves(Behaviour::Fails);
    let mut settings = SharedLimitSettings::default();
    settings.peers_at_first = 10;
    let rate = Rate::per_second(1, 1).unwrap();
    let limiter = SharedLimiter::with_settings(Arc::new(store), "web", rate, settings).unwrap();
    // One in ten seconds.
    let turned = turns(&limiter, 3).await;
    assert_eq!(turned[2], Turned { waited: 20 * SECOND, sharing: Sharing::Local { peers: 10 } });
}

/// What this process remembers of the store is out of date, and the process refuses no call because of it.
#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_empty() {
    let store = Scripted::default();
    let limiter = limiter(&store, Rate::new(1, 60 * SECOND, 1).unwrap());
    turns(&limiter, 1).await;
    let next = limiter.turn(Instant::now() + 90 * SECOND);
    store.behaves(Behaviour::Fails);
    let (next, ()) = tokio::join!(next, async {
        sleep(10_500 * MS).await;
        store.script().forgets();
        store.behaves(Behaviour::Answers);
    });
    // It was asked after 10 s, because the wait is long, and a second later.
    assert_eq!(next, Ok(Turned { waited: 11 * SECOND, sharing: Sharing::Store { peers: 1 } }));
    let last = limiter.turn(Instant::now() + 65 * SECOND).await.unwrap();
    assert_eq!(last.waited, 60 * SECOND);
}

/// A share that was used up among many is not waited for among few.
#[tokio::test(start_paused = true)]
async fn a_share_grows_with_what_the_store_says() {
    let store = Scripted::default();
    store.behaves(Behaviour::Fails);
    let mut settings = SharedLimitSettings::default();
    settings.peers_at_first = 30;
    let rate = Rate::per_second(1, 1).unwrap();
    let limiter = SharedLimiter::with_settings(Arc::new(store.clone()), "web", rate, settings).unwrap();
    assert_eq!(turns(&limiter, 1).await[0].sharing, Sharing::Local { peers: 30 });
    store.behaves(Behaviour::Answers);
    assert_eq!(turns(&limiter, 1).await[0], Turned { waited: SECOND, sharing: Sharing::Store { peers: 1 } });
    store.behaves(Behaviour::Fails);
    assert_eq!(turns(&limiter, 1).await[0], Turned { waited: SECOND, sharing: Sharing::Local { peers: 1 } });
}

/// Times of 0 are taken as the shortest ones: a store that fails at once is not asked in an endless loop.
#[tokio::test(start_paused = true)]
async fn settings_of_no_time_ask_no_endless_loop() {
    for behaviour in [Behaviour::Fails, Behaviour::Hangs] {
        let store = Scripted::default();
        store.behaves(behaviour);
        let mut settings = SharedLimitSettings::default();
        (settings.answer_within, settings.ask_again_after) = (Duration::ZERO, Duration::ZERO);
        settings.peers_at_first = 0;
        let rate = Rate::per_second(100, 1).unwrap();
        let limiter = SharedLimiter::with_settings(Arc::new(store.clone()), "web", rate, settings).unwrap();
        let turned = turns(&limiter, 3).await;
        assert!(turned.iter().all(local) && turned[2].waited <= 22 * MS, "{turned:?}");
        assert!(store.script().asked.len() <= 25, "{}", store.script().asked.len());
    }
}

/// What the store granted is counted in the share.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_gives_no_second_burst() {
    let store = Scripted::default();
    let limiter = limiter(&store, Rate::per_second(10, 10).unwrap());
    turns(&limiter, 10).await;
    store.behaves(Behaviour::Fails);
    let turned = turns(&limiter, 2).await;
    assert!(turned.iter().all(local));
    assert_eq!((turned[0].waited, turned[1].waited), (100 * MS, 200 * MS));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_asks_to_wait_holds_all_processes() {
    let store = Scripted::default();
    let rate = Rate::per_second(100, 100).unwrap();
    let (one, other) = (limiter(&store, rate), limiter(&store, rate));
    turns(&one, 1).await;
    turns(&other, 1).await;
    one.hold_until(Instant::now() + 3 * SECOND);
    assert_eq!(store.script().held.iter().map(|ask| ask.held).collect::<Vec<_>>(), [3 * SECOND]);
    let (first, second) = tokio::join!(turns(&one, 2), turns(&other, 2));
    // One call at a time after that; either process may make it.
    let mut waited: Vec<_> = first.iter().chain(&second).map(|turned| turned.waited).collect();
    waited.sort();
    assert!(waited[0] >= 3 * SECOND && waited[3] >= 3 * SECOND + 30 * MS, "{waited:?}");
    // The share is held, too.
    one.hold_until(Instant::now() + 2 * SECOND);
    store.behaves(Behaviour::Fails);
    sleep(1_500 * MS).await;
    let turned = turns(&one, 1).await[0];
    assert!(local(&turned) && turned.waited == 500 * MS, "{turned:?}");
}

/// The store that did not learn of it at once learns of it with the next question.
#[tokio::test(start_paused = true)]
async fn a_hold_during_a_failure_reaches_the_store_later() {
    let store = Scripted::default();
    store.behaves(Behaviour::Fails);
    let limiter = limiter(&store, Rate::per_second(1, 5).unwrap());
    turns(&limiter, 1).await;
    limiter.hold_until(Instant::now() + 10 * SECOND);
    store.behaves(Behaviour::Answers);
    let turned = turns(&limiter, 1).await[0];
    assert_eq!(turned, Turned { waited: 10 * SECOND, sharing: Sharing::Store { peers: 1 } });
    assert!(store.script().held.is_empty());
    assert_eq!(store.script().asked[1].held, 9 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn where_waiting_cannot_help_the_caller_is_told_at_once() {
    let store = Scripted::default();
    let limiter = limiter(&store, Rate::new(1, 60 * SECOND, 1).unwrap());
    turns(&limiter, 1).await;
    let soon = Instant::now() + 10 * SECOND;
    assert_eq!(limiter.turn(soon).now_or_never(), Some(Err(TooLate { wait: 60 * SECOND })));
    // Those behind others know it without a question.
    let mut first = limiter.turn(in_a_minute());
    assert!((&mut first).now_or_never().is_none());
    assert_eq!(limiter.turn(in_a_minute()).now_or_never(), Some(Err(TooLate { wait: 120 * SECOND })));
    assert_eq!(limiter.waiting(), 1);
    // The store knows of others what this process does not: it is asked, and then the caller is told.
    let second = self::limiter(&store, Rate::new(1, 60 * SECOND, 1).unwrap());
    assert_eq!(second.turn(soon).now_or_never(), Some(Err(TooLate { wait: 60 * SECOND })));
    assert_eq!((second.waiting(), store.script().granted.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_dropped_while_the_store_is_asked_leaves_its_permission_to_the_next() {
    let store = Scripted::default();
    store.script().latency = 100 * MS;
    let limiter = limiter(&store, Rate::per_second(1, 1).unwrap());
    let mut first = Box::pin(limiter.turn(in_a_minute()));
    let mut second = Box::pin(limiter.turn(in_a_minute()));
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    advance(60 * MS).await;
    assert!((&mut first).now_or_never().is_none(), "the store has decided, and the answer is under way");
    assert_eq!(store.script().granted.len(), 1);
    drop(first);
    assert_eq!(second.await.unwrap().waited, 110 * MS);
    // Without anybody in the queue it is kept for the next caller, for as long as an answer may take.
    sleep(2 * SECOND).await;
    for (later, asked) in [(100 * MS, 2), (SECOND, 4)] {
        let mut dropped = Box::pin(limiter.turn(in_a_minute()));
        assert!((&mut dropped).now_or_never().is_none());
        advance(51 * MS).await;
        assert!((&mut dropped).now_or_never().is_none());
        drop(dropped);
        assert_eq!(limiter.waiting(), 0);
        advance(later).await;
        turns(&limiter, 1).await;
        assert_eq!(store.script().asked.len(), asked, "after {later:?}");
        sleep(2 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_caller_waits_for_the_store_beyond_its_deadline() {
    let store = Scripted::default();
    store.script().latency = 200 * MS;
    let limiter = limiter(&store, Rate::per_second(10, 1).unwrap());
    // It has the share of the process instead, and what the store answers later is for others.
    let begun = Instant::now();
    let turned = limiter.turn(begun + 30 * MS).await.unwrap();
    assert!(local(&turned) && begun.elapsed() == 30 * MS, "{turned:?} after {:?}", begun.elapsed());
    let late = limiter.turn(Instant::now() + 20 * MS).await;
    assert_eq!((late, begun.elapsed()), (Err(TooLate { wait: 80 * MS }), 50 * MS));
    assert_eq!(limiter.failure(), None, "a short deadline says nothing about the store");
    assert_eq!(store.script().asked.len(), 1);
    // What the store grants then pays for the turn that was taken without it.
    let next = turns(&limiter, 1).await[0];
    assert_eq!(next, Turned { waited: 350 * MS, sharing: Sharing::Store { peers: 1 } });
    assert_eq!(store.script().asked.len(), 2);
    assert_eq!(store.script().granted.len(), 2);
}

/// So that the store goes on counting this process, and one that was emptied is noticed.
#[tokio::test(start_paused = true)]
async fn a_long_wait_asks_the_store_again_and_again() {
    let store = Scripted::default();
    let limiter = limiter(&store, Rate::new(1, 59 * SECOND, 1).unwrap());
    turns(&limiter, 2).await;
    assert_eq!(store.script().asked.len(), 7);
}

#[test]
fn a_share_is_as_many_times_in_a_longer_period() {
    let share = |count, period, burst, peers| {
        let share = Rate::new(count, period, burst).unwrap().among(peers);
        (share.interval(), share.burst())
    };
    assert_eq!(share(20, SECOND, 20, 4), (200 * MS, 5));
    assert_eq!(share(20, SECOND, 20, 3), (150 * MS, 6));
    assert_eq!(share(1, SECOND, 1, 10), (10 * SECOND, 1));
    assert_eq!(share(5, SECOND, 3, 0), (200 * MS, 3));
    let year = 366 * 86_400 * SECOND;
    assert_eq!(share(1, year, 1, u32::MAX), (year, 1));
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let refused = |rate: Rate| SharedLimiter::new(Arc::new(Scripted::default()), "web", rate).unwrap_err();
    let fast = refused(Rate::per_second(20_000, 1).unwrap());
    assert!(matches!(fast, NotShareable::TooFast { .. }));
    assert_eq!(
        fast.to_string(),
        "a limit of one request in 50 µs is not shared, at least 100 µs are: give each server its part as a limit of its own"
    );
    let slow = refused(Rate::new(1, 300 * 86_400 * SECOND, 2).unwrap());
    assert_eq!(
        slow.to_string(),
        "a limit that takes 600 days to recover from its burst is not shared, at most 366 are: state a lower burst"
    );
}
