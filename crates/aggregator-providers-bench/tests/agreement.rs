//! The clients and the mocks of `engine/http` and `engine/mocks` yield the same, so that the rows differ by what the clients cost.

use std::collections::BTreeSet;

use aggregator_core::event::EventKind;
use aggregator_core::{Engine, QueryOutcome, Reply};
use aggregator_providers_bench::engine;
use futures::StreamExt as _;
use tokio::runtime::Builder;

/// Titles of the results. Which address and text a page has depends on who found it first: the clients give their hits when a
/// body is complete, and the mocks one by one.
fn titles(engine: &Engine) -> BTreeSet<String> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let events = runtime.block_on(engine.run(engine::query()).collect::<Vec<_>>());
    let title = |kind: &EventKind| match kind {
        EventKind::Result { source, .. } => Some(source.title.to_string()),
        _ => None,
    };
    events.iter().filter_map(|event| title(&event.kind)).collect()
}

#[test]
fn clients_and_mocks_yield_the_same() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (clients, mocks) = (engine::over_http(None), engine::over_mocks(None));
    let [of_clients, of_mocks] = [&clients, &mocks].map(|engine| runtime.block_on(engine.ask(engine::query())));
    for reply in [&of_clients, &of_mocks] {
        assert_eq!(reply.ending, QueryOutcome::Done);
        assert_eq!((reply.summary.hits.yielded, reply.citations.is_empty()), (60, false));
    }
    assert_eq!(of_clients.answer, of_mocks.answer);
    let cited = |reply: &Reply| reply.citations.iter().map(|one| (one.span.clone(), one.number)).collect::<Vec<_>>();
    assert_eq!(cited(&of_clients), cited(&of_mocks));
    assert_eq!(of_clients.usage, of_mocks.usage);
    assert_eq!(of_clients.summary.hits, of_mocks.summary.hits);
    assert_eq!(titles(&clients), titles(&mocks));
}
