//! Every scenario of `benches-data` comes to what its file says, in any process and any number of times.

use std::time::Duration;

use aggregator_core::event::EventKind;
use aggregator_mocks::{InvariantChecker, Pace, Probe, catalog};
use futures::StreamExt as _;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn every_scenario_comes_to_what_its_file_says() {
    let corpus = catalog::corpus();
    let mut wrong = Vec::new();
    for name in catalog::scenario_names() {
        let scenario = catalog::scenario(name);
        for _ in 0..2 {
            let mut query = scenario.engine(&corpus, Pace::Scripted, None).run(scenario.query());
            let checker = scenario.read(&mut query).await;
            if let Err(error) = checker.check_against(&scenario.expect) {
                wrong.push(format!("benches-data/scenarios/{name}.toml: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn waits_change_times_and_arrival_but_not_what_is_found() {
    let corpus = catalog::corpus();
    for name in ["floor", "standard", "wide", "fast", "typical", "slow-reader"] {
        let scenario = catalog::scenario(name);
        let mut urls = Vec::new();
        for pace in [Pace::Scripted, Pace::Instant, Pace::Yielding] {
            let mut query = scenario.engine(&corpus, pace, None).run(scenario.query());
            let checker = InvariantChecker::read_to_end(&mut query).await;
            checker.check().unwrap();
            let sources = checker.sources().expect("sources are emitted").iter();
            urls.push(sources.map(|s| (s.number, s.source.url.to_string(), s.score.to_bits())).collect::<Vec<_>>());
        }
        assert_eq!(urls[0], urls[1], "{name}");
        assert_eq!(urls[0], urls[2], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_fast_the_reader_reads_changes_times_and_nothing_else() {
    let (corpus, scenario) = (catalog::corpus(), catalog::scenario("slow-reader"));
    let engine = scenario.engine(&corpus, Pace::Scripted, None);
    let every = scenario.reader_delay().expect("it has a slow reader");
    let slowly = scenario.read(&mut engine.run(scenario.query())).await;
    assert_eq!(slowly.check_against(&scenario.expect), Ok(()));
    // The reader waits after each event but the last, which is none of the stream's time.
    assert_eq!(slowly.latest, every * (slowly.events as u32 - 1));
    let at_once = InvariantChecker::read_to_end(&mut engine.run(scenario.query())).await;
    assert_eq!(at_once.check_against(&scenario.expect), Ok(()));
    assert_eq!(at_once.latest, Duration::ZERO, "everything was ready at once");
}

#[tokio::test(start_paused = true)]
async fn what_the_reader_has_not_read_is_not_taken_from_anybody() {
    let (corpus, scenario, probe) = (catalog::corpus(), catalog::scenario("slow-reader"), Probe::new());
    let every = scenario.reader_delay().expect("it has a slow reader");
    let mut events = scenario.engine(&corpus, Pace::Scripted, Some(&probe)).run(scenario.query());
    let (mut of_search, mut of_answer) = (0, 0);
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::Result { .. } | EventKind::ResultRevised { .. } => of_search += 1,
            EventKind::AnswerDelta { .. } | EventKind::Citation { .. } | EventKind::Usage(_) => of_answer += 1,
            _ => {}
        }
        let (model, providers): (Vec<_>, Vec<_>) = probe.calls().into_iter().partition(|call| call.mock == "ember");
        let yielded: u32 = providers.iter().map(|call| call.yielded).sum();
        assert!(yielded <= of_search, "{yielded} hits were taken for {of_search} events");
        // A marker that is cut is held back with the text before it, and an invented one leaves no event.
        let yielded: u32 = model.iter().map(|call| call.yielded).sum();
        assert!(yielded <= of_answer + 8, "{yielded} pieces were taken for {of_answer} events");
        sleep(every).await;
    }
    assert!(of_search > 20 && of_answer > 400, "{of_search} and {of_answer} events are too few to tell");
}
