//! Coordinated omission: what a freeze does to the figures.

use std::sync::{Arc, Mutex};

use futures::stream::{BoxStream, StreamExt as _, once};
use perf_load::report::{From, Report};
use perf_load::{Answer, Chunk, Metric, Request, Run, Scenario};
use tokio::time::{Instant, sleep_until};

use crate::common::{millis, report, scenario, virtual_time};

/// A service that answers one request after the other, each in `service` milliseconds, and does nothing from `freeze` to `thaw`.
pub fn one_at_a_time(
    service: u64,
    freeze: u64,
    thaw: u64,
) -> impl Fn(Request) -> BoxStream<'static, Chunk> + Send + Sync {
    // Its first request begins its time.
    let state: Arc<Mutex<Option<(Instant, Instant)>>> = Arc::default();
    move |_| {
        let mut state = state.lock().unwrap();
        let now = Instant::now();
        let (start, free) = state.get_or_insert((now, now));
        let mut begin = (*free).max(now);
        if begin + millis(service) > *start + millis(freeze) && begin < *start + millis(thaw) {
            begin = *start + millis(thaw);
        }
        *free = begin + millis(service);
        let (done, text) = (*free, Chunk::text("answer"));
        once(async move {
            sleep_until(done).await;
            text
        })
        .chain(once(async { Chunk::End(Answer::Right) }))
        .boxed()
    }
}

/// One user who waits for each answer, as tools with a closed model do: from its own point of view 10 requests a second.
fn closed(freeze: bool) -> Report {
    let scenario = scenario("duration = \"60s\"\n[closed]\nusers = 1\nthink = { constant = \"80ms\" }\n");
    report(&scenario, one_at_a_time(20, 20_000, if freeze { 30_000 } else { 20_000 }))
}

fn open(freeze: bool) -> Report {
    let scenario = scenario("duration = \"60s\"\n[open]\nrate = 10.0\n");
    report(&scenario, one_at_a_time(20, 20_000, if freeze { 30_000 } else { 20_000 }))
}

#[test]
fn a_freeze_of_10_s_in_60_s_shows_in_the_p99_of_an_open_run() {
    let at = |report: &Report, percent, from| {
        report.distribution(Metric::E2e, from).and_then(|one| one.percentile(percent)).unwrap() / 1_000_000
    };
    let calm = open(false);
    assert_eq!(at(&calm, 99.0, From::Intended), 20);
    // One in six requests falls into the freeze, and waits 5 s on average; those after it wait for the backlog of 100 requests.
    let frozen = open(true);
    assert_eq!(frozen.requests.succeeded, 600);
    let p99 = at(&frozen, 99.0, From::Intended);
    // 6 of 600 requests are above the p99: those of the first 0.6 s of the freeze but for the 20 ms that each one needs.
    assert!((9_500..9_600).contains(&p99), "{p99}");
    assert!(at(&frozen, 90.0, From::Intended) > 4_000);
    // Tools with a closed model send one request into the freeze, and see nothing of the others.
    let closed = closed(true);
    assert_eq!(closed.requests.succeeded, 500);
    assert_eq!(at(&closed, 99.0, From::Intended), 20);
    assert!(closed.distribution(Metric::E2e, From::Actual).unwrap().max >= 10_000_000_000);
}

/// The driver itself cannot start while it is held up: here because the whole runtime is, as by a task that blocks for 10 s.
#[test]
fn what_the_generator_could_not_send_counts_from_its_intended_start() {
    let scenario: Scenario = scenario("duration = \"60s\"\n[open]\nrate = 10.0\n");
    let report = virtual_time(async {
        let blocks = tokio::spawn(async {
            sleep_until(Instant::now() + millis(20_000)).await;
            // Nothing else runs while the clock jumps: what a blocked thread looks like to timers.
            tokio::time::advance(millis(10_000)).await;
        });
        let report = Run::new(&scenario, Arc::new(one_at_a_time(0, 0, 0))).run(&mut ()).await;
        blocks.await.unwrap();
        report
    });
    let p99 = |from| report.distribution(Metric::E2e, from).and_then(|one| one.percentile(99.0)).unwrap();
    assert!(p99(From::Intended) > 9_000_000_000, "{}", p99(From::Intended));
    assert!(p99(From::Actual) < 5_000_000, "the uncorrected figure sees nothing: {}", p99(From::Actual));
    let lag = report.distribution(Metric::SendLag, From::Neither).unwrap();
    assert!(lag.max > 9_900_000_000, "and the lag of the generator says why");
    assert!(report.distribution(Metric::RuntimeLag, From::Neither).unwrap().max > 9_900_000_000);
}
