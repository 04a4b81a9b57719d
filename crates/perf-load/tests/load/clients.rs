//! How clients behave, what counts, and what is drawn for a request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::stream::{self, StreamExt as _};
use perf_load::report::{From, Report, RunEnd};
use perf_load::{Answer, Chunk, ErrorKind, Metric, Observer, Outcome, Record, Request, Run, Verdict, write_record};

use crate::common::{always, answer, millis, report, scenario, steps, virtual_time};

/// Collects what a request was drawn to be, by its number.
fn drawn(seed: u64, rate: f64) -> BTreeMap<u64, (u64, usize, bool)> {
    let text = format!(
        "seed = {seed}\nduration = \"20s\"\n[open]\nrate = {rate}\n[[target.faults]]\nname = \"f\"\nshare = \"20%\"\n\
         [client.cancel]\nshare = \"30%\"\nafter = {{ events = 1 }}\n"
    );
    let seen: Arc<Mutex<BTreeMap<u64, (u64, usize)>>> = Arc::default();
    let put = Arc::clone(&seen);
    let mut records = Records::default();
    let target = move |request: Request| {
        put.lock().unwrap().insert(request.id, (request.seed, request.faults.len()));
        steps(answer())
    };
    virtual_time(Run::new(&scenario(&text), Arc::new(target)).run(&mut records));
    let seen = seen.lock().unwrap();
    let of = |record: &Record| {
        let (seed, faults) = seen[&record.id];
        (record.id, (seed, faults, record.outcome == Outcome::Cancelled))
    };
    records.0.iter().map(of).collect()
}

#[derive(Default)]
struct Records(Vec<Record>);

impl Observer for Records {
    fn finished(&mut self, record: &Record) {
        self.0.push(record.clone());
    }
}

#[test]
fn what_is_drawn_for_a_request_depends_on_seed_and_number_only() {
    let slow = drawn(1, 10.0);
    // Twice as many at once, which end in another order.
    let fast = drawn(1, 200.0);
    assert_eq!(slow.len(), 200);
    assert!(slow.iter().all(|(id, drawn)| fast[id] == *drawn));
    assert!(drawn(2, 10.0) != slow);
    let seeds: std::collections::BTreeSet<u64> = fast.values().map(|(seed, ..)| *seed).collect();
    assert_eq!(seeds.len(), fast.len(), "no two requests draw the same");
    let faults = fast.values().filter(|(_, faults, _)| *faults == 1).count() as f64 / fast.len() as f64;
    let cancelled = fast.values().filter(|(.., cancelled)| *cancelled).count() as f64 / fast.len() as f64;
    assert!((faults - 0.2).abs() < 0.03 && (cancelled - 0.3).abs() < 0.03, "{faults}, {cancelled}");
}

/// A stream that counts itself while it lives.
fn counted(alive: &Arc<AtomicUsize>, chunks: Vec<(u64, Chunk)>) -> stream::BoxStream<'static, Chunk> {
    struct Alive(Arc<AtomicUsize>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    alive.fetch_add(1, Ordering::SeqCst);
    let alive = Alive(Arc::clone(alive));
    steps(chunks)
        .map(move |chunk| {
            let _ = &alive;
            chunk
        })
        .boxed()
}

fn cancelling(after: &str) -> (Report, Vec<Record>) {
    let scenario = scenario(&format!(
        "duration = \"2s\"\ntimeout = \"5s\"\n[open]\nrate = 10.0\n[client.cancel]\nshare = \"100%\"\nafter = {after}\n"
    ));
    let alive = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&alive);
    let mut records = Records::default();
    let target = move |_: Request| counted(&counting, answer());
    let report = virtual_time(Run::new(&scenario, Arc::new(target)).run(&mut records));
    assert_eq!(alive.load(Ordering::SeqCst), 0, "each stream was dropped");
    (report, records.0)
}

#[test]
fn clients_that_go_away_are_neither_a_success_nor_a_failure() {
    // The answer has its first text at 60 ms, which is its fifth event.
    for (after, end) in [("{ events = 2 }", 20), ("\"first_text\"", 60), ("{ time = \"75ms\" }", 75)] {
        let (report, records) = cancelling(after);
        let requests = report.requests;
        assert_eq!((requests.cancelled, requests.succeeded, requests.failed), (20, 0, 0), "{after}");
        assert!(records.iter().all(|record| record.metrics.end_ns == end * 1_000_000), "{after}: {:?}", records[0]);
        assert!(report.distribution(Metric::E2e, From::Intended).is_none());
    }
}

#[test]
fn slow_readers_wait_after_each_chunk() {
    let scenario =
        scenario("duration = \"1s\"\n[open]\nrate = 1.0\n[client.slow]\nshare = \"100%\"\npause = \"30ms\"\n");
    let report = report(&scenario, always(vec![(0, Chunk::text("a")); 4].into_iter().chain(answer()).collect()));
    let at = |metric| report.distribution(metric, From::Actual).unwrap().max / 1_000_000;
    // Nine chunks of the answer in 100 ms, and 30 ms after each of the twelve before the end.
    assert_eq!((at(Metric::Ttft), at(Metric::E2e)), (0, 460));
}

