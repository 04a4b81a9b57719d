//! What holds for a shared limit whatever the store, the deadlines and the callers do, in virtual time.

mod scripted_store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_policies::{Rate, SharedLimiter, Sharing, TooLate, Turned};
use proptest::prelude::*;
use tokio::time::{Instant, sleep, sleep_until};

use scripted_store::{Behaviour, Scripted};

/// A query: when it arrives, how long it may take, and whether it is dropped before.
#[derive(Debug, Clone)]
struct Caller {
    process: usize,
    arrives: u64,
    deadline: u64,
    dropped: Option<u64>,
}

/// How the store behaves from a time on.
#[derive(Debug, Clone)]
struct Phase {
    from: u64,
    behaviour: Behaviour,
    latency: u64,
}

/// How a caller ended.
#[derive(Debug)]
struct Ended {
    caller: usize,
    at: Instant,
    turned: Result<Turned, TooLate>,
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn caller() -> impl Strategy<Value = Caller> {
    let dropped = prop_oneof![2 => Just(None), 1 => (0..3_000_u64).prop_map(Some)];
    (0..2_usize, 0..8_000_u64, prop_oneof![0..400_u64, 0..5_000_u64], dropped)
        .prop_map(|(process, arrives, deadline, dropped)| Caller { process, arrives, deadline, dropped })
}

fn phases(works: bool) -> BoxedStrategy<Vec<Phase>> {
    let behaviour = if works {
        Just(Behaviour::Answers).boxed()
    } else {
        prop_oneof![2 => Just(Behaviour::Answers), 1 => Just(Behaviour::Hangs), 1 => Just(Behaviour::Fails)].boxed()
    };
    let latency = if works { 0..100_u64 } else { 0..400_u64 };
    let phase =
        (0..8_000_u64, behaviour, latency).prop_map(|(from, behaviour, latency)| Phase { from, behaviour, latency });
    prop::collection::vec(phase, 1..6).boxed()
}

/// All callers over one store; in the order in which they ended.
fn run(rate: Rate, callers: &[Caller], phases: &[Phase]) -> (Vec<Ended>, Vec<Instant>, Instant) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let store = Scripted::default();
        store.script().peers = 2;
        let limiters: Vec<_> =
            (0..2).map(|_| SharedLimiter::new(Arc::new(store.clone()), "web", rate).unwrap()).collect();
        let ended = Arc::new(Mutex::new(Vec::new()));
        for phase in phases.iter().cloned() {
            let store = store.clone();
            tokio::spawn(async move {
                sleep_until(begun + ms(phase.from)).await;
                let mut script = store.script();
                (script.behaviour, script.latency) = (phase.behaviour, ms(phase.latency));
            });
        }
        let tasks: Vec<_> = callers.iter().cloned().enumerate().map(|(number, caller)| {
            let (limiter, ended) = (limiters[caller.process].clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                sleep_until(begun + ms(caller.arrives)).await;
                let turn = limiter.turn(Instant::now() + ms(caller.deadline));
                let gone = async {
                    match caller.dropped {
                        Some(after) => sleep(ms(after)).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    turned = turn => ended.lock().unwrap().push(Ended { caller: number, at: Instant::now(), turned }),
                    () = gone => {}
                }
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        sleep(Duration::from_secs(30)).await;
        // Nothing is left: the next caller gets its turn, from the store if it is made to answer.
        store.behaves(Behaviour::Answers);
        store.script().latency = Duration::ZERO;
        for limiter in &limiters {
            assert_eq!(limiter.waiting(), 0);
            for _ in 0..2 {
                limiter.turn(Instant::now() + Duration::from_secs(60)).await.unwrap();
            }
            let last = limiter.turn(Instant::now() + Duration::from_secs(60)).await.unwrap();
            assert_eq!(last.sharing, Sharing::Store { peers: 2 });
        }
        let granted = store.script().granted.clone();
        let ended = std::mem::take(&mut *ended.lock().unwrap());
        (ended, granted, begun)
    })
}

/// Fails if more happened in any time than a rate allows, where each may be seen later than it was granted by `slack`.
fn keeps(rate: Rate, times: &[Instant], slack: Duration) -> Result<(), TestCaseError> {
    for (first, from) in times.iter().enumerate() {
        for (last, to) in times.iter().enumerate().skip(first) {
            let in_time = (*to - *from + slack).as_nanos() / rate.interval().as_nanos();
            let most = u128::from(rate.burst()) + in_time;
            prop_assert!((last - first + 1) as u128 <= most, "{} within {:?}", last - first + 1, *to - *from);
        }
    }
    Ok(())
}

/// What holds whatever the store does.
fn check_always(rate: Rate, callers: &[Caller], ended: &[Ended], begun: Instant) -> Result<(), TestCaseError> {
    for end in ended {
        let caller = &callers[end.caller];
        let deadline = begun + ms(caller.arrives) + ms(caller.deadline);
        prop_assert!(end.at <= deadline, "{end:?} after its deadline by {:?}", end.at - deadline);
    }
    for process in 0..2 {
        let turned: Vec<(&Ended, Turned)> = ended
            .iter()
            .filter(|end| callers[end.caller].process == process)
            .filter_map(|end| end.turned.ok().map(|turned| (end, turned)))
            .collect();
        // Those who arrived first have their turns first.
        for pair in turned.windows(2) {
            let arrived = |end: &Ended| callers[end.caller].arrives;
            prop_assert!(arrived(pair[0].0) <= arrived(pair[1].0), "{:?} before {:?}", pair[0], pair[1]);
        }
        // The share is kept.
        let local = turned.iter().filter(|(_, turned)| matches!(turned.sharing, Sharing::Local { .. }));
        let peers: Vec<u32> = local
            .clone()
            .map(|(_, turned)| match turned.sharing {
                Sharing::Local { peers } | Sharing::Store { peers } => peers,
            })
            .collect();
        let least = peers.iter().copied().min().unwrap_or(1);
        keeps(rate.among(least), &local.map(|(end, _)| end.at).collect::<Vec<_>>(), Duration::ZERO)?;
    }
    Ok(())
}

fn stored(ended: &[Ended]) -> Vec<Instant> {
    let from_the_store = |end: &&Ended| matches!(end.turned, Ok(Turned { sharing: Sharing::Store { .. }, .. }));
    ended.iter().filter(from_the_store).map(|end| end.at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Never more than the rate allows while the store works.
    #[test]
    fn a_store_that_works(
        count in 1..30_u32, burst in 1..8_u32,
        callers in prop::collection::vec(caller(), 1..60), phases in phases(true),
    ) {
        let rate = Rate::per_second(count, burst).unwrap();
        let (ended, granted, begun) = run(rate, &callers, &phases);
        check_always(rate, &callers, &ended, begun)?;
        let stored = stored(&ended);
        // The store grants each turn, those of the share later. Six are of those that see whether something is left.
        let turns = ended.iter().filter(|end| end.turned.is_ok()).count();
        prop_assert!(turns + 6 <= granted.len(), "{turns} turns of {}", granted.len());
        keeps(rate, &granted, Duration::ZERO)?;
        // A permission is used at most so long after it was granted.
        keeps(rate, &stored, ms(250))?;
        // The share is used only where the deadline did not allow to wait for the answer.
        for end in &ended {
            if matches!(end.turned, Ok(Turned { sharing: Sharing::Local { .. }, .. })) {
                let caller = &callers[end.caller];
                prop_assert_eq!(end.at - begun, ms(caller.arrives + caller.deadline));
            }
        }
    }

    /// With failures, hanging and slow answers in between.
    #[test]
    fn a_store_that_fails(
        count in 1..30_u32, burst in 1..8_u32,
        callers in prop::collection::vec(caller(), 1..60), phases in phases(false),
    ) {
        let rate = Rate::per_second(count, burst).unwrap();
        let (ended, granted, begun) = run(rate, &callers, &phases);
        check_always(rate, &callers, &ended, begun)?;
        let stored = stored(&ended);
        prop_assert!(stored.len() <= granted.len());
        keeps(rate, &granted, Duration::ZERO)?;
        keeps(rate, &stored, ms(250))?;
    }
}
