//! What is off changes nothing, and what is on keeps what a query of the engine promises.

use aggregator_core::{CancelReason, EventKind};
use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway, GatewayStream, SettingsError};
use aggregator_mocks::{Pace, TerminalEvent, catalog};
use futures::StreamExt as _;
use futures::stream::FusedStream;

use crate::asking::{Account, HandReader, MS, SECOND, ask, in_100_ms, query, scenario, scripted};

fn is_what_it_has_to_be<T: FusedStream + Send + Unpin + 'static>() {}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_does_nothing_passes_the_events_on_as_they_are() {
    is_what_it_has_to_be::<GatewayStream>();
    for name in catalog::scenario_names() {
        let (engine, query, _) = scenario(name, Pace::Scripted);
        let gateway = Gateway::builder(engine.clone()).build().unwrap();
        let passed = ask(&gateway, query.clone()).await;
        let direct: Vec<_> = engine.run(query).collect().await;
        assert_eq!(passed.events.len(), direct.len(), "{name}");
        for (passed, direct) in passed.events.iter().zip(&direct) {
            assert_eq!((passed.seq, &passed.kind), (direct.seq, &direct.kind), "{name}");
            // The timer counts in milliseconds, from the start of the runtime.
            assert!(passed.elapsed().abs_diff(direct.elapsed()) <= MS, "{name}: {passed:?} and {direct:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_everything_on_a_first_query_runs_as_it_does_alone() {
    for name in catalog::scenario_names() {
        let (engine, query, probe) = scenario(name, Pace::Scripted);
        let alone: Vec<_> = engine.run(query.clone()).map(|event| event.kind).collect().await;
        let calls = probe.calls().len();
        let gateway = Gateway::builder(engine).admission(AdmissionSettings::default());
        let gateway = gateway.cache(CacheSettings::default()).single_flight(true).build().unwrap();
        assert_eq!(ask(&gateway, query).await.kinds(), alone, "{name}");
        assert_eq!((probe.calls().len(), probe.active_calls()), (2 * calls, 0), "{name}");
        let load = gateway.load();
        assert_eq!((load.running, load.waiting, load.shared), (0, 0, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_not_shared_is_cancelled_as_one_of_the_engine_is() {
    let (engine, probe) = scripted(&in_100_ms());
    let gateways = [
        Gateway::builder(engine.clone()).build().unwrap(),
        Gateway::builder(engine.clone()).admission(AdmissionSettings::default()).build().unwrap(),
        Gateway::builder(engine.clone()).cache(CacheSettings::default()).build().unwrap(),
        Gateway::builder(engine).single_flight(true).build().unwrap(),
    ];
    for gateway in gateways {
        let mut reader = HandReader::new(gateway.run(query(0)).unwrap());
        reader.poll_while_woken();
        assert!(!reader.is_woken() && probe.active_calls() == 1);
        reader.cancel();
        assert!(reader.is_woken(), "{gateway:?}: it is woken by the canceller");
        reader.poll_while_woken();
        reader.account.check();
        let last = &reader.account.events.last().unwrap().kind;
        assert!(matches!(last, EventKind::Cancelled { reason: CancelReason::Requested, .. }), "{gateway:?}: {last:?}");
        assert_eq!((probe.active_calls(), gateway.load().running), (0, 0), "{gateway:?}");
        // Before its first poll, too.
        let mut stream = gateway.run(query(0)).unwrap();
        stream.canceller().cancel(CancelReason::Shutdown);
        let calls = probe.calls().len();
        let account = Account::of(stream).await;
        assert_eq!((account.end(), probe.calls().len()), (Some(TerminalEvent::Cancelled), calls), "{gateway:?}");
    }
}

#[test]
fn settings_outside_their_ranges_are_refused() {
    let (engine, _) = scripted(&[]);
    let admission = AdmissionSettings::default().running(0);
    let refused: SettingsError = Gateway::builder(engine.clone()).admission(admission).build().unwrap_err();
    assert_eq!(refused.to_string(), "running = 0 is not between 1 and 65536");
    let cache = CacheSettings::default().age(25 * 3_600 * SECOND);
    let refused = Gateway::builder(engine).cache(cache).build().unwrap_err();
    assert_eq!(refused.to_string(), "age_ms = 90000000 is not between 1 and 86400000");
}
