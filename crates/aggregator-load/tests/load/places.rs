//! One scenario in its places: faults of mocks, and what both places agree on.

use std::path::Path;

use aggregator_load::MockTarget;
use perf_load::report::From;
use perf_load::{Metric, Scenario};

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
            let scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
            let target = virtual_time(MockTarget::new(&scenario));
            target.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            names.push(scenario.name);
        }
    }
    assert!(names.len() >= 6, "{names:?}");
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
    insta::assert_snapshot!(texts.join("\n"));
}
