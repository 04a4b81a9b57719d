//! Readers of shared runs that are polled, dropped and cancelled in any order.

use std::time::Duration;

use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway};
use aggregator_mocks::{Pace, TerminalEvent};
use proptest::prelude::*;
use tokio::time::{Instant, advance};

use crate::asking::{HandReader, checksum_alone, scenario};

/// What happens to a reader. One that is polled first is made then.
#[derive(Debug, Clone, Copy)]
enum Action {
    Poll {
        times: u16,
    },
    /// Polls only as a task does, when it was woken.
    PollWoken {
        times: u16,
    },
    Cancel,
    Drop,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (1_u16..40).prop_map(|times| Action::Poll { times }),
        6 => (1_u16..200).prop_map(|times| Action::PollWoken { times }),
        1 => Just(Action::Cancel),
        1 => Just(Action::Drop),
    ]
}

struct Reading {
    reader: HandReader,
    was_cancelled: bool,
}

async fn runs(name: &str, actions: Vec<(usize, Action)>, cached: bool, admitted: bool) {
    let (engine, query, probe) = scenario(name, Pace::Yielding);
    let deadline = query.deadline().unwrap_or(engine.settings().deadline);
    let alone = checksum_alone(&engine, query.clone()).await;
    let mut builder = Gateway::builder(engine).single_flight(true);
    if cached {
        builder = builder.cache(CacheSettings::default());
    }
    if admitted {
        builder = builder.admission(AdmissionSettings::default().running(1).waiting(4));
    }
    let gateway = builder.build().unwrap();
    let mut readers: [Option<Reading>; 5] = [const { None }; 5];
    for (index, action) in actions {
        let place = &mut readers[index];
        match action {
            Action::Drop => *place = None,
            Action::Cancel => {
                if let Some(reading) = place {
                    reading.reader.cancel();
                    reading.was_cancelled = true;
                }
            }
            Action::Poll { times } | Action::PollWoken { times } => {
                let new =
                    || Reading { reader: HandReader::new(gateway.run(query.clone()).unwrap()), was_cancelled: false };
                let Reading { reader, .. } = place.get_or_insert_with(new);
                for _ in 0..times {
                    if matches!(action, Action::Poll { .. }) || reader.is_woken() {
                        reader.poll();
                    }
                }
            }
        }
    }
    // As many as are left read to the end, each polled only after its waker was called: every reader must be woken.
    let began = Instant::now();
    loop {
        let mut polls = 0;
        for Reading { reader, .. } in readers.iter_mut().flatten() {
            while reader.is_woken() && !reader.has_ended() {
                reader.poll();
                polls += 1;
                assert!(polls < 20_000, "I12: it comes to an end");
            }
        }
        if readers.iter().flatten().all(|reading| reading.reader.has_ended()) {
            break;
        }
        assert!(began.elapsed() <= deadline, "I12: it ends within its deadline, as readers are woken");
        advance(Duration::from_millis(250)).await;
    }
    for Reading { reader, was_cancelled } in readers.iter().flatten() {
        let account = &reader.account;
        account.check();
        if account.end() == Some(TerminalEvent::Cancelled) {
            assert!(was_cancelled, "others were not disturbed");
        } else {
            assert_eq!(account.checksum(), alone, "it is as a run alone");
        }
    }
    drop(readers);
    assert_eq!(probe.active_calls(), 0, "I7");
    let load = gateway.load();
    assert_eq!((load.running, load.waiting, load.shared), (0, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 256, ..ProptestConfig::default() })]

    #[test]
    fn i2_i7_i12_readers_of_a_run_do_not_disturb_each_other(
        name in prop::sample::select(vec!["floor", "standard", "degraded", "hung", "hung-enough"]),
        actions in prop::collection::vec((0..5_usize, action()), 1..60),
        cached: bool,
        admitted: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(runs(name, actions, cached, admitted));
    }
}
