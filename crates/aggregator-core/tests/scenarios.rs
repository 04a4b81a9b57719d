//! Every scenario of `benches-data` comes to what its file says, in any process and any number of times.

use aggregator_mocks::{Pace, Transcript, library};

#[tokio::test(start_paused = true)]
async fn every_scenario_comes_to_what_its_file_says() {
    let corpus = library::corpus();
    let mut wrong = Vec::new();
    for name in library::scenario_names() {
        let scenario = library::scenario(name);
        for _ in 0..2 {
            let mut query = scenario.engine(&corpus, Pace::Scripted, None).run(scenario.query());
            let transcript = Transcript::of(&mut query).await;
            if let Err(error) = transcript.check_against(&scenario.expect) {
                wrong.push(format!("benches-data/scenarios/{name}.toml: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn waits_change_times_and_arrival_but_not_what_is_found() {
    let corpus = library::corpus();
    for name in ["floor", "standard", "wide"] {
        let scenario = library::scenario(name);
        let mut urls = Vec::new();
        for pace in [Pace::Scripted, Pace::Instant, Pace::Yielding] {
            let mut query = scenario.engine(&corpus, pace, None).run(scenario.query());
            let transcript = Transcript::of(&mut query).await;
            transcript.check().unwrap();
            let sources = transcript.sources().expect("sources are emitted").iter();
            urls.push(sources.map(|s| (s.number, s.source.url.to_string(), s.score.to_bits())).collect::<Vec<_>>());
        }
        assert_eq!(urls[0], urls[1], "{name}");
        assert_eq!(urls[0], urls[2], "{name}");
    }
}
