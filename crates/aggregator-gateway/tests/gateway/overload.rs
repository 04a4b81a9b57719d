//! More queries than an engine can run: with admission it does as much as it can, and without it does nothing in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, Query, SearchProvider};
use aggregator_gateway::{AdmissionSettings, Gateway, Overloaded};
use aggregator_mocks::TerminalEvent;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::select;
use tokio::time::{Instant, sleep, sleep_until};

use crate::asking::{Account, MS, SECOND, query};

/// Calls that a service answers in 100 ms; more share its time.
const CAPACITY: u32 = 16;
/// Queries that it can answer in a second.
const PER_SECOND: u32 = 10 * CAPACITY;
const DEADLINE: Duration = SECOND;
const SECONDS: u32 = 5;

/// A service whose latency grows with the number of calls that are under way.
#[derive(Clone, Default)]
struct Crowded(Arc<AtomicU32>);

struct UnderWay(Crowded);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl SearchProvider for Crowded {
    fn name(&self) -> &str {
        "crowded"
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let calls = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let under_way = UnderWay(self.clone());
        let answer = async move {
            sleep(100 * MS * calls.max(CAPACITY) / CAPACITY).await;
            drop(under_way);
            Ok(Hit::new("https://a.example/", "A page"))
        };
        answer.into_stream().boxed()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Outcomes {
    arrived: u32,
    /// Done within the deadline.
    good: u32,
    late: u32,
    refused: u32,
}

impl Outcomes {
    fn goodput(self) -> f64 {
        f64::from(self.good) / f64::from(SECONDS)
    }
}

/// Queries that arrive at their own pace, whatever becomes of the ones before: at `times` the capacity, with exponential gaps.
async fn load(times: u32, admission: Option<AdmissionSettings>) -> Outcomes {
    let engine = Engine::builder().provider(Crowded::default()).build().unwrap();
    let builder = Gateway::builder(engine);
    let gateway = admission.into_iter().fold(builder, |builder, settings| builder.admission(settings)).build().unwrap();
    let (began, mut outcomes, mut running) = (Instant::now(), Outcomes::default(), FuturesUnordered::new());
    let (mut next, mut state) = (began, 1_u64);
    let take = |outcomes: &mut Outcomes, account: Account| match account.end() {
        Some(TerminalEvent::Done) if account.checker.latest <= DEADLINE => outcomes.good += 1,
        _ => outcomes.late += 1,
    };
    while next < began + SECOND * SECONDS {
        select! {
            biased;
            Some(account) = running.next() => take(&mut outcomes, account),
            () = sleep_until(next) => {
                let now = Instant::now();
                let query: Query = query(u64::from(outcomes.arrived)).with_deadline(DEADLINE).unwrap();
                outcomes.arrived += 1;
                match gateway.run(query) {
                    Ok(stream) => running.push(Account::of(stream)),
                    Err(Overloaded { running, waiting, .. }) => {
                        assert_eq!((running, waiting), (CAPACITY, CAPACITY));
                        outcomes.refused += 1;
                    }
                }
                assert_eq!(now.elapsed(), Duration::ZERO, "a refusal takes no time");
                // Knuth's generator (MMIX): its upper half is random enough for gaps.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let uniform = ((state >> 33) as f64 + 0.5) / f64::from(1_u32 << 31);
                next += Duration::from_secs_f64(-uniform.ln() / f64::from(PER_SECOND * times));
            }
        }
    }
    while let Some(account) = running.next().await {
        take(&mut outcomes, account);
    }
    assert_eq!(outcomes.good + outcomes.late + outcomes.refused, outcomes.arrived);
    outcomes
}

#[tokio::test(start_paused = true)]
async fn goodput_stays_at_its_peak_at_ten_times_the_capacity() {
    let admission = AdmissionSettings::default().running(CAPACITY).waiting(CAPACITY);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for times in [1, 2, 10] {
        with.push(load(times, Some(admission)).await);
        without.push(load(times, None).await);
        let (with, without) = (with[with.len() - 1], without[without.len() - 1]);
        println!("{times:>2} x: {:.0} a second are done in time with admission {with:?}", with.goodput());
        println!("      {:.0} a second without {without:?}", without.goodput());
    }
    let peak = with.iter().map(|outcomes| outcomes.good).max().unwrap();
    assert!(with[2].good * 10 >= peak * 9, "{with:?}");
    assert!(with.iter().all(|outcomes| outcomes.late == 0), "each query that is admitted is done in time: {with:?}");
    assert!(with[2].refused > 8 * PER_SECOND * SECONDS);
    let peak = without.iter().map(|outcomes| outcomes.good).max().unwrap();
    assert!(without[2].good * 4 < peak, "without admission goodput falls: {without:?}");
}
