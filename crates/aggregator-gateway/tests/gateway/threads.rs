//! Readers on several threads, in real time.

use aggregator_gateway::{AdmissionSettings, CacheSettings, Gateway};
use aggregator_mocks::{Pace, TerminalEvent};

use crate::asking::{Account, SECOND, checksum_alone, scenario};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_on_several_threads_read_the_same_run() {
    let (engine, query, probe) = scenario("standard", Pace::Yielding);
    // It takes a second. Where a reader is not woken, the test fails then instead of waiting for ever.
    let query = query.with_deadline(20 * SECOND).unwrap();
    let alone = checksum_alone(&engine, query.clone()).await;
    let calls = probe.calls().len();
    let gateway = Gateway::builder(engine).admission(AdmissionSettings::default().running(2));
    let gateway = gateway.single_flight(true).cache(CacheSettings::default()).build().unwrap();
    for seed in 0..20 {
        let query = query.clone().with_seed(seed + 1_000);
        let streams: Vec<_> = (0..64).map(|_| gateway.run(query.clone()).unwrap()).collect();
        // Tasks, because they are what runs on several threads.
        #[allow(clippy::disallowed_methods)]
        let tasks: Vec<_> = streams.into_iter().map(|stream| tokio::spawn(Account::of(stream))).collect();
        let mut checksums = Vec::new();
        for task in tasks {
            let account = task.await.unwrap();
            assert_eq!(account.end(), Some(TerminalEvent::Done));
            checksums.push(account.checksum());
        }
        checksums.dedup();
        assert_eq!(checksums.len(), 1, "all have read the same");
        assert_ne!(checksums[0], alone, "another seed finds other pages");
    }
    assert_eq!((probe.calls().len(), probe.active_calls()), (21 * calls, 0));
    assert_eq!((gateway.load().running, gateway.load().shared, gateway.load().kept), (0, 0, 20));
}
