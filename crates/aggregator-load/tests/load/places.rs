//! One scenario in its places: faults of mocks, and what both places agree on.

use std::path::Path;
use std::time::Duration;

use aggregator_load::MockTarget;
use perf_load::report::{From, RunEnd};
use perf_load::{Aggregate, Metric, Scenario, Threshold, Verdict, most_over};

use crate::support::{report, scenario, virtual_time};

fn with_fault(fault: &str) -> Scenario {
    scenario(&format!(
        "stall = \"1s\"\n[closed]\nusers = 50\nqueries_per_user = 4\n[[stages]]\nkind = \"hold\"\nduration = \"60s\"\n\
         [target]\nprofile = \"standard\"\ndata = {{ variants = 8 }}\n[[target.faults]]\n{fault}\n"
    ))
}

#[test]
fn faults_meet_about_their_share_of_requests() {
    let errors = |fault: &str| report(&with_fault(fault), |target| target).errors;
    let refused = errors("name = \"rate-limited\"\nshare = \"30%\"");
    let broken = errors("name = \"broken\"\nshare = \"100%\"\ndata = { after_events = 5 }");
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["rate-limited"]);
    assert!((40..=80).contains(&refused["rate-limited"]), "{refused:?} of 200");
    assert_eq!(broken.into_iter().collect::<Vec<_>>(), [("connection".to_owned(), 200)]);

    let stalled = report(
        &with_fault("name = \"stalled\"\nshare = \"100%\"\ndata = { after_events = 80, for_ms = 1500 }"),
        |target| target,
    );
    assert_eq!(stalled.requests.succeeded, 200, "{:?}", stalled.errors);
    assert!(stalled.distribution(Metric::MaxStall, From::Neither).unwrap().min >= 1_500_000_000);
}

#[test]
fn runs_in_virtual_time_repeat_to_the_last_digit() {
    let run = || {
        let scenario = scenario(
            "[open]\nrate = 20\narrivals = \"poisson\"\nmax_in_flight = 1000\n[[stages]]\nkind = \"hold\"\nduration = \"30s\"\n\
             [target]\nprofile = \"typical\"\ndata = { variants = 8 }\n",
        );
        report(&scenario, |target| target)
    };
    let (first, second) = (run(), run());
    assert_eq!(first, second);
    assert!(first.requests.succeeded > 500, "{:?}", first.errors);
    assert_eq!(first.errors.keys().filter(|kind| kind.starts_with("wrong")).count(), 0, "{:?}", first.errors);
}

#[test]
fn each_ready_scenario_runs_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches-data/load");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let mut scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
            if scenario.name == "soak" {
                // Ten minutes of 50 users would take this test most of its time.
                scenario = scenario.at_level(50.0, Duration::from_secs(60)).unwrap();
            }
            let report = report(&scenario, |target| target);
            assert_eq!((&report.end, report.requests.unchecked), (&RunEnd::Complete, 0), "{}", path.display());
            // Memory has no meaning in virtual time.
            let open = report.thresholds.iter().filter(|judged| judged.verdict != Verdict::Pass);
            let open: Vec<_> = open.filter(|judged| !judged.threshold.starts_with("memory.")).collect();
            assert!(open.is_empty() && report.requests.succeeded > 300, "{}: {open:?}", path.display());
            // One late start of a generator must not leave its lag unjudged.
            for judged in report.thresholds.iter().filter(|judged| judged.threshold.starts_with("send_lag.p")) {
                let threshold = Threshold::parse(&judged.threshold, &[]).unwrap();
                let Aggregate::Percentile(percent) = threshold.aggregate else { panic!("{threshold:?}") };
                let most = most_over(judged.n, percent, scenario.confidence);
                assert!(most.is_some_and(|most| most >= 1), "{}: {judged:?}", path.display());
            }
            names.push(scenario.name);
        }
    }
    assert!(names.len() >= 7, "{names:?}");
}

/// The same scenario can be put on a server, where what it expects is all that is known of answers.
#[test]
fn what_a_scenario_expects_is_expected_of_mocks_too() {
    let expecting = |expect: &str| {
        let text = format!(
            "[closed]\nusers = 2\nqueries_per_user = 2\n[[stages]]\nkind = \"hold\"\nduration = \"60s\"\n[target]\n\
             profile = \"standard\"\ndata = {{ variants = 2 }}\n[[queries]]\nname = \"two\"\ntext = \"what does a promise cost?\"\n\
             weight = 1e6\nexpect = {expect}\n"
        );
        let report = report(&scenario(&text), |target| target);
        (report.requests.succeeded, report.errors.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(expecting("{}"), (4, vec![]));
    assert_eq!(expecting("{ min_results = 5, contains = [\" \"] }"), (4, vec![]));
    assert_eq!(expecting("{ min_results = 500 }"), (0, vec![("wrong-answer-results-are-missing".to_owned(), 4)]));
    let missing = vec![("wrong-answer-an-expected-text-is-missing".to_owned(), 4)];
    assert_eq!(expecting("{ contains = [\"never said\"] }"), (0, missing));
}

#[test]
fn what_is_not_known_is_said() {
    let said = |text: &str| virtual_time(MockTarget::new(&scenario(text))).unwrap_err().to_string();
    let closed = "[closed]\nusers = 1\n[[stages]]\nkind = \"hold\"\nduration = \"1s\"\n[target]\n";
    let texts = [
        said(&format!("{closed}profile = \"fastest\"\n")),
        said(&format!("{closed}data = {{ variants = 0 }}\n")),
        said(&format!("{closed}data = {{ speed = 2 }}\n")),
        said(&format!("{closed}[[target.faults]]\nname = \"slow\"\nshare = \"1%\"\n")),
        said(&format!("{closed}[[target.faults]]\nname = \"stalled\"\nshare = \"1%\"\ndata = {{ for_ms = -1 }}\n")),
        said(&format!("{closed}[[target.faults]]\nname = \"rate-limited\"\nshare = \"1%\"\ndata = {{ for_ms = 1 }}\n")),
    ];
    let query = "[[queries]]\nname = \"two\"\ntext = \"what\"\n";
    let more = [
        said(&format!("{closed}{query}expect = {{ citations = 3 }}\n")),
        said(&format!("{closed}{query}expect = {{ min_results = -1 }}\n")),
        said(&format!("{closed}{query}expect = {{ contains = \"x\" }}\n")),
        said(&format!("{closed}{query}data = {{ language = \"fr\" }}\n")),
    ];
    insta::assert_snapshot!(texts.into_iter().chain(more).collect::<Vec<_>>().join("\n"));
}
