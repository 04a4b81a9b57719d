//! The scenarios of this repository.

use std::path::{Path, PathBuf};

use perf_load::{LocustOptions, Model, Scenario, locust, plan};

fn folder() -> PathBuf {
    // Read at run time: clones that share a target folder share this executable.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).join("../../benches-data/load")
}

fn read(name: &str) -> Scenario {
    Scenario::read(&folder().join(name)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn all_are_valid_and_named_after_their_files() {
    let mut found = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(Some(scenario.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
            assert!(!scenario.thresholds.is_empty() && !scenario.about.is_empty(), "{}", path.display());
            assert_eq!(
                locust(&scenario, &LocustOptions::default()).is_ok(),
                matches!(scenario.model, Model::Closed(_))
            );
            found += 1;
        }
    }
    assert_eq!(found, 7);
}

/// Kept as they were: the shares of gaps that fall on bursts are what tells the two traces apart.
#[test]
fn one_trace_is_smooth_and_the_other_comes_in_bursts() {
    let dispersion = |name: &str| {
        let scenario = read(name);
        let Model::Open(open) = &scenario.model else { panic!("{name} has arrivals") };
        let starts = plan(&open.arrivals, scenario.seed);
        let seconds = starts.last().unwrap().offset.as_secs() + 1;
        let mut counts = vec![0.0; seconds as usize];
        starts.iter().for_each(|start| counts[start.offset.as_secs() as usize] += 1.0);
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        assert!(starts.iter().all(|start| start.size.is_some()));
        counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / counts.len() as f64 / mean
    };
    let (smooth, bursty) = (dispersion("azure-conversation.toml"), dispersion("azure-code.toml"));
    assert!(smooth < 3.0 && bursty > 10.0, "{smooth} and {bursty}");
}