#[test]
fn a_threshold_can_end_a_run() {
    let text = "duration = \"60s\"\nthresholds = [{ threshold = \"errors.rate < 10%\", abort_on_fail = true, after = \"5s\" }]\n\
                [open]\nrate = 10.0\n";
    let failing = report(&scenario(text), |request: Request| match request.id % 2 {
        0 => steps(vec![(10, Chunk::Error(ErrorKind::Overloaded))]),
        _ => steps(answer()),
    });
    assert_eq!(failing.end, RunEnd::Aborted("errors.rate < 10%".into()));
    assert_eq!((failing.elapsed_ns, failing.thresholds[0].verdict), (5_000_000_000, Verdict::Fail));
    assert_eq!(report(&scenario(text), always(answer())).end, RunEnd::Complete);
    // One of ten is the limit. It is looked at 60 times, so that it is exceeded by chance at some of them.
    let at_the_limit = report(&scenario(text), |request: Request| match request.seed % 10 {
        0 => steps(vec![(10, Chunk::Error(ErrorKind::Overloaded))]),
        _ => steps(answer()),
    });
    assert_eq!(at_the_limit.end, RunEnd::Complete);
}

/// 20 in flight at most, of a service that needs 4 s: three quarters of 10 requests in a second cannot be started.
#[test]
fn skipped_starts_count_as_late_and_as_not_good() {
    let text = "duration = \"20s\"\nthresholds = [\"e2e.p50 < 5s\", \"e2e.actual.p50 < 5s\", \"goodput > 90%\", \"skipped.rate < 1%\"]\n\
                [open]\nrate = 10.0\nmax_in_flight = 20\n[[objectives]]\nname = \"o\"\ne2e = \"5s\"\n";
    let report = report(&scenario(text), always(vec![(4_000, Chunk::End(Answer::Right))]));
    let requests = report.requests;
    assert_eq!((requests.intended, requests.started, requests.skipped), (200, 100, 100));
    assert_eq!(report.peak_in_flight, 20);
    let verdicts: Vec<Verdict> = report.thresholds.iter().map(|judged| judged.verdict).collect();
    // Half of the starts are beyond any limit, which is the border of a median.
    assert_eq!(verdicts, [Verdict::Insufficient, Verdict::Pass, Verdict::Fail, Verdict::Fail]);
    assert_eq!((report.goodput[0].good, report.goodput[0].of), (100, 200));
}

/// Fast failures would make percentiles better, and given up requests without their time would, too.
#[test]
fn failures_are_in_no_percentile_but_timeouts_are() {
    let text = "duration = \"10s\"\ntimeout = \"2s\"\nthresholds = [\"ttft.p90 < 1s\", \"goodput > 50%\", \"ttft.max < 1s\", \
                \"ttft.actual.avg < 50ms\", \"ttft.p10 > 1ms\", \"e2e.p90 < 10s\", \"efficiency.p10 > 10%\"]\n[open]\nrate = 10.0\n\
                [[objectives]]\nname = \"o\"\nttft = \"100ms\"\nsources = \"1\"\n";
    let report = report(&scenario(text), |request: Request| match request.id % 4 {
        0 => steps(vec![(1, Chunk::Error(ErrorKind::Connection))]),
        1 => steps(vec![(3_000, Chunk::text("late"))]),
        2 => steps(vec![(50, Chunk::text("no source")), (1, Chunk::End(Answer::Unchecked))]),
        _ => steps(answer()),
    });
    let e2e = report.distribution(Metric::E2e, From::Intended).unwrap();
    assert_eq!((e2e.n, e2e.min, e2e.max), (75, 51_000_000, 2_000_000_000));
    let ttft = report.distribution(Metric::Ttft, From::Intended).unwrap();
    assert_eq!((ttft.n, ttft.max), (50, 60_000_000));
    // A third of those that may have had a text were given up before they had one.
    assert_eq!((report.thresholds[0].verdict, report.thresholds[0].n), (Verdict::Fail, 75));
    // A request without a source does not meet an objective that asks for one.
    assert_eq!((report.goodput[0].good, report.goodput[0].of), (25, 100));
    assert_eq!(report.requests.error_rate(), Some(0.5));
    let judged: Vec<_> = report.thresholds[2..].iter().map(|judged| (judged.verdict, judged.n)).collect();
    let expected = [
        // 60 ms is the largest that was seen, and 25 requests had none yet.
        (Verdict::Insufficient, 50),
        // Their mean is 55 ms already.
        (Verdict::Fail, 50),
        // Later than the timeout is above a lower limit.
        (Verdict::Pass, 75),
        // Nobody knows whether 10 s would have been enough.
        (Verdict::Fail, 75),
        (Verdict::Fail, 75),
    ];
    assert_eq!(judged, expected);
    assert_eq!(report.thresholds[2].reason, "25 more had no value when they were given up");
}

