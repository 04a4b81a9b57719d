//! What a run reports, exactly.

use perf_load::report::{From, RunEnd};
use perf_load::{Chunk, Metric, Request};

use crate::common::{always, answer, report, scenario, steps};

#[test]
fn every_metric_of_an_even_load_is_exact() {
    let scenario = scenario("duration = \"10s\"\n[open]\nrate = 10.0\n");
    let report = report(&scenario, always(answer()));
    assert_eq!(report.end, RunEnd::Complete);
    let requests = report.requests;
    assert_eq!((requests.intended, requests.started, requests.succeeded, requests.failed), (100, 100, 100, 0));
    assert_eq!(report.peak_in_flight, 2, "the last chunk of one and the start of the next come at the same time");
    for (metric, millis) in [
        (Metric::Ttfh, 0),
        (Metric::Ttfe, 10),
        (Metric::Ttfr, 20),
        (Metric::Ttlr, 30),
        (Metric::Ttfs, 40),
        (Metric::Ttft, 60),
        (Metric::E2e, 100),
    ] {
        let distribution = report.distribution(metric, From::Intended).unwrap_or_else(|| panic!("{metric:?}"));
        assert_eq!((distribution.min, distribution.max), (millis * 1_000_000, millis * 1_000_000), "{metric:?}");
        assert_eq!(distribution.n, 100);
    }
    let chunks = report.distribution(Metric::Chunks, From::Neither).unwrap();
    assert_eq!((chunks.min, chunks.max), (3, 3));
}

#[test]
fn each_way_to_fail_is_counted_by_its_kind() {
    let scenario = scenario("duration = \"8s\"\ntimeout = \"500ms\"\n[open]\nrate = 1.0\n");
    let target = |request: Request| match request.id {
        0 => steps(vec![
            (10, Chunk::Error(perf_load::ErrorKind::RateLimited)),
            (10, Chunk::End(perf_load::Answer::Right)),
        ]),
        1 => steps(vec![(10, Chunk::text("cut"))]),
        2 => steps(vec![(10, Chunk::End(perf_load::Answer::Wrong("no text".into())))]),
        3 => steps(vec![(600, Chunk::End(perf_load::Answer::Right))]),
        4 => panic!("on purpose, at the start"),
        5 => Box::pin(futures::stream::poll_fn(|_| panic!("on purpose, in the stream"))),
        6 => steps(vec![(10, Chunk::Heartbeat); 1_000]),
        _ => steps(vec![
            (1, Chunk::Warning(perf_load::ErrorKind::Status(500))),
            (1, Chunk::End(perf_load::Answer::Right)),
        ]),
    };
    let report = report(&scenario, target);
    let errors: Vec<(&str, u64)> = report.errors.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(errors, [("no-end", 1), ("panic", 2), ("rate-limited", 1), ("timeout", 2), ("wrong-answer-no-text", 1)]);
    assert_eq!(report.warnings.get("status-500"), Some(&1));
    assert_eq!((report.requests.succeeded, report.requests.failed), (1, 7));
}
