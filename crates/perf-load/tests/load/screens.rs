//! What people read.

use std::sync::Arc;

use perf_load::report::{Report, RunEnd, picture, screen};
use perf_load::{Answer, Chunk, ErrorKind, Observer, Request, Run, Snapshot, Stop, Usage};

use crate::common::{answer, millis, report, scenario, steps, virtual_time};

/// A run with everything that a report can have: errors of three kinds, cancels, slow answers, memory, thresholds of each verdict.
fn full() -> Report {
    let scenario = scenario(
        r#"
seed = 5
timeout = "3s"
thresholds = [
    "ttft.p95 < 900ms", "ttft.p50 < 50ms", "e2e.p99.9 < 10s", "errors.rate < 1%", "goodput > 80%", "max_stall.max < 4s",
    "memory.retained < 10MiB", "send_lag.p99 < 3ms",
]
[open]
rate = 4.0
arrivals = "poisson"
[[stages]]
kind = "ramp"
duration = "20s"
to = 20
[[stages]]
kind = "soak"
duration = "40s"
[client.cancel]
share = "5%"
after = "first_text"
[[objectives]]
name = "interactive"
ttft = "100ms"
e2e = "1s"
"#,
    );
    let target = |request: Request| match request.seed % 50 {
        0 => steps(vec![(5, Chunk::Error(ErrorKind::RateLimited))]),
        1 => steps(vec![(50, Chunk::text("cut"))]),
        2 => steps(vec![(50, Chunk::text("long")), (5_000, Chunk::End(Answer::Right))]),
        3..10 => {
            let slow = answer().into_iter().map(|(wait, chunk)| (wait * 9, chunk));
            steps(slow.collect())
        }
        _ => steps(answer()),
    };
    let mut samples = 0_u64;
    let sampler = move || {
        samples += 1;
        let processor = millis(samples * 40);
        Some(Usage { resident_bytes: 50_000_000 + samples.min(200) * 100_000 + samples % 7 * 4096, processor })
    };
    virtual_time(Run::new(&scenario, Arc::new(target)).sampler(sampler).run(&mut ()))
}

#[test]
fn the_screen_of_a_full_run() {
    let text = screen(&full());
    insta::assert_snapshot!(text);
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 102).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn the_json_is_read_again_and_other_versions_are_refused() {
    let report = full();
    let json = report.to_json();
    assert!(Report::from_json(&json).unwrap() == report);
    let newer = json.replacen("\"schema\": 1", "\"schema\": 2", 1);
    assert!(Report::from_json(&newer).unwrap_err().to_string().contains("schema 2"));
    assert!(Report::from_json("{}").is_err());
    let unknown = json.replacen("{", "{\"colour\": 1,", 1);
    assert!(Report::from_json(&unknown).unwrap_err().to_string().contains("colour"));
}

#[test]
fn the_same_seed_gives_the_same_report() {
    assert!(full() == full());
}

#[test]
fn the_picture_is_one_file_without_scripts() {
    let svg = picture(&full());
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for forbidden in ["<script", "href", "url(", "NaN", "inf"] {
        assert!(!svg.contains(forbidden), "{forbidden}");
    }
    insta::assert_snapshot!(svg);
}

/// Sees snapshots, and stops the run at 5 s.
struct Stops(Stop, Vec<Snapshot>);

impl Observer for Stops {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.1.push(snapshot.clone());
        if snapshot.elapsed >= millis(5_000) {
            self.0.stop();
        }
    }
}

#[test]
fn an_interrupted_run_has_a_valid_report_that_says_so() {
    let scenario = scenario("duration = \"60s\"\n[open]\nrate = 10.0\n");
    let mut observer = Stops(Stop::default(), Vec::new());
    let target = |_: Request| steps(vec![(50, Chunk::text("a")), (1_950, Chunk::End(Answer::Right))]);
    let report = virtual_time(async {
        let stop = observer.0.clone();
        Run::new(&scenario, Arc::new(target)).stop(&stop).run(&mut observer).await
    });
    assert_eq!(report.end, RunEnd::Interrupted);
    let requests = report.requests;
    assert_eq!((requests.succeeded, requests.failed), (30, 0));
    assert_eq!(requests.unfinished, requests.started - 30);
    assert!(screen(&report).contains("INCOMPLETE: interrupted") && picture(&report).contains("INCOMPLETE"));
    let last = observer.1.last().unwrap();
    assert_eq!((observer.1.len(), last.left, last.in_flight), (5, millis(55_000), 21));
    assert_eq!(last.ended_per_second, 10.0);
    assert_eq!(last.e2e.map(|e2e| e2e.p99.as_millis()), Some(2_000));
}

#[test]
fn a_run_of_failures_only_and_an_empty_one_are_shown() {
    let failing =
        scenario("duration = \"2s\"\nthresholds = [\"ttft.p95 < 1s\", \"ttft.avg < 1s\"]\n[open]\nrate = 10.0\n");
    let report = report(&failing, |_: Request| steps(vec![(1, Chunk::Error(ErrorKind::Connection))]));
    insta::assert_snapshot!(screen(&report));
    assert!(picture(&report).contains("no request succeeded"));
}