/// A stream that stands still after its first text has shown that text, and for how long it stood still.
#[test]
fn what_a_request_had_shown_before_its_timeout_counts() {
    let text = "duration = \"10s\"\ntimeout = \"2s\"\n[open]\nrate = 10.0\n";
    let report = report(&scenario(text), |request: Request| match request.id % 2 {
        0 => steps(vec![(900, Chunk::text("a")), (100, Chunk::text("b")), (9_000, Chunk::text("c"))]),
        _ => steps(answer()),
    });
    for (metric, from, max) in [
        (Metric::Ttft, From::Intended, 900),
        (Metric::GapMax, From::Neither, 100),
        (Metric::MaxStall, From::Neither, 1_000),
        (Metric::E2e, From::Actual, 2_000),
    ] {
        let distribution = report.distribution(metric, from).unwrap();
        assert_eq!((distribution.n, distribution.max), (100, max * 1_000_000), "{metric:?}");
    }
    assert_eq!(report.distribution(Metric::Efficiency, From::Actual).unwrap().n, 50);
}

/// A client that leaves after an error has not made the error good, and neither has its timeout.
#[test]
fn what_the_target_did_counts_before_what_its_client_did() {
    let text = "duration = \"5s\"\ntimeout = \"1s\"\n[open]\nrate = 1.0\n[client.cancel]\nshare = \"100%\"\n\
                after = { time = \"500ms\" }\n";
    struct PanicsAtItsEnd;
    impl Drop for PanicsAtItsEnd {
        fn drop(&mut self) {
            panic!("on purpose, when it is dropped");
        }
    }
    let target = |request: Request| match request.id {
        0 => steps(vec![(10, Chunk::Error(ErrorKind::Overloaded)), (2_000, Chunk::End(Answer::Right))]),
        1 => steps(vec![(10, Chunk::text("a")), (2_000, Chunk::End(Answer::Right))]),
        2 => {
            let end = PanicsAtItsEnd;
            steps(vec![(10, Chunk::text("a")), (2_000, Chunk::End(Answer::Right))])
                .map(move |chunk| {
                    let _ = &end;
                    chunk
                })
                .boxed()
        }
        3 => steps(vec![(10, Chunk::text("a")), (10, Chunk::End(Answer::Unchecked))]),
        _ => steps(answer()),
    };
    let mut records = Records::default();
    let report = virtual_time(Run::new(&scenario(text), Arc::new(target)).run(&mut records));
    let outcomes: Vec<Outcome> = records.0.into_iter().map(|record| record.outcome).collect();
    let failure = |kind: &str| Outcome::Failure(kind.to_owned());
    let expected = [failure("overloaded"), Outcome::Cancelled, failure("panic"), Outcome::Unchecked, Outcome::Success];
    assert_eq!(outcomes, expected);
    let requests = report.requests;
    assert_eq!((requests.succeeded, requests.unchecked, requests.failed, requests.cancelled), (2, 1, 2, 1));
}

#[test]
fn raw_lines_have_one_request_each() {
    let scenario = scenario("duration = \"1s\"\n[open]\nrate = 2.0\n");
    struct Raw(Vec<u8>);
    impl Observer for Raw {
        fn finished(&mut self, record: &Record) {
            write_record(record, &mut self.0).unwrap();
        }
    }
    let mut raw = Raw(Vec::new());
    let target = |request: Request| match request.id {
        0 => steps(answer()),
        _ => steps(vec![(3, Chunk::Warning(ErrorKind::Status(500))), (4, Chunk::Error(ErrorKind::RateLimited))]),
    };
    virtual_time(Run::new(&scenario, Arc::new(target)).run(&mut raw));
    insta::assert_snapshot!(String::from_utf8(raw.0).unwrap());
}

/// A run that is dropped in the middle leaves no request behind.
#[test]
fn dropping_a_run_ends_its_requests() {
    let alive = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&alive);
    virtual_time(async move {
        let text = scenario("duration = \"60s\"\n[closed]\nusers = 25\n");
        let target = {
            let counting = Arc::clone(&counting);
            move |_: Request| counted(&counting, vec![(10_000, Chunk::End(Answer::Right))])
        };
        let mut sees_nothing = ();
        let run = Run::new(&text, Arc::new(target)).run(&mut sees_nothing);
        assert!(tokio::time::timeout(millis(5_000), run).await.is_err());
        assert_eq!(counting.load(Ordering::SeqCst), 25);
        tokio::time::sleep(millis(1)).await;
        assert_eq!(counting.load(Ordering::SeqCst), 0);
    });
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}

/// The same run on several threads in real time: no figure is asserted but counts.
#[test]
fn real_time_on_several_threads_counts_the_same() {
    let scenario = scenario("duration = \"200ms\"\n[open]\nrate = 200.0\n");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let target = |_: Request| steps(vec![(1, Chunk::text("a")), (1, Chunk::text("b")), (0, Chunk::End(Answer::Right))]);
    let report = runtime.block_on(Run::new(&scenario, Arc::new(target)).run(&mut ()));
    assert_eq!((report.requests.started, report.requests.succeeded), (40, 40));
    assert_eq!(report.distribution(Metric::Gap, From::Neither).unwrap().n, 40);
}
