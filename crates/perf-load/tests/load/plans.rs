//! Intended starts, and when users come.

use std::time::Duration;

use perf_load::{Answer, Arrivals, Chunk, IntendedStart, Level, Model, Stage, StageKind, plan};
use proptest::prelude::*;

use crate::common::{always, answer, millis, report, scenario};

fn open(text: &str) -> Arrivals {
    match scenario(text).model {
        Model::Open(open) => open.arrivals,
        Model::Closed(_) => panic!("it has arrivals"),
    }
}

fn offsets(text: &str, seed: u64) -> Vec<f64> {
    plan(&open(text), seed).iter().map(|start| start.offset.as_secs_f64()).collect()
}

/// Mean of the gaps, and their coefficient of variation.
fn gaps(offsets: &[f64]) -> (f64, f64) {
    let gaps: Vec<f64> = offsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    (mean, variance.sqrt() / mean)
}

#[test]
fn equal_gaps_are_equal_and_a_ramp_spreads_them() {
    assert_eq!(offsets("duration = \"1s\"\n[open]\nrate = 4.0", 1), [0.0, 0.25, 0.5, 0.75]);
    // With a rate of 2t the n-th request starts at √n.
    let ramp = offsets("[open]\nrate = 0.0\n[[stages]]\nkind = \"ramp\"\nduration = \"4s\"\nto = 8", 1);
    assert_eq!(ramp.len(), 16);
    for (n, offset) in (0..).zip(&ramp) {
        assert!((offset - f64::from(n).sqrt()).abs() < 1e-6, "{n}: {offset}");
    }
}

/// The standard error of a mean of 20,000 exponential gaps is 0.7 %, that of their coefficient of variation 1 %.
#[test]
fn drawn_gaps_have_the_mean_and_the_variation_that_was_asked_for() {
    for (arrivals, variation) in [
        ("arrivals = \"poisson\"", 1.0),
        ("arrivals = \"gamma\"\nburstiness = 1.0", 1.0),
        // A gamma distribution of shape k varies by 1 / √k.
        ("arrivals = \"gamma\"\nburstiness = 0.25", 2.0),
        ("arrivals = \"gamma\"\nburstiness = 16.0", 0.25),
    ] {
        let offsets = offsets(&format!("duration = \"1000s\"\n[open]\nrate = 20.0\n{arrivals}"), 3);
        let (mean, found) = gaps(&offsets);
        assert!((mean / 0.05 - 1.0).abs() < 0.05, "{arrivals}: {mean}");
        assert!((found / variation - 1.0).abs() < 0.05, "{arrivals}: {found}");
    }
}

#[test]
fn arrivals_of_a_seed_are_pinned() {
    let starts = plan(&open("duration = \"2s\"\n[open]\nrate = 4.0\narrivals = \"gamma\"\nburstiness = 0.5"), 11);
    let micros: Vec<u128> = starts.iter().map(|start| start.offset.as_micros()).collect();
    insta::assert_compact_debug_snapshot!(micros, @"[40315, 799707, 854416, 884662, 1812653]");
    let other = plan(&open("duration = \"2s\"\n[open]\nrate = 4.0\narrivals = \"gamma\"\nburstiness = 0.5"), 12);
    assert_ne!(starts, other);
}

#[test]
fn a_trace_is_replayed_with_one_factor_and_cut() {
    let at = |text: &str| offsets(text, 0);
    assert_eq!(at("[open]\ntrace = \"t\""), [0.0, 1.0, 3.0]);
    assert_eq!(at("[open]\ntrace = \"t\"\ntime_scale = 0.1"), [0.0, 0.1, 0.3]);
    assert_eq!(at("duration = \"2s\"\n[open]\ntrace = \"t\""), [0.0, 1.0]);
}

#[test]
fn users_come_at_the_spawn_rate_and_leave_when_the_level_falls() {
    let text = "[closed]\nusers = 4\nspawn_rate = 1.0\n[[stages]]\nkind = \"hold\"\nduration = \"6s\"\n[[stages]]\nkind = \"ramp\"\n\
                duration = \"4s\"\nto = 0\n";
    let scenario = scenario(text);
    let report = report(&scenario, always(answer()));
    // In flight by the second: one more user each second, and then one less.
    let in_flight: Vec<u64> = report.intervals.iter().map(|interval| interval.in_flight).collect();
    assert_eq!(in_flight, [1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1]);
    // From 0, 1, 2 and 3 s to 10, 9, 8 and 7 s, ten queries a second each.
    assert_eq!(report.requests.succeeded, 280);
    assert_eq!(report.requests.failed, 0);
}

#[test]
fn users_send_as_many_queries_as_drawn_and_think_in_between() {
    let text =
        "duration = \"60s\"\n[closed]\nusers = 40\nthink = { constant = \"400ms\" }\nqueries_per_user = [2, 5]\n";
    let report = report(&scenario(text), always(answer()));
    assert!(report.requests.succeeded >= 80 && report.requests.succeeded <= 200);
    assert!((report.requests.succeeded as f64 / 40.0 - 3.5).abs() < 0.5, "{}", report.requests.succeeded);
    // The last one of five begins after four answers and four pauses.
    assert_eq!(Duration::from_nanos(report.elapsed_ns), millis(2_100));
}

/// Without this, a run of the closed model under a paused clock would never end.
#[test]
fn answers_that_take_no_time_do_not_stop_the_clock() {
    let report =
        report(&scenario("duration = \"1s\"\n[closed]\nusers = 2\n"), always(vec![(0, Chunk::End(Answer::Right))]));
    assert_eq!((report.requests.succeeded, report.elapsed_ns), (2_000, 1_000_000_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Plans ascend, stay within their level, and have as many starts as the level has area.
    #[test]
    fn plans_follow_their_level(
        initial in 0.0..30.0_f64,
        stages in proptest::collection::vec((0..3_u8, 1_u64..20, 0.0..40.0_f64), 1..5),
        seed in 0..100_u64,
        shape in 0..3_usize,
    ) {
        let stages: Vec<Stage> = stages
            .into_iter()
            .map(|(kind, seconds, to)| {
                let kind = [StageKind::Ramp(to), StageKind::Hold, StageKind::Spike(to)][usize::from(kind)];
                Stage { kind, duration: Duration::from_secs(seconds) }
            })
            .collect();
        let level = Level::new(initial, stages);
        let gaps = [perf_load::Gaps::Constant, perf_load::Gaps::Poisson, perf_load::Gaps::Gamma(2.0)][shape];
        let end = level.duration();
        let area: f64 = (0..end.as_millis() as u64).map(|t| level.at(Duration::from_micros(t * 1000 + 500)) / 1000.0).sum();
        let starts: Vec<IntendedStart> = plan(&Arrivals::Rate { rate: level, gaps }, seed);
        prop_assert!(starts.windows(2).all(|pair| pair[0].offset <= pair[1].offset));
        prop_assert!(starts.iter().all(|start| start.offset <= end));
        let slack = if shape == 0 { 2.0 } else { 5.0 * area.sqrt() + 6.0 };
        prop_assert!((starts.len() as f64 - area).abs() <= slack, "{} for {area}", starts.len());
    }
}
