//! What a reader of the stream sees, line by line: the snapshots are the shortest description of the engine there is.

use std::fmt::Write as _;

use aggregator_core::event::{EventKind, Outcome};
use aggregator_mocks::{Pace, catalog};
use futures::StreamExt as _;

/// One line an event; runs of answer deltas are one line.
async fn story(name: &str) -> String {
    let scenario = catalog::scenario(name);
    let mut events = scenario.engine(&catalog::corpus(), Pace::Scripted, None).run(scenario.query());
    let (mut story, mut deltas) = (String::new(), 0);
    while let Some(event) = events.next().await {
        if matches!(event.kind, EventKind::AnswerDelta { .. }) {
            deltas += 1;
            continue;
        }
        if deltas > 0 {
            writeln!(story, "                     … {deltas} answer deltas").unwrap();
            deltas = 0;
        }
        write!(story, "{:>4} {:>8} ms  ", event.seq, event.elapsed().as_millis()).unwrap();
        match &event.kind {
            EventKind::Status { stage } => writeln!(story, "status: {stage}"),
            EventKind::ProviderStarted { provider } => writeln!(story, "started: {provider}"),
            EventKind::ProviderFinished(report) => {
                let outcome = match &report.outcome {
                    Outcome::Error(error) => error.to_string(),
                    other => format!("{other:?}"),
                };
                let latency = report.latency.as_millis();
                writeln!(story, "finished: {} after {latency} ms, {} hits, {outcome}", report.provider, report.hits)
            }
            EventKind::Result { id, rank, score, source } => {
                let provider = &source.provider;
                writeln!(story, "result {}: rank {rank}, score {score:.5}, {provider}: {:.44}", id.0, source.title)
            }
            EventKind::ResultRevised { id, rank, score, source } => {
                let provider = &source.provider;
                writeln!(story, "result {} confirmed: rank {rank}, score {score:.5}, shown as by {provider}", id.0)
            }
            EventKind::Sources { list, .. } => {
                let ids: Vec<_> = list.iter().map(|source| source.id.0).collect();
                writeln!(story, "sources: results {ids:?}")
            }
            EventKind::Citation { span, number, id, .. } => {
                writeln!(story, "citation [{number}] at {}..{}: result {}", span.start, span.end, id.0)
            }
            EventKind::Usage(usage) => {
                writeln!(story, "usage: {} tokens in, {} out", usage.input_tokens, usage.output_tokens)
            }
            last => {
                if let EventKind::Failed { error, .. } = last {
                    write!(story, "failed: {error}; ").unwrap();
                }
                let summary = last.summary().unwrap();
                let hits = summary.hits;
                writeln!(
                    story,
                    "end: {} hits = {} emitted + {} merged + {} dropped; {} sources; answer {:?}",
                    hits.yielded,
                    hits.emitted,
                    hits.merged,
                    hits.dropped.total(),
                    summary.sources.len(),
                    summary.answer.map(|answer| (answer.bytes, answer.citations, answer.invalid_citations)),
                )
            }
        }
        .unwrap();
    }
    story
}

#[tokio::test(start_paused = true)]
async fn the_story_of_floor() {
    insta::assert_snapshot!(story("floor").await);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_standard() {
    insta::assert_snapshot!(story("standard").await);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_degraded() {
    insta::assert_snapshot!(story("degraded").await);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_fast() {
    insta::assert_snapshot!(story("fast").await);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_heavy_tail() {
    insta::assert_snapshot!(story("heavy-tail").await);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_rate_limited() {
    insta::assert_snapshot!(story("rate-limited").await);
}
